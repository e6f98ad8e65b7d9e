/**
 * When native connections write what the core has sent: at once when the input is dealt with, but for those that are
 * written to very often, which wait a few milliseconds for more.
 */
import { now } from "./clock.js";
import type { NativeConnection } from "./native-connection.js";
import { Waits } from "./write-pace.js";

/** The connections of one driver with something to write. */
export class Flushes {
  /** How long busy ones wait. */
  readonly waits = new Waits();
  readonly #onWritten: () => void;
  #unflushed: NativeConnection[] = [];
  /** Busy ones that wait for more to write, until the timer. */
  #waiting: NativeConnection[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param onWritten - called when those that had waited have written */
  constructor(onWritten: () => void) {
    this.#onWritten = onWritten;
  }

  /** Whether somebody has come since the last flush. */
  get hasNew(): boolean {
    return this.#unflushed.length > 0;
  }

  /** Whether somebody waits for the timer. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** A connection has something to write. */
  add(connection: NativeConnection): void {
    this.#unflushed.push(connection);
  }

  /** Those with much to write write it, and those that are seldom written to; the others later. */
  flush(): void {
    const at = now();
    const unflushed = this.#unflushed;
    this.#unflushed = [];
    const waiting = this.#waiting.length === 0 ? unflushed : this.#waiting.concat(unflushed);
    this.#waiting = [];
    for (const connection of waiting) {
      if (connection.shouldWait(at)) this.#waiting.push(connection);
      else connection.flush();
    }
    if (this.#waiting.length > 0) this.#timer ??= this.#later(at);
  }

  /** All write, now. */
  flushAll(): void {
    for (const connection of this.#unflushed) connection.flush();
    this.#unflushed = [];
    this.#flushWaiting();
  }

  /** The timer is off: whoever waits, waits for {@link flush} or {@link flushAll}. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #later(at: number): NodeJS.Timeout {
    const { paceMs } = this.waits;
    return setTimeout(() => {
      this.waits.late(now() - at - paceMs);
      this.#flushWaiting();
      this.#onWritten();
    }, paceMs);
  }

  #flushWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.stop();
    for (const connection of waiting) connection.flush();
  }
}
