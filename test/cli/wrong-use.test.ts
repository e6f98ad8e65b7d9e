import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { advertiseValue, countValue, durationValue, interfaceValue, portValue } from "../../src/cli/values.js";
import { Workshop } from "./running.js";

describe("wrong use: one line on stderr, and a documented exit code", () => {
  const workshop = new Workshop();
  const taken = createServer();
  let takenPort = 0;

  beforeAll(async () => {
    writeFileSync(join(workshop.folder, "empty.txt"), "# nobody\n\n");
    writeFileSync(join(workshop.folder, "garbled.txt"), "127.0.0.1:5001\r\n\r\nthe other one\r\n");
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    const address = taken.address();
    takenPort = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(() => {
    workshop.close();
    taken.close();
  });

  const cases: readonly (readonly [args: string, code: number, line: RegExp, input?: string])[] = [
    ["sed", 2, /^error: unknown command 'sed' \(Did you mean seed\?\); see hearsay --help\n$/],
    ["seed 5001", 2, /too many arguments/],
    ["up --ever 5s", 2, /unknown option '--ever' \(Did you mean --every\?\); see hearsay up --help/],
    ["seed --port 65536", 2, /A port is a number from 0/],
    ["peer --every 5", 2, /such as 250ms, 5s or 2m\. Did you mean 5s\?/],
    ["peer --dialect morse", 2, /Allowed choices are native, classic/],
    ["up --base-port 65530", 2, /would need ports up to 65540/],
    ["seed", 2, /^error: no port number came on standard input/, ""],
    ["seed", 2, /^error: "five" is no port/, "five\n"],
    ["seed --port 0 --host 203.0.113.77", 4, /this machine has no such address/],
    ["peer --liveness 5s", 2, /^error: --liveness is for --dialect classic; see hearsay peer --help\n$/],
    ["peer --dialect classic --network a", 2, /^error: --network is for --dialect native; /],
    ["peer --seed 127.0.0.1", 2, /Expected ip:port/],
    ["peer --peer 0.0.0.0:6001", 2, /Expected ip:port/],
    [`peer --network ${"n".repeat(256)}`, 2, /A network's name has 1 to 255 bytes/],
    ["publish news", 2, /^error: what to publish\? give a text, - for standard input, or --lines\n$/],
    ["publish news hello", 2, /^error: whom to ask\? name a seed/],
    ["publish news hello --lines", 2, /^error: --lines reads standard input: give no text\n$/],
    [`publish ${"t".repeat(256)} hello`, 2, /a topic of 256 bytes of UTF-8, of at most 255/],
    ["publish", 2, /missing required argument 'topic'; see hearsay publish --help/],
    [
      "sim --peers 5 experiment demers",
      2,
      /^error: --peers of sim has no effect on experiment, whose options come after/,
    ],
    ["sim --random-seed 7 experiment demers --runs 1", 2, /^error: --random-seed of sim has no effect on experiment/],
    ["sim --kill 1@1s --json replay none.ndjson", 2, /^error: --kill of sim has no effect on replay/],
    ["subscribe news", 2, /^error: whom to ask\?/],
    ["subscribe --for 5", 2, /Did you mean 5s\?; see hearsay subscribe --help/],
    ["peer --dialect classic --port 0", 5, /^error: config\.txt: no such file\n$/],
    ["peer --port 0 --config empty.txt", 5, /empty\.txt: names no seed/],
    ["peer --port 0 --config garbled.txt", 5, /garbled\.txt:3: "the other one" is no address/],
    ["publish news hello --config garbled.txt", 5, /garbled\.txt:3: /],
    ["peer --seed 127.0.0.1:5001 --log-dir empty.txt", 6, /cannot write the log .*there is a file where/],
    ["seed --port 0 --log-dir empty.txt", 6, /cannot write the log .*there is a file where its folder should be/],
  ];
  for (const [args, code, line, input = ""] of cases) {
    test(`hearsay ${args} → ${code}: ${line}`, async () => {
      const running = workshop.run(args.split(" "), input);
      expect(await running.exit()).toBe(code);
      expect(running.stderr()).toMatch(line);
      expect(running.stderr().split("\n")).toHaveLength(2);
    });
  }

  test("a taken port → 3, named, in every command", async () => {
    writeFileSync(join(workshop.folder, "good.txt"), "127.0.0.1:5001\n");
    const commands = [
      ["seed", "--port", String(takenPort)],
      ["peer", "--port", String(takenPort), "--config", "good.txt"],
      ["publish", "news", "hello", "--port", String(takenPort), "--config", "good.txt"],
      ["subscribe", "--port", String(takenPort), "--config", "good.txt"],
      ["up", "--base-port", String(takenPort)],
    ];
    for (const args of commands) {
      const running = workshop.run(args, "");
      expect(await running.exit()).toBe(3);
      expect(running.stderr()).toMatch(new RegExp(`^error: .*${takenPort} is taken: another program listens there\n$`));
    }
  });

  test("a privileged port → 4", async (context) => {
    const running = workshop.run(["seed", "--port", "81"], "");
    const code = await Promise.race([running.exit(), new Promise((resolve) => setTimeout(resolve, 1_500, "listens"))]);
    running.child.kill("SIGKILL");
    if (code === "listens") context.skip("this user may listen on ports below 1024, so there is nothing to refuse");
    expect(code).toBe(4);
    expect(running.stderr()).toMatch(/^error: port 81 is not allowed: ports below 1024 need privileges\n$/);
  });

  test("help and version go to stdout, with 0", async () => {
    for (const args of [[], ["--help"], ["up", "--help"], ["publish", "--help"], ["--version"]]) {
      const running = workshop.run(args, "");
      expect(await running.exit()).toBe(0);
      expect(running.stdout()).toMatch(args[0] === "--version" ? /^\d+\.\d+\.\d+\n$/ : /Examples:\n/);
      expect(running.stderr()).toBe("");
    }
  });
});

test("values of options: what is taken, and what is said about the rest", () => {
  const time = durationValue(100, 86_400_000);
  expect(["250ms", "5s", "1.5m", "1 h", "1d"].map(time)).toEqual([250, 5_000, 90_000, 3_600_000, 86_400_000]);
  expect(() => time("5")).toThrow("Did you mean 5s?");
  expect(() => time("5parsecs")).toThrow("Known units are ms, s, m, h and d");
  for (const text of ["0s", "2d", "99ms"]) expect(() => time(text)).toThrow("from 100ms to 1d");
  for (const text of ["", "s", "-5s", "5s5s", "1e3s"]) expect(() => time(text)).toThrow("with its unit");
  expect(["0", "5001", "65535"].map(portValue)).toEqual([0, 5_001, 65_535]);
  for (const text of ["", "-1", "65536", "0x50", "5001x", "1.5"]) expect(() => portValue(text)).toThrow("from 0");
  for (const text of ["-1", "11", "1.5", "two"]) expect(() => countValue(0, 10)(text)).toThrow("0 to 10");
  expect(["[::1]", "Localhost", "0.0.0.0"].map(interfaceValue)).toEqual(["::1", "localhost", "0.0.0.0"]);
  for (const text of ["", "a b", "1.2.3.4:5"]) expect(() => interfaceValue(text)).toThrow("without a port");
  for (const text of ["0.0.0.0", "::"]) expect(() => advertiseValue(text)).toThrow("Nobody can reach");
});
