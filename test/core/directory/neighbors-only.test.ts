import { expect, test } from "vitest";
import { createTestNetwork } from "../../../src/sim/test-network.js";

test("a directory of neighbors alone: a peer knows those it has links to, and judges alone", async () => {
  await using network = await createTestNetwork({ peers: 30, config: { directory: { directory: "neighbors" } } });
  await network.advance(20_000);
  const [peer] = network.peers;
  const linked = () => new Set(peer!.neighbors().map(({ id }) => id));
  const known = () => new Set(peer!.peers({ where: { isSelf: false, status: "alive" } }).map(({ id }) => id));
  expect(known()).toEqual(linked());
  expect(linked().size).toBeLessThan(7);
  const victim = network.peers.find(({ id }) => linked().has(id))!;
  const death = peer!.once("dead");
  network.crash(victim);
  expect((await network.until(death)).peer.id).toBe(victim.id);
  const leaver = network.peers.find(({ id }) => linked().has(id))!;
  const goodbye = peer!.once("leave");
  await network.until(leaver.close());
  expect((await network.until(goodbye)).peer.id).toBe(leaver.id);
  const other = network.peers.find(({ id }) => linked().has(id))!;
  const update = peer!.once("update");
  other.setTags({ role: "worker" });
  expect((await network.until(update)).peer).toMatchObject({ id: other.id, tags: { role: "worker" } });
  await network.advance(30_000);
  expect(known()).toEqual(linked());
});
