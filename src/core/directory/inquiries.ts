/**
 * Looking whether a peer is there: a fresh connection, hello, and its answer.
 *
 * A refused connection says that its process is gone; another name in the answer, that somebody else has its place. What
 * hangs or is cut off says little by itself.
 */
import type { CloseReason, DownReason, LinkId } from "../effects.js";
import type { PeerId } from "../identity.js";
import type { Hello, Message } from "../message.js";
import type { DirectoryConfig } from "./config.js";
import type { Evidence, PeerRecord } from "./record.js";

/** What the inquiries need, and whom they tell. */
export interface InquiriesOwner {
  /** By what the time that an answer may take is to be multiplied. */
  readonly patience: number;
  /** Opens a link in the native dialect. */
  dial(address: PeerRecord["address"]): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  /** What this peer says of itself on a link. */
  hello(): Hello;
  /** It is there. `epoch`: of its life; another than the record's when it has restarted. `rttMs`: as far as can be told. */
  answered(now: number, look: Inquiry, epoch: number, rttMs: number): void;
  /** It did not answer. */
  failed(now: number, look: Inquiry, evidence: Evidence): void;
  /** Nothing can be said: it was this peer's own lack of means, or somebody was there and would not talk. */
  undecided(now: number, look: Inquiry): void;
}

/** A look at one peer. */
export interface Inquiry {
  readonly record: PeerRecord;
  readonly link: LinkId;
  readonly begunAt: number;
  /** The slots of neighbors that want to know, as bits. */
  askers: number;
  /** Whether a failure is taken up with others. */
  isUrgent: boolean;
  /** It has just ended its link to this peer: if it does not answer, it is not silent but deaf. */
  hasSpoken: boolean;
}

interface Open extends Inquiry {
  /** When hello was sent; undefined while the link is being dialed. */
  greetedAt: number | undefined;
  deadline: number;
}

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
    for (let i = 0; i < this.#open.length; i++) next = Math.min(next, this.#open[i]!.deadline);
    return next;
  }

  /** How many are under way. */
  get size(): number {
    return this.#open.length;
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
    const link = this.#owner.dial(record.address);
    const deadline = now + this.#config.checkTimeoutMs * this.#owner.patience;
    const one: Open = {
      record,
      link,
      begunAt: now,
      askers: 0,
      isUrgent: false,
      hasSpoken: false,
      greetedAt: undefined,
      deadline,
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
    one.greetedAt = now;
    this.#owner.send(link, this.#owner.hello());
  }

  /** The other side says nothing more: it has no time for strangers, or is about to end. */
  linkEnded(now: number, link: LinkId): void {
    const one = this.#on(link);
    if (one === undefined) return;
    this.#close(one, "done");
    this.#owner.undecided(now, one);
  }

  /** The link is gone, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    const one = this.#on(link);
    if (one === undefined) return;
    this.#remove(one);
    if (reason === "refused") this.#owner.failed(now, one, "refused");
    else if (reason === "timeout" || reason === "unreachable" || reason === "reset") {
      this.#owner.failed(now, one, "silent");
    } else this.#owner.undecided(now, one);
  }

  /** Somebody answers. */
  receive(now: number, link: LinkId, message: Message): void {
    const one = this.#on(link);
    if (one === undefined) return;
    this.#close(one, "done");
    const { record, greetedAt = now } = one;
    if (message.type !== "hello") this.#owner.undecided(now, one);
    else if (message.self.id !== record.id || message.network !== this.#owner.hello().network) {
      this.#owner.failed(now, one, "replaced");
    } else this.#owner.answered(now, one, message.epoch, now - greetedAt);
  }

  /** Ends those that have taken too long. */
  wake(now: number): void {
    for (const one of [...this.#open]) {
      if (one.deadline > now) continue;
      if (now - one.deadline > lateMs) {
        one.deadline = now + lateMs;
        continue;
      }
      this.#close(one, "timeout");
      this.#owner.failed(now, one, "silent");
    }
  }

  /** Ends all of them; nobody is told. */
  leave(): void {
    for (const { link } of this.#open.splice(0)) this.#owner.close(link, "leaving");
  }

  #close(one: Open, reason: CloseReason): void {
    this.#remove(one);
    this.#owner.close(one.link, reason);
  }

  #remove(one: Open): void {
    const index = this.#open.indexOf(one);
    if (index >= 0) this.#open.splice(index, 1);
  }

  #on(link: LinkId): Open | undefined {
    for (let i = 0; i < this.#open.length; i++) if (this.#open[i]!.link === link) return this.#open[i];
    return undefined;
  }
}
