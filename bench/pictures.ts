/**
 * The README's pictures, from the real thing: a network that `hearsay up` runs, and its own dashboard in a browser.
 * `npm run pictures` writes them into docs/pictures.
 */
import { mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { until, Workshop } from "../test/cli/running.js";
import { launchBrowser } from "../test/web/browser.js";

const folder = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const bytesMax = 200_000;

const workshop = new Workshop();
const browser = await launchBrowser();
try {
  mkdirSync(folder, { recursive: true });
  const args = ["--peers", "16", "--seeds", "3", "--every", "1h", "--random-seed", "7", "--http", "0"];
  const network = workshop.run(["up", ...args]);
  const output = () => network.stdout() + network.stderr();
  await until(() => /all \d+ peers are linked/.test(output()), "the network is there", network);
  const url = /to look at it: (\S+)/.exec(output())![1]!;

  const page = await opened(url, 1280, 800, "dark");
  await say(page, "cache: drop user 4711");
  await page.locator(".message").first().click();
  await shoot(page, "dashboard-dark.png");
  await page.locator(".message").first().click();

  const light = await opened(url, 1280, 800, "light");
  await page.click('.directory [data-peer="p6"] button');
  await page.getByRole("button", { name: "Kill", exact: true }).click();
  await page.waitForSelector('.panel .status[data-status="dead"]');
  await page.getByRole("button", { name: "Partition" }).click();
  await light.getByRole("tab", { name: "Timeline" }).click();
  await light.waitForSelector('.caption[data-pieces="2"]');
  await light.waitForSelector('.totals [data-status="suspect"]');
  // The layout begins anew with the cut links, and is to end.
  await light.waitForTimeout(500);
  await settled(light);
  await shoot(light, "partition-light.png");
  await page.getByRole("button", { name: "Heal" }).click();
  await page.waitForSelector('.totals [data-status="suspect"]', { state: "detached" });

  const phone = await opened(url, 390, 844, "dark");
  await shoot(phone, "phone-dark.png");
} finally {
  await browser.close();
  workshop.close();
}

async function opened(url: string, width: number, height: number, colorScheme: "dark" | "light"): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(url);
  await page.waitForSelector(".connection.live");
  await settled(page);
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill("#publish", text);
  await page.click('.publish button[type="submit"]');
  await page.locator(".message .reach.whole").first().waitFor();
}

async function settled(page: Page): Promise<void> {
  await page.waitForSelector('.canvas[data-settled="true"]');
}

/** Takes a picture when nothing is told any more; too large a one would weigh on everybody who clones. */
async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForSelector(".notes li", { state: "detached" });
  await page.screenshot({ path: `${folder}${name}` });
  const { size } = statSync(`${folder}${name}`);
  process.stdout.write(`docs/pictures/${name} ${Math.round(size / 1_000)} kB\n`);
  if (size > bytesMax) throw new Error(`${name} has ${size} bytes, and may have ${bytesMax}`);
}
