import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { PeerInbox } from "../../src/api/inbox.js";
import { Peer } from "../../src/api/peer.js";
import { joinAddress } from "../../src/core/address.js";
import type { PeerState } from "../../src/core/directory/record.js";
import { parsePeerId } from "../../src/core/identity.js";
import type { PeerEvent } from "../../src/core/peer-events.js";
import { journalOf } from "../../src/net/peer-journal.js";

const id = parsePeerId("0123456789abcdef0123456789abcdef")!;
const address = joinAddress("10.0.0.1", 6001)!;
const seed = joinAddress("10.0.0.9", 5001)!;
const neighbor = { id, address, dialect: "native", since: 1, rttMs: undefined, isCongested: false } as const;

/** What is written down of these events. */
async function written(events: readonly PeerEvent[]): Promise<{ lines: string[]; warnings: string[]; told: string[] }> {
  const inbox = new PeerInbox();
  const runner = { address, call: () => undefined as never, settle: async () => {}, close: async () => {} };
  const peer = new Peer({ id, network: "hearsay", maxPayloadBytes: 1_000 }, runner, inbox);
  const result = { lines: [] as string[], warnings: [] as string[], told: [] as string[] };
  journalOf(peer, {
    onLine: (line) => result.lines.push(line),
    onWarning: (line) => result.warnings.push(line),
    onEvent: ({ type }) => result.told.push(type),
  });
  for (const event of events) inbox.notify(event);
  await turn();
  return result;
}

test("a peer's life in lines: renewals are no news, and being the first is no trouble", async () => {
  const { lines, warnings, told } = await written([
    { type: "registered", seed, contacts: 0 },
    { type: "alone" },
    { type: "joined", alone: true },
    { type: "registered", seed, contacts: 1 },
    { type: "link", neighbor },
    { type: "unlink", neighbor, reason: "silent" },
  ]);
  expect(lines).toEqual([
    `Registered -- ${seed} (0 other peers)`,
    "Joined, the first here",
    `Linked -- ${address}`,
    `Unlinked -- ${address} (silent)`,
  ]);
  expect(warnings).toEqual([]);
  expect(told).toEqual(["registered", "alone", "joined", "registered", "link", "unlink"]);
});

test("who comes, changes and goes, with tags whose control characters are made visible", async () => {
  const tags = { role: "worker", name: "\u001b[2J" };
  const state: PeerState = {
    id,
    address,
    dialect: "native",
    status: "alive",
    epoch: 1,
    incarnation: 1,
    tags,
    since: 1,
    seenAt: undefined,
    rttMs: undefined,
    isSelf: false,
  };
  const { lines, warnings, told } = await written([
    { type: "join", peer: state },
    { type: "update", peer: { ...state, tags: {} } },
    { type: "suspect", peer: state },
    { type: "alive", peer: state },
    { type: "dead", peer: state },
    { type: "leave", peer: state },
  ]);
  expect(lines).toEqual([
    `Join -- ${address} (role=worker name=\\x1b[2J)`,
    `Update -- ${address}`,
    `Suspect -- ${address}`,
    `Alive -- ${address}`,
    `Dead -- ${address}`,
    `Leave -- ${address}`,
  ]);
  expect(warnings).toEqual([]);
  expect(told).toEqual(["join", "update", "suspect", "alive", "dead", "leave"]);
});

test("what goes wrong, in warnings; control characters of strangers are made visible", async () => {
  const { warnings } = await written([
    { type: "seed-failed", seed, failure: "refuses connections", retryInMs: 500 },
    { type: "joined", alone: false },
    { type: "gap", origin: id, epoch: 1, first: 4, last: 6, count: 3 },
    { type: "slow", neighbor, isSlow: true },
    { type: "slow", neighbor, isSlow: false },
    { type: "turned-away", remote: "10.0.0.7:1", reason: "garbage", message: "\u001b[2J" },
    { type: "alone" },
  ]);
  expect(warnings).toEqual([
    `seed ${seed} refuses connections; next try in 0.5 s`,
    `3 messages of ${id} can't be had any more (#4 to #6)`,
    `neighbor ${address} reads too slowly`,
    "turned away 10.0.0.7:1: \\x1b[2J",
    "no other peer can be reached; trying again with growing pauses",
  ]);
});

test("somebody of another network is named once, however often it is met", async () => {
  const mismatch = { type: "mismatched", address: seed, ours: "a", theirs: "b" } as const;
  const failure = { type: "seed-failed", seed, failure: "belongs to another network", retryInMs: 500 } as const;
  const { warnings } = await written([mismatch, failure, mismatch, failure]);
  expect(warnings).toEqual([`${seed} belongs to the network "b", and this peer to "a"`]);
});
