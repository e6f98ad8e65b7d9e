/**
 * One peer under test that does as it is told: the same in the test's own process and in a process of its own (see
 * actors.ts). It checks each message as it comes: once, and in order for each origin.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HearsayError } from "../../src/api/errors.js";
import type { Peer } from "../../src/api/peer.js";
import type { SubscribeOptions, Subscription } from "../../src/api/subscription.js";
import type { PeerState } from "../../src/core/directory/record.js";
import type { Gap, NeighborState } from "../../src/core/peer-events.js";
import { type PeerOptions, type StartedPeer, startPeer } from "../../src/net/create-peer.js";

/** How to start: what goes to the peer, and how it listens to messages. */
export interface ActorStart {
  readonly peer: Pick<
    PeerOptions,
    "peers" | "seeds" | "advertise" | "history" | "config" | "preset" | "joinTimeoutMs" | "randomSeed"
  >;
  /** Default: any. */
  readonly port?: number;
  /** Where it listens. Default: loopback. */
  readonly ip?: string;
  readonly subscribe?: Omit<SubscribeOptions, "signal">;
  /** How long the subscriber takes for each message, in milliseconds. Default: 0. */
  readonly readMs?: number;
}

/** What to publish. */
export interface Stream {
  /** Messages a second. */
  readonly rate: number;
  readonly forMs: number;
  readonly payloadBytes: number;
}

/** What came of a stream. */
export interface Streamed {
  readonly published: number;
  /** Messages that failed, by code. */
  readonly failed: Record<string, number>;
}

/** What was heard of one origin. */
export interface HeardOrigin {
  readonly origin: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** What an actor has seen so far. */
export interface Report {
  readonly heard: number;
  readonly origins: readonly HeardOrigin[];
  /** Messages that came twice or before their turn, and numbers left out: `origin: 7 after 5`. */
  readonly faults: readonly string[];
  /** Numbers left out, of all origins. */
  readonly missed: number;
  readonly gaps: readonly Gap[];
  readonly overflows: readonly number[];
  /** How the subscription ended, if it did. */
  readonly end: string | undefined;
  readonly neighbors: readonly NeighborState[];
  /** `gone 127.0.0.1:6001`, … */
  readonly unlinks: readonly string[];
  readonly turnedAway: readonly string[];
  /** Since the last `beginPhase`. */
  readonly phase: Phase;
  readonly rssBytes: number;
  readonly cpuMs: number;
}

/** What a peer has said of the others, in order: `suspect 127.0.0.1:6001`, … */
export interface Sayings {
  readonly sayings: readonly string[];
  /** The directory as it is now. */
  readonly peers: readonly PeerState[];
}

/** What was heard within a while. */
export interface Phase {
  readonly ms: number;
  readonly heard: number;
  /** From publishing to the subscriber; undefined when nothing came. */
  readonly medianMs: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Faults that are written down; more are only counted. */
const faultsMax = 20;

/** One peer under test. */
export class Actor {
  #started!: StartedPeer;
  #peer!: Peer;
  #subscription!: Subscription;
  readonly #origins = new Map<string, { first: number; last: number; count: number }>();
  readonly #faults: string[] = [];
  readonly #gaps: Gap[] = [];
  readonly #overflows: number[] = [];
  readonly #unlinks: string[] = [];
  readonly #turnedAway: string[] = [];
  readonly #sayings: string[] = [];
  #missed = 0;
  #heard = 0;
  #end: string | undefined;
  #latencies: number[] = [];
  #phaseSince = performance.now();
  #isStreaming = false;

  /** Starts to listen. */
  async start({
    peer,
    port = 0,
    ip = "127.0.0.1",
    subscribe,
    readMs = 0,
  }: ActorStart): Promise<{ id: string; address: string }> {
    this.#started = await startPeer({ ...peer, listen: { port, host: ip } });
    this.#peer = this.#started.peer;
    this.#peer.on("gap", ({ type: _type, ...gap }) => void this.#gaps.push(gap));
    this.#peer.on("overflow", ({ dropped }) => void this.#overflows.push(dropped));
    this.#peer.on("unlink", ({ reason, neighbor }) => void this.#unlinks.push(`${reason} ${neighbor.address}`));
    this.#peer.on("turned-away", ({ reason, message }) => void this.#turnedAway.push(`${reason}: ${message}`));
    for (const type of ["join", "suspect", "alive", "dead", "leave"] as const) {
      this.#peer.on(type, ({ peer: { address } }) => void this.#sayings.push(`${type} ${address}`));
    }
    this.#subscription = this.#peer.subscribe(undefined, subscribe);
    void this.#read(readMs);
    return { id: this.#peer.id, address: this.#peer.address };
  }

  /** Joins the network. */
  async join(): Promise<void> {
    await this.#started.join();
  }

  /** Publishes at an even pace, and waits until all of it is published or has failed. */
  async stream({ rate, forMs, payloadBytes }: Stream): Promise<Streamed> {
    const failed: Record<string, number> = {};
    let published = 0;
    let open = 0;
    let sent = 0;
    const count = Math.round((rate * forMs) / 1000);
    const from = performance.now();
    this.#isStreaming = true;
    while (sent < count && this.#isStreaming) {
      const due = Math.min(count, Math.ceil(((performance.now() - from) * rate) / 1000));
      for (; sent < due; sent++) {
        open++;
        this.#peer
          .publish("news", String(sent).padEnd(payloadBytes, "."))
          .then(
            () => void published++,
            (error) => {
              const code = error instanceof HearsayError ? error.code : String(error);
              failed[code] = (failed[code] ?? 0) + 1;
            },
          )
          .finally(() => void open--);
      }
      await sleep(5);
    }
    while (open > 0) await sleep(10);
    return { published, failed };
  }

  /** Latencies and rates count from now on. */
  async beginPhase(): Promise<void> {
    this.#latencies = [];
    this.#phaseSince = performance.now();
  }

  /** What it has seen. */
  async report(): Promise<Report> {
    const sorted = Float64Array.from(this.#latencies).sort();
    const cpu = process.cpuUsage();
    return {
      heard: this.#heard,
      origins: [...this.#origins].map(([origin, one]) => ({ origin, ...one })),
      faults: this.#faults,
      missed: this.#missed,
      gaps: this.#gaps,
      overflows: this.#overflows,
      end: this.#end,
      neighbors: this.#peer.neighbors(),
      unlinks: this.#unlinks,
      turnedAway: this.#turnedAway,
      phase: {
        ms: performance.now() - this.#phaseSince,
        heard: sorted.length,
        medianMs: sorted[Math.floor(sorted.length / 2)],
        p99Ms: sorted[Math.floor(sorted.length * 0.99)],
      },
      rssBytes: process.memoryUsage.rss(),
      cpuMs: (cpu.user + cpu.system) / 1000,
    };
  }

  /** What it says of the others. */
  async sayings(): Promise<Sayings> {
    return { sayings: this.#sayings, peers: this.#peer.peers() };
  }

  /** Leaves its process no time for anything else for so long. */
  async block(ms: number): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; );
  }

  /** Leaves in good order. */
  async close(): Promise<void> {
    await this.#peer.close();
  }

  /** What its process holds after a collection of garbage. */
  async usedBytes(): Promise<number> {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }

  /** Subscribes anew, with a buffer that is large enough. @returns how many messages there are, if they are in order */
  async readAgain(): Promise<number> {
    let count = 0;
    const subscription = this.#peer.subscribe();
    for (const due = subscription.buffered; count < due; count++) {
      const { value } = await subscription.next();
      if (value?.seq !== count + 1) throw new Error(`${value?.seq} after ${count}`);
    }
    await subscription.return();
    return count;
  }

  /** Ends as a killed process does. */
  async crash(): Promise<void> {
    this.#isStreaming = false;
    this.#started.crash();
  }

  async #read(readMs: number): Promise<void> {
    try {
      for await (const { origin, epoch, seq, publishedAt } of this.#subscription) {
        this.#heard++;
        this.#latencies.push(Date.now() - publishedAt);
        this.#check(`${origin}/${epoch}`, seq);
        if (readMs > 0) await sleep(readMs);
      }
      this.#end = "closed";
    } catch (error) {
      this.#end = String(error);
    }
  }

  #check(origin: string, seq: number): void {
    const known = this.#origins.get(origin);
    const last = known?.last ?? 0;
    if (seq !== last + 1) {
      if (this.#faults.length < faultsMax) this.#faults.push(`${origin}: ${seq} after ${last}`);
      this.#missed += Math.max(0, seq - last - 1);
    }
    if (known === undefined) this.#origins.set(origin, { first: seq, last: seq, count: 1 });
    else {
      known.last = Math.max(known.last, seq);
      known.count++;
    }
  }
}

/** What an actor can be told to do. */
export type ActorCommand = {
  [Name in keyof Actor]: Actor[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Actor];
