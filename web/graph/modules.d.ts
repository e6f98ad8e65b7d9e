/** One step of the layout, in place: its package has no types for it. */
declare module "graphology-layout-forceatlas2/iterate.js" {
  export default function iterate(
    settings: Readonly<Record<string, number | boolean>>,
    points: Float32Array,
    lines: Float32Array,
  ): object;
}
