import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { until, Workshop } from "./running.js";

const workshop = new Workshop();
afterAll(() => workshop.close());

const small = ["sim", "--peers", "10", "--for", "12s", "--calm", "8s"];

describe("hearsay sim", () => {
  test("prints a curve, a table, and the one command that makes the same run", async () => {
    const run = workshop.run([...small, "--kill", "20%@5s", "--random-seed", "3"]);
    expect(await run.exit()).toBe(0);
    expect(run.stdout()).toMatch(/^messages that had arrived/);
    expect(run.stdout()).toMatch(/peers +10 at the beginning, 8 at the end/);
    expect(run.stdout()).toMatch(/again +hearsay sim --peers 10 .* --kill 20%@5s --random-seed 3\n/);
    expect(run.stdout()).toMatch(/all promises kept\n$/);
  });

  test("--json: a summary with the run's hash, the same for the same number", async () => {
    const runs = [1, 2].map(() => workshop.run([...small, "--json"]));
    const hashes: unknown[] = [];
    for (const run of runs) {
      expect(await run.exit()).toBe(0);
      const [summary] = run.events();
      expect(summary).toMatchObject({ event: "summary", peers: 10, lastedMs: 20_000, violations: [] });
      hashes.push(summary!.hash);
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(hashes[1]).toBe(hashes[0]);
  });

  test("--trace writes everything that happens as NDJSON", async () => {
    const run = workshop.run([...small, "--partition", "50%@4s+3s", "--trace", "run.ndjson"]);
    expect(await run.exit()).toBe(0);
    const lines = workshop
      .read("run.ndjson")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { at: number; event: string });
    expect(lines.filter(({ event }) => event === "started")).toHaveLength(10);
    expect(lines.find(({ event }) => event === "partition")).toMatchObject({ at: 4_000, peer: 0 });
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  test("runs the scenario of a file, and says what is wrong with one", async () => {
    const scenario = { peers: 4, forMs: 5_000, calmMs: 3_000, steps: [{ do: "join", count: 2, atMs: 2_000 }] };
    writeFileSync(join(workshop.folder, "good.json"), JSON.stringify(scenario));
    const good = workshop.run(["sim", "--scenario", "good.json", "--json"]);
    expect(await good.exit()).toBe(0);
    expect(good.events()[0]).toMatchObject({ peers: 6 });
    writeFileSync(join(workshop.folder, "bad.json"), JSON.stringify({ ...scenario, steps: [{ do: "joke", atMs: 1 }] }));
    const bad = workshop.run(["sim", "--scenario", "bad.json"]);
    expect(await bad.exit()).toBe(2);
    expect(bad.stderr()).toMatch(/^error: the scenario bad\.json, at steps\.0/);
    const none = workshop.run(["sim", "--scenario", "none.json"]);
    expect(await none.exit()).toBe(2);
    const late = { ...scenario, steps: [{ do: "join", count: 2, atMs: 5_001 }] };
    writeFileSync(join(workshop.folder, "late.json"), JSON.stringify(late));
    const after = workshop.run(["sim", "--scenario", "late.json"]);
    expect(await after.exit()).toBe(2);
    expect(after.stderr()).toMatch(/^error: the scenario late\.json: steps\[0\] \(join\)\.atMs is after the end/);
    // Its number counts, and is the one that is named, unless another is given.
    writeFileSync(join(workshop.folder, "five.json"), JSON.stringify({ ...scenario, randomSeed: 5 }));
    const five = workshop.run(["sim", "--scenario", "five.json"]);
    const seven = workshop.run(["sim", "--scenario", "five.json", "--random-seed", "7"]);
    expect(await five.exit()).toBe(0);
    expect(await seven.exit()).toBe(0);
    expect(five.stdout()).toMatch(/--scenario five\.json --random-seed 5$/m);
    const hashOf = (text: string) => /hash +([0-9a-f]{8})/.exec(text)![1];
    expect(hashOf(five.stdout())).not.toBe(hashOf(seven.stdout()));
  });

  test.each([
    [["--swarm", "1", "--without", "foo"], /Expected one of bandwidth, clog, corrupt/],
    [["--without", "crash"], /--without is for a --swarm/],
    [["--swarm", "2", "--trace", "t.ndjson"], /--trace writes one run/],
    [["--swarm", "1", "--kill", "1@2s"], /--kill: the scenario is that of --swarm/],
    [["--swarm", "1", "--loss", "0%"], /--loss: the scenario is that of --swarm/],
    [["--scenario", "x.json", "--peers", "5"], /--peers: the scenario is that of --scenario/],
    [["--swarm", "1", "--scenario", "x.json"], /draws its scenarios itself/],
    [["--swarm", "2", "--random-seed", "4294967295"], /the numbers of a swarm end at 4294967295/],
    [["--kill", "1@2s+3s"], /It has no length/],
    [["--corrupt", "flooder:1@2s+3s"], /It has no length/],
    [["--spacetime", "x.svg", "--window", "100s..101s", "--for", "5s"], /--window begins after the end/],
    [["--peers", "1000000"], /^error: 1,000,000 peers need some/],
    [["replay"], /see hearsay sim replay --help$/m],
  ])("what makes no sense is refused: %j", async (words, why) => {
    const run = workshop.run(["sim", ...words]);
    expect(await run.exit()).toBe(2);
    expect(run.stderr()).toMatch(why);
  });

  test("a trace that a full disk cuts short is said, in its last piece as well", () => {
    const traced = ["sim", "--peers", "20", "--for", "10s", "--calm", "1s", "--trace", "cut.ndjson"];
    // A limit for files does the same as a disk: it takes a part of what is written.
    const words = ["-c", 'ulimit -f 97; exec "$@"', "bash", process.execPath, resolve("lib/cli/main.js"), ...traced];
    const { status, stderr } = spawnSync("bash", words, { cwd: workshop.folder, encoding: "utf8" });
    expect(stderr).toMatch(/^error: cannot write the trace cut\.ndjson: EFBIG/);
    expect(status).toBe(6);
    expect(workshop.read("cut.ndjson").length).toBe(97 * 1_024);
  });

  test("peers that know their neighbors alone keep all promises", async () => {
    const run = workshop.run(["sim", "--peers", "12", "--for", "10s", "--directory", "neighbors", "--json"]);
    expect(await run.exit()).toBe(0);
    expect(run.events()[0]).toMatchObject({ violations: [] });
  });

  test("Ctrl-C ends --shrink as well", async () => {
    const narrow = ["--peers", "30", "--link-bandwidth", "1kB/s", "--bytes", "100000", "--for", "15s", "--calm", "5s"];
    const run = workshop.run(["sim", ...narrow, "--shrink"]);
    await until(() => run.stderr().includes("after "), "it shrinks", run);
    run.child.kill("SIGINT");
    expect(await run.exit()).toBe(130);
  });

  test("--swarm runs scenarios drawn at random", async () => {
    const run = workshop.run(["sim", "--swarm", "1", "--random-seed", "2", "--json"]);
    expect(await run.exit()).toBe(0);
    expect(run.events().at(-1)).toMatchObject({ event: "swarm", runs: 1, failed: 0 });
  });

  test("narrow uplinks, clogged ways, slow, suspended and dialing peers make another run, and promises are kept", async () => {
    const plain = workshop.run([...small, "--json"]);
    const faults: readonly (readonly string[])[] = [
      ["--bandwidth", "20kB/s"],
      ["--link-bandwidth", "80kbit/s"],
      ["--clog", "2@5s+2s"],
      ["--slow", "5ms:2@5s+2s"],
      ["--suspend", "1@5s+2s"],
      ["--redial", "50%@5s"],
      ["--reset", "2@5s"],
    ];
    expect(await plain.exit()).toBe(0);
    const hashes = new Set([plain.events()[0]!.hash]);
    // What they do is tested in the simulator; here it is that the flags get there.
    const chosen = process.env.HEARSAY_LONG ? faults : faults.filter((_words, index) => index % 2 === 1);
    for (const words of chosen) {
      const run = workshop.run([...small, ...words, "--json"]);
      expect(await run.exit(), words.join(" ")).toBe(0);
      hashes.add(run.events()[0]!.hash);
    }
    expect(hashes.size).toBe(1 + chosen.length);
  });

  test("--messages spreads so many over the time", async () => {
    const run = workshop.run([...small, "--messages", "3", "--json"]);
    expect(await run.exit()).toBe(0);
    expect(run.events()[0]).toMatchObject({ coverage: { messages: 3 } });
  });

  test("every deed of a scenario file is read", async () => {
    const who = { count: 1 };
    const steps = [
      { do: "suspend", who, forMs: 500 },
      { do: "slow", who, msPerInput: 0.5, forMs: 500 },
      { do: "clog", who, to: { share: 1 }, forMs: 500 },
      { do: "bandwidth", who, peerBytesPerS: 5_000, forMs: 500 },
      { do: "redial", who },
    ].map((step, index) => ({ ...step, atMs: 2_000 + index }));
    const network = { lossRate: 0.01, bandwidth: { linkBytesPerS: 1_000_000 } };
    const file = { peers: 4, forMs: 5_000, calmMs: 5_000, network, workload: { messagesMax: 2 }, steps };
    writeFileSync(join(workshop.folder, "deeds.json"), JSON.stringify(file));
    const run = workshop.run(["sim", "--scenario", "deeds.json", "--trace", "deeds.ndjson", "--json"]);
    expect(await run.exit()).toBe(0);
    expect(run.events()[0]).toMatchObject({ peers: 4, coverage: { messages: 2 } });
    for (const { do: deed } of steps) expect(workshop.read("deeds.ndjson")).toContain(`"peer":0,"event":"${deed}"`);
    writeFileSync(join(workshop.folder, "clog.json"), JSON.stringify({ steps: [{ ...steps[2], forMs: 200_000 }] }));
    const bad = workshop.run(["sim", "--scenario", "clog.json"]);
    expect(await bad.exit()).toBe(2);
    expect(bad.stderr()).toMatch(
      /^error: the scenario clog\.json: steps\[0\] \(clog\)\.forMs must be from 0 to 120000/,
    );
  });

  test("--swarm-time ends a swarm between two runs", async () => {
    const run = workshop.run(["sim", "--swarm", "1000000", "--swarm-time", "1s", "--without", "corrupt", "--json"]);
    expect(await run.exit()).toBe(0);
    const { runs, failed } = run.events().at(-1) as { runs: number; failed: number };
    expect([runs >= 1, runs < 1_000, failed]).toEqual([true, true, 0]);
    expect(run.events()).toHaveLength(runs + 1);
  });

  test("--spacetime draws a small run, and refuses a large one before it begins", async () => {
    const run = workshop.run([...small, "--spacetime", "run.svg"]);
    expect(await run.exit()).toBe(0);
    expect(workshop.read("run.svg")).toMatch(/message #\d+ of peer \d+: \d+ copies on the way, 10 peers have it/);
    const none = workshop.run([...small, "--spacetime", "none.svg", "--highlight", "1#999"]);
    expect(await none.exit()).toBe(2);
    expect(none.stderr()).toBe("error: nobody published 1#999\n");
    const large = workshop.run(["sim", "--peers", "31", "--spacetime", "run.svg"]);
    expect(await large.exit()).toBe(2);
    expect(large.stderr()).toContain("at most 30 peers");
  });

  test.each([
    [["--window", "1s..2s"], /what --spacetime draws/],
    [["--spacetime", "a.svg", "--window", "2s..1s"], /earlier time first/],
    [["--spacetime", "a.svg", "--swarm", "2"], /not a swarm/],
    [["--bandwidth", "12"], /such as 100kB\/s/],
    [["--slow", "2@10s"], /such as 20ms:2@10s\+5s/],
    [["--clog", "1@10s+3m"], /120s at most/],
    [["--kill", "half@10s"], /--kill/],
    [["--kill", "3"], /such as 3@10s/],
    [["--loss", "120%"], /from 0% to 100%/],
    [["--latency", "50ms..10ms"], /the shorter time first/],
    [["--corrupt", "liar:1@5s"], /silent-relay/],
    [["--kill", "1@2h"], /after the end/],
  ])("wrong use is one line: %j", async (args, text) => {
    const run = workshop.run(["sim", ...args]);
    expect(await run.exit()).toBe(2);
    expect(run.stderr()).toMatch(text);
    expect(run.stderr().trimEnd().split("\n")).toHaveLength(1);
  });

  test("Ctrl-C ends a long run", async () => {
    const run = workshop.run(["sim", "--peers", "200", "--for", "1h", "--trace", "long.ndjson"]);
    await until(() => existsSync(join(workshop.folder, "long.ndjson")), "it runs", run);
    run.child.kill("SIGINT");
    expect(await run.exit()).toBe(130);
  });
});
