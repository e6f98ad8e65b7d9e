/**
 * Figures for Prometheus, by its conventions: base units, `_total` for what only grows. They are read from the subject
 * when they are asked for; only round trips are looked at in between. A network in one process shows sums over its living
 * native peers, and the directory of the first.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { countsOf } from "./peer-pages.js";
import type { PeerPages, Subject } from "./subject.js";

/** What the metrics are told of the endpoint itself. */
export interface MetricsOptions {
  readonly version: string;
  /** When the subject was started, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly listeners: () => number;
  readonly droppedEvents: () => number;
}

/** How often the round trips to all neighbors are looked at. */
const sampleMs = 5_000;
/** How exactly the delay of the event loop is measured. */
const resolutionMs = 20;
const quantiles = [0.5, 0.9, 0.99, 1] as const;
const bucketsS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const nsPerS = 1e9;

/** The figures of one endpoint. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #subject: Subject;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #timer: NodeJS.Timeout;

  constructor(subject: Subject, options: MetricsOptions) {
    this.#subject = subject;
    collectDefaultMetrics({ register: this.#registry });
    this.#delay.enable();
    const roundTrips = new Histogram({
      name: "hearsay_neighbor_round_trip_seconds",
      help: "The last round trip to each neighbor, looked at every 5 seconds.",
      buckets: bucketsS,
      registers: [this.#registry],
    });
    this.#timer = setInterval(() => {
      for (const peer of subject.peers()) {
        for (const { rttMs } of peer.neighbors()) if (rttMs !== null) roundTrips.observe(rttMs / 1_000);
      }
    }, sampleMs);
    this.#timer.unref();
    this.#addProcess(options);
    if (subject.kind !== "seed") this.#addPeers();
    if (subject.kind !== "peer") this.#addSeeds();
  }

  /** The type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All figures, now. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Measures nothing more. */
  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
    this.#registry.clear();
  }

  #addProcess({ version, startedAt, listeners, droppedEvents }: MetricsOptions): void {
    const subject = this.#subject;
    const labels = { version, kind: subject.kind, network: subject.self().network };
    new Gauge({
      name: "hearsay_build_info",
      help: "Always 1; its labels say what runs here.",
      labelNames: ["version", "kind", "network"],
      registers: [this.#registry],
    }).set(labels, 1);
    this.#gauge("hearsay_start_time_seconds", "When it was started, since 1970.", () => startedAt / 1_000);
    this.#gauge("hearsay_ready", "1 when it is part of its network.", () => (subject.notReady().length === 0 ? 1 : 0));
    const delay = this.#delay;
    new Gauge({
      name: "hearsay_event_loop_delay_seconds",
      help: "How late this process runs its timers, since the figures were last read.",
      labelNames: ["quantile"],
      registers: [this.#registry],
      collect() {
        for (const quantile of quantiles) {
          const late = delay.count === 0 ? 0 : delay.percentile(quantile * 100) / nsPerS - resolutionMs / 1_000;
          this.set({ quantile: String(quantile) }, Math.max(0, late));
        }
        delay.reset();
      },
    });
    this.#gauge("hearsay_stream_listeners", "Connections that listen to the stream of events.", listeners);
    this.#counter("hearsay_stream_events_dropped_total", "Events that listeners were too slow for.", droppedEvents);
  }

  #addPeers(): void {
    const subject = this.#subject;
    const sum = (of: (peer: PeerPages) => number) => () => subject.peers().reduce((total, peer) => total + of(peer), 0);
    const counted = (of: "delivered" | "published" | "duplicates" | "gaps") => grown(subject, of);
    this.#counter("hearsay_messages_delivered_total", "Messages of others that came.", counted("delivered"));
    this.#counter("hearsay_messages_published_total", "Messages of its own.", counted("published"));
    this.#counter(
      "hearsay_messages_duplicate_total",
      "Payloads that came although the message was there already.",
      counted("duplicates"),
    );
    this.#counter("hearsay_messages_lost_total", "Messages given up for lost.", counted("gaps"));
    this.#gauge(
      "hearsay_neighbors",
      "Peers that it has a link to.",
      sum((peer) => peer.neighbors().length),
    );
    this.#gauge(
      "hearsay_neighbors_congested",
      "Neighbors that read too slowly.",
      sum((peer) => peer.neighbors().filter(({ isCongested }) => isCongested).length),
    );
    this.#gauge(
      "hearsay_link_queued_bytes",
      "Bytes that wait to be written to all neighbors.",
      sum((peer) => peer.neighbors().reduce((bytes, { queuedBytes }) => bytes + (queuedBytes ?? 0), 0)),
    );
    this.#gauge(
      "hearsay_connections",
      "Open connections, of links and others.",
      sum(({ connections }) => connections),
    );
    this.#gauge(
      "hearsay_history_messages",
      "Messages kept whole.",
      sum((peer) => peer.kept().messages),
    );
    this.#gauge(
      "hearsay_history_bytes",
      "What they weigh.",
      sum((peer) => peer.kept().bytes),
    );
    this.#gauge(
      "hearsay_trees_in_use",
      "Trees on which something came in the last minute.",
      sum((peer) => peer.trees().filter(({ isInUse }) => isInUse).length),
    );
    new Gauge({
      name: "hearsay_directory_peers",
      help: "Peers in the directory, by what is known of their life.",
      labelNames: ["status"],
      registers: [this.#registry],
      collect() {
        const counts = countsOf(subject.peers()[0]?.directory() ?? []);
        for (const [status, count] of Object.entries(counts)) this.set({ status }, count);
      },
    });
  }

  #addSeeds(): void {
    const subject = this.#subject;
    const registered = () => subject.seeds().reduce((total, seed) => total + seed.registrations().length, 0);
    this.#gauge("hearsay_seed_registered_peers", "Peers registered with it.", registered);
    if (subject.kind !== "seed") return;
    const counted = (name: "registrations" | "removals") => () => {
      const counters = subject.counters();
      return counters.kind === "seed" ? counters[name] : 0;
    };
    this.#counter("hearsay_seed_registrations_total", "Peers that came.", counted("registrations"));
    this.#counter("hearsay_seed_removals_total", "Peers taken off the list.", counted("removals"));
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** A count that is kept elsewhere. */
  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}

/** A sum over peers that does not shrink when one of them ends: what only grows may not go back. */
function grown(subject: Subject, of: "delivered" | "published" | "duplicates" | "gaps"): () => number {
  const latest = new Map<PeerPages["who"]["address"], number>();
  return () => {
    for (const peer of subject.peers()) latest.set(`${peer.who.address} ${peer.who.id}`, peer.counters()[of]);
    return [...latest.values()].reduce((total, count) => total + count, 0);
  };
}
