/**
 * How far a peer may trust its own ears.
 *
 * A process that was stopped, or whose event loop was blocked, hears nothing from anybody, and the fault is its own. So
 * does one whose network fails. Before it accuses others it looks at itself (Lifeguard: Dadgar, Phillips, Currey,
 * *Lifeguard: local health awareness for more accurate failure detection*, DSN-W 2018): signs of being slow oneself
 * stretch one's patience with others, and signs of having been away forbid to accuse anybody of silence for a while.
 */

/** How late a timer may be before it is a sign. */
const lateMs = 150;
/** Patience is stretched at most so many times over. */
const scoreMax = 7;
/** Silence is held against nobody for so long after several others were silent in the same moment. */
const aloneDoubtMs = 2_000;
/** The same after somebody whom this peer accused has answered that it lives; twice as long each further time … */
const wrongDoubtMs = 2_000;
/** … up to this. */
const wrongDoubtMaxMs = 120_000;
/** The same for at least so long after having been away … */
const doubtMinMs = 500;
/** … and for twice as long as one was away, but no longer than this. */
const doubtMaxMs = 10_000;

/** Who hears nothing from anybody for so long has bad ears, or no network: while all is well something comes every second. */
const unheardMs = 5_000;

/** One peer's opinion of itself. */
export class OwnHealth {
  #score = 0;
  #doubtUntil = Number.NEGATIVE_INFINITY;
  /** For how long the next wrong accusation silences this peer. */
  #wrongDoubtMs = wrongDoubtMs;
  #wrongAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  #hearingSince = Number.POSITIVE_INFINITY;

  /** By what timeouts for others are to be multiplied: 1 when all is well, up to 8. */
  get patience(): number {
    return 1 + this.#score;
  }

  /** Whether nobody may be accused of mere silence at the moment. */
  isDoubtful(now: number): boolean {
    return now < this.#doubtUntil;
  }

  /** Something has come from another peer. */
  heard(now: number): void {
    if (now - this.#heardAt >= unheardMs) this.#hearingSince = now;
    this.#heardAt = now;
  }

  /** Since when this peer has been hearing others, without a long pause; Infinity while it hears nobody. */
  hearingSince(now: number): number {
    return now - this.#heardAt >= unheardMs ? Number.POSITIVE_INFINITY : this.#hearingSince;
  }

  /** A timer came so late. @returns whether that is a sign */
  timerLate(now: number, byMs: number): boolean {
    if (byMs < lateMs) return false;
    this.#score = Math.min(scoreMax, this.#score + 1 + Math.floor(byMs / 1_000));
    this.#doubtUntil = Math.max(this.#doubtUntil, now + Math.min(doubtMaxMs, Math.max(doubtMinMs, 2 * byMs)));
    return true;
  }

  /** Several peers are silent in the same moment, and nobody answers. */
  heardByNobody(now: number): void {
    this.#score = Math.min(scoreMax, this.#score + 1);
    this.#doubtUntil = Math.max(this.#doubtUntil, now + aloneDoubtMs);
  }

  /**
   * Somebody whom this peer has accused of silence lives: it has bad ears, or a bad way. Who is wrong again and again says
   * ever less; after a long time without a mistake it begins anew.
   */
  wasWrong(now: number): void {
    // The same fault makes several mistakes at once.
    if (now < this.#wrongAt + wrongDoubtMs) return;
    if (now - this.#wrongAt > 3 * wrongDoubtMaxMs) this.#wrongDoubtMs = wrongDoubtMs;
    this.#wrongAt = now;
    this.#doubtUntil = Math.max(this.#doubtUntil, now + this.#wrongDoubtMs);
    this.#wrongDoubtMs = Math.min(wrongDoubtMaxMs, 2 * this.#wrongDoubtMs);
  }

  /** Somebody answered in time. */
  answered(): void {
    if (this.#score > 0) this.#score--;
  }
}
