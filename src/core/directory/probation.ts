/**
 * When a peer that was taken for dead is believed to be back.
 *
 * Its own word that it lives is not enough: one that hears badly would refute late, be accused again, and so on for ever.
 * So the neighbor that it turns to first probes it, one probe after the other, and weighs the answers: each that comes
 * without delay is a point, each that does not costs two (a sequential test: Wald, *Sequential Tests of Statistical
 * Hypotheses*, 1945). With `probationPoints` it is believed, and its word passed on. Who answers nine probes in ten gets
 * there soon; who answers two in ten, hardly ever. After each further death it begins with fewer points.
 *
 * That stops no peer whose ways are good for a while and bad for a while, again and again. So one that has died more than
 * once, and was deaf, has to do well for some time as well: longer each time. The first time it may have been a fault that is
 * over, or no deafness at all, as a machine that goes on after a stop looks much the same.
 */
import type { PeerId } from "../identity.js";
import type { DirectoryConfig } from "./config.js";
import type { PeerRecord } from "./record.js";

interface Case {
  record: PeerRecord;
  readonly death: Death;
  /** Since when all answers were in time. */
  wellSince: number;
}

/** The last death of a peer, and what has come to light since. */
interface Death {
  /** How many there were, this one included. */
  readonly count: number;
  readonly at: number;
  /** Whether it was deaf then, or at one of the deaths before. */
  wasDeaf: boolean;
  /** Kept from one link to the next. */
  points: number;
}

/** Doublings of the time that a deaf peer has to do well. */
const doublingsMax = 5;
/** What an answer costs that does not come in time. */
const lateCost = 2;
/** With how many points fewer a peer begins after each further death … */
const deathCost = 3;
/** … and the fewest that it can have. */
const pointsMin = -12;
/** Peers whose deaths are remembered; the one that died first is forgotten. */
const deathsMax = 4_096;

/** The peers that one peer does not believe yet, and how often each has died. */
export class Probation {
  readonly #config: DirectoryConfig;
  readonly #probe: (now: number, slot: number) => void;
  readonly #bySlot: (Case | undefined)[] = [];
  readonly #deaths = new Map<PeerId, Death>();

  /** @param probe - asks for a probe on a slot, whose answer comes to {@link acked} */
  constructor(config: DirectoryConfig, probe: (now: number, slot: number) => void) {
    this.#config = config;
    this.#probe = probe;
  }

  /** A peer was taken for dead. */
  died(now: number, id: PeerId, wasDeaf: boolean): void {
    const before = this.#deaths.get(id);
    this.#deaths.delete(id);
    const isAgain = before !== undefined && now - before.at <= this.#config.forgetAfterMs;
    const count = isAgain ? before.count + 1 : 1;
    const points = Math.max(pointsMin, -deathCost * (count - 1));
    this.#deaths.set(id, { count, at: now, wasDeaf: wasDeaf || (isAgain && before.wasDeaf), points });
    if (this.#deaths.size > deathsMax) this.#deaths.delete(this.#deaths.keys().next().value!);
  }

  /** The one that died was deaf, as is known by now. */
  wasDeaf(id: PeerId): void {
    const death = this.#deaths.get(id);
    if (death !== undefined) death.wasDeaf = true;
  }

  /**
   * The peer at the other side of a link says that it lives; `wasDeaf`: what is known of a death that was only heard of. Then
   * nobody here can tell how many there were before.
   */
  begin(now: number, slot: number, record: PeerRecord, wasDeaf = false): void {
    const known = this.#bySlot[slot];
    if (known !== undefined && known.record.id === record.id) {
      known.record = record;
      return;
    }
    const death = this.#deaths.get(record.id) ?? { count: wasDeaf ? 2 : 1, at: now, wasDeaf, points: 0 };
    this.#bySlot[slot] = { record, death, wellSince: now };
    this.#probe(now, slot);
  }

  /** A probe was answered. @returns the word of a peer that is believed from now on */
  acked(now: number, slot: number, isInTime: boolean): PeerRecord | undefined {
    const one = this.#bySlot[slot];
    if (one === undefined) return undefined;
    const { probationPoints } = this.#config;
    const { death } = one;
    if (isInTime) death.points = Math.min(probationPoints, death.points + 1);
    else this.#late(now, one);
    if (death.points >= probationPoints && now - one.wellSince >= this.#calmMs(death)) {
      this.#bySlot[slot] = undefined;
      return one.record;
    }
    // The rest of a long time is waited for at the pace of the link's own probes.
    if (death.points < probationPoints) this.#probe(now, slot);
    return undefined;
  }

  /** A probe was not answered in time. */
  silent(now: number, slot: number): void {
    const one = this.#bySlot[slot];
    if (one !== undefined) this.#late(now, one);
  }

  /** The link is gone, or the peer's word has been heard of from elsewhere. */
  end(slot: number): void {
    this.#bySlot[slot] = undefined;
  }

  #calmMs({ wasDeaf, count }: Death): number {
    return wasDeaf && count > 1 ? this.#config.deafProbationMs * 2 ** Math.min(count - 2, doublingsMax) : 0;
  }

  #late(now: number, one: Case): void {
    one.wellSince = now;
    one.death.points = Math.max(pointsMin, one.death.points - lateCost);
  }
}
