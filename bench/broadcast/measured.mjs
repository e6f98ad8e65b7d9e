// What the processes of all systems have in common: each runs a whole network of peers, and makes the same measurements
// of it when its parent asks. Publisher is always peer 0, which is not asked to hear anything.
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";

/** How long messages may be under way before they count as lost. */
const drainLimitMs = 40_000;
/** How long a network may take until its messages reach everybody. */
const formLimitMs = 60_000;

/**
 * Answers the parent, one question at a time.
 *
 * `open(peers, heard)` starts that many peers and links them; `heard(peer, payload)` is to be called for each delivery.
 * It returns `{ publish(payload), duplicates() }`: a promise of `publish` may reject, and `duplicates` are the copies
 * that were received and thrown away since the start, or null when nobody counts.
 */
export function measured(open) {
  let bench;
  const answers = {
    async start({ peers }) {
      const before = await memory();
      bench = new Bench(peers);
      await bench.form(open);
      return { runtime: process.version, before, after: await memory() };
    },
    throughput: (plan) => bench.throughput(plan),
    latency: (plan) => bench.latency(plan),
    memory,
  };
  process.on("disconnect", () => process.exit(0));
  process.on("message", async ({ question, plan }) => {
    try {
      process.send({ answer: await answers[question](plan) });
    } catch (error) {
      process.send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.send({ answer: "ready" });
}

class Bench {
  #peers;
  #network;
  /** Numbers are never used twice, so that what comes late from one run is not counted in the next. */
  #nextNumber = 0;
  #run;

  constructor(peers) {
    this.#peers = peers;
  }

  /** Opens the network, and waits until five messages in a row have reached everybody. */
  async form(open) {
    this.#network = await open(this.#peers, (peer, payload) => this.#run?.heard(peer, payload));
    const limit = performance.now() + formLimitMs;
    for (let inRow = 0; inRow < 5; ) {
      if (performance.now() > limit) throw new Error(`no network after ${formLimitMs / 1000} s`);
      const run = this.#begin(64);
      this.#publish(run);
      await run.drained(1_000);
      inRow = run.open === 0 && run.failed === 0 ? inRow + 1 : 0;
      if (inRow === 0) await pause(100);
    }
  }

  /** Publishes as fast as a window of messages, not yet delivered everywhere, allows. */
  async throughput({ bytes, window, warmUpMs, lastsMs }) {
    const run = this.#begin(bytes);
    let isOpen = true;
    let isDue = false;
    const fill = () => {
      isDue = false;
      while (isOpen && run.open < window) this.#publish(run);
    };
    run.settled = () => {
      if (isDue) return;
      isDue = true;
      setImmediate(fill);
    };
    fill();
    await pause(warmUpMs);
    const from = this.#reading(run);
    await pause(lastsMs);
    const to = this.#reading(run);
    isOpen = false;
    await run.drained(drainLimitMs);
    const passed = (name) => (to[name] === null ? null : to[name] - from[name]);
    return {
      deliveries: passed("delivered"),
      elapsedMs: passed("atMs"),
      cpuMs: passed("cpuMs"),
      duplicates: passed("duplicates"),
      ...run.faults,
    };
  }

  /** Publishes at a steady, low rate. */
  async latency({ bytes, count, intervalMs }) {
    const run = this.#begin(bytes);
    const startedAt = performance.now();
    for (let i = 0; i < count; i++) {
      this.#publish(run);
      await pause(Math.max(1, startedAt + (i + 1) * intervalMs - performance.now()));
    }
    await run.drained(drainLimitMs);
    return { lastMs: run.lastMs, ...run.faults };
  }

  #begin(bytes) {
    this.#run = new Run(this.#peers, this.#nextNumber, bytes);
    return this.#run;
  }

  #publish(run) {
    const number = this.#nextNumber++;
    const payload = run.made(number);
    const fail = (error) => run.fail(number, error);
    try {
      Promise.resolve(this.#network.publish(payload)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #reading(run) {
    const { user, system } = process.cpuUsage();
    return {
      delivered: run.delivered,
      atMs: performance.now(),
      cpuMs: (user + system) / 1_000,
      duplicates: this.#network.duplicates(),
    };
  }
}

/** The books of one run: who has heard what, and when everybody had. */
class Run {
  /** Messages published and not yet delivered everywhere. */
  open = 0;
  delivered = 0;
  failed = 0;
  /** From the call to the delivery at the last peer, of each message that reached all. */
  lastMs = [];
  /** Called when a message is no longer open. */
  settled = () => {};
  #peers;
  #first;
  #bytes;
  #doubled = 0;
  #made = 0;
  /** The first error of a publish, for people. */
  #problem = null;
  /** By message: peers that have not heard it. */
  #missing = new Uint16Array(256);
  #publishedAt = new Float64Array(256);
  /** By message and peer. */
  #seen;

  constructor(peers, first, bytes) {
    this.#peers = peers;
    this.#first = first;
    this.#bytes = bytes;
    this.#seen = new Uint8Array(256 * peers);
  }

  /** A payload that says its number. */
  made(number) {
    const index = number - this.#first;
    if (index === this.#missing.length) this.#grow();
    this.#missing[index] = this.#peers - 1;
    this.#publishedAt[index] = performance.now();
    this.#made++;
    this.open++;
    const payload = new Uint8Array(this.#bytes);
    for (let i = 0; i < 4; i++) payload[i] = number >>> (8 * i);
    return payload;
  }

  heard(peer, payload) {
    const number = (payload[0] | (payload[1] << 8) | (payload[2] << 16) | (payload[3] << 24)) >>> 0;
    const index = number - this.#first;
    if (index < 0) return;
    if (payload.length !== this.#bytes || index >= this.#made) throw new Error("a message that nobody published");
    if (this.#seen[index * this.#peers + peer]++ > 0) {
      this.#doubled++;
      return;
    }
    this.delivered++;
    if (--this.#missing[index] > 0) return;
    this.lastMs.push(performance.now() - this.#publishedAt[index]);
    this.open--;
    this.settled();
  }

  fail(number, error) {
    this.failed++;
    this.#problem ??= String(error);
    // It may have reached everybody all the same.
    const index = number - this.#first;
    if (this.#missing[index] === 0) return;
    this.open--;
    this.settled();
  }

  /** Resolves when every message has been delivered everywhere, or it is too late for that. */
  async drained(limitMs) {
    const limit = performance.now() + limitMs;
    // Looking is cheap, yet not free: on a slow network the looks would be measured too.
    while (this.open > 0 && performance.now() < limit) await pause(this.#bytes === 64 ? 1 : 5);
  }

  /** Everything that should not have happened. Lost are deliveries, not messages. */
  get faults() {
    const lost = this.#made * (this.#peers - 1) - this.delivered;
    return { lost, doubled: this.#doubled, failed: this.failed, problem: this.#problem };
  }

  #grow() {
    this.#missing = grown(this.#missing, Uint16Array);
    this.#publishedAt = grown(this.#publishedAt, Float64Array);
    this.#seen = grown(this.#seen, Uint8Array);
  }
}

function grown(full, Kind) {
  const larger = new Kind(2 * full.length);
  larger.set(full);
  return larger;
}

/** Bytes in use when all garbage is collected. */
async function memory() {
  // A second collection after a turn of the loop: what is closed holds memory until its callbacks have run.
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { usedBytes: heapUsed + external, rssBytes: rss };
}
