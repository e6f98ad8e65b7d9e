import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { NetworkEvent } from "../../src/cli/up/events.js";
import { LocalNetwork } from "../../src/cli/up/local-network.js";
import type { NetworkDialect } from "../../src/cli/up/network-state.js";
import { until } from "./running.js";

let network: LocalNetwork | undefined;
let events: NetworkEvent[] = [];
afterEach(async () => {
  await network?.close();
  network = undefined;
});

async function linked(peers: number, dialect: NetworkDialect = "native"): Promise<LocalNetwork> {
  events = [];
  const onEvent = (event: NetworkEvent) => void events.push(event);
  const local = await LocalNetwork.start({ seeds: 1, peers, dialect, livenessMs: 200, onEvent });
  network = local;
  await until(() => local.connected, "all are linked");
  const knows = ({ peer }: (typeof local.running.peers)[number]) =>
    (peer.native?.peer.peers().length ?? peers) === peers;
  await until(() => local.running.peers.every(knows), "everybody knows everybody");
  return local;
}

function stateOf(local: LocalNetwork, name: string) {
  return local.peers().find((peer) => peer.name === name)!;
}

/** Who has been given the latest message of a peer. */
function hearersOf(origin: string): string[] {
  const published = events.findLast((event) => event.type === "published" && event.peer === origin);
  const id = published?.type === "published" ? published.id : "";
  return events.flatMap((event) => (event.type === "delivered" && event.id === id ? [event.peer] : [])).sort();
}

describe("a partition of a local network", () => {
  test("lets nothing through, makes each side take the other for dead, and heals with all that was said", async () => {
    const local = await linked(6);
    local.breakage.partition([["p1", "p2", "p3"]]);
    expect(local.breakage.groupOf("p4")).toBe(1);
    local.publish("p1");
    await until(() => hearersOf("p1").length === 2, "the own side has it");
    const deadOn = (side: readonly string[], other: readonly string[]) =>
      side.every((observer) =>
        other.every((name) =>
          events.some(
            (event) =>
              event.type === "status" && event.observer === observer && event.peer === name && event.status === "dead",
          ),
        ),
      );
    const sides = [
      ["p1", "p2", "p3"],
      ["p4", "p5", "p6"],
    ] as const;
    await until(() => deadOn(sides[0], sides[1]) && deadOn(sides[1], sides[0]), "each side has buried the other");
    expect(hearersOf("p1")).toEqual(["p2", "p3"]);
    expect(local.reachable()).toBe(3);
    expect(local.breakage.heal()).toBe(true);
    await until(() => local.connected, "one network again");
    await until(() => hearersOf("p1").length === 5, "what was said is repaired");
    await until(() => local.living().every((name) => stateOf(local, name).liveness.type === "ok"), "all live");
    expect(local.counts().missing).toBe(0);
    expect(local.counts().duplicates).toBe(0);
  });

  test("holds for classic peers too", async () => {
    const local = await linked(3, "classic");
    local.breakage.partition([["p1"]]);
    await sleep(300);
    local.publish("p1");
    await sleep(300);
    expect(hearersOf("p1")).toEqual([]);
    local.breakage.heal();
  });
});

test("over a path that was cut nothing gets through, while all others do", async () => {
  const local = await linked(3);
  expect(local.breakage.cut("p1", "p2")).toBe(true);
  expect(local.breakage.cut("p2", "p1")).toBe(false);
  local.publish("p1");
  await until(() => hearersOf("p1").length === 2, "it goes round by p3");
  await until(() => !stateOf(local, "p1").neighbors.includes("p2"), "the neighbor is given up");
  const hops = local.ways(1)[0]!.hops;
  expect(hops.find(({ peer }) => peer === "p2")).toMatchObject({ from: "p3", round: 2 });
});

describe("a frozen peer", () => {
  test("says and hears nothing, is dead to all in a while, and comes back with all that it missed", async () => {
    const local = await linked(4);
    expect(local.freeze("p2")).toBe(true);
    expect(local.freeze("p2")).toBe(false);
    expect(local.publish("p2")).toBe(false);
    local.publish("p1");
    await until(
      () => events.some((event) => event.type === "status" && event.peer === "p2" && event.status === "dead"),
      "dead",
    );
    expect(hearersOf("p1")).toEqual(["p3", "p4"]);
    const frozenSays = events.filter(
      (event) => event.type === "status" && event.observer === "p2" && event.status !== "alive",
    );
    expect(frozenSays).toEqual([]);
    expect(stateOf(local, "p2").status).toBe("frozen");
    expect(local.thaw("p2")).toBe(true);
    await until(() => hearersOf("p1").length === 3, "it has the message");
    await until(() => local.connected && stateOf(local, "p2").liveness.type === "ok", "it is alive to all");
    // Having been away, it takes nobody for dead.
    expect(
      events.filter((event) => event.type === "status" && event.observer === "p2" && event.status === "dead"),
    ).toEqual([]);
    expect(local.counts().missing).toBe(0);
  });

  test("can be killed, and the network closed, while it is frozen", async () => {
    const local = await linked(3);
    local.freeze("p1");
    local.freeze("p2");
    local.breakage.cut("p2", "p3");
    expect(local.kill("p1")).toBe(true);
    expect(local.thaw("p1")).toBe(false);
    await local.close();
    network = undefined;
  });
});

test("a peer that leaves on request has left everywhere, and is not mourned", async () => {
  const local = await linked(3);
  expect(await local.leave("p3")).toBe(true);
  expect(await local.leave("p3")).toBe(false);
  await until(
    () =>
      ["p1", "p2"].every((observer) =>
        events.some(
          (event) =>
            event.type === "status" && event.observer === observer && event.peer === "p3" && event.status === "left",
        ),
      ),
    "all know",
  );
  expect(stateOf(local, "p3")).toMatchObject({ status: "left", neighbors: [] });
  expect(events.filter(({ type }) => type === "dead")).toEqual([]);
});
