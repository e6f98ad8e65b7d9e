/** A peer or a seed under attack among honest ones, and how one sees that these go on undisturbed. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import type { Peer } from "../../src/api/peer.js";
import type { Address } from "../../src/core/address.js";
import type { PeerTuning } from "../../src/core/peer-config.js";
import { createPeer } from "../../src/net/create-peer.js";
import { createSeed, type Seed } from "../../src/net/seed.js";
import { until } from "./scene.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What this process holds after a collection of garbage. */
export function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What honest peers publish, and nobody else. */
const topic = "honest";

/** A peer under attack, and an honest neighbor of it. */
export class PeerVictim {
  readonly peer: Peer;
  readonly friend: Peer;
  /** `misbehaved 127.0.0.1:9` and the like: neighbors lost. */
  readonly unlinks: string[] = [];
  /** Reasons. */
  readonly turnedAway: string[] = [];
  readonly #heard = new Map<Peer, string[]>();
  #said = 0;

  private constructor(peer: Peer, friend: Peer) {
    this.peer = peer;
    this.friend = friend;
    peer.on("unlink", ({ reason, neighbor }) => void this.unlinks.push(`${reason} ${neighbor.address}`));
    peer.on("turned-away", ({ reason }) => void this.turnedAway.push(reason));
    for (const one of [peer, friend]) {
      const texts: string[] = [];
      this.#heard.set(one, texts);
      void (async () => {
        for await (const message of one.subscribe(topic)) texts.push(message.text());
      })();
    }
  }

  static async start(config: PeerTuning = {}, peers: readonly Address[] = []): Promise<PeerVictim> {
    const listen = { host: "127.0.0.1" };
    const peer = await createPeer({ listen, config, peers });
    const friend = await createPeer({ listen, config, peers: [peer.address] });
    await until(() => friend.neighbors().length > 0, "they are linked");
    return new PeerVictim(peer, friend);
  }

  /** Each hears what the other publishes, each message once. */
  async serves(limitMs = 10_000): Promise<void> {
    const texts = [this.peer, this.friend].map((one) => {
      const text = `${one.address} ${++this.#said}`;
      void one.publish(topic, text, { allowAlone: true }).catch(() => {});
      return text;
    });
    const all = () => [...this.#heard.values()];
    await until(
      () => all().every((heard) => texts.every((text) => heard.includes(text))),
      () => `all hear ${texts}: ${JSON.stringify(all().map((heard) => heard.slice(-3)))}`,
      limitMs,
    );
    for (const heard of all()) expect(new Set(heard).size).toBe(heard.length);
  }

  async close(): Promise<void> {
    await Promise.all([this.peer.close(), this.friend.close()]);
  }
}

/** A seed under attack, and how an honest peer finds it. */
export class SeedVictim {
  readonly seed: Seed;
  readonly address: Address;
  readonly warnings: string[];

  private constructor(seed: Seed, warnings: string[]) {
    this.seed = seed;
    this.warnings = warnings;
    this.address = `127.0.0.1:${seed.port}` as Address;
  }

  static async start(): Promise<SeedVictim> {
    const warnings: string[] = [];
    const onWarning = (line: string) => void warnings.push(line);
    return new SeedVictim(await createSeed({ listen: { host: "127.0.0.1" }, onWarning }), warnings);
  }

  /** Two peers find each other through it. */
  async serves(): Promise<void> {
    const seeds = [this.address];
    const listen = { host: "127.0.0.1" };
    const peers = [await createPeer({ seeds, listen }), await createPeer({ seeds, listen })];
    try {
      const isFound = () => peers[0]!.neighbors().some(({ id }) => id === peers[1]!.id);
      await until(isFound, "they find each other");
    } finally {
      await Promise.all(peers.map((peer) => peer.close()));
    }
  }
}
