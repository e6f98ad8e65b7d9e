/**
 * How smoothly the playground draws: frames a second in a browser without a window, and how fast virtual time passes
 * meanwhile, by the size of the network. Peers start 2 ms apart; what is measured begins when all have, and includes the
 * busy time after it.
 *
 * The goal is that of the project: 1,000 peers at 30 frames a second.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { chromium, type Page } from "playwright-core";
import { fileServer, readServedFiles } from "../src/cli/playground/files.js";
import { type Row, row } from "../src/sim/experiments/rows.js";
import { scenarioFragment } from "../src/sim/scenario/fragment.js";
import { scenario } from "../src/sim/scenario/scenario.js";
import { columns } from "./figures.js";

/** What to measure. */
export interface PlaygroundBenchOptions {
  /** Sizes of the network. */
  readonly peers: readonly number[];
  /** Real seconds that are measured. */
  readonly seconds: number;
  /** The browser: Debian's chromium. */
  readonly browser: string;
  /** Hears what is being done. */
  readonly progress: (line: string) => void;
}

const joinEveryMs = 2;
const framesGoal = 30;

/**
 * All figures, in the order of measuring.
 *
 * @throws Error where there is no browser
 */
export async function benchPlayground(options: PlaygroundBenchOptions): Promise<Row[]> {
  const server = fileServer(readServedFiles(new URL("../lib/playground/", import.meta.url)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({ executablePath: options.browser, args: ["--no-sandbox"] });
  const rows: Row[] = [];
  try {
    for (const peers of options.peers) {
      options.progress(`${peers} peers`);
      const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
      const fragment = scenarioFragment(scenario({ peers, joinEveryMs, forMs: 600_000 }));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#${fragment}`);
      await page.locator(".transport select").selectOption("1");
      while ((await told(page)).at < peers * joinEveryMs) await page.waitForTimeout(500);
      const before = await told(page);
      await page.waitForTimeout(1_000 * options.seconds);
      const after = await told(page);
      await page.close();
      const seconds = (after.now - before.now) / 1_000;
      const frames = (after.drawn - before.drawn) / seconds;
      rows.push(row("frames-per-second", peers, [frames], { goal: framesGoal, isShare: true }));
      rows.push(row("times-real-time", peers, [(after.at - before.at) / 1_000 / seconds], { goal: null }));
    }
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
  return rows;
}

/** The figures for people. */
export function playgroundTable(rows: readonly Row[]): string {
  return columns(
    ["figure", "peers", "ours", "goal", ""],
    rows.map(({ figure, peers, median, goal, met }) => [
      figure,
      peers.toLocaleString("en"),
      median.toLocaleString("en"),
      goal === null ? "" : `≥ ${goal}`,
      met === null ? "" : met ? "met" : "MISSED",
    ]),
  );
}

async function told(page: Page): Promise<{ readonly at: number; readonly drawn: number; readonly now: number }> {
  const at = Number(await page.locator(".at").getAttribute("data-at"));
  const drawn = Number(await page.locator(".room").getAttribute("data-drawn"));
  return { at, drawn, now: performance.now() };
}
