/**
 * The event queue of the virtual world, and its clock.
 *
 * Nearly everything in a network happens soon: a message is on its way for some 50 ms, a timer runs for a second. So
 * the next few seconds are a ring with one first-in, first-out list per millisecond: putting an event in and taking it
 * out costs the same few instructions however many are waiting. What lies beyond the ring waits in a binary heap.
 *
 * Events of one millisecond come out in the order they were scheduled, wherever they waited. That takes no sorting:
 * time `t` enters the ring's window at one moment, the heap's events for `t` move to the ring right then, and all
 * events that go into the ring for `t` directly are scheduled later than that.
 */

/** What the queue keeps inside an event, so that a waiting event costs no second object. Only the queue writes these. */
export interface Queued<E> {
  /** When the event is due, in milliseconds since the queue's beginning. */
  at: number;
  /** Schedule order among the events of the far future. */
  order: number;
  /** The next event of the same millisecond. */
  next: E | undefined;
}

/**
 * Events ordered by due time, then by when they were scheduled.
 *
 * Times are integer milliseconds since the queue's beginning. An event object may be in one queue, once, at a time; it
 * may be scheduled again after it has come out.
 */
export class EventQueue<E extends Queued<E>> {
  readonly #mask: number;
  readonly #first: (E | undefined)[];
  readonly #last: (E | undefined)[];
  readonly #far: E[] = [];
  #inRing = 0;
  #scheduled = 0;
  #now = 0;

  /** @param ringMs - length of the ring in milliseconds: a power of two */
  constructor(ringMs = 4096) {
    if (ringMs < 1 || (ringMs & (ringMs - 1)) !== 0) throw new RangeError(`${ringMs} is no power of two`);
    this.#mask = ringMs - 1;
    this.#first = new Array<E | undefined>(ringMs).fill(undefined);
    this.#last = new Array<E | undefined>(ringMs).fill(undefined);
  }

  /** The time reached: that of the event taken last, or the limit of the last fruitless {@link next}. Starts at 0. */
  get now(): number {
    return this.#now;
  }

  /** Events waiting. */
  get size(): number {
    return this.#inRing + this.#far.length;
  }

  /** Adds an event, due at `at`. Throws a RangeError when that is in the past or no integer. */
  schedule(event: E, at: number): void {
    if (!(at >= this.#now) || !Number.isInteger(at)) throw new RangeError(`cannot schedule for ${at} at ${this.#now}`);
    event.at = at;
    if (at - this.#now <= this.#mask) this.#append(event);
    else {
      event.order = this.#scheduled++;
      pushHeap(this.#far, event);
    }
  }

  /**
   * Takes out the next event that is due at or before `limit`, and moves `now` to its time. When there is none, moves
   * `now` to `limit` (never back) and returns undefined.
   */
  next(limit: number): E | undefined {
    if (this.#first[this.#now & this.#mask] === undefined) this.#advance(limit);
    const slot = this.#now & this.#mask;
    const event = this.#first[slot];
    if (event === undefined || this.#now > limit) return undefined;
    this.#first[slot] = event.next;
    if (event.next === undefined) this.#last[slot] = undefined;
    event.next = undefined;
    this.#inRing--;
    return event;
  }

  /** Moves `now` on to the next event, or to the limit. */
  #advance(limit: number): void {
    if (limit <= this.#now) return;
    if (this.#inRing > 0) {
      const end = Math.min(limit, this.#now + this.#mask);
      let now = this.#now + 1;
      while (now < end && this.#first[now & this.#mask] === undefined) now++;
      this.#now = now;
      // With something in the ring, the scan ends early only at an event or at the limit.
    } else this.#now = Math.min(limit, this.#far[0]?.at ?? limit);
    while (this.#far.length > 0 && this.#far[0]!.at - this.#now <= this.#mask) this.#append(popHeap(this.#far));
  }

  #append(event: E): void {
    const slot = event.at & this.#mask;
    const last = this.#last[slot];
    if (last === undefined) this.#first[slot] = event;
    else last.next = event;
    this.#last[slot] = event;
    this.#inRing++;
  }
}

function isBefore<E extends Queued<E>>(a: E, b: E): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function pushHeap<E extends Queued<E>>(heap: E[], event: E): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = event;
}

/** Takes the earliest event out of a heap that is not empty. */
function popHeap<E extends Queued<E>>(heap: E[]): E {
  const top = heap[0]!;
  const moved = heap.pop()!;
  if (heap.length === 0) return top;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, moved)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = moved;
  return top;
}
