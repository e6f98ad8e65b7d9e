import { readdirSync, readFileSync } from "node:fs";
import { SaxesParser } from "saxes";
import { describe, expect, test } from "vitest";
import { escaped, figureText, fitted } from "../../../src/cli/sim/picture/elements.js";
import { svgOf } from "../../../src/cli/sim/picture/svg.js";
import type { Panel, Picture } from "../../../src/sim/experiments/picture.js";
import { experiments } from "../../../src/sim/experiments/registry.js";

/** The texts of a file that is well-formed; throws for any other. */
function textsOf(svg: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  const parser = new SaxesParser({ xmlns: true });
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    if (name === "text") depth++;
  });
  parser.on("closetag", ({ name }) => {
    if (name === "text") depth--;
  });
  parser.on("text", (text) => {
    if (depth > 0) texts.push(text);
  });
  parser.write(svg).close();
  return texts;
}

const bars: Panel = {
  title: "bars <&>",
  x: { label: "who", kind: "names" },
  y: { label: "messages per peer", kind: "linear" },
  series: [
    {
      label: "ours",
      whose: "ours",
      mark: "bar",
      points: [
        ["a", 1],
        ["b", 0],
      ],
    },
    { label: "published", whose: "published", mark: "bar", points: [["a", 2.5]] },
  ],
  limits: [{ label: "most", at: 2 }],
};
const lines: Panel = {
  title: "lines",
  x: { label: "k", kind: "linear", min: 1 },
  y: { label: "share of all", kind: "log", isShare: true },
  series: [
    {
      label: "ours",
      whose: "ours",
      mark: "line",
      points: [
        [1, 0.2],
        [2, 0.01],
      ],
    },
    {
      label: "published",
      whose: "published",
      mark: "line",
      points: [
        [1, 0.18],
        [2, 0.012],
      ],
    },
  ],
};
const picture: Picture = { title: "A & B", subtitle: '"quoted"', source: "somebody, 1987", panels: [bars, lines] };

describe("a picture as SVG", () => {
  test("is well-formed, and says what is on it: title, axes with units, legend, limits, values, source", () => {
    const texts = textsOf(svgOf(picture));
    const wanted = [
      "A & B",
      '"quoted"',
      "bars <&>",
      "messages per peer",
      "share of all",
      "k",
      "ours",
      "published",
      "most",
    ];
    expect(texts).toEqual(expect.arrayContaining([...wanted, "limit", "2.5", "10 %", "published: somebody, 1987"]));
  });

  test("has looks for light and for dark, and tells series apart by more than their colors", () => {
    const svg = svgOf(picture);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).toContain("url(#hatch-published)");
    expect(svg).toContain('stroke-dasharray="7 5"');
    expect(svg).toMatch(/aria-label="A &amp; B"/);
  });

  test("bars with many names lie on their sides, and make the picture as high as they need", () => {
    const points = Array.from({ length: 20 }, (_, index) => [`figure ${index}`, index / 10] as const);
    const long = { ...bars, series: [{ label: "ours", whose: "ours", mark: "bar", points } as const] };
    const height = (panel: Panel) => Number(/ height="(\d+)/.exec(svgOf({ ...picture, panels: [panel] }))![1]);
    expect(height(long)).toBeGreaterThan(height(bars));
    expect(textsOf(svgOf({ ...picture, panels: [long] }))).toEqual(expect.arrayContaining(["figure 0", "figure 19"]));
  });

  test.each(experiments.map((one) => [one.name, one] as const))(
    "%s: with all figures, and with none",
    (name, experiment) => {
      const row = (figure: string, median: number) =>
        ({
          experiment: name,
          figure,
          peers: 100,
          runs: 1,
          median,
          p99: median,
          published: 1,
          source: "s",
          goal: 1,
          met: true,
        }) as const;
      for (const rows of [[], [row("rmr-flood", 3), row("residue-k1", 0), row("false-deaths-of-swim", Number.NaN)]]) {
        const svg = svgOf(experiment.picture(rows));
        expect(textsOf(svg).length).toBeGreaterThan(3);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      }
    },
  );
});

test("nothing but pictures loads the parts for charts", () => {
  const entries = readdirSync("src", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const loading = entries
    .map(({ parentPath, name }) => `${parentPath}/${name}`)
    .filter((path) => /from "d3-/.test(readFileSync(path, "utf8")));
  expect(loading.length).toBeGreaterThan(0);
  expect(loading.filter((path) => !path.startsWith("src/cli/sim/picture/"))).toEqual([]);
});

test("the pictures of the experiments' page are there, and well-formed", () => {
  const page = readFileSync("docs/experiments.md", "utf8");
  const paths = [...page.matchAll(/!\[[^\]]+\]\((experiments\/[a-z]+\.svg)\)/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths) expect(textsOf(readFileSync(`docs/${path}`, "utf8")).length, path).toBeGreaterThan(10);
});

test.each(experiments.map(({ name }) => name))("%s has its place on the pages of experiments and commands", (name) => {
  expect(readFileSync("docs/experiments.md", "utf8")).toContain(`hearsay sim experiment ${name}`);
  expect(readFileSync("docs/cli.md", "utf8")).toContain(`\`${name}\``);
});

describe("texts of a picture", () => {
  test("what XML takes for its own is escaped; what is too long is cut", () => {
    expect(escaped(`<a b="c">&`)).toBe("&lt;a b=&quot;c&quot;&gt;&amp;");
    expect(fitted("short", 12, 200)).toBe("short");
    expect(fitted("much too long", 12, 40)).toMatch(/^\w+.*…$/);
  });

  test("what XML has no place for is replaced, halves of pairs too; what it has stays", () => {
    for (const text of ["\0", "\u0001", "\v", "\u001f", "\ud800", "\udc00", "\ufffe", "\uffff"]) {
      expect(escaped(`a${text}b`)).toBe("a\ufffdb");
      expect(textsOf(svgOf({ title: `a${text}b`, subtitle: "", source: null, panels: [bars] }))).toContain("a\ufffdb");
    }
    for (const text of ["\t", "\n", "\r", "\u007f", "ä", "\ud7ff", "\ue000", "\ufffd", "\u{1f600}", "\u{10ffff}"]) {
      expect(escaped(text)).toBe(text);
    }
    // A pair that is cut in two.
    expect(escaped(fitted("\u{1f600}".repeat(9), 12, 40))).not.toMatch(/[\ud800-\udfff]/u);
  });

  test.each([
    [0.00391, false, "0.004"],
    [0.0391, false, "0.0391"],
    [1908.4, false, "1,908"],
    [0.971, true, "97.1 %"],
    [0, false, "0"],
  ])("%s as a figure (share: %s) is %s", (value, isShare, text) => {
    expect(figureText(value, isShare)).toBe(text);
  });
});
