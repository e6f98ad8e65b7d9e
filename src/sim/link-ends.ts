/** What the kernel keeps of each side of a link, and the events that it puts into the queue. */
import type { Address } from "../core/address.js";
import type { Dialect, DownReason, LinkId } from "../core/effects.js";
import type { Pipe } from "./pipe.js";
import type { Queued } from "./queue.js";

/**
 * What happens next: to a core (`message`, `up`, `ended`, `down`, `congested`, `eased`, `wake`, `drain`, `datagram`) or
 * inside the kernel.
 */
export type EventKind =
  | "message"
  | "up"
  | "ended"
  | "down"
  | "wake"
  | "drain"
  | "datagram"
  | "congested"
  | "eased"
  | "syn"
  | "syn-retry"
  | "retransmit"
  | "through"
  | "overfull";

/** What a crashed process's kernel tells the others: a reset, or that it will send nothing more. */
export type Farewell = "reset" | "end";

/** One scheduled event. All kinds share one shape, so that the engine compiles one fast path for them. */
export class SimEvent<Message> implements Queued<SimEvent<Message>> {
  at = 0;
  order = 0;
  next: SimEvent<Message> | undefined = undefined;
  /** Of a `message`, where bandwidth is limited: how many it has. */
  bytes = 0;
  readonly kind: EventKind;
  readonly owner: Endpoint<Message>;
  /** The side of a link that this happens to; undefined for `wake`, `drain` and `datagram`. */
  readonly end: LinkEnd<Message> | undefined;
  /** Of a `message` or `datagram` only. */
  readonly message: Message | undefined;
  /** Of a `down` only. */
  readonly reason: DownReason | undefined;

  constructor(
    kind: EventKind,
    owner: Endpoint<Message>,
    end?: LinkEnd<Message>,
    message?: Message,
    reason?: DownReason,
  ) {
    this.kind = kind;
    this.owner = owner;
    this.end = end;
    this.message = message;
    this.reason = reason;
  }
}

/** A process, as the kernel sees it. */
export interface Endpoint<Message> {
  readonly address: Address;
  /** The IP of the address. */
  readonly ip: string;
  /** Every link that its core has not seen the end of, in the order in which they began. The kernel adds and removes. */
  readonly links: LinkEnd<Message>[];
  /** Whether there is room for one more connection that the process has not accepted yet. */
  readonly isAccepting: boolean;
  /** Whether all that it says waits; see {@link postpone}. */
  readonly blocked: boolean;
  /** Keeps a step of it for later, after all that it has kept so far. */
  postpone(send: () => void): void;
  /** The port of its next outgoing connection. */
  takePort(): number;
  /** Something reaches the process: any event but those inside the kernel. */
  input(event: SimEvent<Message>): void;
  /** Stops it, and lets it go on. */
  freeze(): void;
  thaw(): void;
}

/** What one side has sent and the other has not acknowledged. */
export interface Unacknowledged<Message> {
  readonly since: number;
  timeoutMs: number;
  lossesInARow: number;
  /** What has to be sent again, in order. Empty when only the acknowledgement is missing. */
  held: SimEvent<Message>[];
}

/** One side of a link. What each message needs of it comes first, to be near to each other in memory. */
export class LinkEnd<Message> {
  readonly id: LinkId;
  readonly owner: Endpoint<Message>;
  /** What the kernel knows of the link. */
  socket: "opening" | "open" | "shut";
  /** What the core knows of the link: behind `socket` while a process is frozen. */
  seen: "unseen" | "dialing" | "up" | "gone";
  /** The other side; undefined until a SYN has been accepted. */
  other: LinkEnd<Message> | undefined = undefined;
  /** Whose the other side is; undefined until then. Kept here as well, so that nothing of the other side need be looked at. */
  there: Endpoint<Message> | undefined = undefined;
  /** Where that process listens, or where it was dialed. */
  to: Address;
  /** The core has ended its half. */
  hasEnded = false;
  lastSentAt = -1;
  /** When the last packet from here arrives there: none may overtake it. */
  lastArrival = 0;
  unacknowledged: Unacknowledged<Message> | undefined = undefined;
  /** So many events are sent again: they get through, as long as the way is open. */
  sureLeft = 0;
  /** The other side's FIN has arrived. */
  isEndedByOther = false;
  /** Of a socket that is shut: a reset has been sent or received, so that no packet needs another answer. */
  isSettled = false;
  /** Whom the owner sees at the other side. */
  readonly remote: Address;
  /** What waits because the link is narrow; undefined where it never was. */
  pipe: Pipe<LinkEnd<Message>, SimEvent<Message>> | undefined = undefined;
  /** Bytes that the core has sent and that have not left yet. Counted only where bandwidth is limited. */
  waitingBytes = 0;
  /** The core has been told, or is about to be told, that so much waits. */
  isCongested = false;
  /** When the link was dialed or accepted. */
  readonly since: number;
  /** What the dialer has chosen to speak. */
  readonly dialect: Dialect;

  constructor(id: LinkId, owner: Endpoint<Message>, remote: Address, isDialer: boolean, now: number, dialect: Dialect) {
    this.dialect = dialect;
    this.id = id;
    this.owner = owner;
    this.remote = remote;
    this.to = remote;
    this.socket = isDialer ? "opening" : "open";
    this.seen = isDialer ? "dialing" : "unseen";
    this.since = now;
  }

  /** A SYN has been accepted: the two belong together from now on. */
  join(other: LinkEnd<Message>): void {
    this.other = other;
    this.there = other.owner;
    this.to = other.owner.address;
  }
}
