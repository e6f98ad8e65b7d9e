/**
 * What a core asks of whoever runs it, and what it is told.
 *
 * A core is a state machine: the driver feeds it inputs (a link came up, a message arrived, time passed) and the core
 * answers by calling a handful of methods. It has no clock, no sockets and no randomness of its own, so the same code
 * runs over TCP and in the simulator, and a run repeats exactly from one number.
 *
 * The rules between the two:
 * - `now` is integer milliseconds since 1970, never goes back, and is constant within a call.
 * - No effect calls back into the core: drivers queue and feed later.
 * - Once a core has called `close(link)`, or has been told `linkDown(link)`, that link is gone: neither side speaks of
 *   it again.
 * - The driver keeps one timer per core, for `nextWake`, and reads it again after every input.
 */
import type { Address } from "./address.js";

/** Names one connection for its life. Chosen by the driver, never used twice by the same driver. */
export type LinkId = number;

/** What is spoken on a link: Hearsay's own protocol, or the classic texts. Whoever dials decides. */
export type Dialect = "native" | "classic";

/** Why a core ends a link. Drivers may log it; it does not travel. */
export type CloseReason =
  /** The conversation is complete. */
  | "done"
  /** The remote side took longer than this conversation may take. */
  | "timeout"
  /** The acceptor has as many neighbors as it may have. */
  | "full"
  /** The remote side sent something that has no place here. */
  | "misbehaved"
  /** This side is leaving the network. */
  | "leaving";

/** Why a link ended, or never came up, without the core asking for it. */
export type DownReason =
  /** Nobody listens there: strong evidence that the process is gone. */
  | "refused"
  /** No way to get there, or the name does not resolve. */
  | "unreachable"
  /** No answer from the network in the time the driver allows. */
  | "timeout"
  /** The remote side broke the connection. */
  | "reset"
  /** The remote side ended the connection in good order. */
  | "closed"
  /** Bytes that are no message: the driver has closed the link. */
  | "garbage"
  /** This process is out of sockets or memory: says nothing about the remote side, and must not be held against it. */
  | "local";

/**
 * The outside world of a core.
 *
 * @typeParam Message - what travels on this core's links
 * @typeParam Event - what this core tells its owner
 */
export interface Effects<Message, Event> {
  /**
   * Opens a link. Answered later, never at once, by `linkUp` or `linkDown` with the id returned here.
   *
   * @param dialect - what will be spoken on it. Left out: what the driver was made for
   */
  dial(address: Address, dialect?: Dialect): LinkId;
  /** Sends on a link that is up. Sends on a link that has just gone down are dropped in silence. */
  send(link: LinkId, message: Message): void;
  /** Says that nothing more will be sent on this link; the other side may still answer (a TCP half-close). */
  end(link: LinkId): void;
  /** Ends a link, up or still being dialed. What was sent before still goes out. */
  close(link: LinkId, reason: CloseReason): void;
  /** Tells the owner what happened. */
  notify(event: Event): void;
}

/** The inputs that every core takes, whatever it speaks. */
export interface Core<Message> {
  /**
   * A link that this core dialed is up, or (an id it has not seen) somebody has connected to it, and has shown by its
   * first bytes which dialect it speaks.
   */
  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void;
  /** The other side will send nothing more on this link. What this side sends still arrives. */
  linkEnded(now: number, link: LinkId): void;
  /** A link has ended, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void;
  /** A message arrived. */
  receive(now: number, link: LinkId, message: Message): void;
  /**
   * What waits to be sent on a link has passed the driver's bound (true), or has shrunk far enough below it (false).
   * While a link is congested the driver still takes what it is given; a core that cares gives it little.
   */
  congested?(now: number, link: LinkId, isCongested: boolean): void;
  /** Time has reached `nextWake` (or passed it, if the driver is late). */
  wake(now: number): void;
  /** When this core next wants `wake`; `Infinity` when it waits for nothing. */
  readonly nextWake: number;
}
