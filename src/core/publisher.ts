/**
 * From a wish to publish to the certainty that somebody else has the message.
 *
 * A message counts as published when a neighbor has acknowledged it: from then on it outlives this process. Until then
 * it is in a window of limited size; what finds the window full, or every neighbor's link congested, waits in a queue of
 * limited length. So a peer that publishes faster than its neighbors take it is slowed down, and its memory does not
 * grow.
 */

import type { Envelope } from "./message.js";
import type { PublishFailure } from "./peer-events.js";

/** Tunables of publishing. */
export interface PublishConfig {
  /** From the wish to the first acknowledgement, waiting included. */
  readonly publishTimeoutMs: number;
  /** One neighbor is asked for an acknowledgement; when it takes longer than this, all are that were sent the message. */
  readonly askAllAfterMs: number;
  /** Payload bytes sent and not yet acknowledged by anybody; more has to wait. */
  readonly windowMaxBytes: number;
  /** Messages sent and not yet acknowledged by anybody. */
  readonly windowMax: number;
  /** Wishes that wait; more are refused as `busy`. */
  readonly waitingMax: number;
  /** Payload bytes of those that wait. */
  readonly waitingMaxBytes: number;
}

/** For messages of up to 1 MiB. */
export const publishDefaults: PublishConfig = {
  publishTimeoutMs: 5_000,
  askAllAfterMs: 250,
  windowMaxBytes: 4_194_304,
  windowMax: 4_096,
  waitingMax: 10_000,
  waitingMaxBytes: 16_777_216,
};

/** What somebody wants to publish. */
export interface PublishRequest {
  /** Chosen by the asker, to know the answer by. */
  readonly token: number;
  readonly topic: string;
  /** Must not change any more. */
  readonly payload: Uint8Array;
  /** Whether it is a success when there is no neighbor: the message is kept for those who come. */
  readonly allowAlone: boolean;
}

/** What has become of a request. */
export interface Spread {
  readonly envelope: Envelope;
  /** The slots that it was sent on, as bits. */
  readonly slots: number;
  /** It is large: it was announced, and goes to who asks for it; see {@link Publisher.served}. */
  readonly isAnnounced: boolean;
}

/** What the publisher needs, and whom it tells. */
export interface PublisherOwner {
  /** Whether there is nobody, and nobody to turn to. */
  isAlone(): boolean;
  /** How many neighbors there are, as a bit mask of slots. */
  slots(): number;
  /** Whether any neighbor's link has room. */
  hasRoom(): boolean;
  /** Makes an envelope of the request and sends it. */
  spread(now: number, request: PublishRequest): Spread;
  /** Sends a message again, to one neighbor. */
  resend(now: number, slot: number, envelope: Envelope): void;
  /** Asks to be told by {@link Publisher.taken} when all sent so far on a slot has been taken. */
  request(now: number, slot: number, mark: number): void;
  published(now: number, token: number, envelope: Envelope, neighbors: number): void;
  failed(now: number, token: number, code: PublishFailure, message: string): void;
}

interface Waiting {
  readonly request: PublishRequest;
  readonly deadline: number;
}

interface Sent {
  readonly token: number;
  readonly envelope: Envelope;
  readonly deadline: number;
  /** Slots of neighbors that may have it. */
  slots: number;
  /** Slots that were asked for an acknowledgement. */
  asked: number;
  /** When the others are asked as well. */
  readonly askAllAt: number;
  neighbors: number;
  /** An ack of this mark or a later one covers it. */
  mark: number;
  isSettled: boolean;
  readonly isAnnounced: boolean;
}

/** The publishing side of one peer. */
export class Publisher {
  readonly #config: PublishConfig;
  readonly #owner: PublisherOwner;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** In order of their marks. Settled ones are taken off the front. */
  #sent: Sent[] = [];
  /** The first deadline of those that were sent again, and so stand behind others with later ones. */
  #resentDeadline = Number.POSITIVE_INFINITY;
  /** Who gave the last acknowledgement: it is there, and quick. */
  #lastTaker = 0;
  #askAllAt = Number.POSITIVE_INFINITY;
  #sentBytes = 0;
  #unsettled = 0;
  #lastMark = 0;
  #hasLeft = false;

  constructor(config: PublishConfig, owner: PublisherOwner) {
    this.#config = config;
    this.#owner = owner;
  }

  /** When somebody has waited for too long. */
  get nextWake(): number {
    const waiting = this.#waiting[0]?.deadline ?? Number.POSITIVE_INFINITY;
    const sent = this.#sent[0]?.deadline ?? Number.POSITIVE_INFINITY;
    return Math.min(waiting, sent, this.#resentDeadline, this.#askAllAt);
  }

  /** Publishes, now or when there is room. */
  publish(now: number, request: PublishRequest): void {
    const { waitingMax, waitingMaxBytes, publishTimeoutMs } = this.#config;
    if (this.#hasLeft) {
      this.#owner.failed(now, request.token, "left", "the peer has left the network");
      return;
    }
    const deadline = now + publishTimeoutMs;
    if (this.#waiting.length === 0 && this.#mayGo(request)) this.#go(now, { request, deadline });
    else if (this.#waiting.length === 0 && this.#owner.slots() === 0 && this.#owner.isAlone()) {
      this.#owner.failed(now, request.token, "alone", aloneText);
    } else if (
      this.#waiting.length >= waitingMax ||
      this.#waitingBytes + request.payload.length > Math.max(waitingMaxBytes, request.payload.length)
    ) {
      const text = `${this.#waiting.length} messages already wait to be published: publish more slowly, or await each one`;
      this.#owner.failed(now, request.token, "busy", text);
    } else {
      this.#waiting.push({ request, deadline });
      this.#waitingBytes += request.payload.length;
    }
  }

  /** A neighbor has taken all that was sent before this mark was asked for. */
  taken(now: number, slot: number, mark: number): void {
    const bit = 1 << slot;
    this.#lastTaker = slot;
    for (const sent of this.#sent) {
      if (sent.mark > mark) break;
      if (sent.isSettled || (sent.slots & bit) === 0) continue;
      this.#settle(sent);
      this.#owner.published(now, sent.token, sent.envelope, sent.neighbors);
    }
    this.#trim();
    this.#drain(now);
  }

  /**
   * A message of one's own was sent to a neighbor that had asked for it. It counts, too: it is the only one for those that
   * were only announced, and where the neighbor that was sent it first has gone to sleep.
   */
  served(now: number, slot: number, seq: number): void {
    // A late joiner is sent thousands that were settled long ago.
    if (this.#unsettled === 0) return;
    const bit = 1 << slot;
    const index = this.#sent.findIndex(({ envelope }) => envelope.seq === seq);
    const found = this.#sent[index];
    if (found === undefined || found.isSettled || (found.slots & bit) !== 0) return;
    const [sent] = this.#sent.splice(index, 1);
    this.#sent.push(sent!);
    this.#markAnew(now, sent!, slot);
    sent!.slots |= bit;
    sent!.asked |= bit;
    sent!.neighbors++;
  }

  /** A neighbor has come: what nobody else may have goes to it. */
  neighborUp(now: number): void {
    this.#resendOrphans(now);
    this.#drain(now);
  }

  /** A neighbor is gone, and what only it may have is in doubt. */
  neighborDown(now: number, slot: number): void {
    const bit = 1 << slot;
    let isAsked = false;
    for (const sent of this.#sent) {
      if (sent.asked === bit) isAsked = true;
      sent.slots &= ~bit;
      sent.asked &= ~bit;
    }
    this.#resendOrphans(now);
    // The others are asked in place of the one that is gone.
    if (isAsked) this.#askAllAt = now;
  }

  /** There may be room again. */
  roomMade(now: number): void {
    this.#drain(now);
  }

  /** There is nobody to turn to: those who wait are told. */
  alone(now: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const one of waiting) {
      if (one.request.allowAlone) this.#go(now, one);
      else this.#owner.failed(now, one.request.token, "alone", aloneText);
    }
  }

  /** Everything still open fails. */
  leave(now: number): void {
    this.#hasLeft = true;
    const open = [
      ...this.#waiting.map(({ request }) => request.token),
      ...this.#sent.filter(({ isSettled }) => !isSettled).map(({ token }) => token),
    ];
    this.#waiting = [];
    this.#sent = [];
    for (const token of open) this.#owner.failed(now, token, "left", "the peer has left the network");
  }

  /** Fails what has waited for too long. */
  wake(now: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].deadline <= now) {
      const { request } = this.#waiting.shift()!;
      this.#waitingBytes -= request.payload.length;
      if (this.#owner.slots() === 0) this.#owner.failed(now, request.token, "alone", aloneText);
      else this.#owner.failed(now, request.token, "timeout", "the neighbors are too slow to take another message");
    }
    if (this.#askAllAt <= now) this.#askAll(now);
    this.#resentDeadline = Number.POSITIVE_INFINITY;
    for (const sent of this.#sent) {
      if (sent.deadline > now || sent.isSettled) continue;
      this.#settle(sent);
      this.#owner.failed(now, sent.token, "timeout", "no neighbor has acknowledged the message; it may still spread");
    }
    this.#trim();
    this.#drain(now);
  }

  #mayGo({ payload, allowAlone }: PublishRequest): boolean {
    const { windowMax, windowMaxBytes } = this.#config;
    if (this.#owner.slots() === 0) return allowAlone;
    const isEmpty = this.#unsettled === 0;
    return (
      this.#owner.hasRoom() &&
      this.#unsettled < windowMax &&
      (isEmpty || this.#sentBytes + payload.length <= windowMaxBytes)
    );
  }

  #drain(now: number): void {
    let gone = 0;
    for (const waiting of this.#waiting) {
      if (!this.#mayGo(waiting.request)) break;
      gone++;
      this.#waitingBytes -= waiting.request.payload.length;
      this.#go(now, waiting);
    }
    if (gone > 0) this.#waiting.splice(0, gone);
  }

  #go(now: number, { request, deadline }: Waiting): void {
    const { envelope, slots, isAnnounced } = this.#owner.spread(now, request);
    if (this.#owner.slots() === 0) {
      this.#owner.published(now, request.token, envelope, 0);
      return;
    }
    const mark = ++this.#lastMark;
    const sent: Sent = {
      token: request.token,
      envelope,
      deadline,
      slots: isAnnounced ? 0 : slots,
      asked: 0,
      askAllAt: now + this.#config.askAllAfterMs,
      neighbors: isAnnounced ? 0 : countOf(slots),
      mark,
      isSettled: false,
      isAnnounced,
    };
    this.#sent.push(sent);
    this.#sentBytes += request.payload.length;
    this.#unsettled++;
    if (isAnnounced) return;
    if (slots === 0) this.#resend(now, sent);
    else this.#askOne(now, sent);
  }

  /** One acknowledgement is enough: that of the neighbor that gave the last one, if it was sent this message, too. */
  #askOne(now: number, sent: Sent): void {
    const slot = (sent.slots & (1 << this.#lastTaker)) !== 0 ? this.#lastTaker : lowestOf(sent.slots);
    sent.asked = 1 << slot;
    this.#owner.request(now, slot, this.#lastMark);
    if (sent.askAllAt < this.#askAllAt) this.#askAllAt = sent.askAllAt;
  }

  /** Asks the others for what one neighbor has not acknowledged for too long. */
  #askAll(now: number): void {
    this.#askAllAt = Number.POSITIVE_INFINITY;
    let slots = 0;
    for (const sent of this.#sent) {
      if (sent.isSettled || sent.asked === sent.slots) continue;
      if (sent.askAllAt > now && sent.asked !== 0) this.#askAllAt = Math.min(this.#askAllAt, sent.askAllAt);
      else {
        slots |= sent.slots & ~sent.asked;
        sent.asked = sent.slots;
      }
    }
    // The newest mark covers all that has been sent so far.
    for (let rest = slots; rest !== 0; rest &= rest - 1) this.#owner.request(now, lowestOf(rest), this.#lastMark);
  }

  #resendOrphans(now: number): void {
    if (this.#owner.slots() === 0) return;
    const isOrphan = ({ slots, isSettled, isAnnounced }: Sent) => slots === 0 && !isSettled && !isAnnounced;
    const orphans = this.#sent.filter(isOrphan);
    if (orphans.length === 0) return;
    this.#sent = this.#sent.filter((sent) => !orphans.includes(sent));
    this.#sent.push(...orphans);
    for (const sent of orphans) this.#resend(now, sent);
  }

  /** The tree has no way out of here just now, or it broke: any neighbor will do. */
  #resend(now: number, sent: Sent): void {
    const slot = lowestOf(this.#owner.slots());
    sent.slots = 1 << slot;
    sent.asked = sent.slots;
    sent.neighbors = 1;
    this.#owner.resend(now, slot, sent.envelope);
    this.#markAnew(now, sent, slot);
  }

  /** Acks that are under way say nothing of what is sent only now. */
  #markAnew(now: number, sent: Sent, slot: number): void {
    sent.mark = ++this.#lastMark;
    this.#resentDeadline = Math.min(this.#resentDeadline, sent.deadline);
    this.#owner.request(now, slot, sent.mark);
  }

  #settle(sent: Sent): void {
    sent.isSettled = true;
    this.#sentBytes -= sent.envelope.payload.length;
    this.#unsettled--;
  }

  #trim(): void {
    let settled = 0;
    while (settled < this.#sent.length && this.#sent[settled]!.isSettled) settled++;
    if (settled > 0) this.#sent.splice(0, settled);
  }
}

const aloneText =
  "there is no other peer of this protocol to tell: start one, check the seeds' addresses, or publish with allowAlone";

function lowestOf(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

function countOf(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
