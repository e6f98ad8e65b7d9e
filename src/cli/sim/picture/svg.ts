/**
 * A picture as an SVG file, which needs no script and no browser to be made: scales, ticks and marks come from D3's small
 * parts for them (d3-scale, d3-shape), which know nothing of a document; the elements are text.
 */
import type { Picture, Series } from "../../../sim/experiments/picture.js";
import { element, fitted, textElement, widthOf } from "./elements.js";
import { barMarkup, heightOf, isLying, type Looks, looksOf, panelMarkup } from "./panel.js";
import { hatches, markAt, styleSheet } from "./styles.js";

const width = 960;
const margin = 24;
const gap = 22;
const panelPx = 300;
const columnsMax = 3;
const titlePx = 19;
const smallPx = 13;
const legendPx = 22;

/** The file's text. It shows itself in light or in dark, as its reader has it. */
export function svgOf(picture: Picture): string {
  const { title, subtitle, source, panels } = picture;
  const parts: string[] = [];
  const line = (text: string, y: number, sizePx: number, ink: string, weight?: number) =>
    parts.push(
      textElement(fitted(text, sizePx, width - 2 * margin), {
        x: margin,
        y,
        class: ink,
        "font-size": sizePx,
        "font-weight": weight,
      }),
    );
  line(title, margin + 14, titlePx, "ink", 600);
  line(subtitle, margin + 36, smallPx, "faint");
  const series = panels.flatMap((panel) => panel.series);
  const looks = looksOf(series);
  const hasLimits = panels.some(({ limits = [] }) => limits.length > 0);
  const legend = legendMarkup(series, looks, hasLimits, margin + 62);
  parts.push(legend.markup);
  let y = legend.bottom + 18;
  const columns = panels.some(isLying) ? 1 : Math.min(columnsMax, panels.length);
  const panelWidth = (width - 2 * margin - gap * (columns - 1)) / columns;
  for (let first = 0; first < panels.length; first += columns) {
    const inRow = panels.slice(first, first + columns);
    const height = Math.max(...inRow.map((panel) => heightOf(panel, panelPx)));
    for (const [column, panel] of inRow.entries()) {
      const box = { x: margin + column * (panelWidth + gap), y, width: panelWidth, height };
      parts.push(panelMarkup(panel, box, looks));
    }
    y += height + gap;
  }
  if (source !== null) {
    line(`published: ${source}`, y + 2, smallPx, "faint");
    y += 18;
  }
  const height = y + 6;
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": title,
  };
  const paper = element("rect", { width, height, class: "paper" });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("svg", attributes, styleSheet(), hatches(), paper, ...parts)}\n`;
}

/** What the colors, marks and hatches mean; each label once. */
function legendMarkup(
  all: readonly Series[],
  looks: Looks,
  hasLimits: boolean,
  top: number,
): { readonly markup: string; readonly bottom: number } {
  const series = all.filter(({ label }, index) => all.findIndex((one) => one.label === label) === index);
  const parts: string[] = [];
  let x = margin;
  let y = top;
  for (const { label, mark } of series) {
    const wide = 40 + widthOf(label, smallPx) + 18;
    if (x + wide > width - margin && x > margin) {
      x = margin;
      y += legendPx;
    }
    const look = looks.get(label)!;
    if (mark === "bar") parts.push(barMarkup(look, { x: x + 6, y: y - 11, width: 22, height: 13 }));
    else {
      const d = `M${x} ${y - 4}H${x + 34}`;
      parts.push(
        element("path", { d, class: look.line, "stroke-dasharray": look.dashes }),
        markAt(look, x + 17, y - 4),
      );
    }
    parts.push(textElement(label, { x: x + 41, y, class: "ink", "font-size": smallPx }));
    x += wide;
  }
  if (hasLimits) {
    parts.push(element("path", { d: `M${x} ${y - 4}H${x + 34}`, class: "limit" }));
    parts.push(textElement("limit", { x: x + 41, y, class: "ink", "font-size": smallPx }));
  }
  return { markup: parts.join(""), bottom: y + 4 };
}
