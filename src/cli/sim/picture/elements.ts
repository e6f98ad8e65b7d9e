/** SVG as text: elements, numbers, and how wide a text is without a browser to ask. */

/** What stands in an attribute. */
export type AttributeValue = string | number | undefined;

/** An element; children are markup already, texts must have gone through {@link escaped}. */
export function element(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  ...children: readonly string[]
): string {
  let open = name;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${key}="${escaped(typeof value === "number" ? place(value) : value)}"`;
  }
  return children.length === 0 ? `<${open}/>` : `<${open}>${children.join("")}</${name}>`;
}

/** A text. */
export function textElement(text: string, attributes: Readonly<Record<string, AttributeValue>>): string {
  return element("text", attributes, escaped(text));
}

/** What XML has no place for, escaped or not: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
const impossible = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Text as it may stand in XML, in an element or an attribute; U+FFFD stands for what may not. */
export function escaped(text: string): string {
  const possible = text.replaceAll(impossible, "\ufffd");
  return possible.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Roughly how wide a text is, in pixels: a bit more than half of the size for each letter of a usual font. */
export function widthOf(text: string, sizePx: number): number {
  return text.length * sizePx * 0.56;
}

/** Cuts a text that would be too wide, with an ellipsis. */
export function fitted(text: string, sizePx: number, maxPx: number): string {
  const letters = Math.max(2, Math.floor(maxPx / (sizePx * 0.56)));
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/** A figure for people: three digits that count, of very small ones one, thousands apart; shares as per cent. */
export function figureText(value: number, isShare = false): string {
  const shown = isShare ? value * 100 : value;
  const size = Math.abs(shown);
  const digits = size >= 1_000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: size < 0.01 ? 1 : 3 };
  return `${shown.toLocaleString("en", digits)}${isShare ? " %" : ""}`;
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
