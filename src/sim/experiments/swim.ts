/**
 * Plain SWIM, to compare with: Das, Gupta, Motivala, *SWIM: scalable weakly-consistent infection-style process group
 * membership protocol* (DSN 2002), with suspicion and round-robin probes, in the numbers of memberlist's LAN defaults as
 * Dadgar, Phillips, Currey (*Lifeguard*, DSN-W 2018) measured them: nothing of Lifeguard, no probes over TCP, no periodic
 * exchange of whole states. Peers are numbers; all of them are known from the beginning. It speaks in datagrams.
 */
import type { Core } from "../../core/effects.js";
import type { Random } from "../../core/random.js";

/** Tunables, in milliseconds. */
export const swimDefaults = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 500,
  indirectProbes: 3,
  gossipIntervalMs: 200,
  gossipFanout: 3,
  /** The dead are told of for so long, so that they can refute. */
  gossipToDeadMs: 30_000,
  suspicionMultiplier: 5,
  retransmitMultiplier: 4,
  /** Words in one datagram: what fits into memberlist's 1,400 bytes. */
  wordsMax: 30,
};

/** What is said of a entry. */
export interface SwimWord {
  readonly status: "alive" | "suspect" | "dead";
  readonly subject: number;
  readonly incarnation: number;
}

/** Everything that travels. */
export interface SwimMessage {
  readonly type: "ping" | "ack" | "ping-request" | "gossip";
  readonly from: number;
  readonly nonce: number;
  /** Of a `ping-request` only. */
  readonly subject: number;
  readonly words: readonly SwimWord[];
}

interface Entry {
  status: SwimWord["status"];
  incarnation: number;
  /** Of a suspect: when it is dead. */
  deadAt: number;
  /** Of the dead: since when. */
  diedAt: number;
}

interface Queued {
  readonly word: SwimWord;
  transmits: number;
}

interface Probe {
  readonly subject: number;
  readonly nonce: number;
  timeoutAt: number;
  isAcked: boolean;
}

/** One entry. */
export class SwimCore implements Core<SwimMessage> {
  readonly #self: number;
  readonly #entries: Entry[];
  readonly #random: Random;
  readonly #post: (to: number, message: SwimMessage) => void;
  readonly #died: (subject: number) => void;
  readonly #isBlocked: () => boolean;
  /** The loops that wait in a send. */
  #isProbingStuck = false;
  #isGossipStuck = false;
  readonly #queue = new Map<number, Queued>();
  /** Whose ack is awaited on behalf of whom. */
  readonly #relays = new Map<number, { readonly asker: number; readonly nonce: number }>();
  #order: number[] = [];
  #turn = 0;
  #probe: Probe | undefined = undefined;
  #probeAt = Number.POSITIVE_INFINITY;
  #gossipAt = Number.POSITIVE_INFINITY;
  #lastNonce = 0;
  readonly #suspicionMs: number;
  readonly #transmitsMax: number;

  /**
   * @param self - 0 to `peers` − 1
   * @param post - sends a datagram
   * @param died - hears of each peer that this one takes for dead
   * @param isBlocked - whether what is posted now waits, and whoever posts it: the loop that probes, and the one that
   *   gossips, go on when it has gone out
   */
  constructor(
    self: number,
    peers: number,
    random: Random,
    post: (to: number, message: SwimMessage) => void,
    died: (subject: number) => void,
    isBlocked: () => boolean = () => false,
  ) {
    const { suspicionMultiplier, probeIntervalMs, retransmitMultiplier } = swimDefaults;
    this.#self = self;
    this.#random = random;
    this.#post = post;
    this.#died = died;
    this.#isBlocked = isBlocked;
    this.#entries = Array.from({ length: peers }, () => ({ status: "alive", incarnation: 1, deadAt: 0, diedAt: 0 }));
    this.#suspicionMs = suspicionMultiplier * Math.max(1, Math.log10(peers)) * probeIntervalMs;
    this.#transmitsMax = retransmitMultiplier * Math.ceil(Math.log10(peers + 1));
  }

  get nextWake(): number {
    let next = Number.POSITIVE_INFINITY;
    const isBlocked = this.#isBlocked();
    if (!(isBlocked && this.#isProbingStuck)) next = Math.min(this.#probeAt, this.#probe?.timeoutAt ?? next);
    if (!(isBlocked && this.#isGossipStuck)) next = Math.min(next, this.#gossipAt);
    for (const { status, deadAt } of this.#entries) if (status === "suspect" && deadAt < next) next = deadAt;
    return next;
  }

  /** Begins, at a random moment of its intervals. */
  start(now: number): void {
    this.#probeAt = now + this.#random.below(swimDefaults.probeIntervalMs);
    this.#gossipAt = now + this.#random.below(swimDefaults.gossipIntervalMs);
  }

  linkUp(): void {}
  linkEnded(): void {}
  linkDown(): void {}

  receive(now: number, _link: number, { type, from, nonce, subject, words }: SwimMessage): void {
    for (const word of words) this.#hear(now, word);
    if (type === "ping") this.#say(from, "ack", nonce);
    else if (type === "ping-request") {
      const own = ++this.#lastNonce;
      this.#relays.set(own, { asker: from, nonce });
      this.#say(subject, "ping", own);
    } else if (type === "ack") {
      const relay = this.#relays.get(nonce);
      this.#relays.delete(nonce);
      if (relay !== undefined) this.#say(relay.asker, "ack", relay.nonce);
      else if (this.#probe?.nonce === nonce) this.#probe.isAcked = true;
    }
  }

  /** What is due, in the order in which it became so: a late process does it all at once. */
  wake(now: number): void {
    for (const subject of this.#entries.keys()) {
      const { status, deadAt, incarnation } = this.#entries[subject]!;
      if (status === "suspect" && deadAt <= now) this.#hear(now, { status: "dead", subject, incarnation });
    }
    const isBlocked = this.#isBlocked();
    if (!(isBlocked && this.#isProbingStuck)) this.#goOnProbing(now);
    if (!(isBlocked && this.#isGossipStuck) && this.#gossipAt <= now) {
      this.#isGossipStuck = isBlocked && this.#queue.size > 0;
      this.#gossip(now);
    }
  }

  #goOnProbing(now: number): void {
    const probe = this.#probe;
    this.#isProbingStuck = false;
    if (probe !== undefined && probe.timeoutAt <= now) {
      probe.timeoutAt = Number.POSITIVE_INFINITY;
      if (!probe.isAcked) {
        this.#isProbingStuck = this.#isBlocked();
        this.#probeIndirectly(probe);
        if (this.#isProbingStuck) return;
      }
    }
    if (this.#probeAt > now) return;
    if (probe !== undefined && !probe.isAcked) {
      const { incarnation } = this.#entries[probe.subject]!;
      this.#hear(now, { status: "suspect", subject: probe.subject, incarnation });
    }
    this.#probeNext(now);
    this.#isProbingStuck = this.#isBlocked();
  }

  #probeNext(now: number): void {
    const { probeIntervalMs, probeTimeoutMs } = swimDefaults;
    this.#probeAt = now + probeIntervalMs;
    this.#probe = undefined;
    this.#relays.clear();
    for (let tries = 0; tries <= this.#entries.length; tries++) {
      if (this.#turn >= this.#order.length) this.#shuffle();
      const subject = this.#order[this.#turn++]!;
      if (subject === this.#self || this.#entries[subject]!.status === "dead") continue;
      this.#probe = { subject, nonce: ++this.#lastNonce, timeoutAt: now + probeTimeoutMs, isAcked: false };
      this.#say(subject, "ping", this.#probe.nonce);
      return;
    }
  }

  #probeIndirectly({ subject, nonce }: Probe): void {
    const others = this.#some(
      swimDefaults.indirectProbes,
      (other) => other !== subject && this.#entries[other]!.status === "alive",
    );
    for (const other of others) this.#say(other, "ping-request", nonce, subject);
  }

  #gossip(now: number): void {
    const { gossipFanout, gossipIntervalMs, gossipToDeadMs } = swimDefaults;
    this.#gossipAt = now + gossipIntervalMs;
    if (this.#queue.size === 0) return;
    const others = this.#some(gossipFanout, (other) => {
      const { status, diedAt } = this.#entries[other]!;
      return status !== "dead" || now - diedAt < gossipToDeadMs;
    });
    for (const other of others) if (this.#queue.size > 0) this.#say(other, "gossip", 0);
  }

  #hear(now: number, word: SwimWord): void {
    const { status, subject, incarnation } = word;
    const entry = this.#entries[subject]!;
    if (subject === this.#self) {
      if (status === "alive" || incarnation < entry.incarnation) return;
      entry.incarnation = incarnation + 1;
      this.#tell({ status: "alive", subject, incarnation: entry.incarnation });
      return;
    }
    if (status === "alive" ? incarnation <= entry.incarnation : incarnation < entry.incarnation) return;
    if (status === "suspect" && entry.status !== "alive") return;
    if (status === "dead" && entry.status === "dead") return;
    entry.status = status;
    entry.incarnation = incarnation;
    if (status === "suspect") entry.deadAt = now + this.#suspicionMs;
    if (status === "dead") {
      entry.diedAt = now;
      this.#died(subject);
    }
    this.#tell(word);
  }

  #tell(word: SwimWord): void {
    this.#queue.delete(word.subject);
    this.#queue.set(word.subject, { word, transmits: 0 });
  }

  #say(to: number, type: SwimMessage["type"], nonce: number, subject = 0): void {
    const words: SwimWord[] = [];
    // Those that were told least often come first.
    const queued = [...this.#queue.values()].sort((a, b) => a.transmits - b.transmits);
    for (const one of queued.slice(0, swimDefaults.wordsMax)) {
      words.push(one.word);
      if (++one.transmits >= this.#transmitsMax) this.#queue.delete(one.word.subject);
    }
    this.#post(to, { type, from: this.#self, nonce, subject, words });
  }

  #some(count: number, isWanted: (other: number) => boolean): number[] {
    const found = new Set<number>();
    for (let tries = 0; tries < 3 * this.#entries.length && found.size < count; tries++) {
      const other = this.#random.below(this.#entries.length);
      if (other !== this.#self && isWanted(other)) found.add(other);
    }
    return [...found];
  }

  #shuffle(): void {
    const order = [...this.#entries.keys()];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.#random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    this.#order = order;
    this.#turn = 0;
  }
}
