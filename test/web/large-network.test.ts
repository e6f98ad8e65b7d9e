/** The dashboard of more peers than one can run here: what it is told of them is made up, and comes from a real endpoint. */
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { madeNetwork } from "../../bench/dashboard/made-network.js";
import { type Endpoint, startEndpoint } from "../../src/http/server.js";
import { hasBrowser, launchBrowser, type WatchedPage, watchedPage } from "./browser.js";

const peers = 600;
const webFolder = fileURLToPath(new URL("../../lib/web", import.meta.url));

describe.skipIf(!hasBrowser())("the dashboard of a large network", () => {
  let browser: Browser;
  let endpoint: Endpoint;
  let watched: WatchedPage;

  beforeAll(async () => {
    const subject = madeNetwork({ peers, links: 3 * peers, messageEveryMs: 1_000 });
    endpoint = await startEndpoint(subject, { port: 0, webFolder });
    browser = await launchBrowser();
    watched = await watchedPage(browser);
    await watched.page.goto(endpoint.url);
    await watched.page.waitForSelector('.canvas[data-drawing="field"]');
  });
  afterAll(async () => {
    await browser?.close();
    await endpoint?.close();
  });

  test("draws all points and lines on the graphics card", async () => {
    const { page } = watched;
    expect(await page.getAttribute(".canvas", "data-points")).toBe(`${peers + 3}`);
    const show = (canvas: string) =>
      page.evaluate(
        `for (const one of document.querySelectorAll(".canvas canvas")) one.style.visibility = one.matches("${canvas}") ? "" : "hidden"`,
      );
    const bytes = async () => (await page.locator(".canvas").screenshot()).length;
    await show(".none");
    const empty = await bytes();
    await show(".field");
    // Thousands of lines make a large picture: the empty one has but the buttons above it.
    await expect.poll(bytes, { timeout: 10_000 }).toBeGreaterThan(10 * empty);
    await show("canvas");
  });

  test("is moved, comes nearer, and shows whom one clicks at", async () => {
    const { page } = watched;
    await page.waitForSelector('.canvas[data-settled="true"]', { timeout: 90_000 });
    await page.locator('.directory [data-peer="p1"] button').click();
    await page.waitForSelector('.panel:has-text("p1")');
    await page.keyboard.press("Escape");
    const box = (await page.locator(".canvas").boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    // The middle of a crowd: somebody is near.
    await page.mouse.click(x, y);
    const before = await page.locator(".panel h2").textContent();
    expect(before).toMatch(/^Peer p\d+/);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 150, y + 60, { steps: 4 });
    await page.mouse.up();
    // Who was in the middle is there now.
    await page.keyboard.press("Escape");
    await page.waitForSelector(".panel", { state: "detached" });
    // The end of moving is no click: for a moment clicks are not heard.
    await page.waitForTimeout(100);
    await page.mouse.click(x + 150, y + 60);
    expect(await page.locator(".panel h2").textContent()).toBe(before);
  }, 120_000);

  test("finds one in thousands, and complains of nothing", async () => {
    const { page } = watched;
    await page.fill("#search", "p577");
    await expect.poll(() => page.locator(".directory tr[data-peer]").count()).toBe(1);
    // Made peers have no trees and no history to be asked for.
    expect(watched.complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });
});
