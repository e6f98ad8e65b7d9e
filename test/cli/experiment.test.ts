import { afterAll, describe, expect, test } from "vitest";
import { until, Workshop } from "./running.js";

const workshop = new Workshop();
afterAll(() => workshop.close());

const experiment = (...args: string[]) => workshop.run(["sim", "experiment", ...args]);

describe("hearsay sim experiment", () => {
  test("without a name lists what there is, with what it is measured against", async () => {
    const run = experiment();
    expect(await run.exit()).toBe(0);
    for (const name of ["demers", "hyparview", "plumtree", "lifeguard", "gossipsub", "maelstrom", "broadcast"]) {
      expect(run.stdout()).toMatch(new RegExp(`^${name} `, "m"));
    }
    expect(run.stdout()).toContain("PODC 1987");
  });

  test("--json: a row a figure; --out: the rows and a picture", async () => {
    const run = experiment("demers", "--runs", "1", "--random-seed", "2", "--json", "--out", "figures/new");
    expect(await run.exit()).toBe(0);
    const rows = run.events();
    expect(rows).toHaveLength(20);
    expect(Object.keys(rows[0]!)).toEqual([
      "experiment",
      "figure",
      "peers",
      "runs",
      "median",
      "p99",
      "published",
      "source",
      "goal",
      "met",
    ]);
    expect(rows[0]).toMatchObject({
      experiment: "demers",
      figure: "residue-k1",
      peers: 1_000,
      runs: 1,
      published: 0.18,
    });
    const written = JSON.parse(workshop.read("figures/new/demers.json")) as Record<string, unknown>;
    expect(written).toMatchObject({ experiment: "demers", options: { runs: 1, randomSeed: 2 }, rows });
    expect(workshop.read("figures/new/demers.svg")).toMatch(/^<\?xml[^>]*>\n<svg .*<\/svg>\n$/s);
  });

  test("--peers is for each kind that makes sense in other sizes, and the files tell the sizes that were run", async () => {
    const run = experiment(
      "liveness",
      "--peers",
      "6,8",
      "--kinds",
      "deaths",
      "--runs",
      "1",
      "--json",
      "--out",
      "small",
    );
    expect(await run.exit()).toBe(0);
    expect(new Set(run.events().map(({ peers }) => peers))).toEqual(new Set([6, 8]));
    const written = () => JSON.parse(workshop.read("small/liveness.json")) as { options: { peers: readonly number[] } };
    expect(written().options.peers).toEqual([6, 8]);
    const usual = experiment("liveness", "--kinds", "deaths", "--runs", "1", "--json", "--out", "small");
    expect(await usual.exit()).toBe(0);
    expect(written().options.peers).toEqual([32]);
  });

  test("options of sim before its name are refused, those of every command are taken", async () => {
    const run = workshop.run(["sim", "--json", "experiment"]);
    expect(await run.exit()).toBe(0);
    expect(run.events()[0]).toMatchObject({ experiment: "demers" });
  });

  test("a table for people; a missed goal is exit code 1", async () => {
    // A number whose one run happens to be too far from the paper's average.
    const run = experiment("demers", "--kinds", "k5", "--runs", "1", "--random-seed", "27");
    expect(await run.exit()).toBe(1);
    expect(run.stdout()).toMatch(/^figure +peers +runs +ours +worst +published +goal/);
    expect(run.stdout()).toMatch(/residue-k5 .* MISSED\n/);
    expect(run.stdout()).toMatch(/published: Demers/);
  });

  test.each([
    [["nothing"], /there is no experiment "nothing": demers, hyparview/],
    [["maelstrom", "--peers", "30"], /defined by its size, 25/],
    [["liveness", "--peers", "50"], /stalls of liveness is defined by its size, 128; name others with --kinds/],
    [["hyparview", "--peers", "20,10"], /graph of hyparview needs 11 peers at least, not 10/],
    [["plumtree", "--peers", "3"], /95% of plumtree needs 11 peers at least, not 3/],
    [["broadcast", "--peers", "5", "--kinds", "80%,90%"], /90% of broadcast needs 6 peers at least, not 5/],
    [["demers", "--kinds", "k1,k9"], /demers has k1, .*not "k9"/],
    [["demers", "--out", "/dev/null/x", "--runs", "1"], /cannot make the folder/],
  ])("wrong use is one line: %j", async (args, text) => {
    const run = experiment(...args);
    expect(await run.exit()).toBe(args.includes("--out") ? 6 : 2);
    expect(run.stderr()).toMatch(text);
    expect(run.stderr().trimEnd().split("\n")).toHaveLength(1);
  });

  test("Ctrl-C ends a long one at once", async () => {
    const run = experiment("hyparview", "--peers", "5000");
    await until(() => run.stderr().includes("growing"), "it runs", run);
    run.child.kill("SIGINT");
    expect(await run.exit()).toBe(130);
  });
});
