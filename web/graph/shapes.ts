/**
 * The shapes of points, for the graphics card: seeds are squares, and of peers each status has its own, so that nothing
 * depends on colours. Each function gives the distance from a place to the shape's edge, negative inside. The same
 * shapes as drawings stand in `status-icon.tsx`.
 */
import type { CustomNodeShape } from "sigma/primitives";
import type { Point, PointStatus } from "./picture.js";

const ring = (at: string, width: string) => `abs(length(uv) - size * ${at}) - size * ${width}`;

/** A bar through the center, after turning. */
const bar = (x: string, y: string) => `max(abs(${x}) - size * 0.24, abs(${y}) - size * 1.05)`;
const cross = `min(${bar("turned.x", "turned.y")}, ${bar("turned.y", "turned.x")})`;
const turned = "vec2 turned = vec2(uv.x + uv.y, uv.x - uv.y) * 0.7071;";

function shape(name: string, distance: string, before = ""): CustomNodeShape {
  return { name, glsl: `float sdf_${name}(vec2 uv, float size) { ${before} return ${distance}; }` };
}

/** All of them, by name. */
export const shapes: readonly CustomNodeShape[] = [
  shape("alive", "length(uv) - size"),
  shape("suspect", `min(${ring("0.84", "0.16")}, length(uv) - size * 0.36)`),
  shape(
    "frozen",
    `min(${ring("0.92", "0.08")}, max(abs(abs(uv.x) - size * 0.3) - size * 0.16, abs(uv.y) - size * 0.48))`,
  ),
  shape("killed", `min(${ring("0.9", "0.1")}, ${cross.replaceAll("1.05", "0.72").replaceAll("0.24", "0.16")})`, turned),
  shape("dead", cross, turned),
  shape("left", ring("0.86", "0.14")),
  shape("joining", "max(abs(uv.x) * 0.866 + uv.y * 0.5, -uv.y) - size * 0.6"),
  shape("seed", "max(abs(uv.x), abs(uv.y)) - size * 0.9"),
];

/** The name of a point's shape. */
export function shapeOf({ role, status }: Pick<Point, "role" | "status">): PointStatus | "seed" {
  return role === "seed" ? "seed" : status;
}
