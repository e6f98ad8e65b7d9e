/** Collects what a spacetime diagram of a run shows: who was there when, and every message between two peers in a window of time. */
import type { Travel } from "../../sim/network.js";
import type { Scenario } from "../../sim/scenario/scenario.js";
import type { TraceLine } from "../../sim/scenario/trace-lines.js";
import type { AnyMessage } from "../../sim/virtual-peer.js";
import { usageFailure } from "../failure.js";
import { type MessageName, TraceNames } from "./trace-filter.js";

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

/** The message that is followed. */
interface Followed {
  readonly key: string;
  readonly peer: number;
  readonly seq: unknown;
  readonly at: number;
}

/**
 * Listens to a run. Holds the arrows that may be drawn; and as long as another message may have to be followed, those of the
 * last moments.
 */
export class SpacetimeRecorder {
  readonly #scenario: Scenario;
  readonly #wanted: SpacetimeWanted;
  readonly #names = new TraceNames();
  /** Of those that the run begins with, who has started and neither joined nor ended. */
  readonly #awaited = new Set<number>();
  readonly #seen = new Set<number>();
  /** How many of them have yet to start … */
  #toStart: number;
  /** … and how many of those that start next do so because a step says it. */
  #toJoin = 0;
  #sent: Sent[] = [];
  #sentMax = arrowsMax;
  #isTooMuch = false;
  readonly #spells: Spell[] = [];
  readonly #marks: Mark[] = [];
  #delivered: Mark[] = [];
  readonly #lives: { peer: number; from: number; to: number }[] = [];
  /** The highlighted message, once it has been published; one that is only the last so far gives way to the next. */
  #followed: Followed | undefined;
  /** Without a message it is the beginning. */
  #window: readonly [fromMs: number, toMs: number];
  /** Whether the window is the one that is drawn. */
  #isDecided: boolean;
  #openSplit: number | undefined;

  /** @throws Failure when there are too many peers for a picture */
  constructor(scenario: Scenario, wanted: SpacetimeWanted) {
    this.#scenario = scenario;
    this.#wanted = wanted;
    this.#toStart = scenario.peers;
    this.#window = wanted.window ?? [0, Math.min(scenario.forMs + scenario.calmMs, beforeMs + afterMs)];
    this.#isDecided = wanted.window !== undefined;
    const joins = scenario.steps.reduce((sum, step) => sum + (step.do === "join" ? step.count : 0), 0);
    const peers = scenario.peers + joins;
    if (peers <= spacetimePeersMax) return;
    throw usageFailure(`--spacetime draws at most ${spacetimePeersMax} peers, and this run has ${peers}`);
  }

  /** A line of the run's trace. */
  line(line: TraceLine): void {
    const { at, peer, event } = line;
    this.#names.note(line);
    if (peer === 0) this.#deed(line);
    else if (event === "started") {
      this.#started(peer);
      this.#marks.push({ peer, kind: "started", at });
      this.#lives.push({ peer, from: at, to: Number.POSITIVE_INFINITY });
    } else if (event === "joined") this.#awaited.delete(peer);
    else if (event === "published") this.#published(line);
    else if (event === "arrived" && `${line.origin}/${line.epoch}/${line.seq}` === this.#followed?.key) {
      this.#delivered.push({ peer, kind: "delivered", at });
    }
  }

  /** A message has arrived at a peer. */
  travel({ from, to, sentAt, at, message }: Travel<AnyMessage>): void {
    const sent: Sent = { from, to, sentAt, at, key: keyOf(message) };
    if (this.#isTooMuch || (this.#isDecided && !this.#isInWindow(sent))) return;
    this.#sent.push(sent);
    if (this.#sent.length <= this.#sentMax) return;
    if (this.#isDecided) this.#isTooMuch = true;
    else this.#forget(at);
  }

  /** The diagram. Throws a Failure when it would be a stain, or when there is nothing to highlight. */
  finish(lastedMs: number): Spacetime {
    const { highlight } = this.#wanted;
    if (highlight !== undefined && this.#followed === undefined) {
      throw usageFailure(`nobody published ${highlight.origin}#${highlight.seq}`);
    }
    const [fromMs, toMs] = this.#window;
    const inWindow = this.#sent.filter((one) => this.#isInWindow(one));
    if (this.#isTooMuch || inWindow.length > arrowsMax) {
      throw usageFailure(
        `--spacetime draws at most ${arrowsMax} messages; from ${fromMs} to ${toMs} ms there are more: give a shorter --window`,
      );
    }
    if (this.#openSplit !== undefined)
      this.#spells.push({ peer: 0, kind: "partition", from: this.#openSplit, to: toMs });
    const arrows: Arrow[] = [];
    for (const { from, to, sentAt, at, key } of inWindow) {
      const [sender, receiver] = [this.#names.numberAt(from), this.#names.numberAt(to)];
      if (sender === undefined || receiver === undefined) continue;
      const isHighlighted = key !== undefined && key === this.#followed?.key;
      arrows.push({ from: sender, to: receiver, sentAt, at, isPayload: key !== undefined, isHighlighted });
    }
    const isShown = (from: number, to: number) => to >= fromMs && from <= toMs;
    const followed = this.#followed;
    const published: Mark[] =
      followed === undefined ? [] : [{ peer: followed.peer, kind: "published", at: followed.at }];
    const peers = [...new Set(this.#lives.map(({ peer }) => peer))].sort((a, b) => a - b);
    return {
      peers,
      fromMs,
      toMs,
      arrows,
      spells: this.#spells.filter(({ from, to }) => isShown(from, to)),
      marks: [...this.#marks, ...published, ...this.#delivered].filter(({ at }) => isShown(at, at)),
      lives: this.#lives.map((life) => ({ ...life, to: Math.min(life.to, lastedMs) })),
      highlight: followed === undefined ? undefined : `#${followed.seq} of peer ${followed.peer}`,
    };
  }

  #started(peer: number): void {
    if (this.#seen.has(peer)) return;
    this.#seen.add(peer);
    if (this.#toJoin > 0) this.#toJoin--;
    else {
      this.#toStart--;
      this.#awaited.add(peer);
    }
  }

  #published(line: TraceLine): void {
    const { at, seq } = line;
    const { highlight, window } = this.#wanted;
    if (highlight !== undefined) {
      const isIt = seq === highlight.seq && this.#names.isOrigin(String(line.id), highlight);
      if (isIt && this.#followed === undefined) this.#follow(line, true);
    } else if (window !== undefined) {
      if (this.#followed === undefined && at >= window[0] && at <= window[1]) this.#follow(line, true);
    } else if (!this.#isDecided) {
      // Before all have joined a picture would be one of joining; but it may be the only one that there is.
      this.#follow(line, this.#toStart === 0 && this.#awaited.size === 0);
    }
  }

  #follow({ at, peer, id, epoch, seq }: TraceLine, isDecided: boolean): void {
    this.#followed = { key: `${id}/${epoch}/${seq}`, peer, seq, at };
    this.#delivered = [];
    this.#window = this.#wanted.window ?? [Math.max(0, at - beforeMs), at + afterMs];
    this.#isDecided = isDecided;
    if (!isDecided) return;
    this.#sent = this.#sent.filter((one) => this.#isInWindow(one));
    this.#sentMax = arrowsMax;
  }

  /** What was sent before the window may arrive in it. */
  #isInWindow({ sentAt, at }: Sent): boolean {
    return at >= this.#window[0] && sentAt <= this.#window[1];
  }

  /** Keeps the window, and the moments before a message that may be published now. */
  #forget(now: number): void {
    this.#sent = this.#sent.filter((one) => this.#isInWindow(one) || one.at >= now - beforeMs);
    // Not at every message again, where all of it is kept.
    this.#sentMax = Math.max(arrowsMax, 2 * this.#sent.length);
  }

  #deed(line: TraceLine): void {
    const { at, event } = line;
    const peers = Array.isArray(line.peers) ? (line.peers as readonly number[]) : [];
    const until = Math.min(at + Number(line.forMs ?? 0), this.#scenario.forMs);
    if (event === "join") this.#toJoin += Number(line.count);
    else if (event === "crash" || event === "leave") {
      for (const peer of peers) {
        this.#awaited.delete(peer);
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
      // A partition of nobody is the end of one.
      this.#openSplit = event === "heal" || peers.length === 0 ? undefined : at;
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
