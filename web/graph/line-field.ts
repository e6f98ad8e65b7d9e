/**
 * Thousands of lines as what graphics cards draw fastest: one call, one pixel wide, without soft edges. Sigma's own lines
 * are finer and cost more: where the processor has to draw (no graphics card, virtual machines), ten thousand took more
 * than two seconds a frame, and these take some hundredths of one.
 */
import type Sigma from "sigma";
import type { Place } from "./layout.js";

/** A line of the field, with the colour that it has on this ground, as `#rrggbb`. */
export interface FieldLine {
  readonly a: string;
  readonly b: string;
  readonly color: string;
  /** Drawn even while everything moves. */
  readonly isMain: boolean;
}

type Layer = ReturnType<Parameters<Sigma["addCustomLayerProgram"]>[2]>;
type Surroundings = Parameters<Layer["render"]>[0];

/** Fewer lines are always drawn all. */
const briefFrom = 3_000;

const vertexText = `#version 300 es
in vec2 a_place;
in vec4 a_color;
uniform mat3 u_matrix;
uniform vec4 u_frame;
out vec4 v_color;
void main() {
  v_color = a_color;
  gl_Position = vec4((u_matrix * vec3(a_place * u_frame.xy + u_frame.zw, 1.0)).xy, 0.0, 1.0);
}`;
const fragmentText = `#version 300 es
precision mediump float;
in vec4 v_color;
out vec4 color;
void main() { color = v_color; }`;

/** A layer of sigma. */
export class LineField implements Layer {
  readonly #gl: WebGL2RenderingContext;
  readonly #frameOf: (place: Place) => Place;
  readonly #program: WebGLProgram;
  readonly #array: WebGLVertexArrayObject;
  readonly #places: WebGLBuffer;
  readonly #colors: WebGLBuffer;
  /** Only the last lines are drawn, those that matter most: all the rest when nothing moves any more. */
  isBrief = false;
  #mainFrom = 0;
  #lines: readonly FieldLine[] = [];

  /** @param frameOf - from the graph's coordinates to those of sigma's frame: a shift and a stretch */
  constructor(gl: WebGL2RenderingContext, frameOf: (place: Place) => Place) {
    this.#gl = gl;
    this.#frameOf = frameOf;
    this.#program = linked(gl);
    this.#array = gl.createVertexArray();
    this.#places = gl.createBuffer();
    this.#colors = gl.createBuffer();
    gl.bindVertexArray(this.#array);
    attribute(gl, this.#program, "a_place", this.#places, 2, gl.FLOAT);
    attribute(gl, this.#program, "a_color", this.#colors, 4, gl.UNSIGNED_BYTE);
    gl.bindVertexArray(null);
  }

  /** Draws these from now on; the main ones stand at the end. */
  set lines(lines: readonly FieldLine[]) {
    this.#lines = lines;
    const bytes = new Uint8Array(lines.length * 8);
    lines.forEach(({ color }, at) => {
      const rgb = Number.parseInt(color.slice(1), 16);
      for (const end of [8 * at, 8 * at + 4]) bytes.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, 255], end);
    });
    this.#fill(this.#colors, bytes);
    const main = lines.findIndex(({ isMain }) => isMain);
    this.#mainFrom = main < 0 ? 0 : main;
  }

  /** Points have moved. */
  move(placeOf: (key: string) => Place | undefined): void {
    const places = new Float32Array(this.#lines.length * 4);
    this.#lines.forEach(({ a, b }, at) => {
      const [start, end] = [placeOf(a), placeOf(b)];
      if (start !== undefined && end !== undefined) places.set([start.x, start.y, end.x, end.y], 4 * at);
    });
    this.#fill(this.#places, places);
  }

  /** Called by sigma. */
  render({ matrix }: Surroundings): void {
    if (this.#lines.length === 0) return;
    const gl = this.#gl;
    const [zero, one] = [this.#frameOf({ x: 0, y: 0 }), this.#frameOf({ x: 1, y: 1 })];
    gl.useProgram(this.#program);
    gl.uniformMatrix3fv(gl.getUniformLocation(this.#program, "u_matrix"), false, matrix);
    const frame = gl.getUniformLocation(this.#program, "u_frame");
    gl.uniform4f(frame, one.x - zero.x, one.y - zero.y, zero.x, zero.y);
    gl.bindVertexArray(this.#array);
    const first = this.isBrief && this.#lines.length > briefFrom ? this.#mainFrom : 0;
    gl.drawArrays(gl.LINES, 2 * first, 2 * (this.#lines.length - first));
    gl.bindVertexArray(null);
  }

  /** Called by sigma. */
  kill(): void {
    this.#gl.deleteProgram(this.#program);
    this.#gl.deleteVertexArray(this.#array);
    this.#gl.deleteBuffer(this.#places);
    this.#gl.deleteBuffer(this.#colors);
  }

  #fill(buffer: WebGLBuffer, values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>): void {
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, buffer);
    this.#gl.bufferData(this.#gl.ARRAY_BUFFER, values, this.#gl.DYNAMIC_DRAW);
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, null);
  }
}

function attribute(
  gl: WebGL2RenderingContext,
  program: WebGLProgram,
  name: string,
  buffer: WebGLBuffer,
  size: number,
  type: number,
): void {
  const location = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(location);
  gl.vertexAttribPointer(location, size, type, true, 0, 0);
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, vertexText],
    [gl.FRAGMENT_SHADER, fragmentText],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    throw new Error(`the lines cannot be drawn: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
