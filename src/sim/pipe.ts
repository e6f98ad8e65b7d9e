/** A narrow place that things go through one after the other, each for as long as its bytes take. */

/** Something that waits to get through. */
export interface Parcel<End, Event> {
  readonly event: Event;
  /** What it belongs to. */
  readonly end: End;
  /** When it came. */
  readonly since: number;
}

/** Sums of fractions of a millisecond are not exact: so much too much is none. */
const tiny = 1e-6;
/** Places at the front of the list that are left empty before it is moved. */
const gapMax = 1_024;

/** What goes through it goes in the order in which it came. Times are milliseconds. */
export class Pipe<End, Event extends { readonly bytes: number }> {
  /** The one event that says when the first of those that wait is through; others are stale. */
  timer: Event | undefined;
  #bytesPerMs = Number.POSITIVE_INFINITY;
  #parcels: Parcel<End, Event>[] = [];
  /** Where in the list the first one is. */
  #first = 0;
  /** When the first of them is through. */
  #throughAt = 0;

  /** How many wait. */
  get size(): number {
    return this.#parcels.length - this.#first;
  }

  /** When the first is through: the first whole millisecond from then on. */
  get dueAt(): number {
    return Math.ceil(this.#throughAt - tiny);
  }

  /** How fast it is from now on, also for what waits already. */
  setPace(now: number, bytesPerMs: number): void {
    if (this.size > 0 && bytesPerMs !== this.#bytesPerMs) {
      const { bytes } = this.#parcels[this.#first]!.event;
      const isUnlimited = this.#bytesPerMs === Number.POSITIVE_INFINITY;
      const leftBytes = isUnlimited ? bytes : Math.max(0, this.#throughAt - now) * this.#bytesPerMs;
      this.#throughAt = now + leftBytes / bytesPerMs;
    }
    this.#bytesPerMs = bytesPerMs;
  }

  /** One more waits, behind all others. */
  push(parcel: Parcel<End, Event>, now: number): void {
    this.#parcels.push(parcel);
    if (this.size === 1) this.#begin(now);
  }

  /** The first one, when it is through by now. */
  shift(now: number): Parcel<End, Event> | undefined {
    if (this.size === 0 || this.dueAt > now) return undefined;
    const parcel = this.#parcels[this.#first++];
    if (this.#first === this.#parcels.length) {
      this.#parcels = [];
      this.#first = 0;
    } else {
      if (this.#first >= gapMax && this.#first * 2 >= this.#parcels.length) {
        this.#parcels = this.#parcels.slice(this.#first);
        this.#first = 0;
      }
      this.#begin(this.#throughAt);
    }
    return parcel;
  }

  /** Takes out all that belongs to one, in order. */
  remove(end: End, now: number): Parcel<End, Event>[] {
    const parcels = this.#parcels.slice(this.#first);
    const removed = parcels.filter((parcel) => parcel.end === end);
    if (removed.length === 0) return removed;
    const isFirst = parcels[0]!.end === end;
    this.#parcels = parcels.filter((parcel) => parcel.end !== end);
    this.#first = 0;
    if (isFirst && this.#parcels.length > 0) this.#begin(now);
    return removed;
  }

  #begin(at: number): void {
    this.#throughAt = at + this.#parcels[this.#first]!.event.bytes / this.#bytesPerMs;
  }
}
