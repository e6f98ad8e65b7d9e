/** A real browser for tests of pages: the one that is installed here, without a window. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian puts it. */
const executablePath = "/usr/bin/chromium";

/** Whether there is a browser. Where there has to be one (HEARSAY_REQUIRE_BROWSER), it throws instead of saying no. */
export function hasBrowser(): boolean {
  if (existsSync(executablePath)) return true;
  if ((process.env.HEARSAY_REQUIRE_BROWSER ?? "") !== "") {
    throw new Error(`HEARSAY_REQUIRE_BROWSER is set, and there is no browser at ${executablePath}`);
  }
  process.stderr.write(`tests of pages are skipped: there is no browser at ${executablePath}\n`);
  return false;
}

/** Starts it. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Everything that a page complains about, from now on. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  return complaints;
}
