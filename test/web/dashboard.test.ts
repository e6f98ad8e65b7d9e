/** The dashboard in a real browser, of a real network. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, until, Workshop } from "../cli/running.js";
import { browserPath, isBrowserRequired, launchBrowser, type WatchedPage, watchedPage } from "./browser.js";

/** Stricter than what the endpoint sends: nothing of the page may be inline, made of text, or from elsewhere. */
const strictPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; object-src 'none'";
const peers = 8;

if (browserPath === undefined && isBrowserRequired) throw new Error("there is no browser, and these tests need one");
if (browserPath === undefined) console.warn("skipped: the tests of the dashboard need chromium, and there is none");

describe.skipIf(browserPath === undefined)("the dashboard of a network", () => {
  const workshop = new Workshop();
  let browser: Browser;
  let network: Running;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    network = workshop.run(["up", "--peers", `${peers}`, "--seeds", "2", "--every", "1h", "--http", "0"]);
    [browser] = await Promise.all([
      launchBrowser(),
      until(() => /all \d+ peers are linked/.test(output()), "links", network),
    ]);
    watched = await watchedPage(browser);
    page = watched.page;
    await page.route("**/*", async (route) => {
      if (route.request().resourceType() !== "document") return route.continue();
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": strictPolicy } });
    });
    await page.goto(url());
    await page.waitForSelector(".connection.live");
  });
  afterAll(async () => {
    await browser?.close();
    workshop.close();
  });
  const output = () => network.stdout() + network.stderr();
  const url = () => /to look at it: (\S+)/.exec(output())![1]!;
  const pieces = (count: number) => page.waitForSelector(`.caption[data-pieces="${count}"]`, { timeout: 15_000 });

  test("draws everybody, and says so", async () => {
    await page.waitForSelector(`.totals [data-status="alive"]:has-text("${peers} alive")`);
    expect(await page.textContent(".caption")).toMatch(
      new RegExp(`^${peers} peers, 2 seeds, \\d+ links, all connected`),
    );
    // Those for the graph, not only the one for messages.
    expect(await page.locator(".canvas canvas").count()).toBeGreaterThan(1);
    await page.waitForSelector('.directory [data-peer="p8"][data-status="alive"]');
  });

  test("draws the way of a message that was published on the page", async () => {
    const drawn = async () => Number((await page.getAttribute(".canvas", "data-drawn-hops")) ?? 0);
    const before = await drawn();
    await page.fill("#publish", "hello from the page");
    await page.click('.publish button[type="submit"]');
    const line = page.locator(".message", { hasText: "hello from the page" });
    await line.getByText(`${peers - 1} of ${peers - 1}`).waitFor();
    await expect.poll(drawn).toBeGreaterThanOrEqual(before + peers - 1);
    await line.click();
    await page.waitForSelector(`.canvas[data-traced-hops="${peers}"]`);
    // A way to seven others is seven lines: more than specks.
    await expect.poll(() => paintedPixels(page)).toBeGreaterThan(1_000);
    await line.click();
  });

  test("shows a killed peer as dead within three seconds", async () => {
    await page.click('.directory [data-peer="p5"] button');
    const killed = Date.now();
    await page.getByRole("button", { name: "Kill", exact: true }).click();
    await page.waitForSelector('.panel .status[data-status="dead"]', { timeout: 3_000 });
    await page.waitForSelector('.totals [data-status="dead"]', { timeout: 3_000 });
    expect(Date.now() - killed).toBeLessThan(3_000);
    await page.waitForSelector('.directory [data-peer="p5"][data-status="dead"]');
    await page.getByRole("tab", { name: "Timeline" }).click();
    await page.getByText("p5 was killed").first().waitFor();
    await page.getByText(/p5 is dead, say all/).waitFor();
  });

  test("shows a partition, and how it heals", async () => {
    await page.getByRole("button", { name: "Partition" }).click();
    await pieces(2);
    // Healed before anybody has noticed, it would have been none.
    await page.waitForSelector('.totals [data-status="suspect"]', { timeout: 15_000 });
    await page.getByRole("button", { name: "Heal" }).click();
    await pieces(1);
    await page.waitForSelector(`.totals [data-status="alive"]:has-text("${peers - 1} alive")`, { timeout: 15_000 });
  });

  test("everything can be reached and done by keys", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.waitForSelector(".canvas:focus");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".panel");
    await page.keyboard.press("/");
    await page.waitForSelector("#search:focus");
    await page.keyboard.type("p2");
    await expect.poll(() => page.locator(".directory tr[data-peer]").count()).toBe(1);
    const theme = await page.getAttribute("html", "data-theme");
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    expect(await page.getAttribute("html", "data-theme")).not.toBe(theme);
  });

  test("nothing is cut off or too small to read, on a phone neither", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const part of ["Overlay", "Messages", "Directory", "Timeline", "Actions"]) {
      await page.getByRole("navigation").getByRole("button", { name: part }).click();
      expect(await page.evaluate(misfits), part).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(await page.evaluate(misfits)).toEqual([]);
  });

  test("had no errors, and wanted nothing that a strict Content-Security-Policy forbids", () => {
    expect(watched.complaints).toEqual([]);
  });

  test("says that the connection is lost, and keeps what it shows", async () => {
    network.child.kill("SIGKILL");
    await page
      .getByText(/Connection lost/)
      .first()
      .waitFor();
    await page.waitForSelector(".connection.lost");
    expect(await page.locator(".directory").count()).toBe(1);
  });
});

describe.skipIf(browserPath === undefined)("the dashboard of one seed, and of one peer", () => {
  const workshop = new Workshop();
  let browser: Browser;
  const token = "open-sesame-0123456789";

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    workshop.close();
  });

  test("asks for the token, shows what there is, and says why the rest cannot be had", async () => {
    const env = { HEARSAY_HTTP_TOKEN: token };
    const seed = workshop.run(["seed", "--port", "0", "--http", "0"], undefined, env);
    const said = (pattern: RegExp, running: Running) => pattern.exec(running.stdout() + running.stderr())?.[1];
    await until(() => said(/port (\d+)/, seed) !== undefined, "the seed listens", seed);
    const seedArgs = ["--seed", `127.0.0.1:${said(/port (\d+)/, seed)}`];
    const peer = workshop.run(["peer", "--port", "0", "--http", "0", ...seedArgs], undefined, env);
    const endpoint = /(http:\/\/\S+)/;
    await until(() => said(endpoint, seed) !== undefined && said(endpoint, peer) !== undefined, "both serve", peer);

    const { page, complaints } = await watchedPage(browser);
    await page.goto(said(endpoint, seed)!);
    // The page's own form, and not the browser's: who has nothing but the address sees where the token goes.
    await page.getByRole("heading", { name: "This endpoint asks for its token" }).waitFor();
    await page.waitForSelector("#token:focus");
    await page.fill("#token", "guessed");
    await page.click(".token button");
    await page.getByText("That is not the token.").waitFor();
    await page.fill("#token", token);
    await page.click(".token button");
    await page.waitForSelector(".connection.live");
    await page.getByText("1 registered").first().waitFor();
    expect(await page.isDisabled("#publish")).toBe(true);
    expect(await page.isDisabled('button:has-text("Partition")')).toBe(true);
    await page.getByText(/Networks started by “hearsay up” take this/).waitFor();

    await page.goto(said(endpoint, peer)!);
    await page.fill("#token", token);
    await page.click(".token button");
    await page.waitForSelector(".connection.live");
    await page.waitForSelector('.directory tr[data-status="alive"]');
    expect(await page.isDisabled("#publish")).toBe(false);
    // The 401s that were asked for are all that the browser complains of.
    expect(complaints.filter((text) => !text.includes("401"))).toEqual([]);
  });
});

/** How many pixels of the canvas for messages are painted. */
async function paintedPixels(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("canvas.pulses");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++;
    return painted;
  })()`);
}

/** Runs in the page: texts that are small, and things that reach out of the window. */
const misfits = `[...document.querySelectorAll("body *")].flatMap((element) => {
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.height === 0 || element.closest(".rows, .side, .unseen, canvas, dialog") !== null) return [];
  const words = element.tagName + "." + element.className + " " + element.textContent.slice(0, 40);
  const hasText = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== "");
  const isSmall = hasText && parseFloat(getComputedStyle(element).fontSize) < 12;
  const isOut = box.left < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
  return [...(isSmall ? ["small: " + words] : []), ...(isOut ? ["out: " + words] : [])];
})`;
