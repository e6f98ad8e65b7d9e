import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { scenarioFragment, scenarioOfFragment } from "../../src/sim/scenario/fragment.js";
import { runScenario } from "../../src/sim/scenario/run.js";
import { at, count, crash, heal, partition, scenario, share, these } from "../../src/sim/scenario/scenario.js";
import { statuses } from "../../web/playground/frames.js";
import { ofScene, scenes } from "../../web/playground/scenes.js";
import { LiveStage, TraceStage } from "../../web/playground/stage.js";
import { type Running, until, Workshop } from "../cli/running.js";
import { complaintsOf, hasBrowser, launchBrowser } from "./browser.js";

/** The page has a machine to share. */
const patience = { timeout: 15_000 };

const small = scenario({
  name: "partition",
  randomSeed: 7,
  peers: 10,
  forMs: 6_000,
  calmMs: 3_000,
  network: { lossRate: 0.01 },
  steps: [at(2_030, partition(share(0.5))), at(4_011, heal()), at(4_517, crash(count(1)))],
});

describe("a scenario as the fragment of an address", () => {
  test("comes back as it was, whatever its name", () => {
    for (const name of ["plain", "it's (a) [test]~! %22 %27 ü", '{"a":1}']) {
      const whole = { ...small, name };
      const fragment = scenarioFragment(whole);
      expect(fragment).toMatch(/^run=[\w'()!~*.:,%-]+$/);
      expect(scenarioOfFragment(`#${fragment}`)).toEqual(whole);
    }
    expect(scenarioFragment(scenario({}))).toBe("run=()");
  });

  test("what is none is refused in words", () => {
    const fragment = scenarioFragment(small);
    expect(() => scenarioOfFragment("#top")).toThrow(RangeError);
    expect(() => scenarioOfFragment(fragment.slice(0, -9))).toThrow("garbled, or cut off");
    expect(() => scenarioOfFragment("run=('peers':-1)")).toThrow("peers must be from 1");
    expect(() => scenarioOfFragment("run=('steps':('a':1))")).toThrow(RangeError);
  });
});

describe("the stage, in Node.js", () => {
  test("makes the same run as the simulator, in whatever steps it is played, with deeds done meanwhile", () => {
    const stage = new LiveStage(small);
    for (let time = 7; !stage.isOver; time += 7) {
      stage.to(time);
      if (time === 3_003) stage.do([crash(these(3)), { do: "publish", who: these(5), messages: 2, bytes: 10 }]);
      if (time !== 5_005) continue;
      stage.restart();
      expect(stage.at).toBe(0);
    }
    expect(stage.scenario.steps).toHaveLength(5);
    const { hash, violations, lastedMs } = runScenario(stage.scenario);
    expect([stage.hash, stage.at, stage.broken]).toEqual([hash, lastedMs, violations]);
    expect(hash).not.toBe(runScenario(small).hash);
    expect(() => stage.do([heal()])).toThrow("nothing can be done from 6000 ms on");
  });

  test("what befalls ours befalls the classic network beside it, which loses what ours delivers", () => {
    const scene = scenes.find(({ name }) => name === "beside-classic")!;
    for (const randomSeed of [1, 2, 3]) {
      const stage = new LiveStage(ofScene(scene, randomSeed));
      stage.to(25_000);
      const twin = stage.twin!;
      const killed = ({ chronicle }: Pick<LiveStage, "chronicle">) => {
        const states = new Uint8Array(chronicle.size);
        chronicle.statusesInto(states, new Float32Array(chronicle.size), new Uint8Array(chronicle.size));
        return [...states.keys()].filter((index) => ["killed", "dead"].includes(statuses[states[index]!]!));
      };
      expect([twin.at, killed(twin).length]).toEqual([25_000, 5]);
      expect(killed(twin)).toEqual(killed(stage));
      const { published, delivered, expected, recent } = twin.chronicle;
      expect([published, expected]).toEqual([stage.chronicle.published, stage.chronicle.expected]);
      expect(stage.chronicle.delivered).toBe(stage.chronicle.expected);
      // With twenty peers 99 of 100 of the original's networks have somebody who does not hear everybody.
      expect(delivered).toBeLessThan(0.98 * expected);
      expect(recent.some(({ reached, peers }) => reached < peers)).toBe(true);
      // Going back plays both again.
      const [hash, messages] = [stage.hash, twin.messages];
      stage.restart();
      stage.to(25_000);
      expect([stage.hash, stage.twin!.messages, stage.twin!.chronicle.delivered]).toEqual([hash, messages, delivered]);
    }
    expect(new LiveStage(small).twin).toBeUndefined();
  });

  test("a trace tells the same of each peer as the run that wrote it", () => {
    const lines: string[] = [];
    runScenario(small, { trace: (line) => lines.push(JSON.stringify(line)) });
    const trace = new TraceStage(lines.join("\n"));
    const stage = new LiveStage(small);
    for (const time of [1_500, 3_900, 5_200, trace.endAt]) {
      trace.to(time);
      stage.to(time);
      expect(seen(trace), `at ${time}`).toEqual(seen(stage));
    }
    expect(trace.chronicle.deaths).toBe(1);
    expect(() => new TraceStage(`${lines[0]}\n{"at":1}`)).toThrow("line 2 is no line of a trace");
  });
});

function seen({ chronicle }: LiveStage | TraceStage): unknown {
  const { size, published, delivered, deaths, falseDeaths } = chronicle;
  const [states, hadMs, sides] = [new Uint8Array(size), new Float32Array(size), new Uint8Array(size)];
  chronicle.statusesInto(states, hadMs, sides);
  return [[...states], [...hadMs], [...sides], chronicle.links().length, published, delivered, deaths, falseDeaths];
}

describe.skipIf(!hasBrowser())("the page, in a browser", () => {
  const workshop = new Workshop();
  let served: Running;
  let address: string;
  let browser: Browser;
  let context: BrowserContext | undefined;

  beforeAll(async () => {
    served = workshop.run(["playground", "--json"]);
    await until(() => served.events().length > 0, "the playground is served", served);
    address = String(served.events()[0]!.address);
    browser = await launchBrowser();
  });
  afterEach(() => context?.close());
  afterAll(async () => {
    await browser?.close();
    workshop.close();
  });

  async function opened(fragment = ""): Promise<{ page: Page; complaints: string[] }> {
    context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
    const page = await context.newPage();
    const complaints = await complaintsOf(page);
    page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
    const response = await page.goto(address + fragment);
    expect(response?.headers()["content-security-policy"]).toBe("default-src 'self'; worker-src 'self'");
    return { page, complaints };
  }

  const counted = (page: Page, name: string) => page.locator(`[data-count="${name}"]`).textContent();
  const moment = async (page: Page) => Number(await page.locator(".at").getAttribute("data-at"));
  const untilEnd = (page: Page) => page.getByText("All promises kept, to the end.").waitFor();

  test("plays a scenario to the hash that the command line prints, and its address repeats what is done by click", async () => {
    const fragment = `#${scenarioFragment({ ...small, steps: [] })}`;
    const { page, complaints } = await opened(fragment);
    await page.locator("canvas.points").first().waitFor();
    await page.locator(".transport select").selectOption("1");
    await expect.poll(() => moment(page), patience).toBeGreaterThan(1_500);
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.keyboard.press("2");
    // The first of ten peers on a circle is at its top.
    const room = (await page.locator("canvas.points").first().boundingBox())!;
    await page.mouse.click(room.x + room.width / 2, room.y + 26);
    await page.getByText("peer 1 killed").waitFor();
    await page.locator('[data-status="killed"]').waitFor();
    const done = scenarioOfFragment(new URL(page.url()).hash);
    expect(done.steps).toMatchObject([{ do: "crash", who: { peers: [1] } }]);
    await page.keyboard.press(" ");
    await page.locator(".transport select").selectOption("20");
    await untilEnd(page);
    const { hash } = runScenario(done);
    expect(await counted(page, "hash")).toBe(hash);
    const again = await opened(new URL(page.url()).hash);
    await again.page.locator(".transport select").selectOption("20");
    await untilEnd(again.page);
    expect(await counted(again.page, "hash")).toBe(hash);
    expect([complaints, again.complaints]).toEqual([[], []]);
  });

  test("hearsay sim prints the end of the address that plays its run; going back plays it again", async () => {
    const sim = workshop.run(["sim", "--peers", "6", "--for", "3s", "--calm", "2s", "--kill", "1@2s", "--json"]);
    expect(await sim.exit()).toBe(0);
    const { hash, playground } = sim.events()[0] as { hash: string; playground: string };
    const { page, complaints } = await opened(playground);
    await page.locator(".transport select").selectOption("20");
    await untilEnd(page);
    expect(await counted(page, "hash")).toBe(hash);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => moment(page), patience).toBe(4_000);
    expect(await counted(page, "hash")).not.toBe(hash);
    await page.getByRole("button", { name: "Play" }).click();
    await untilEnd(page);
    expect(await counted(page, "hash")).toBe(hash);
    expect(complaints).toEqual([]);
  });

  test("plays ours and the classic network side by side, and on a phone one above the other", async () => {
    const { page, complaints } = await opened();
    await page.locator("select.scenes").selectOption("beside-classic");
    await page.locator(".transport select").selectOption("5");
    await expect.poll(() => moment(page), { timeout: 30_000 }).toBeGreaterThan(14_000);
    await page.keyboard.press(" ");
    expect(await page.locator('[data-coverage="ours"]').textContent()).toMatch(/^100.%$/);
    expect(parseInt((await page.locator('[data-coverage="classic"]').textContent())!, 10)).toBeLessThan(100);
    const boxes = async () => {
      const halves = page.locator(".pair .half");
      return [(await halves.nth(0).boundingBox())!, (await halves.nth(1).boundingBox())!] as const;
    };
    const [left, right] = await boxes();
    expect([left.y, left.height]).toEqual([right.y, right.height]);
    expect(Math.abs(left.width - right.width)).toBeLessThan(2);
    expect(right.x).toBeGreaterThanOrEqual(left.x + left.width);
    await page.setViewportSize({ width: 390, height: 844 });
    const [above, below] = await boxes();
    expect(below.y).toBeGreaterThanOrEqual(above.y + above.height);
    expect([above.x, above.width]).toEqual([0, 390]);
    // Both are drawn: an empty canvas would be all of one colour.
    const painted = await page.evaluate<number[]>(
      `[...document.querySelectorAll(".pair canvas.points")].map((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0 ? 1 : 0), 0);
      })`,
    );
    for (const pixels of painted) expect(pixels).toBeGreaterThan(1_000);
    expect(complaints).toEqual([]);
  });

  test("opens a trace, and says what is wrong with one", async () => {
    const { page, complaints } = await opened();
    const file = join(workshop.folder, "run.ndjson");
    const lines: string[] = [];
    runScenario(small, { trace: (line) => lines.push(JSON.stringify(line)) });
    writeFileSync(file, lines.join("\n"));
    await page.locator('input[type="file"]').setInputFiles(file);
    await page.getByText("trace run.ndjson", { exact: true }).waitFor();
    await page.locator(".transport select").selectOption("20");
    await page.locator('[data-status="dead"]').waitFor();
    writeFileSync(file, "no trace");
    await page.locator('input[type="file"]').setInputFiles(file);
    await page.getByRole("alert").getByText("Line 1 is no line of a trace: it is not JSON.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("says what is wrong with an address, and plays something all the same", async () => {
    const { page, complaints } = await opened("#run=('peers':-3)");
    await page.getByRole("alert").getByText("Peers must be from 1 to 1000000, not -3.").waitFor();
    await expect.poll(() => moment(page), patience).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  test("draws a thousand peers while they start", async () => {
    const { page, complaints } = await opened(`#${scenarioFragment(scenario({ peers: 1_000, joinEveryMs: 1 }))}`);
    await expect.poll(() => moment(page), patience).toBeGreaterThan(100);
    const drawn = async () => Number(await page.locator(".room").getAttribute("data-drawn"));
    const before = await drawn();
    await expect.poll(drawn, patience).toBeGreaterThan(before + 3);
    expect(complaints).toEqual([]);
  });

  test("only its own files are served, whatever path is asked for, and only given", async () => {
    const { hostname, port } = new URL(address);
    const status = (path: string, method = "GET") =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request({ hostname, port, path, method }, (response) => resolve(response.resume().statusCode));
        asked.on("error", reject).end();
      });
    expect(hostname).toBe("127.0.0.1");
    expect(await status("/index.html?x")).toBe(200);
    for (const path of [
      "/../package.json",
      "/..%2fpackage.json",
      "/assets/../../cli/main.js",
      "//etc/passwd",
      "/assets",
    ]) {
      expect(await status(path), path).toBe(404);
    }
    expect(await status("/", "POST")).toBe(405);
  });

  test("Ctrl-C ends the server, though a browser is still connected", async () => {
    const one = workshop.run(["playground"]);
    await until(() => one.stdout().includes("The playground is at http://127.0.0.1:"), "it is served", one);
    await fetch(/http\S+/.exec(one.stdout())![0]);
    one.child.kill("SIGINT");
    expect(await one.exit()).toBe(0);
  });
});
