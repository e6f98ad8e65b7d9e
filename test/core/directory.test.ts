import { describe, expect, test } from "vitest";
import { DirectoryWorld } from "./directory-world.js";

/** In a long run a whole day. */
const isolationMs = (process.env.HEARSAY_LONG ? 24 : 1) * 3_600_000;

describe("a directory", () => {
  test.each([
    ["with seeds", 3],
    ["without", 0],
  ])("has a peer that was cut off for very long back within a minute, %s", (_how, seeds) => {
    const world = new DirectoryWorld(11, { seeds });
    world.grow(5);
    const lone = world.peers[2]!;
    world.network.partition([[lone.address]]);
    world.network.run(isolationMs);
    const others = world.peers.filter((peer) => peer !== lone);
    for (const peer of others) expect(world.aliveTo(peer)).not.toContain(lone.id);
    world.network.heal();
    expect(world.network.runUntil(() => world.complaints().length === 0, 60_000)).toBe(true);
  });

  test.each([
    ["as itself, in its place", true, true],
    ["as itself, elsewhere", true, false],
    ["as somebody else, in its place", false, true],
    ["as somebody else, elsewhere", false, false],
  ])("recognizes a peer that starts again %s, even with its clock set back", (_how, isSame, isThere) => {
    for (const backMs of [0, 3_600_000]) {
      const world = new DirectoryWorld(12);
      world.grow(8);
      const peer = world.peers[3]!;
      world.kill(peer);
      world.network.run(100);
      world.start({
        ...(isSame ? { id: peer.id } : {}),
        ...(isThere ? { address: peer.address } : {}),
        epoch: world.now - backMs,
      });
      expect(world.network.runUntil(() => world.complaints().length === 0, 10_000)).toBe(true);
    }
  });

  test.each([2, 6])("has a peer back soon that was stopped while its links broke: it was not deaf (of %i)", (count) => {
    const world = new DirectoryWorld(15);
    world.grow(count);
    const stopped = world.peers[1]!;
    const others = world.peers.filter((peer) => peer !== stopped);
    const isDead = () => others.every((peer) => world.directoryOf(peer).get(stopped.id)?.status === "dead");
    stopped.process.freeze();
    world.network.run(500);
    world.network.resetLinks(stopped.address);
    expect(world.network.runUntil(isDead, 60_000)).toBe(true);
    stopped.process.thaw();
    expect(world.network.runUntil(() => world.complaints().length === 0, 10_000)).toBe(true);
  });

  test("tells a goodbye from a death", () => {
    const world = new DirectoryWorld(13);
    world.grow(8);
    const [leaver, victim] = [world.peers[2]!, world.peers[5]!];
    world.leave(leaver);
    world.kill(victim);
    world.network.run(3_000);
    for (const peer of world.peers) {
      const directory = world.directoryOf(peer);
      expect([directory.get(leaver.id)?.status, directory.get(victim.id)?.status]).toEqual(["left", "dead"]);
    }
  });

  test("forgets the dead and the left, and nobody's old memory brings them back", () => {
    const world = new DirectoryWorld(14);
    world.grow(8);
    const [leaver, victim, sleeper] = [world.peers[2]!, world.peers[5]!, world.peers[7]!];
    sleeper.process.freeze();
    world.leave(leaver);
    world.kill(victim);
    world.network.run(700_000);
    for (const peer of world.peers) {
      if (peer === sleeper) continue;
      const ids = [...world.directoryOf(peer).keys()];
      expect(ids).not.toContain(leaver.id);
      expect(ids).not.toContain(victim.id);
    }
    sleeper.process.thaw();
    world.network.run(30_000);
    expect(world.complaints()).toEqual([]);
    for (const { told } of world.peers) {
      const back = told.filter(({ id, at }) => (id === leaver.id || id === victim.id) && at > world.now - 30_000);
      expect(back.map(({ type }) => type)).not.toContain("join");
    }
  });
});
