/**
 * When a peer that was taken for dead is believed to be back.
 *
 * Its own word that it lives is not enough: one that hears badly would refute late, be accused again, and so on for ever.
 * So the neighbor that it turns to first waits until it has answered some probes in a row without delay, and only then
 * passes its word on. After each further death that takes twice as many, and a peer that had been deaf has to do well for
 * some time. A peer that was merely stopped or cut off is through in a few round trips.
 */
import type { PeerId } from "../identity.js";
import type { DirectoryConfig } from "./config.js";
import type { PeerRecord } from "./record.js";

interface Case {
  record: PeerRecord;
  readonly acksNeeded: number;
  readonly calmMs: number;
  acks: number;
  /** Since when all of them were in time. */
  wellSince: number;
}

interface Deaths {
  count: number;
  lastAt: number;
  wasDeaf: boolean;
}

/** Doublings of what is asked for. */
const doublingsMax = 5;
/** Peers whose deaths are remembered; the one that died first is forgotten. */
const deathsMax = 4_096;

/** The peers that one peer does not believe yet, and how often each has died. */
export class Probation {
  readonly #config: DirectoryConfig;
  readonly #probe: (now: number, slot: number) => void;
  readonly #bySlot: (Case | undefined)[] = [];
  readonly #deaths = new Map<PeerId, Deaths>();

  /** @param probe - asks for a probe on a slot, whose answer comes to {@link acked} */
  constructor(config: DirectoryConfig, probe: (now: number, slot: number) => void) {
    this.#config = config;
    this.#probe = probe;
  }

  /** A peer was taken for dead. */
  died(now: number, id: PeerId, wasDeaf: boolean): void {
    const before = this.#deaths.get(id);
    this.#deaths.delete(id);
    const isOld = before === undefined || now - before.lastAt > this.#config.forgetAfterMs;
    const count = isOld ? 1 : before.count + 1;
    this.#deaths.set(id, { count, lastAt: now, wasDeaf: wasDeaf || (!isOld && before.wasDeaf) });
    if (this.#deaths.size > deathsMax) this.#deaths.delete(this.#deaths.keys().next().value!);
  }

  /** The peer at the other side of a link says that it lives. */
  begin(now: number, slot: number, record: PeerRecord): void {
    const known = this.#bySlot[slot];
    if (known !== undefined && known.record.id === record.id) {
      known.record = record;
      return;
    }
    const { count, wasDeaf } = this.#deaths.get(record.id) ?? { count: 1, wasDeaf: false };
    const factor = 2 ** Math.min(count - 1, doublingsMax);
    const acksNeeded = this.#config.probationAcks * factor;
    const calmMs = wasDeaf ? this.#config.deafProbationMs * factor : 0;
    this.#bySlot[slot] = { record, acksNeeded, calmMs, acks: 0, wellSince: now };
    this.#probe(now, slot);
  }

  /** A probe was answered. @returns the word of a peer that is believed from now on */
  acked(now: number, slot: number, isInTime: boolean): PeerRecord | undefined {
    const one = this.#bySlot[slot];
    if (one === undefined) return undefined;
    if (!isInTime) {
      one.acks = 0;
      one.wellSince = now;
    } else one.acks++;
    if (one.acks >= one.acksNeeded && now - one.wellSince >= one.calmMs) {
      this.#bySlot[slot] = undefined;
      return one.record;
    }
    // The rest of a long time is waited for at the pace of the link's own probes.
    if (one.acks < one.acksNeeded) this.#probe(now, slot);
    return undefined;
  }

  /** A probe was not answered in time. */
  silent(now: number, slot: number): void {
    const one = this.#bySlot[slot];
    if (one === undefined) return;
    one.acks = 0;
    one.wellSince = now;
  }

  /** The link is gone, or the peer's word has been heard of from elsewhere. */
  end(slot: number): void {
    this.#bySlot[slot] = undefined;
  }
}
