import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../src/core/address.js";
import { type Contact, type PeerId, parsePeerId } from "../../src/core/identity.js";
import { type Random, seededRandom } from "../../src/core/random.js";
import { Registry } from "../../src/core/seed/registry.js";

const leaseMs = 1_000;

interface DumbPeer {
  readonly address: Address;
  leaseEndsAt: number;
  renewal: number;
  native: { readonly id: PeerId; readonly epoch: number; readonly endsAt: number } | undefined;
}

/** What a registry does, as plainly as it can be said: one list, searched from the start. */
class DumbRegistry {
  /** In order of arrival. `renewals` counts through all of them: of two leases that end together, the older is first. */
  peers: DumbPeer[] = [];
  #renewals = 0;

  register(now: number, address: Address): boolean {
    const isNew = !this.has(address);
    if (isNew) this.peers.push({ address, leaseEndsAt: 0, renewal: 0, native: undefined });
    this.renew(now, address);
    for (const peer of this.peers) {
      if (peer.address === address && peer.native !== undefined && peer.native.endsAt < now) peer.native = undefined;
    }
    return isNew;
  }

  registerNative(now: number, { id, address }: Contact, epoch: number): string {
    const known = this.peers.find((peer) => peer.native?.id === id);
    const moves = known !== undefined && known.address !== address;
    if (moves && epoch < known.native!.epoch) return "stale";
    if (moves) this.remove(known.address);
    const isNew = !this.has(address);
    if (isNew) this.register(now, address);
    this.renew(now, address);
    const endsAt = now + leaseMs;
    for (const peer of this.peers) if (peer.address === address) peer.native = { id, epoch, endsAt };
    return moves ? `moved from ${known.address}` : isNew ? "new" : "renewed";
  }

  removeNative(id: PeerId, epoch: number): Address | undefined {
    const known = this.peers.find((peer) => peer.native?.id === id);
    if (known === undefined || epoch < known.native!.epoch) return undefined;
    this.remove(known.address);
    return known.address;
  }

  renew(now: number, address: Address): void {
    for (const peer of this.peers.filter((peer) => peer.address === address)) {
      peer.leaseEndsAt = now + leaseMs;
      peer.renewal = this.#renewals++;
    }
  }

  remove(address: Address): boolean {
    const wasThere = this.has(address);
    this.peers = this.peers.filter((peer) => peer.address !== address);
    return wasThere;
  }

  has(address: Address): boolean {
    return this.peers.some((peer) => peer.address === address);
  }

  nextToEnd(): { address: Address; leaseEndsAt: number } | undefined {
    const [first] = this.peers.toSorted((a, b) => a.leaseEndsAt - b.leaseEndsAt || a.renewal - b.renewal);
    return first && { address: first.address, leaseEndsAt: first.leaseEndsAt };
  }

  others(asker: Address): Address[] {
    return this.peers.map(({ address }) => address).filter((address) => address !== asker);
  }
}

/** Addresses of different lengths, few enough to meet again. */
const addresses = Array.from({ length: 40 }, (_, index) => addressOf(index));
const anAddress = fc.constantFrom(...addresses);

/** Few ids and fewer epochs: they meet again at other addresses, sooner and later. */
const anId = fc.nat({ max: 12 }).map((index) => parsePeerId(index.toString(16).padStart(32, "0"))!);
const anEpoch = fc.nat({ max: 3 });

const anOperation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("registerNative" as const),
      id: anId,
      address: anAddress,
      epoch: anEpoch,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("removeNative" as const), id: anId, epoch: anEpoch }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("sample" as const), id: anId, most: fc.nat({ max: 14 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("register" as const), address: anAddress }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("renew" as const), address: anAddress }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("remove" as const), address: anAddress }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("list" as const),
      address: anAddress,
      // From one that holds hardly the asker to one that holds everybody.
      maxListBytes: fc.integer({ min: 30, max: 900 }),
    }),
  },
);
type Operation = typeof anOperation extends fc.Arbitrary<infer T> ? T : never;

describe("a registry does the same as a dumb list of peers", () => {
  test("whatever is registered, renewed, removed and listed", () => {
    const steps = fc.array(fc.record({ passMs: fc.nat(leaseMs), operation: anOperation }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer(), (given, randomSeed) => {
        const registry = new Registry(leaseMs);
        const twin = new DumbRegistry();
        const random = seededRandom(randomSeed);
        let now = 0;
        for (const { passMs, operation } of given) {
          now += passMs;
          if (operation.type === "list") {
            const { address, maxListBytes } = operation;
            expectList(registry.listFor(address, maxListBytes, random), twin, address, maxListBytes);
          } else if (operation.type === "sample") {
            const { id, most } = operation;
            expectSamples(registry, twin, id, most, random);
          } else {
            expect(apply(registry, now, operation)).toBe(apply(twin, now, operation));
          }
          expectSame(registry, twin);
        }
        expectSameLeases(registry, twin);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a list that does not fit is a random sample", () => {
  const registry = new Registry(leaseMs);
  const all = Array.from({ length: 300 }, (_, index) => addressOf(index));
  for (const address of all) registry.register(0, address);
  const asker = all[7]!;
  const maxListBytes = 1_024;

  test("as long as the limit allows", () => {
    const random = seededRandom(1);
    const longest = Math.max(...all.map((address) => address.length));
    for (let i = 0; i < 100; i++) {
      const { length } = registry.listFor(asker, maxListBytes, random).join(",");
      expect(length).toBeLessThanOrEqual(maxListBytes);
      expect(length).toBeGreaterThan(maxListBytes - longest - 1);
    }
  });

  test("in which everybody stands equally often", () => {
    const random = seededRandom(2);
    const times = new Map(all.map((address) => [address, 0]));
    const lists = 6_000;
    let listed = 0;
    for (let i = 0; i < lists; i++) {
      for (const address of registry.listFor(asker, maxListBytes, random).slice(0, -1)) {
        times.set(address, times.get(address)! + 1);
        listed++;
      }
    }
    expect(times.get(asker)).toBe(0);
    times.delete(asker);
    const expected = listed / times.size;
    // Six standard deviations; one peer in 500 million would be further off by chance. The addresses are of almost the
    // same length, which is all that could favour some of them.
    const tolerance = 6 * Math.sqrt(expected * (1 - expected / lists));
    for (const [address, count] of times) {
      expect(Math.abs(count - expected), `${address}: ${count}, not ${expected}`).toBeLessThan(tolerance);
    }
  });

  test("for an asker that is not registered too", () => {
    const stranger = addressOf(1_000);
    const list = registry.listFor(stranger, maxListBytes, seededRandom(3));
    expect(list.at(-1)).toBe(stranger);
    expect(list.join(",").length).toBeLessThanOrEqual(maxListBytes);
    expect(registry.has(stranger)).toBe(false);
  });
});

test("finding the next lease to end takes no longer after many renewals", () => {
  const registry = new Registry(leaseMs);
  const all = Array.from({ length: 20_000 }, (_, index) => addressOf(index));
  for (const address of all) registry.register(0, address);
  // A map in order of lease would have some ten thousand holes at its front now: 10⁹ steps for the looks below.
  for (const address of all.slice(0, 12_000)) registry.renew(1, address);
  const startedAt = performance.now();
  for (let i = 0; i < 100_000; i++) registry.nextToEnd();
  expect(performance.now() - startedAt).toBeLessThan(500);
  expect(registry.nextToEnd()?.address).toBe(all[12_000]);
});

function addressOf(index: number): Address {
  return parseAddress(`10.0.${index >> 8}.${index & 255}:${5_000 + index}`)!;
}

function apply(
  registry: Registry | DumbRegistry,
  now: number,
  operation: Exclude<Operation, { type: "list" | "sample" }>,
) {
  switch (operation.type) {
    case "register":
    case "renew":
      return registry[operation.type](now, operation.address);
    case "remove":
      return registry.remove(operation.address);
    case "removeNative":
      return registry.removeNative(operation.id, operation.epoch);
    case "registerNative": {
      const outcome = registry.registerNative(now, operation, operation.epoch);
      if (typeof outcome === "string") return outcome;
      return outcome.type === "moved" ? `moved from ${outcome.from}` : outcome.type;
    }
  }
}

function expectSamples(registry: Registry, twin: DumbRegistry, asker: PeerId, most: number, random: Random): void {
  const natives = twin.peers.filter(({ native }) => native !== undefined);
  const others = natives.map(({ address, native }) => ({ id: native!.id, address })).filter(({ id }) => id !== asker);
  const contacts = registry.sampleNatives(asker, most, random, () => false);
  expect(contacts).toHaveLength(Math.min(most, others.length));
  expect(new Set(contacts.map(({ id }) => id)).size).toBe(contacts.length);
  expect(others).toEqual(expect.arrayContaining(contacts));
  const classics = twin.peers.filter(({ native }) => native === undefined).map(({ address }) => address);
  const addresses = registry.sampleClassics(most, random);
  expect(addresses).toHaveLength(Math.min(most, classics.length));
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(classics).toEqual(expect.arrayContaining(addresses));
}

function expectSame(registry: Registry, twin: DumbRegistry): void {
  expect([...registry.addresses()]).toEqual(twin.peers.map(({ address }) => address));
  expect(registry.size).toBe(twin.peers.length);
  expect(registry.nativeSize).toBe(twin.peers.filter(({ native }) => native !== undefined).length);
  const next = registry.nextToEnd();
  expect(next && { address: next.address, leaseEndsAt: next.leaseEndsAt }).toEqual(twin.nextToEnd());
}

/** All of them, one after another: that of the next to end is taken away each time. */
function expectSameLeases(registry: Registry, twin: DumbRegistry): void {
  for (let next = twin.nextToEnd(); next !== undefined; next = twin.nextToEnd()) {
    expect(registry.remove(next.address)).toBe(twin.remove(next.address));
    expectSame(registry, twin);
  }
}

function expectList(list: readonly Address[], twin: DumbRegistry, asker: Address, maxListBytes: number): void {
  const whole = [...twin.others(asker), asker];
  const fits = whole.join(",").length <= maxListBytes;
  if (fits) {
    expect(list).toEqual(whole);
    return;
  }
  expect(list.at(-1)).toBe(asker);
  expect(list.join(",").length).toBeLessThanOrEqual(maxListBytes);
  expect(new Set(list).size).toBe(list.length);
  expect(whole).toEqual(expect.arrayContaining([...list]));
}
