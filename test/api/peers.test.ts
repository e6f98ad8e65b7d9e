import { describe, expect, test } from "vitest";
import { createTestNetwork, type Peer, type PeerState, type Tags, type TestNetwork } from "../../src/index.js";
import { id, scene, settled } from "./scene.js";

const told = ["join", "update", "suspect", "alive", "dead", "leave"] as const;

/** What a peer is told of one other from now on, in order. */
function storyOf(teller: Peer, about: Peer): string[] {
  const story: string[] = [];
  for (const type of told) {
    teller.on(type, (event) => {
      // Whoever mistypes an event here does not compile.
      const { type: name, peer }: { type: (typeof told)[number]; peer: PeerState } = event;
      if (peer.id === about.id) story.push(name === "update" ? `update ${JSON.stringify(peer.tags)}` : name);
    });
  }
  return story;
}

function idsOf(states: readonly PeerState[]): (string | undefined)[] {
  return states.map((state) => state.id).sort();
}

function statusOf(asked: Peer, about: Peer): string | undefined {
  return asked.peers({ where: ({ id: one }) => one === about.id })[0]?.status;
}

async function complete(network: TestNetwork, count = network.peers.length): Promise<void> {
  await network.until(() => network.peers.every((peer) => peer.peers().length === count));
}

describe("the directory", () => {
  test("comes to name everybody, with tags, and which of them is the asking peer", async () => {
    await using network = await createTestNetwork({ peers: 6 });
    const worker = network.addPeer({ tags: { role: "worker", zone: "eu" } });
    await complete(network);
    for (const peer of network.peers) {
      const states = peer.peers();
      expect(idsOf(states)).toEqual(network.peers.map((one) => one.id as string).sort());
      expect(states.filter(({ isSelf }) => isSelf)).toMatchObject([{ id: peer.id, address: peer.address }]);
      expect(idsOf(peer.peers({ where: { tags: { role: "worker" } } }))).toEqual([worker.id]);
    }
    const [state] = worker.peers({ where: { isSelf: true } });
    expect(state).toMatchObject({ dialect: "native", status: "alive", tags: { role: "worker", zone: "eu" } });
    expect(state!.since).toBe(state!.epoch);
  });

  test("is told of in order: a join, other tags, and a leave that was never a death", async () => {
    await using network = await createTestNetwork({ peers: 5 });
    const [watcher] = network.peers as [Peer];
    const guest = network.addPeer({ tags: { load: "1" } });
    const story = storyOf(watcher, guest);
    await network.until(() => story.length > 0);
    guest.setTags({ load: "2", zone: "eu" });
    await network.until(() => story.length > 1);
    await network.until(guest.close());
    await network.until(() => story.length > 2, { limitMs: 1_000 });
    expect(story).toEqual(["join", `update ${JSON.stringify({ load: "2", zone: "eu" })}`, "leave"]);
    await network.advance(30_000);
    expect(story).toHaveLength(3);
    expect(statusOf(watcher, guest)).toBe("left");
    expect(guest.peers()).toEqual([]);
  });

  test("calls a killed peer suspect and then dead, at everybody, within two seconds", async () => {
    await using network = await createTestNetwork({ peers: 8 });
    await complete(network);
    const [victim, ...others] = network.peers as [Peer, ...Peer[]];
    const stories = others.map((peer) => storyOf(peer, victim));
    network.crash(victim);
    await network.until(() => others.every((peer) => statusOf(peer, victim) === "dead"), { limitMs: 2_000 });
    await network.advance(0);
    for (const story of stories) expect(story.filter((type) => type !== "suspect")).toEqual(["dead"]);
    expect(stories.flat()).toContain("suspect");
    expect(others[0]!.peers({ where: { status: "alive" } })).toHaveLength(7);
    expect(others[0]!.peers({ where: { status: ["dead", "left"] } })).toHaveLength(1);
  });

  test("calls a frozen peer dead within six seconds, and alive again when it goes on", async () => {
    await using network = await createTestNetwork({ peers: 8 });
    await complete(network);
    const [victim, ...others] = network.peers as [Peer, ...Peer[]];
    const story = storyOf(others[0]!, victim);
    network.freeze(victim);
    await network.until(() => others.every((peer) => statusOf(peer, victim) === "dead"), { limitMs: 6_000 });
    network.thaw(victim);
    await network.until(() => others.every((peer) => statusOf(peer, victim) === "alive"));
    await network.advance(0);
    expect(story.filter((type) => type !== "suspect")).toEqual(["dead", "alive"]);
    expect(victim.peers({ where: { status: "alive" } })).toHaveLength(8);
  });

  test("forgets the dead after ten minutes or so, for good", async () => {
    await using network = await createTestNetwork({ peers: 4 });
    await complete(network);
    const [victim, ...others] = network.peers as [Peer, ...Peer[]];
    network.crash(victim);
    await network.advance(590_000);
    expect(others.map((peer) => statusOf(peer, victim))).toEqual(["dead", "dead", "dead"]);
    await network.advance(40_000);
    expect(others.map((peer) => statusOf(peer, victim))).toEqual([undefined, undefined, undefined]);
  });
});

describe("peers({ where })", () => {
  const alive: PeerState = {
    id,
    address: "10.0.0.1:5000" as PeerState["address"],
    dialect: "native",
    status: "alive",
    epoch: 1,
    incarnation: 1,
    tags: { role: "worker", zone: "eu" },
    since: 1,
    seenAt: undefined,
    rttMs: undefined,
    isSelf: true,
  };
  const dead: PeerState = { ...alive, status: "dead", isSelf: false, tags: { role: "worker" } };
  const classic: PeerState = { ...alive, id: undefined, dialect: "classic", isSelf: false, tags: {} };

  test.each([
    ["nothing is asked for", undefined, [alive, dead, classic]],
    ["no trait is asked for", {}, [alive, dead, classic]],
    ["a status", { status: "dead" as const }, [dead]],
    ["one of some", { status: ["dead", "left", "alive"] as const }, [alive, dead, classic]],
    ["none of none", { status: [] }, []],
    ["a dialect", { dialect: "classic" as const }, [classic]],
    ["all of some tags", { tags: { role: "worker", zone: "eu" } }, [alive]],
    ["a tag that nobody has", { tags: { toString: "x" } as Tags }, []],
    ["itself", { isSelf: true }, [alive]],
    ["others", { isSelf: false, tags: { role: "worker" } }, [dead]],
    [
      "whatever a function likes",
      ({ epoch, status }: PeerState) => epoch === 1 && status === "alive",
      [alive, classic],
    ],
  ])("chooses by what they have in common: %s", (_name, where, expected) => {
    const { peer, core } = scene();
    core.peerStates = [alive, dead, classic];
    expect(peer.peers({ where })).toEqual(expected);
  });

  test.each([
    [{ state: "alive" }, "peers have no trait state; there are status, dialect, tags, isSelf"],
    ["alive", "where is an object of traits, or a function"],
    [null, "where is an object of traits, or a function"],
    [{ status: "alve" }, `status is one of alive, suspect, dead, left; not "alve"`],
    [{ status: ["alive", "gone"] }, `status is one of alive, suspect, dead, left; not "gone"`],
    [{ dialect: "klingon" }, `dialect is one of native, classic; not "klingon"`],
    [{ tags: "worker" }, "tags are an object of texts by name"],
  ])("names a mistake: %j", (where, message) => {
    const { peer } = scene();
    expect(() => peer.peers({ where: where as never })).toThrow(
      expect.objectContaining({ code: "bad-option", message }),
    );
  });
});

test("a trait beside where is a mistake, and not ignored", () => {
  const { peer } = scene();
  const message = "there is no option status; what peers have in common stands in where";
  expect(() => peer.peers({ status: "alive" } as never)).toThrow(
    expect.objectContaining({ code: "bad-option", message }),
  );
});

describe("setTags", () => {
  const long = "x".repeat(255);

  test.each<[string, unknown, string]>([
    ["no object", "worker", "tags are an object of texts by name"],
    ["a list", ["worker"], "tags are an object of texts by name"],
    ["none at all", undefined, "tags are an object of texts by name"],
    ["a number", { weight: 3 }, `the tag "weight" is a number, not a string`],
    ["no name", { "": "x" }, "a tag needs a name"],
    ["a name that means something else", JSON.parse(`{"__proto__":"x"}`), "a tag cannot be called __proto__"],
    ["half a character", { a: "\ud800" }, `the tag "a" holds half of a surrogate pair`],
    ["65 tags", Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`t${i}`, ""])), "65 tags, of at most 64"],
    ["a value of 256 bytes", { a: `${long}x` }, "a tag's name or value has 256 bytes, of at most 255"],
    ["a name of 256 bytes", { [`${"é".repeat(128)}`]: "" }, "a tag's name or value has 256 bytes, of at most 255"],
    ["1,025 bytes in all", { a: long, b: long, c: long, d: long, e: "" }, "1025 bytes of tags, of at most 1024"],
  ])("refuses %s, and keeps what was said before", (_name, tags, message) => {
    const { peer, core } = scene();
    peer.setTags({ role: "worker" });
    expect(() => peer.setTags(tags as Tags)).toThrow(expect.objectContaining({ code: "bad-option", message }));
    expect(core.tags).toEqual({ role: "worker" });
  });

  test("takes just as much as is allowed, and a copy of it", () => {
    const { peer, core } = scene();
    const most = { a: long, b: long, c: long, d: long };
    const tags: Record<string, string> = { ...most };
    peer.setTags(tags);
    tags.a = "changed later";
    expect(core.tags).toEqual(most);
    expect(() =>
      peer.setTags({ ...Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`t${i}`, "é"])) }),
    ).not.toThrow();
  });

  test("is of no use after the end", async () => {
    const { peer } = scene();
    await peer.close();
    expect(() => peer.setTags({})).toThrow(expect.objectContaining({ code: "closed" }));
  });

  test("replaces all: a tag that is left out is gone everywhere", async () => {
    await using network = await createTestNetwork({ peers: 3 });
    const [one, ...others] = network.peers as [Peer, ...Peer[]];
    await complete(network);
    one.setTags({ a: "1", b: "2" });
    one.setTags({ b: "3" });
    const tagsAt = (peer: Peer) => peer.peers({ where: ({ id: other }) => other === one.id })[0]!.tags;
    await network.until(() => others.every((peer) => tagsAt(peer).b === "3"), { limitMs: 1_000 });
    for (const peer of network.peers) expect(tagsAt(peer)).toEqual({ b: "3" });
  });
});

describe("ready", () => {
  test("waits until so many are alive, and names them", async () => {
    await using network = await createTestNetwork({ peers: 1 });
    const [first] = network.peers as [Peer];
    expect(await network.until(first.ready({ atLeast: 1 }))).toMatchObject([{ id: first.id, isSelf: true }]);
    const three = first.ready({ atLeast: 3 });
    let isReady = false;
    void three.then(() => {
      isReady = true;
    });
    network.addPeer();
    await network.advance(5_000);
    expect(isReady).toBe(false);
    network.addPeer();
    expect(idsOf(await network.until(three))).toEqual(network.peers.map((one) => one.id as string).sort());
  });

  test("does not count the dead", async () => {
    await using network = await createTestNetwork({ peers: 3 });
    await complete(network);
    const [one, victim] = network.peers as [Peer, Peer];
    network.crash(victim);
    await network.until(() => statusOf(one, victim) === "dead");
    const three = one.ready({ atLeast: 3, signal: AbortSignal.abort("enough") });
    await expect(three).rejects.toMatchObject({ code: "aborted", cause: "enough" });
  });

  test("ends with the signal, however late, and leaves no listener behind", async () => {
    const { peer, tell } = scene();
    const control = new AbortController();
    const ready = peer.ready({ signal: control.signal });
    tell({ type: "joined", alone: true });
    await settled();
    control.abort(new Error("no more"));
    await expect(ready).rejects.toMatchObject({ name: "AbortError", code: "aborted", cause: new Error("no more") });
  });

  test("ends when the peer is closed, and is refused after it", async () => {
    const { peer } = scene();
    const ready = peer.ready({ atLeast: 2 });
    const rejection = expect(ready).rejects.toMatchObject({ code: "closed" });
    await peer.close();
    await rejection;
    await expect(peer.ready()).rejects.toMatchObject({ code: "closed" });
  });

  test("ends when the process is killed under it", async () => {
    await using network = await createTestNetwork({ peers: 2 });
    const [one] = network.peers as [Peer];
    const many = one.ready({ atLeast: 100 });
    network.crash(one);
    await expect(network.until(many)).rejects.toMatchObject({ code: "closed" });
  });

  test.each([0, -1, 1.5, Number.NaN, "3"])("refuses to wait for %s peers", async (atLeast) => {
    const { peer } = scene();
    await expect(peer.ready({ atLeast: atLeast as number })).rejects.toMatchObject({
      code: "bad-option",
      message: `atLeast is an integer from 1 on, not ${atLeast}`,
    });
  });
});
