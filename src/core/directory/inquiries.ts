/**
 * Looking whether a peer is there: a fresh connection, hello, and its answer.
 *
 * A refused connection says that its process is gone; another name in the answer, that somebody else has its place. What
 * hangs or is cut off says little by itself. The kernel waits a second before it sends a lost SYN again, so a dial that
 * hangs is helped by another one.
 *
 * Some looks go on with a comparison: both say the sum over their directories.
 */
import type { CloseReason, DownReason, LinkId } from "../effects.js";
import type { PeerId } from "../identity.js";
import type { Hello, Message } from "../message.js";
import type { DirectoryConfig } from "./config.js";
import type { Summary } from "./messages.js";
import type { Evidence, PeerRecord } from "./record.js";

/** What the inquiries need, and whom they tell. */
export interface InquiriesOwner {
  /** By what the time that an answer may take is to be multiplied. */
  patience(): number;
  /** Opens a link in the native dialect. */
  dial(address: PeerRecord["address"]): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  /** What this peer says of itself on a link. */
  hello(): Hello;
  /** It is there. `epoch`: of its life; another than the record's when it has restarted. `rttMs`: as far as can be told. */
  answered(now: number, look: Inquiry, epoch: number, rttMs: number): void;
  /** What this peer has, in one sum. */
  summary(): Summary;
  /** It has told its own sum. */
  compared(now: number, look: Inquiry, theirs: Summary): void;
  /** It did not answer. */
  failed(now: number, look: Inquiry, evidence: Evidence): void;
  /** Nothing can be said: it was this peer's own lack of means, or somebody was there and would not talk. */
  undecided(now: number, look: Inquiry): void;
}

/** A look at one peer. */
export interface Inquiry {
  readonly record: PeerRecord;
  readonly begunAt: number;
  /** The slots of neighbors that want to know, as bits. */
  askers: number;
  /** Whether a failure is taken up with others. */
  isUrgent: boolean;
  /** It has just ended its link to this peer: if it does not answer, it is not silent but deaf. */
  hasSpoken: boolean;
  /** Its machine has taken up a link: something gets there. */
  isReached: boolean;
  /** Whether the two are to compare their sums as well. */
  isComparing: boolean;
}

interface Open extends Inquiry {
  /** All that are being dialed; the one that is up. */
  links: LinkId[];
  dials: number;
  redialAt: number;
  /** When hello was sent; undefined while no link is up. */
  greetedAt: number | undefined;
  /** It has answered, and is to tell its sum. */
  isAnswered: boolean;
  deadline: number;
}

/** Dials in one look, at most. */
const dialsMax = 3;

/** A deadline found overdue by more than this says that this process was stopped, and may have the answer unread. */
const lateMs = 250;

/** All looks of one peer at others. */
export class Inquiries {
  readonly #config: DirectoryConfig;
  readonly #owner: InquiriesOwner;
  readonly #open: Open[] = [];

  constructor(config: DirectoryConfig, owner: InquiriesOwner) {
    this.#config = config;
    this.#owner = owner;
  }

  /** When one has taken too long. */
  get nextWake(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { deadline, redialAt } of this.#open) next = Math.min(next, deadline, redialAt);
    return next;
  }

  /** The one at this peer. */
  find(id: PeerId): Inquiry | undefined {
    return this.#open.find(({ record }) => record.id === id);
  }

  /** Looks at a peer, unless that is under way already or too many are. @returns the look that is under way */
  begin(now: number, record: PeerRecord): Inquiry | undefined {
    const known = this.find(record.id);
    if (known !== undefined) return known;
    if (this.#open.length >= this.#config.checksMax) return undefined;
    const timeoutMs = this.#config.checkTimeoutMs * this.#owner.patience();
    const one: Open = {
      record,
      links: [this.#owner.dial(record.address)],
      dials: 1,
      redialAt: now + Math.ceil(timeoutMs / dialsMax),
      begunAt: now,
      askers: 0,
      isUrgent: false,
      hasSpoken: false,
      isReached: false,
      isComparing: false,
      greetedAt: undefined,
      isAnswered: false,
      deadline: now + timeoutMs,
    };
    this.#open.push(one);
    return one;
  }

  /** Whether the link was dialed here. */
  owns(link: LinkId): boolean {
    return this.#on(link) !== undefined;
  }

  /** The link is up. */
  linkUp(now: number, link: LinkId): void {
    const one = this.#on(link);
    if (one === undefined) return;
    for (const other of one.links) if (other !== link) this.#owner.close(other, "done");
    one.links = [link];
    one.redialAt = Number.POSITIVE_INFINITY;
    one.greetedAt = now;
    one.isReached = true;
    this.#owner.send(link, this.#owner.hello());
  }

  /** The other side says nothing more: it has no time for strangers, or is about to end. */
  linkEnded(now: number, link: LinkId): void {
    const one = this.#on(link);
    if (one === undefined) return;
    this.#close(one, "done");
    if (!one.isAnswered) this.#owner.undecided(now, one);
  }

  /** The link is gone, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    const one = this.#on(link);
    if (one === undefined) return;
    one.links = one.links.filter((other) => other !== link);
    const isSilence = reason === "timeout" || reason === "unreachable" || reason === "reset";
    // The others may still come up.
    if (isSilence && one.links.length > 0) return;
    this.#close(one, "done");
    if (one.isAnswered) return;
    if (reason === "refused") this.#owner.failed(now, one, "refused");
    else if (isSilence) this.#owner.failed(now, one, "silent");
    else this.#owner.undecided(now, one);
  }

  /** Somebody answers. */
  receive(now: number, link: LinkId, message: Message): void {
    const one = this.#on(link);
    if (one === undefined) return;
    if (one.isAnswered) {
      this.#close(one, "done");
      if (message.type === "summary") this.#owner.compared(now, one, message);
      return;
    }
    const { record, greetedAt = now } = one;
    const isIt =
      message.type === "hello" && message.self.id === record.id && message.network === this.#owner.hello().network;
    if (!isIt) {
      this.#close(one, "done");
      if (message.type === "hello") this.#owner.failed(now, one, "replaced");
      else this.#owner.undecided(now, one);
      return;
    }
    if (one.isComparing) {
      one.isAnswered = true;
      one.deadline = now + this.#config.checkTimeoutMs;
      this.#owner.send(link, this.#owner.summary());
    } else this.#close(one, "done");
    this.#owner.answered(now, one, message.epoch, now - greetedAt);
  }

  /** Ends those that have taken too long, and dials again where nothing is up yet. */
  wake(now: number): void {
    for (const one of [...this.#open]) {
      if (one.deadline > now) {
        if (one.redialAt <= now) this.#redial(now, one);
        continue;
      }
      if (now - one.deadline > lateMs) {
        one.deadline = now + lateMs;
        continue;
      }
      this.#close(one, "timeout");
      if (!one.isAnswered) this.#owner.failed(now, one, "silent");
    }
  }

  /** Ends all of them; nobody is told. */
  leave(): void {
    for (const { links } of this.#open.splice(0)) for (const link of links) this.#owner.close(link, "leaving");
  }

  #redial(now: number, one: Open): void {
    one.dials++;
    one.redialAt = one.dials >= dialsMax ? Number.POSITIVE_INFINITY : now + Math.ceil((one.deadline - now) / 2);
    one.links.push(this.#owner.dial(one.record.address));
  }

  #close(one: Open, reason: CloseReason): void {
    const index = this.#open.indexOf(one);
    if (index >= 0) this.#open.splice(index, 1);
    for (const link of one.links) this.#owner.close(link, reason);
  }

  #on(link: LinkId): Open | undefined {
    for (const one of this.#open) if (one.links.includes(link)) return one;
    return undefined;
  }
}
