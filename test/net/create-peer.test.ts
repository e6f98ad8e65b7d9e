import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createPeer, type PeerOptions } from "../../src/net/create-peer.js";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

async function start(options: PeerOptions) {
  const peer = await createPeer({ listen: { host: "127.0.0.1" }, ...options });
  ends.push(() => peer.close());
  return peer;
}

test.each([
  [{ seeds: ["nonsense"] }, `"nonsense" is no address: write ip:port or name:port`],
  [{ peers: [5001] }, `"5001" is no address: write ip:port or name:port`],
  [{ seeds: "127.0.0.1:5001" }, `seeds is a list of addresses: ["ip:port"]`],
  [{ listen: { port: 70_000 } }, "listen.port is an integer from 0 to 65535, not 70000"],
  [{ network: "" }, "a network's name has 1 to 255 bytes of UTF-8"],
  [{ history: "all" }, `history is one of retained, none; not "all"`],
  [{ config: { reconcile: { history: "all" } } }, `history is one of retained, none; not "all"`],
  [{ joinTimeoutMs: -1 }, "joinTimeoutMs is a number from 0 on, not -1"],
  [{ joinTimeoutMs: Number.NaN }, "joinTimeoutMs is a number from 0 on, not NaN"],
  [{ signal: true }, "signal is an AbortSignal"],
  [{ tags: ["worker"] }, "tags are an object of texts by name"],
  [{ tags: { weight: 3 } }, `the tag "weight" is a number, not a string`],
  [{ preset: "moon" }, `preset is one of lan, wan, local, classic; not "moon"`],
  [{ directory: "half" }, `directory is one of full, neighbors; not "half"`],
  [{ config: { directory: { directory: "half" } } }, `directory is one of full, neighbors; not "half"`],
  [{ config: { directory: { sweepMs: 1 } } }, "there is no config.directory.sweepMs"],
  [{ identity: "" }, "identity is the path of a file"],
  [
    { seed: "127.0.0.1:5001" },
    "there is no option seed; there are seeds, peers, listen, advertise, network, history, tags, preset, directory, identity, config, joinTimeoutMs, signal, randomSeed",
  ],
  [{ config: { overlay: { activeViewMx: 5 } } }, "there is no config.overlay.activeViewMx"],
])("an option that is impossible is named: %j", async (options, message) => {
  await expect(start(options as unknown as PeerOptions)).rejects.toMatchObject({ code: "bad-option", message });
});

test("a peer that keeps its identity is the same one after a restart, in another life", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-identity-"));
  ends.push(() => rm(folder, { recursive: true }));
  const identity = join(folder, "peer.pem");
  const elder = await start({});
  const options = { peers: [elder.address], identity, tags: { role: "worker" } };
  const first = await start(options);
  await elder.ready();
  await first.close();
  const again = elder.once("join", { signal: AbortSignal.timeout(10_000) });
  const second = await start(options);
  expect(second.id).toBe(first.id);
  expect((await again).peer).toMatchObject({ id: first.id, address: second.address, tags: { role: "worker" } });
  const others = elder.peers({ where: { isSelf: false } });
  expect(others).toMatchObject([{ id: first.id, status: "alive" }]);
});

test("an identity that others may read is refused, and nothing is open", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-identity-"));
  ends.push(() => rm(folder, { recursive: true }));
  const identity = join(folder, "peer.pem");
  await (await start({ identity })).close();
  await chmod(identity, 0o644);
  await expect(start({ identity })).rejects.toMatchObject({ name: "IdentityError", code: "exposed" });
});

test("what it gets of the past may be said among the tunables, too; the option of its own goes before", async () => {
  const elder = await start({});
  await elder.publish("news", "old", { allowAlone: true });
  const peers = [elder.address];
  const config = { reconcile: { history: "none" as const } };
  const without = await start({ peers, config });
  const withAll = await start({ peers, config, history: "retained" });
  expect((await withAll.subscribe("news").next()).value?.text()).toBe("old");
  await elder.publish("news", "new");
  expect((await without.subscribe("news").next()).value?.text()).toBe("new");
});

test("a start may wait for ever: until somebody is there, or there is nobody to ask", async () => {
  const elder = await start({});
  const peer = await start({ peers: [elder.address], joinTimeoutMs: Number.POSITIVE_INFINITY });
  expect(peer.neighbors()).toHaveLength(1);
});

test("who is alone because a seed does not answer is told so", async () => {
  const peer = await start({ seeds: ["127.0.0.1:1"] });
  expect(peer.isAlone).toBe(true);
  await expect(peer.publish("t", "x")).rejects.toMatchObject({
    code: "alone",
    message: expect.stringMatching(/; 127\.0\.0\.1:1 refuses connections$/),
  });
});
