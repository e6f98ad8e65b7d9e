/**
 * What is promised, held against what happens.
 *
 * Some promises are looked at in every step: nothing comes twice, nothing out of order, nobody is taken for dead who is
 * there. Others are about the end, when all faults have been over for a while: everybody has everything or was told what is
 * lost, all agree on who is there, the overlay is one, and nothing has grown beyond its bounds.
 */
import type { PeerId } from "../../core/identity.js";
import type { Envelope } from "../../core/message.js";
import type { PeerConfig } from "../../core/peer-config.js";
import type { PeerEvent } from "../../core/peer-events.js";
import { entryOf } from "./entry-of.js";
import { type Life, type LifeKey, lifeKeyOf } from "./life.js";
import { fieldsOf, type TraceLine } from "./trace-lines.js";

/** The promises, by name. */
export type PromiseName =
  | "once"
  | "in order"
  | "all of it, or told"
  | "alive means alive"
  | "everyone agrees"
  | "bounded"
  | "overlay connected";

/** A promise that was not kept. */
export interface Violation {
  readonly promise: PromiseName;
  readonly message: string;
  /** The two lines of the trace that contradict it: what happened, or what the judge saw when it looked. */
  readonly lines: readonly [TraceLine, TraceLine];
}

/** For so long nothing must have been done to a peer, nor to the network, before nobody may take it for dead. */
export const calmNeededMs = 30_000;
/** Violations that are kept; more of them say nothing new. */
const violationsMax = 20;

/** What the judge needs to know of the run. */
export interface JudgeWorld {
  /** Virtual milliseconds since the start of the run. */
  readonly at: number;
  /** Whether packets are lost to the very end. */
  readonly isLossy: boolean;
  /** Since when all ways are open and nothing is lost, in milliseconds since 1970. */
  readonly calmSince: number;
  readonly now: number;
  /** All lives there have been. */
  readonly lives: readonly Life[];
  /** Adds a line to the trace. */
  write(line: TraceLine): void;
}

/** A peer that is wrong about another one. */
interface Disagreement {
  readonly life: Life;
  readonly other: Life;
  readonly message: string;
  /** How long it may go on after the calm, in milliseconds. */
  readonly graceMs: number;
}

/** Two that no way joins. */
interface CutOff {
  readonly one: Life;
  readonly other: Life;
  readonly reached: number;
  readonly running: number;
}

/** Few neighbors chosen at random may be a clique at some moment. It finds that out, and is joined to the rest. */
const partsGraceMs = 60_000;
/** Peers that have heard badly are believed again after a time that grows. */
const deafenedGraceMs = 120_000;
/** Where packets are lost, three silences in a row happen. The suspect refutes, as soon as it hears of it. */
const suspectGraceMs = 20_000;

/** Holds a run against the promises. */
export class Judge {
  readonly violations: Violation[] = [];
  readonly #world: JudgeWorld;
  readonly #config: PeerConfig;
  readonly #promises: readonly PromiseName[] | undefined;
  /** Where each message was published, for the lines of a violation. */
  readonly #publishedAt = new Map<string, TraceLine>();

  /** @param promises - those that are looked at; all when undefined */
  constructor(world: JudgeWorld, config: PeerConfig, promises?: readonly PromiseName[]) {
    this.#promises = promises;
    this.#world = world;
    this.#config = config;
  }

  /** A message was published, as the trace says. */
  published({ id, epoch }: Life, line: TraceLine): void {
    this.#publishedAt.set(`${id}/${epoch}/${line.seq}`, line);
  }

  /** A message has arrived for the first time, as the peer says. */
  arrived(life: Life, envelope: Envelope): void {
    const had = entryOf(life.had, lifeKeyOf(envelope), () => new Set<number>());
    if (had.has(envelope.seq))
      this.#broken("once", `peer ${life.number} was given ${nameOf(envelope)} twice`, life, envelope);
    had.add(envelope.seq);
  }

  /** A message's turn has come. */
  ordered(life: Life, envelope: Envelope): void {
    const key = lifeKeyOf(envelope);
    const before = life.turns.get(key);
    const { seq } = envelope;
    life.turns.set(key, seq);
    if (before !== undefined && seq <= before) {
      this.#broken("in order", `peer ${life.number} was given ${nameOf(envelope)} after #${before}`, life, envelope);
    }
    for (let missing = (before ?? seq - 1) + 1; missing < seq; missing++) {
      if (isGap(life, key, missing)) continue;
      this.#broken(
        "all of it, or told",
        `peer ${life.number} was given ${nameOf(envelope)}, and #${missing} not`,
        life,
        envelope,
      );
      break;
    }
  }

  /** A peer was told something. */
  told(life: Life, event: PeerEvent): void {
    if (event.type === "gap") {
      const key = lifeKeyOf(event);
      entryOf(life.gaps, key, (): [number, number][] => []).push([event.first, event.last]);
    } else if (event.type === "dead") this.#died(life, event.peer.id!, event.peer.epoch, fieldsOf(event));
  }

  /** How much longer than it is calm the peers may take to agree, and to hang together: until then they are waited for. In milliseconds. */
  graceMs(): number {
    const honest = this.#world.lives.filter((life) => life.isHonest);
    const isInParts = this.#cutOff(honest) !== undefined;
    return Math.max(this.#disagreement(honest)?.graceMs ?? 0, isInParts ? partsGraceMs : 0);
  }

  /** Everything that must hold at the end. */
  end(): void {
    const { lives } = this.#world;
    const honest = lives.filter((life) => life.isHonest);
    this.#agreement(honest);
    this.#completeness(lives, honest);
    this.#connection(honest);
    this.#bounds(honest);
  }

  #died(observer: Life, id: string, epoch: number, fields: object): void {
    const { lives, now, calmSince } = this.#world;
    const subject = lives.find((life) => life.id === id && life.epoch === epoch);
    const isExcused = (since: number) => now - since < calmNeededMs;
    if (subject === undefined || !subject.isHonest || !observer.isHonest) return;
    if (isExcused(subject.calmSince) || isExcused(observer.calmSince) || isExcused(calmSince)) return;
    // All others still wait for one that has heard badly: the last one hears of it.
    if (subject.seemedDeaf && this.#isDeadToAll(subject)) return;
    const first = this.#line(subject, "running", { since: subject.startedAt });
    // The trace has it next.
    const second = this.#line(observer, "dead", fields);
    const message = `peer ${observer.number} says that peer ${subject.number} is dead, which has run undisturbed for ${calmNeededMs / 1_000} s`;
    this.#note({ promise: "alive means alive", message, lines: [first, second] }, [first]);
  }

  #isDeadToAll(subject: Life): boolean {
    const { lives } = this.#world;
    return lives.every((life) => life === subject || !life.isHonest || life.core.peer(subject.id)?.status === "dead");
  }

  #agreement(honest: readonly Life[]): void {
    const found = this.#disagreement(honest);
    if (found === undefined) return;
    const { life, other, message } = found;
    const running = this.#line(other, other.isUp ? "running" : "ended", {});
    const status = life.core.peer(other.id)?.status ?? "unknown";
    const believed = this.#line(life, "directory", { subject: other.id, address: other.address, status });
    this.#note({ promise: "everyone agrees", message, lines: [running, believed] });
  }

  /** The first peer found that is wrong about another one, and has no excuse, if there is one; else one that has. */
  #disagreement(honest: readonly Life[]): Disagreement | undefined {
    const there = new Map(this.#world.lives.filter((life) => life.isUp).map((life) => [life.id as string, life]));
    let excusable: Disagreement | undefined;
    for (const life of honest) {
      const alive = new Set<string>();
      for (const peer of life.core.peers()) if (peer.status === "alive" && peer.id !== undefined) alive.add(peer.id);
      for (const [id, other] of there) {
        // Those that mean harm may be thought of as one likes.
        if (other.misdeed !== undefined || alive.has(id)) continue;
        // All may still wait for one that has heard badly, as long as it is all of them.
        if (other.seemedDeaf && this.#isDeadToAll(other)) continue;
        const status = life.core.peer(other.id)?.status ?? "unknown";
        // Where a peer knows its neighbors alone, all others are strangers.
        if (status === "unknown" && this.#config.directory.directory === "neighbors") continue;
        // Where somebody accuses all the time, somebody is suspect all the time.
        if (status === "suspect" && this.#world.lives.some(({ misdeed }) => misdeed === "false-accuser")) continue;
        const message = `peer ${life.number} takes peer ${other.number}, which runs, for ${status}`;
        const graceMs = other.seemedDeaf
          ? deafenedGraceMs
          : status === "suspect" && this.#world.isLossy
            ? suspectGraceMs
            : 0;
        if (graceMs === 0) return { life, other, message, graceMs };
        excusable ??= { life, other, message, graceMs };
      }
      for (const id of alive) {
        if (there.has(id)) continue;
        const gone = this.#world.lives.findLast((one) => one.id === id);
        const message = `peer ${life.number} takes peer ${gone?.number ?? id}, which does not run, for alive`;
        return { life, other: gone ?? life, message, graceMs: 0 };
      }
    }
    return excusable;
  }

  /**
   * What the network still remembers, everybody has, or was told of. A neighbor or one peer in two must keep it: of what is
   * left at one far peer, because the others had to make room, nobody near can tell.
   */
  #completeness(lives: readonly Life[], honest: readonly Life[]): void {
    const kept = new Map<LifeKey, Map<number, Life[]>>();
    for (const life of honest) {
      for (const envelope of life.core.retained(undefined, "any")) {
        const seqs = entryOf(kept, lifeKeyOf(envelope), () => new Map<number, Life[]>());
        entryOf(seqs, envelope.seq, () => []).push(life);
      }
    }
    const corrupt = new Set(
      lives.filter(({ misdeed }) => misdeed !== undefined).map((life) => `${life.id}/${life.epoch}`),
    );
    for (const life of honest) {
      let neighbors: Set<PeerId | undefined> | undefined;
      for (const [key, seqs] of kept) {
        if (corrupt.has(key)) continue;
        for (const [seq, keepers] of seqs) {
          if (life.had.get(key)?.has(seq) || isGap(life, key, seq)) continue;
          neighbors ??= new Set(life.core.neighbors().map(({ id }) => id));
          const keeper = keepers.find(({ id }) => neighbors!.has(id)) ?? keepers[0]!;
          if (!neighbors.has(keeper.id) && 2 * keepers.length < honest.length) continue;
          const [origin, epoch] = key.split("/");
          const lacking = this.#line(life, "lacks", { origin, epoch: Number(epoch), seq, keeper: keeper.number });
          const message = `peer ${life.number} has neither #${seq} of ${key} nor a word of it, and peer ${keeper.number} keeps it`;
          this.#contradicted("all of it, or told", message, `${key}/${seq}`, lacking);
          return;
        }
      }
    }
  }

  #connection(honest: readonly Life[]): void {
    const cutOff = this.#cutOff(honest);
    if (cutOff === undefined) return;
    const { one, other, reached, running } = cutOff;
    this.#note({
      promise: "overlay connected",
      message: `no way leads from peer ${one.number} to peer ${other.number}: ${reached} of ${running} hang together`,
      lines: [this.#neighbors(one), this.#neighbors(other)],
    });
  }

  /** Two peers between which there is no way, if there are such. */
  #cutOff(honest: readonly Life[]): CutOff | undefined {
    if (honest.length < 2) return undefined;
    // Those who mean harm are on the way, and let others pass.
    const running = this.#world.lives.filter(({ isUp }) => isUp);
    const byId = new Map(running.map((life) => [life.id as string, life]));
    const one = honest[0]!;
    const reached = new Set<Life>([one]);
    for (const life of reached) {
      for (const { id } of life.core.neighbors()) {
        const next = id === undefined ? undefined : byId.get(id);
        if (next !== undefined) reached.add(next);
      }
    }
    const other = honest.find((life) => !reached.has(life));
    return other === undefined ? undefined : { one, other, reached: reached.size, running: running.length };
  }

  #bounds(honest: readonly Life[]): void {
    const { history, overlay } = this.#config;
    for (const life of honest) {
      const kept = life.core.retained(undefined, "any").length;
      const neighbors = life.core.neighbors().filter(({ dialect }) => dialect === "native").length;
      const found =
        kept > history.retainedMax
          ? `keeps ${kept} messages, of at most ${history.retainedMax}`
          : neighbors > overlay.activeViewMax
            ? `has ${neighbors} neighbors, of at most ${overlay.activeViewMax}`
            : undefined;
      if (found === undefined) continue;
      const line = this.#line(life, "bounds", { kept, neighbors });
      this.#note({ promise: "bounded", message: `peer ${life.number} ${found}`, lines: [line, line] });
      return;
    }
  }

  #broken(promise: PromiseName, message: string, life: Life, envelope: Envelope): void {
    const { origin, epoch, seq } = envelope;
    const given = this.#line(life, "given", { origin, epoch, seq });
    this.#contradicted(promise, message, `${origin}/${epoch}/${seq}`, given);
  }

  /** What became of a message contradicts that it was published. */
  #contradicted(promise: PromiseName, message: string, key: string, seen: TraceLine): void {
    const published = this.#publishedAt.get(key);
    // Made up by somebody who means harm.
    if (published === undefined) this.#note({ promise, message, lines: [seen, seen] }, [seen]);
    else this.#note({ promise, message, lines: [published, seen] }, [seen]);
  }

  /** @param seen - those of its lines that the trace does not have already */
  #note(violation: Violation, seen: readonly TraceLine[] = violation.lines): void {
    if (this.#promises?.includes(violation.promise) === false || this.violations.length >= violationsMax) return;
    this.violations.push(violation);
    for (const line of new Set(seen)) this.#world.write(line);
  }

  /** What one is linked with: natives by their numbers, as the promise counts them; others by their addresses. */
  #neighbors(life: Life): TraceLine {
    const numbers = new Map(
      this.#world.lives.filter(({ isUp }) => isUp).map(({ id, number }) => [id as string, number]),
    );
    const all = life.core.neighbors();
    const neighbors = all.flatMap(({ id }) => (id === undefined ? [] : [numbers.get(id) ?? id]));
    const classic = all.filter(({ id }) => id === undefined).map(({ address }) => address);
    return this.#line(life, "neighbors", { neighbors, ...(classic.length === 0 ? {} : { classic }) });
  }

  #line({ number }: Life, event: string, fields: object): TraceLine {
    return { at: this.#world.at, peer: number, event, ...fields };
  }
}

function nameOf({ origin, seq }: Envelope): string {
  return `#${seq} of ${origin.slice(0, 8)}`;
}

function isGap(life: Life, key: LifeKey, seq: number): boolean {
  return life.gaps.get(key)?.some(([first, last]) => first <= seq && seq <= last) ?? false;
}
