/** A browser of this machine, driven without a window. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian and others put it. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program; undefined when there is none. */
export const browserPath = [process.env.HEARSAY_BROWSER ?? "", ...places].find(
  (path) => path !== "" && existsSync(path),
);

/** Where the tests of pages must not be skipped. */
export const isBrowserRequired = process.env.CI === "true" || process.env.HEARSAY_REQUIRE_BROWSER === "1";

/** Whether there is a browser. Where there has to be one, it throws instead of saying no. */
export function hasBrowser(): boolean {
  if (browserPath !== undefined) return true;
  if (isBrowserRequired) throw new Error(`a browser is required here, and there is none at ${places.join(", ")}`);
  process.stderr.write(`tests of pages are skipped: there is no browser at ${places.join(", ")}\n`);
  return false;
}

/** Starts it. In a container it cannot build its sandbox, and it loads nothing here but our own page. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath!, args: ["--no-sandbox"] });
}

/** A page, and whatever it complained of: errors, warnings of its own, and what its Content-Security-Policy refused. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a page that is watched from its first request on. */
export async function watchedPage(
  browser: Browser,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  return { page, complaints: await complaintsOf(page) };
}

/** Whatever a page complains of from now on. To be called before it loads anything. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on("console", (message) => {
    // The graphics card is played by the processor here, and its driver says that this is slow.
    if (message.text().includes("GL Driver Message")) return;
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.exposeFunction("tellRefusal", (text: string) => complaints.push(`refused: ${text}`));
  await page.addInitScript(
    'document.addEventListener("securitypolicyviolation", (event) => window.tellRefusal(event.violatedDirective + " " + event.blockedURI))',
  );
  return complaints;
}
