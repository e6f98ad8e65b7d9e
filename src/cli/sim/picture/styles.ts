/**
 * The looks of a picture, in light and in dark. Ours, the published and the others' differ in color (from the palette
 * of Okabe and Ito, which the color-blind can tell apart), in their marks and in their strokes or hatches.
 */
import { type SymbolType, symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";
import type { Series } from "../../../sim/experiments/picture.js";
import { element } from "./elements.js";

/** For whose values a color stands. */
type Whose = Series["whose"];

const colors: Readonly<Record<Whose, { readonly light: string; readonly dark: string }>> = {
  ours: { light: "#0072b2", dark: "#56b4e9" },
  published: { light: "#d55e00", dark: "#e69f00" },
  theirs: { light: "#00785a", dark: "#2cc295" },
};

const whoses = Object.keys(colors) as readonly Whose[];

function rules(theme: "light" | "dark"): string {
  const [paper, ink, faint, grid] =
    theme === "light" ? ["#ffffff", "#1a1a1a", "#555555", "#dddddd"] : ["#16181d", "#f0f0f0", "#b4b4b4", "#3a3d44"];
  const own = whoses.map((whose) => {
    const color = colors[whose][theme];
    return (
      `.${whose}-line{stroke:${color}}.${whose}-mark{fill:${color};stroke:${color}}` +
      `.${whose}-hollow{fill:${paper};stroke:${color}}`
    );
  });
  return (
    `.paper{fill:${paper}}.ink{fill:${ink}}.faint{fill:${faint}}.grid{stroke:${grid}}.axis{stroke:${faint}}` +
    `.limit{stroke:${ink}}.halo{stroke:${paper}}${own.join("")}`
  );
}

/** The style sheet. */
export function styleSheet(): string {
  const fixed =
    "text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',Arial,sans-serif}" +
    ".line{fill:none;stroke-width:2.5}.grid,.axis{stroke-width:1}.limit{stroke-width:1.5;stroke-dasharray:6 4}" +
    ".mark{stroke-width:2}.halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}";
  return element("style", {}, `${fixed}${rules("light")}@media (prefers-color-scheme:dark){${rules("dark")}}`);
}

/** The hatches of bars that are not ours. */
export function hatches(): string {
  const hatch = (whose: Whose, turn: number) =>
    element(
      "pattern",
      {
        id: `hatch-${whose}`,
        width: 7,
        height: 7,
        patternUnits: "userSpaceOnUse",
        patternTransform: `rotate(${turn})`,
      },
      element("rect", { width: 7, height: 7, class: "paper" }),
      element("line", { x1: 0, y1: 0, x2: 0, y2: 7, class: `${whose}-line`, "stroke-width": 5 }),
    );
  return element("defs", {}, hatch("published", 45), hatch("theirs", -45));
}

/** How one series is drawn. */
export interface Look {
  /** Of its line. */
  readonly line: string;
  readonly dashes: string | undefined;
  /** Of its marks. */
  readonly mark: string;
  readonly shape: SymbolType;
  /** Of a mark, in square pixels: what was published shows around what agrees with it. */
  readonly area: number;
  /** Of its bars: a pattern, or nothing for a full color. */
  readonly fill: string | undefined;
}

const shapes: Readonly<Record<Whose, readonly SymbolType[]>> = {
  ours: [symbolCircle, symbolSquare, symbolTriangle],
  published: [symbolDiamond, symbolTriangle],
  theirs: [symbolSquare, symbolTriangle],
};
const ourDashes = [undefined, "3 4", "10 4"];

/** The look of a series: the `nth` one of those that it shares its color with, counted from 0. */
export function lookOf({ whose }: Series, nth: number): Look {
  const own = shapes[whose];
  const isOurs = whose === "ours";
  return {
    line: `line ${whose}-line`,
    dashes: isOurs ? ourDashes[nth % ourDashes.length] : "7 5",
    mark: `mark ${whose}-${isOurs && nth === 0 ? "mark" : "hollow"}`,
    shape: own[nth % own.length]!,
    area: whose === "published" ? 150 : 60,
    fill: isOurs ? (nth === 0 ? undefined : "none") : `url(#hatch-${whose})`,
  };
}

/** The mark of a series around a place. */
export function markAt(look: Look, x: number, y: number): string {
  const d = symbol(look.shape, look.area)() ?? "";
  return element("path", { d, class: look.mark, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
}
