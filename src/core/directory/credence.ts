/**
 * How far accusations can be believed at the moment.
 *
 * Nobody can tell who really said what others pass on, so one liar can speak in many names. What gives the lie away is that
 * the accused refute: a process that refuses connections does not say that it lives. One such word, or several peers that
 * were silent for enough others and are there, and for some time the accused have longer to refute: somebody between may be
 * slow, and then the time of an honest network is not enough.
 */
import type { PeerId } from "../identity.js";

/** How long it is remembered that what many agreed on was not so. */
const memoryMs = 60_000;
/** By what the time to refute is multiplied then, where a process is said to be gone … */
const goneFactor = 10;
/** … and where it is said to be silent: that takes longer as it is. */
const silentFactor = 4;
/** Peers that must have refuted silence: a single one may hear badly, and refute late … */
const refutersMin = 3;
/** … and of how many peers that must be one. */
const refutersShare = 20;
/** Refuters that are remembered. */
const refutersMax = 64;

/** What one peer makes of the accusations that it hears. */
export class Credence {
  #refusalRefutedAt = Number.NEGATIVE_INFINITY;
  readonly #refuters = new Map<PeerId, number>();

  /** Somebody whom enough accused has answered, in the same life. `isStrong`: they were enough who said that its process is gone. */
  refuted(now: number, id: PeerId, isStrong: boolean): void {
    if (isStrong) this.#refusalRefutedAt = now;
    this.#refuters.delete(id);
    this.#refuters.set(id, now);
    for (const [refuter, at] of this.#refuters) {
      if (now - at <= memoryMs && this.#refuters.size <= refutersMax) break;
      this.#refuters.delete(refuter);
    }
  }

  /**
   * By what the time to refute is to be multiplied.
   *
   * @param isStrong - whether it rests on those who say that a process is gone
   * @param others - peers that can be accused
   */
  factor(now: number, isStrong: boolean, others: number): number {
    if (isStrong) return now - this.#refusalRefutedAt <= memoryMs ? goneFactor : 1;
    if (this.#refuters.size < refutersMin) return 1;
    let refuters = 0;
    for (const at of this.#refuters.values()) if (now - at <= memoryMs) refuters++;
    return refuters >= Math.min(refutersMax, Math.max(refutersMin, others / refutersShare)) ? silentFactor : 1;
  }
}
