/**
 * One message, one connection: how everything travels in the classic network.
 *
 * The asker opens a connection, sends one message, may wait for one answer, and closes. The original waits without a
 * limit, so one frozen process stops it; here every exchange has a deadline.
 *
 * A deadline that is found overdue by a lot says more about this process than about the other: the event loop was
 * blocked, or the whole process was stopped, and the answer may be waiting unread in the kernel. Such exchanges get a
 * little more time instead of a verdict (Lifeguard, Dadgar et al. 2018, calls this local health).
 */
import type { Address } from "../address.js";
import type { CloseReason, DownReason, Effects, LinkId } from "../effects.js";
import type { ClassicMessage } from "./message.js";

/** How an exchange ended. */
export type Outcome =
  /** The answer came; or, for a message that asks for none, it was handed to the network. */
  | { readonly type: "answered"; readonly answer: ClassicMessage | undefined; readonly roundTripMs: number }
  /** Nobody listens there. */
  | { readonly type: "refused" }
  /** Connected, and then closed in good order without an answer. To a connect request, this is a no. */
  | { readonly type: "closed" }
  /** No answer in time, or a broken connection. `sent`: the message may have arrived all the same. */
  | { readonly type: "silent"; readonly sent: boolean }
  /** No way to get there, or a name that does not resolve. */
  | { readonly type: "unreachable" }
  /** This process could not even try (out of sockets): no evidence about the other side. */
  | { readonly type: "not-tried" };

/** What an exchange calls when it has ended; called exactly once, unless the exchange is abandoned. */
export type OnOutcome = (now: number, outcome: Outcome) => void;

/** What to say to whom, and how long it may take. */
export interface ExchangeOrder {
  readonly to: Address;
  readonly message: ClassicMessage;
  /** From dialing to the answer. */
  readonly limitMs: number;
  readonly onOutcome: OnOutcome;
  /**
   * Stay on the line for this long after the answer, and tell whether the other side hung up first. The original seed
   * never does; ours does, and by that is known to keep leases.
   */
  readonly linger?: { readonly limitMs: number; readonly onEnd: (now: number, closedByRemote: boolean) => void };
}

interface Exchange {
  readonly order: ExchangeOrder;
  readonly answerType: ClassicMessage["type"] | undefined;
  readonly startedAt: number;
  deadline: number;
  up: boolean;
  answered: boolean;
}

const answerTypes: Partial<Record<ClassicMessage["type"], ClassicMessage["type"]>> = {
  registration: "peer-list",
  "connect-request": "connect-accepted",
  "liveness-request": "liveness-reply",
};

/** Lateness of a wake-up from which on this process, not the network, is taken to be slow. */
const lateMs = 500;

/** All exchanges that one core has under way. */
export class Exchanges {
  readonly #effects: Effects<ClassicMessage, never>;
  readonly #underWay = new Map<LinkId, Exchange>();

  constructor(effects: Effects<ClassicMessage, never>) {
    this.#effects = effects;
  }

  /** Exchanges under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** When the next deadline is. */
  get nextWake(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const exchange of this.#underWay.values()) next = Math.min(next, exchange.deadline);
    return next;
  }

  /**
   * Opens a connection, sends one message, and waits for the answer it asks for, if any. The returned link can be given
   * to {@link abandon}.
   */
  begin(now: number, order: ExchangeOrder): LinkId {
    const link = this.#effects.dial(order.to, "classic");
    this.#underWay.set(link, {
      order,
      answerType: answerTypes[order.message.type],
      startedAt: now,
      deadline: now + order.limitMs,
      up: false,
      answered: false,
    });
    return link;
  }

  /** Ends an exchange whose outcome interests nobody any more. */
  abandon(link: LinkId): void {
    if (this.#underWay.delete(link)) this.#effects.close(link, "done");
  }

  /** Ends all of them. */
  abandonAll(): void {
    for (const link of [...this.#underWay.keys()]) this.abandon(link);
  }

  /** Whether the link belongs to an exchange under way. */
  has(link: LinkId): boolean {
    return this.#underWay.has(link);
  }

  /** The link of an exchange is up: the message goes out. */
  linkUp(now: number, link: LinkId): void {
    const exchange = this.#underWay.get(link);
    if (exchange === undefined) return;
    exchange.up = true;
    this.#effects.send(link, exchange.order.message);
    if (exchange.answerType === undefined) this.#answered(now, link, exchange, undefined);
    else this.#effects.end(link);
  }

  /** Something arrived on the link of an exchange. */
  receive(now: number, link: LinkId, message: ClassicMessage): void {
    const exchange = this.#underWay.get(link);
    if (exchange === undefined || exchange.answered) return;
    if (answers(message, exchange.order.message)) this.#answered(now, link, exchange, message);
    else this.#end(now, link, exchange, "closed", "misbehaved");
  }

  /** The link of an exchange has ended, and not by this side. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    const exchange = this.#underWay.get(link);
    if (exchange === undefined) return;
    this.#end(now, link, exchange, failureOf(reason, exchange.up), undefined);
  }

  /** Ends what is overdue; or, when this process itself was late, gives everything overdue a little more time. */
  wake(now: number, latenessMs: number): void {
    for (const [link, exchange] of [...this.#underWay]) {
      if (exchange.deadline > now || !this.#underWay.has(link)) continue;
      if (latenessMs > lateMs) exchange.deadline = now + lateMs;
      else this.#end(now, link, exchange, "silent", "timeout");
    }
  }

  #answered(now: number, link: LinkId, exchange: Exchange, answer: ClassicMessage | undefined): void {
    const { order } = exchange;
    if (order.linger === undefined) {
      this.#underWay.delete(link);
      this.#effects.close(link, "done");
    } else {
      exchange.answered = true;
      exchange.deadline = now + order.linger.limitMs;
    }
    order.onOutcome(now, { type: "answered", answer, roundTripMs: now - exchange.startedAt });
  }

  /** The end without an answer, or of lingering after one. `close` is undefined when the link is down already. */
  #end(now: number, link: LinkId, exchange: Exchange, failure: Failure, close: CloseReason | undefined): void {
    this.#underWay.delete(link);
    if (close !== undefined) this.#effects.close(link, exchange.answered ? "done" : close);
    if (exchange.answered) exchange.order.linger?.onEnd(now, close === undefined && failure === "closed");
    else if (failure === "silent") exchange.order.onOutcome(now, { type: failure, sent: exchange.up });
    else exchange.order.onOutcome(now, { type: failure });
  }
}

/** Whether this is the answer to that, and not to something else. */
function answers(answer: ClassicMessage, asked: ClassicMessage): boolean {
  if (answer.type === "liveness-reply" && asked.type === "liveness-request")
    return answer.timestamp === asked.timestamp;
  return answer.type === answerTypes[asked.type];
}

type Failure = Exclude<Outcome["type"], "answered">;

function failureOf(reason: DownReason, wasUp: boolean): Failure {
  if (reason === "refused") return "refused";
  if (reason === "local") return "not-tried";
  if (reason === "unreachable") return "unreachable";
  // A broken connection is no refusal: a process that dies with a question unread leaves one behind.
  if (reason === "timeout" || reason === "reset" || !wasUp) return "silent";
  return "closed";
}
