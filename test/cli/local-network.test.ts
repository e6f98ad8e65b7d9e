import { afterEach, describe, expect, test } from "vitest";
import { eventLine, type NetworkEvent } from "../../src/cli/up/events.js";
import { LocalNetwork } from "../../src/cli/up/local-network.js";
import { Opinions } from "../../src/cli/up/opinions.js";
import { until } from "./running.js";

let network: LocalNetwork | undefined;
afterEach(async () => {
  await network?.close();
  network = undefined;
});

function linesOf(events: readonly NetworkEvent[]): string[] {
  return events.flatMap((event) => eventLine(event) ?? []);
}

describe("a killed peer of a local network", () => {
  test("is dead by the directories of all others, which is told once, with the time that it took", async () => {
    const events: NetworkEvent[] = [];
    const options = {
      seeds: 1,
      peers: 5,
      dialect: "native",
      onEvent: (event: NetworkEvent) => events.push(event),
    } as const;
    const local = await LocalNetwork.start(options);
    network = local;
    await until(() => local.connected, "all are linked");
    const stateOf = (name: string) => local.peers().find((peer) => peer.name === name)!;
    await until(() => stateOf("p1").liveness.type === "ok", "a round trip");
    local.kill("p2");
    const deaths = () => events.filter((event) => event.type === "dead");
    await until(() => deaths().length > 0, "all know");
    expect(deaths()).toEqual([{ type: "dead", peer: "p2", afterMs: expect.any(Number) }]);
    expect(stateOf("p2")).toMatchObject({ status: "killed", neighbors: [], liveness: { type: "dead", by: 4, of: 4 } });
    const words = events.filter((event) => event.type === "status" && event.status === "dead" && event.peer === "p2");
    expect(words).toHaveLength(4);
    const lines = linesOf(events);
    expect(lines).toContain("p2 was killed");
    expect(lines.filter((line) => /^p\d says that p2 is dead$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^p2 is dead to all, \d+\.\d s after it was killed$/.test(line))).toHaveLength(1);
    await local.addPeer();
    await until(() => local.connected, "a newcomer is linked");
    expect(stateOf("p2").liveness).toEqual({ type: "dead", by: 4, of: 4 });
  });
});

test("opinions count those who are asked, and keep nothing of the living", () => {
  const opinions = new Opinions();
  expect(opinions.of("x", () => ["a", "b"])).toBeUndefined();
  expect(opinions.say("a", "x", "suspect")).toBe(true);
  expect(opinions.say("b", "x", "suspect")).toBe(false);
  expect(opinions.say("a", "x", "dead")).toBe(true);
  expect(opinions.of("x", () => ["a", "b", "c"])).toEqual({ suspect: 1, dead: 1, of: 3 });
  expect(opinions.of("x", () => ["b"])).toEqual({ suspect: 1, dead: 0, of: 1 });
  opinions.say("a", "x", "alive");
  opinions.say("b", "x", "alive");
  expect(opinions.of("x", () => ["a", "b"])).toBeUndefined();
});
