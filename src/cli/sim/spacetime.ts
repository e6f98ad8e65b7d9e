/** Collects what a spacetime diagram of a run shows: who was there when, and every message between two peers in a window of time. */
import type { Travel } from "../../sim/network.js";
import type { Scenario } from "../../sim/scenario/scenario.js";
import type { TraceLine } from "../../sim/scenario/trace-lines.js";
import type { AnyMessage } from "../../sim/virtual-peer.js";
import { usageFailure } from "../failure.js";
import type { MessageName } from "./trace-filter.js";

/** A picture with more rows, or more arrows, is a stain. */
export const spacetimePeersMax = 30;
const arrowsMax = 4_000;
/** Without a window, so much before and after the highlighted message was published is shown. */
const beforeMs = 100;
const afterMs = 900;

/** A message on its way. Times are virtual milliseconds since the start of the run. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly sentAt: number;
  readonly at: number;
  /** Whether it carries what somebody published, rather than a word about it or about the overlay. */
  readonly isPayload: boolean;
  readonly isHighlighted: boolean;
}

/** A peer, or all of them (0), in a state for a while. */
export interface Spell {
  readonly peer: number;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

/** Something at a moment. */
export interface Mark {
  readonly peer: number;
  readonly kind: "published" | "delivered" | "started" | "crash" | "leave";
  readonly at: number;
}

/** Everything that a diagram shows. */
export interface Spacetime {
  readonly peers: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly arrows: readonly Arrow[];
  readonly spells: readonly Spell[];
  readonly marks: readonly Mark[];
  /** When each peer was there. */
  readonly lives: readonly { readonly peer: number; readonly from: number; readonly to: number }[];
  /** The highlighted message, in words. */
  readonly highlight: string | undefined;
}

/** What to show. */
export interface SpacetimeWanted {
  readonly window?: readonly [fromMs: number, toMs: number] | undefined;
  readonly highlight?: MessageName | undefined;
}

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly sentAt: number;
  readonly at: number;
  readonly key: string | undefined;
}

/** Listens to a run. Holds at most the arrows that may be drawn. */
export class SpacetimeRecorder {
  readonly #scenario: Scenario;
  readonly #wanted: SpacetimeWanted;
  readonly #numbers = new Map<string, number>();
  readonly #ids = new Map<string, number>();
  #sent: Sent[] = [];
  #isTooMuch = false;
  readonly #spells: Spell[] = [];
  readonly #marks: Mark[] = [];
  readonly #arrived: { readonly peer: number; readonly key: string; readonly at: number }[] = [];
  readonly #lives: { peer: number; from: number; to: number }[] = [];
  /** The highlighted message: its key once it has been published. */
  #key: string | undefined;
  #name: string | undefined;
  #window: readonly [fromMs: number, toMs: number] | undefined;
  #openSplit: number | undefined;

  /** @throws Failure when there are too many peers for a picture */
  constructor(scenario: Scenario, wanted: SpacetimeWanted) {
    this.#scenario = scenario;
    this.#wanted = wanted;
    this.#window = wanted.window;
    const joins = scenario.steps.reduce((sum, step) => sum + (step.do === "join" ? step.count : 0), 0);
    const peers = scenario.peers + joins;
    if (peers <= spacetimePeersMax) return;
    throw usageFailure(`--spacetime draws at most ${spacetimePeersMax} peers, and this run has ${peers}`);
  }

  /** A line of the run's trace. */
  line(line: TraceLine): void {
    const { at, peer, event } = line;
    if (peer === 0) this.#deed(line);
    else if (event === "started") {
      this.#numbers.set(String(line.address), peer);
      this.#ids.set(String(line.id), peer);
      this.#marks.push({ peer, kind: "started", at });
      this.#lives.push({ peer, from: at, to: Number.POSITIVE_INFINITY });
    } else if (event === "published") this.#published(line);
    else if (event === "arrived") {
      const key = `${line.origin}/${line.epoch}/${line.seq}`;
      if (key === this.#key) this.#arrived.push({ peer, key, at });
    }
  }

  /** A message has arrived at a peer. */
  travel({ from, to, sentAt, at, message }: Travel<AnyMessage>): void {
    // What was sent before the window may arrive in it: until the window is known, the latest are kept.
    if (this.#window !== undefined && (at < this.#window[0] || sentAt > this.#window[1])) return;
    this.#sent.push({ from, to, sentAt, at, key: keyOf(message) });
    if (this.#window === undefined) this.#forget(at);
    else if (this.#sent.length > arrowsMax) this.#isTooMuch = true;
    if (this.#isTooMuch) this.#sent.length = arrowsMax;
  }

  /** The diagram. Throws a Failure when it would be a stain, or when there is nothing to highlight. */
  finish(lastedMs: number): Spacetime {
    const { highlight } = this.#wanted;
    if (highlight !== undefined && this.#key === undefined) {
      throw usageFailure(`nobody published ${highlight.origin}#${highlight.seq}`);
    }
    const [fromMs, toMs] = this.#window ?? [0, Math.min(lastedMs, beforeMs + afterMs)];
    if (this.#isTooMuch) {
      throw usageFailure(
        `--spacetime draws at most ${arrowsMax} messages; from ${fromMs} to ${toMs} ms there are more: give a shorter --window`,
      );
    }
    if (this.#openSplit !== undefined)
      this.#spells.push({ peer: 0, kind: "partition", from: this.#openSplit, to: toMs });
    const arrows: Arrow[] = [];
    for (const { from, to, sentAt, at, key } of this.#sent) {
      const [sender, receiver] = [this.#numbers.get(from), this.#numbers.get(to)];
      if (sender === undefined || receiver === undefined || at < fromMs || sentAt > toMs) continue;
      const isHighlighted = key !== undefined && key === this.#key;
      arrows.push({ from: sender, to: receiver, sentAt, at, isPayload: key !== undefined, isHighlighted });
    }
    const isShown = (from: number, to: number) => to >= fromMs && from <= toMs;
    const delivered = this.#arrived.map(({ peer, at }): Mark => ({ peer, kind: "delivered", at }));
    const peers = [...new Set(this.#lives.map(({ peer }) => peer))].sort((a, b) => a - b);
    return {
      peers,
      fromMs,
      toMs,
      arrows,
      spells: this.#spells.filter(({ from, to }) => isShown(from, to)),
      marks: [...this.#marks, ...delivered].filter(({ at }) => isShown(at, at)),
      lives: this.#lives.map((life) => ({ ...life, to: Math.min(life.to, lastedMs) })),
      highlight: this.#name,
    };
  }

  #published(line: TraceLine): void {
    if (this.#key !== undefined) return;
    const { at, peer } = line;
    const { highlight } = this.#wanted;
    const isIt =
      highlight === undefined
        ? at >= (this.#wanted.window?.[0] ?? this.#allJoinedAt())
        : line.seq === highlight.seq &&
          (String(peer) === highlight.origin || String(line.id).startsWith(highlight.origin));
    if (!isIt) return;
    this.#key = `${line.id}/${line.epoch}/${line.seq}`;
    this.#name = `#${line.seq} of peer ${peer}`;
    this.#marks.push({ peer, kind: "published", at });
    this.#window ??= [Math.max(0, at - beforeMs), at + afterMs];
  }

  /** When the overlay may be there: a picture of the first messages would be one of joining. */
  #allJoinedAt(): number {
    const { peers, joinEveryMs, forMs } = this.#scenario;
    return Math.min(peers * joinEveryMs + 2_000, forMs / 2);
  }

  #forget(now: number): void {
    if (this.#sent.length > arrowsMax / 2) this.#sent = this.#sent.filter(({ at }) => at >= now - beforeMs);
  }

  #deed(line: TraceLine): void {
    const { at, event } = line;
    const peers = Array.isArray(line.peers) ? (line.peers as readonly number[]) : [];
    const until = Math.min(at + Number(line.forMs ?? 0), this.#scenario.forMs);
    if (event === "crash" || event === "leave") {
      for (const peer of peers) {
        this.#marks.push({ peer, kind: event, at });
        const life = this.#lives.findLast((one) => one.peer === peer);
        if (life !== undefined) life.to = at;
      }
    } else if (event === "partition" || event === "heal") {
      if (this.#openSplit !== undefined)
        this.#spells.push({ peer: 0, kind: "partition", from: this.#openSplit, to: at });
      for (const [index, spell] of this.#spells.entries()) {
        if (spell.kind === "cut off" && spell.to > at) this.#spells[index] = { ...spell, to: at };
      }
      this.#openSplit = event === "heal" ? undefined : at;
      if (event === "partition") {
        for (const peer of peers) this.#spells.push({ peer, kind: "cut off", from: at, to: this.#scenario.forMs });
      }
    } else if (["freeze", "suspend", "slow", "clog", "bandwidth"].includes(event)) {
      for (const peer of peers) this.#spells.push({ peer, kind: event, from: at, to: until });
    }
  }
}

/** The name of the message that this one carries; undefined when it carries none. */
function keyOf(message: AnyMessage): string | undefined {
  if (!("envelope" in message)) return undefined;
  const { origin, epoch, seq } = message.envelope;
  return `${origin}/${epoch}/${seq}`;
}
