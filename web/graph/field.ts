/**
 * Thousands of points and lines as what graphics cards draw fastest: points as squares with a small picture on them, lines
 * one pixel wide, one call for each colour. Where the processor has to draw (no graphics card, virtual machines) lines cost
 * most, some five microseconds each: so a frame may be drawn with some of them only.
 */
import { type Mark, marks, outlined, outlineWidth, shapes } from "./marks.js";

/** Lines of one colour: indices of points, two for each. */
export interface LineGroup {
  readonly color: string;
  readonly ends: Uint32Array<ArrayBuffer>;
}

/** How a point looks. */
export interface PointLook {
  readonly mark: Mark;
  readonly color: string;
}

/** What is seen of the graph; sizes are in CSS pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** Pixels for each shape in the picture of all of them. */
const cell = 64;
/** Around each: smaller copies of the picture must not run into each other. */
const rim = 0.16;

const vertexText = `#version 300 es
in vec2 a_place;
in vec3 a_color;
in float a_mark;
uniform vec4 u_view;
uniform float u_size;
flat out vec3 v_color;
flat out float v_mark;
void main() {
  v_color = a_color;
  v_mark = a_mark;
  gl_Position = vec4(a_place * u_view.xy + u_view.zw, 0.0, 1.0);
  gl_PointSize = u_size;
}`;
const pointText = `#version 300 es
precision mediump float;
flat in vec3 v_color;
flat in float v_mark;
uniform sampler2D u_marks;
out vec4 color;
void main() {
  float alpha = texture(u_marks, vec2((v_mark + gl_PointCoord.x) / ${marks.length}.0, gl_PointCoord.y)).a;
  color = vec4(v_color, 1.0) * alpha;
}`;
const lineVertexText = `#version 300 es
in vec2 a_place;
uniform vec4 u_view;
void main() { gl_Position = vec4(a_place * u_view.xy + u_view.zw, 0.0, 1.0); }`;
const lineText = `#version 300 es
precision mediump float;
uniform vec3 u_color;
out vec4 color;
void main() { color = vec4(u_color, 1.0); }`;
const [placeAt, colorAt, markAt] = [0, 1, 2];

interface Group {
  readonly color: readonly [number, number, number];
  readonly from: number;
  readonly lines: number;
}

/** Draws on a canvas of its own. */
export class Field {
  readonly #gl: WebGL2RenderingContext;
  readonly #lineProgram: WebGLProgram;
  readonly #pointProgram: WebGLProgram;
  readonly #places: WebGLBuffer;
  readonly #looks: WebGLBuffer;
  readonly #ends: WebGLBuffer;
  readonly #array: WebGLVertexArrayObject;
  #groups: Group[] = [];
  #points = 0;
  #lines = 0;

  /** @throws Error when the canvas can have no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { antialias: false, depth: false, powerPreference: "low-power" });
    if (gl === null) throw new Error("there is no WebGL 2");
    this.#gl = gl;
    this.#lineProgram = linked(gl, lineVertexText, lineText);
    this.#pointProgram = linked(gl, vertexText, pointText);
    this.#places = gl.createBuffer();
    this.#looks = gl.createBuffer();
    this.#ends = gl.createBuffer();
    this.#array = gl.createVertexArray();
    gl.bindVertexArray(this.#array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#places);
    gl.enableVertexAttribArray(placeAt);
    gl.vertexAttribPointer(placeAt, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#looks);
    gl.enableVertexAttribArray(colorAt);
    gl.vertexAttribPointer(colorAt, 3, gl.UNSIGNED_BYTE, true, 4, 0);
    gl.enableVertexAttribArray(markAt);
    gl.vertexAttribPointer(markAt, 1, gl.UNSIGNED_BYTE, false, 4, 3);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#ends);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, allMarks());
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** Lines there are. */
  get lines(): number {
    return this.#lines;
  }

  /** Draws these from now on; the groups that matter most stand at the end. */
  set groups(groups: readonly LineGroup[]) {
    const ends = new Uint32Array(groups.reduce((sum, group) => sum + group.ends.length, 0));
    let from = 0;
    this.#groups = groups.map((group) => {
      ends.set(group.ends, from);
      const made = { color: rgbOf(group.color), from, lines: group.ends.length / 2 };
      from += group.ends.length;
      return made;
    });
    this.#lines = ends.length / 2;
    this.#gl.bindBuffer(this.#gl.ELEMENT_ARRAY_BUFFER, this.#ends);
    this.#gl.bufferData(this.#gl.ELEMENT_ARRAY_BUFFER, ends, this.#gl.DYNAMIC_DRAW);
  }

  /** How each point looks. */
  set looks(looks: readonly PointLook[]) {
    const bytes = new Uint8Array(looks.length * 4);
    looks.forEach(({ mark, color }, at) => {
      const [red, green, blue] = rgbOf(color);
      bytes.set([255 * red, 255 * green, 255 * blue, marks.indexOf(mark)], 4 * at);
    });
    this.#fill(this.#looks, bytes);
    this.#points = looks.length;
  }

  /** Where each point is: x, y in the graph's coordinates. */
  set places(places: Float32Array<ArrayBuffer>) {
    this.#fill(this.#places, places);
  }

  /** Draws, with so many lines at most: the last ones. */
  draw({ scale, x, y, width, height, ratio }: View, pointRadiusPx: number, linesMax: number): void {
    const gl = this.#gl;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.#points === 0) return;
    const view = [(2 * scale) / width, (-2 * scale) / height, (2 * x) / width - 1, 1 - (2 * y) / height] as const;
    gl.useProgram(this.#lineProgram);
    gl.uniform4f(gl.getUniformLocation(this.#lineProgram, "u_view"), ...view);
    let skipped = Math.max(0, this.#lines - linesMax);
    for (const { color, from, lines } of this.#groups) {
      const first = Math.min(lines, skipped);
      skipped -= first;
      if (first === lines) continue;
      gl.uniform3f(gl.getUniformLocation(this.#lineProgram, "u_color"), ...color);
      gl.drawElements(gl.LINES, 2 * (lines - first), gl.UNSIGNED_INT, 4 * (from + 2 * first));
    }
    gl.useProgram(this.#pointProgram);
    gl.uniform4f(gl.getUniformLocation(this.#pointProgram, "u_view"), ...view);
    gl.uniform1f(gl.getUniformLocation(this.#pointProgram, "u_size"), (2 * pointRadiusPx * ratio) / (1 - 2 * rim));
    gl.drawArrays(gl.POINTS, 0, this.#points);
  }

  #fill(buffer: WebGLBuffer, values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>): void {
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, buffer);
    this.#gl.bufferData(this.#gl.ARRAY_BUFFER, values, this.#gl.DYNAMIC_DRAW);
  }
}

/** All shapes in a row, as points carry them. */
function allMarks(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [cell * marks.length, cell];
  const pen = canvas.getContext("2d")!;
  const size = cell * (0.5 - rim);
  marks.forEach((mark, at) => {
    pen.beginPath();
    shapes[mark](pen, (at + 0.5) * cell, cell / 2, size);
    pen.lineWidth = outlineWidth(mark, size);
    if (outlined.has(mark)) pen.stroke();
    else pen.fill();
  });
  return canvas;
}

function rgbOf(color: string): readonly [number, number, number] {
  const rgb = Number.parseInt(color.slice(1), 16);
  return [(rgb >> 16) / 255, ((rgb >> 8) & 255) / 255, (rgb & 255) / 255];
}

function linked(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.bindAttribLocation(program, placeAt, "a_place");
  gl.bindAttribLocation(program, colorAt, "a_color");
  gl.bindAttribLocation(program, markAt, "a_mark");
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    throw new Error(`the graph cannot be drawn: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
