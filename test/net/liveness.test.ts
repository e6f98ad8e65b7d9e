/** What applications see of each other's lives and deaths, over real sockets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { Peer } from "../../src/api/peer.js";
import { splitAddress } from "../../src/core/address.js";
import type { PeerStatus } from "../../src/core/directory/record.js";
import { type PeerOptions, type StartedPeer, startPeer } from "../../src/net/create-peer.js";
import { Actors, type Kind, type Played } from "./actors.js";
import { started, untilAllSay } from "./played.js";
import { Scene, until } from "./scene.js";

/** Far more than any of it takes: the machine may be busy. */
const patienceMs = 20_000;

describe.each<Kind>(["in one process", "as processes"])("peers %s", (kind) => {
  const actors = new Actors(kind);
  afterEach(() => actors.clear());

  test("a killed peer is dead at all others, and it alone", async () => {
    const [first, victim, ...others] = (await started(actors, 6)) as [Played, Played, ...Played[]];
    const survivors = [first, ...others];
    await untilAllSay([...survivors, victim], ({ peers }) => alive(peers) === 6, "all know all");
    await victim.kill();
    const isDead = ({ peers }: Said) => peers.find(({ id }) => id === victim.id)?.status === "dead";
    const said = await untilAllSay(survivors, isDead, "it is dead");
    for (const { sayings, peers } of said) {
      expect(sayings.filter((saying) => saying.startsWith("dead"))).toEqual([`dead ${victim.address}`]);
      expect(alive(peers)).toBe(5);
    }
  }, 60_000);

  test("a peer that closes has left everywhere, and was never dead", async () => {
    const [first, leaver, ...others] = (await started(actors, 6)) as [Played, Played, ...Played[]];
    const remaining = [first, ...others];
    await untilAllSay([...remaining, leaver], ({ peers }) => alive(peers) === 6, "all know all");
    await leaver.close();
    const hasLeft = ({ peers }: Said) => peers.find(({ id }) => id === leaver.id)?.status === "left";
    await untilAllSay(remaining, hasLeft, "it has left");
    // Were it dead to anybody, that would be said soon.
    await sleep(1_500);
    for (const { sayings } of await untilAllSay(remaining, hasLeft, "it has left")) {
      expect(sayings.filter((saying) => /^(?:leave|dead)/.test(saying))).toEqual([`leave ${leaver.address}`]);
    }
  }, 60_000);
});

test("a process that does nothing else for 1.5 s is never dead, and takes nobody for dead", async () => {
  const actors = new Actors("as processes");
  try {
    const [busy, ...others] = (await started(actors, 5)) as [Played, ...Played[]];
    await untilAllSay([busy, ...others], ({ peers }) => alive(peers) === 5, "all know all");
    await busy.block(1_500);
    await sleep(2_000);
    for (const { sayings } of await untilAllSay(
      [busy, ...others],
      ({ peers }) => alive(peers) === 5,
      "all are alive",
    )) {
      expect(sayings.filter((saying) => saying.startsWith("dead"))).toEqual([]);
    }
  } finally {
    await actors.clear();
  }
}, 60_000);

describe("a peer", () => {
  const running: StartedPeer[] = [];
  const scene = new Scene();
  let folder: string | undefined;

  afterEach(async () => {
    for (const one of running.splice(0)) one.crash();
    scene.clear();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
  });

  async function start(options: PeerOptions): Promise<StartedPeer & { readonly said: string[] }> {
    const one = await startPeer({ ...options, listen: { host: "127.0.0.1", ...options.listen } });
    running.push(one);
    const said: string[] = [];
    for (const type of ["join", "update", "alive", "dead", "leave"] as const) {
      one.peer.on(type, ({ peer: { id, address, epoch } }) => {
        // Of itself a peer speaks as well.
        if (id !== one.peer.id) said.push(`${type} ${id} ${address} ${epoch}`);
      });
    }
    await one.join();
    return { ...one, said };
  }

  function statusOf(peer: Peer, id: string): PeerStatus | undefined {
    return peer.peers().find((one) => one.id === id)?.status;
  }

  test("is ready when so many are there, and not before", async () => {
    const first = await start({});
    const peers = [first.peer.address];
    let isReady = false;
    const ready = first.peer.ready({ atLeast: 4 }).finally(() => {
      isReady = true;
    });
    await start({ peers });
    await start({ peers });
    await first.peer.ready({ atLeast: 3 });
    expect(isReady).toBe(false);
    const last = await start({ peers });
    expect((await ready).map(({ status }) => status)).toEqual(["alive", "alive", "alive", "alive"]);
    expect(await last.peer.ready({ atLeast: 4 })).toHaveLength(4);
    const impatient = first.peer.ready({ atLeast: 5, signal: AbortSignal.timeout(50) });
    await expect(impatient).rejects.toMatchObject({ code: "aborted" });
  });

  test("tells its tags to those that are there and those that come, and tells when they change", async () => {
    const first = await start({ tags: { role: "web", zone: "eu" } });
    const second = await start({ peers: [first.peer.address] });
    const third = await start({ peers: [second.peer.address], tags: { role: "worker" } });
    const tagsAt = (peer: Peer, of: Peer) => peer.peers().find(({ id }) => id === of.id)?.tags;
    await until(
      () => [second, third].every(({ peer }) => tagsAt(peer, first.peer)?.zone === "eu"),
      "the others have them",
    );
    await until(() => tagsAt(first.peer, third.peer)?.role === "worker", "and the other way round");
    first.peer.setTags({ role: "api" });
    await until(
      () => [second, third].every(({ peer }) => tagsAt(peer, first.peer)?.role === "api"),
      "the others have the new ones",
    );
    expect(tagsAt(third.peer, first.peer)).toEqual({ role: "api" });
    for (const { said } of [second, third]) {
      expect(said.filter((text) => text.startsWith("update"))).toEqual([
        expect.stringContaining(`update ${first.peer.id}`),
      ]);
    }
    expect(second.peer.peers({ where: { tags: { role: "worker" } } }).map(({ id }) => id)).toEqual([third.peer.id]);
  });

  test.each(["at the same port", "at another port"])(
    "that was killed and comes back with its identity, %s, is the same peer in a new life",
    async (where) => {
      folder = mkdtempSync(join(tmpdir(), "hearsay-identity-"));
      const identity = join(folder, "peer.pem");
      const first = await start({});
      const peers = [first.peer.address];
      const second = await start({ peers });
      const before = await start({ peers, identity });
      const { id, address } = before.peer;
      await Promise.all([first, second].map(({ peer }) => peer.ready({ atLeast: 3 })));
      const epochAt = (peer: Peer) => peer.peers().find((one) => one.id === id)?.epoch ?? 0;
      const epoch = epochAt(first.peer);
      before.crash();
      const port = where === "at the same port" ? splitAddress(address).port : 0;
      const after = await start({ peers, identity, listen: { port } });
      expect(after.peer.id).toBe(id);
      const knows = ({ peer }: StartedPeer) => statusOf(peer, id) === "alive" && epochAt(peer) > epoch;
      await until(() => knows(first) && knows(second), "both know its new life", patienceMs);
      await after.peer.ready({ atLeast: 3 });
      expect(after.peer.address === address).toBe(where === "at the same port");
      // There are three peers as before, not four.
      for (const { peer } of [first, second, after]) {
        expect(peer.peers().map((one) => one.address)).toContain(after.peer.address);
        expect(peer.peers()).toHaveLength(3);
      }
    },
  );

  test("that is killed is reported to the seeds of both dialects, and the seed takes it off its list", async () => {
    const seed = await scene.seed();
    const classic = await scene.listenAsSeed([]);
    const seeds = [seed.address, classic.address];
    const first = await start({ seeds });
    const second = await start({ seeds });
    const victim = await start({ seeds });
    await Promise.all([first, second, victim].map(({ peer }) => peer.ready({ atLeast: 3 })));
    await until(() => seed.seed.size === 3, "all are registered", patienceMs);
    const { address } = victim.peer;
    victim.crash();
    await until(() => !seed.seed.peers().includes(address), "the seed has dropped it", patienceMs);
    expect(seed.events).toContainEqual(expect.objectContaining({ type: "removed", peer: address }));
    expect(seed.lines.some((line) => line.startsWith(`Dead Node:${address}:`))).toBe(true);
    await classic.hears(`Dead Node:${address}:`);
    expect(seed.seed.peers().sort()).toEqual([first.peer.address, second.peer.address].sort());
    await until(() => statusOf(first.peer, victim.peer.id) === "dead", "it is dead to the others", patienceMs);
  });
});

type Said = Awaited<ReturnType<Played["sayings"]>>;

function alive(peers: Said["peers"]): number {
  return peers.filter(({ status }) => status === "alive").length;
}
