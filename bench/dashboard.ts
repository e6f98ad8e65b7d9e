/**
 * Frames of the dashboard, with a made network behind a real endpoint, in a real browser. There is no graphics card here:
 * the processor draws, and figures of a machine with one are better.
 */
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { startEndpoint } from "../src/http/server.js";
import { launchBrowser } from "../test/web/browser.js";
import { madeNetwork } from "./dashboard/made-network.js";
import { columns } from "./figures.js";

/** What is measured. */
export interface DashboardPlan {
  readonly peers: readonly number[];
  /** For each peer. */
  readonly links: number;
  readonly seconds: number;
  readonly progress: (line: string) => void;
}

/** One figure. */
export interface DashboardFigure {
  readonly figure: string;
  readonly peers: number;
  readonly value: number;
  readonly unit: "ms" | "frames/s";
  /** Frames must be at least so many, and times at most so long; null for what only explains others. */
  readonly goal: number | null;
  readonly met: boolean | null;
}

const webFolder = fileURLToPath(new URL("../lib/web", import.meta.url));
/** With so many peers it must be smooth; with more, usable. */
const smoothPeers = 1_000;
const smoothFrames = 30;
const usableFrames = 10;
const firstPictureMs = 1_000;
const filterMs = 200;
/** Where others are at work as well, a processor that draws takes its time. */
const settleLimitMs = 120_000;

/** Measures each size by itself. */
export async function benchDashboard({ peers, links, seconds, progress }: DashboardPlan): Promise<DashboardFigure[]> {
  const figures: DashboardFigure[] = [];
  for (const count of peers) {
    const subject = madeNetwork({ peers: count, links: links * count, messageEveryMs: 1_500 });
    const endpoint = await startEndpoint(subject, { port: 0, webFolder });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(settleLimitMs);
      await page.goto(endpoint.url);
      await page.waitForSelector(".connection.live", { timeout: settleLimitMs });
      progress(`${count} peers: it is there`);
      const first = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
      const drawn = await page.evaluate<number>("performance.getEntriesByName('graph-drawn')[0].startTime");
      figures.push(time("first words", count, first, firstPictureMs));
      figures.push(time("first picture of the graph", count, drawn, count <= smoothPeers ? firstPictureMs : null));
      const goal = count <= smoothPeers ? smoothFrames : usableFrames;
      figures.push(frames("while points look for their places", count, await framesOf(page, seconds), null));
      await page.waitForSelector('.canvas[data-settled="true"]', { timeout: settleLimitMs });
      progress(`${count} peers: all have found their places`);
      figures.push(frames("with messages on their way", count, await framesOf(page, seconds), goal));
      figures.push(frames("while the graph is moved about", count, await framesWhileMoving(page, seconds), goal));
      figures.push(frames("while the directory is scrolled", count, await framesWhileScrolling(page, seconds), goal));
      figures.push(time("searching the directory", count, await searchMs(page), filterMs));
    } finally {
      await browser.close();
      await endpoint.close();
    }
  }
  return figures;
}

/** The figures for people. */
export function dashboardTable(figures: readonly DashboardFigure[]): string {
  const rows = figures.map(({ figure, peers, value, unit, goal, met }) => [
    figure,
    peers.toLocaleString("en"),
    `${value.toLocaleString("en")} ${unit}`,
    goal === null ? "" : `${unit === "ms" ? "≤" : "≥"} ${goal}`,
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  return columns(["figure", "peers", "measured", "goal", ""], rows);
}

function frames(figure: string, peers: number, value: number, goal: number | null): DashboardFigure {
  return {
    figure,
    peers,
    value: Math.round(value * 10) / 10,
    unit: "frames/s",
    goal,
    met: goal === null ? null : value >= goal,
  };
}

function time(figure: string, peers: number, value: number, goal: number | null): DashboardFigure {
  return { figure, peers, value: Math.round(value), unit: "ms", goal, met: goal === null ? null : value <= goal };
}

/** Frames a second that the page gets to draw. */
async function framesOf(page: Page, seconds: number): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const startedAt = performance.now();
    let count = 0;
    const frame = () => {
      count++;
      const passed = performance.now() - startedAt;
      if (passed < ${seconds * 1_000}) requestAnimationFrame(frame);
      else resolve((count * 1000) / passed);
    };
    requestAnimationFrame(frame);
  })`);
}

/** From a letter until the rows that match are drawn: the median of several. */
async function searchMs(page: Page): Promise<number> {
  const times = await page.evaluate<number[]>(`(async () => {
    const times = [];
    for (const text of ["p1", "p17", "zone=z3", "10.0.3", "nobody", ""]) {
      const startedAt = performance.now();
      const input = document.getElementById("search");
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      times.push(performance.now() - startedAt);
    }
    return times;
  })()`);
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

async function framesWhileMoving(page: Page, seconds: number): Promise<number> {
  const box = (await page.locator(".canvas").boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const counting = framesOf(page, seconds);
  for (const end = performance.now() + seconds * 1_000, start = performance.now(); performance.now() < end; ) {
    const angle = (performance.now() - start) / 400;
    await page.mouse.move(x + 80 * Math.sin(angle), y + 60 * Math.cos(angle));
  }
  const result = await counting;
  await page.mouse.up();
  return result;
}

async function framesWhileScrolling(page: Page, seconds: number): Promise<number> {
  const box = (await page.locator(".directory .rows").boundingBox())!;
  await page.mouse.move(box.x + 200, box.y + box.height / 2);
  const counting = framesOf(page, seconds);
  for (const end = performance.now() + seconds * 1_000; performance.now() < end; ) await page.mouse.wheel(0, 120);
  return counting;
}
