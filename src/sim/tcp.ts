/**
 * TCP as processes see it, on all the virtual machines at once.
 *
 * One kernel serves every process. It models what a program can notice of TCP, not segments and windows:
 *
 * - **Dialing.** A SYN takes one latency; the acceptor has its link then, the dialer one more latency later. Nobody
 *   listening: `refused` after the round trip. SYN or answer lost, a path closed, or the backlog of a frozen process
 *   full: the dial hangs, tries again 1, 3, 7, 15, 31 and 63 s after its beginning, and ends with `timeout` at 120 s.
 * - **Order.** What one side of a link sends arrives in that order, its close or reset included.
 * - **Losing.** A transmission that is lost, or whose path is closed, is held with all that is sent after it, and tried
 *   again after 200 ms, then 400, 800, … When it gets through, all of it arrives in order. Six transmissions in a row
 *   lost by chance break the link: `reset` on both sides. 120 s without success because the path is closed: `timeout`
 *   at the sender, and the other side hears nothing of it.
 * - **Acknowledgements.** When the way there is open and the way back is closed, everything arrives, but the sender can't
 *   know: it gives up with `timeout` after 120 s all the same, unless the way back opens (looked at in the same rhythm).
 * - **Ending and closing.** Both arrive as a FIN, after what was sent before: nobody can tell them apart. A side that has
 *   not ended its own half hears `linkEnded`, and should close; one that has (before or after) hears `linkDown`, `closed`.
 * - **Speaking to nobody.** What arrives at a side that has closed, given up or crashed is dropped, and answered by a
 *   reset, as soon as all that this side sent before is out.
 * - **Crashing.** What a process sent before still arrives, then a reset; or a FIN, which is what Linux sends for a
 *   killed process that had read all its input. Where the path is closed at that moment, nothing more arrives, and the
 *   other side learns of it only by sending.
 * - **Silence.** There is no keep-alive: a link on which nobody sends lives through any partition.
 * - **Bandwidth.** Where it is limited, what is sent waits for its turn (`uplink.ts`). Behind what has to be tried again
 *   everything stays where it is, and takes its turn when the way is free.
 * - **Clogging.** A clogged way loses nothing: what is sent meanwhile arrives at its end, all at once, in order.
 */
import { type Address, joinAddress } from "../core/address.js";
import type { Dialect, LinkId } from "../core/effects.js";
import { SimulationError } from "./errors.js";
import { type Endpoint, type Farewell, LinkEnd, SimEvent, type Unacknowledged } from "./link-ends.js";
import { LinkTable } from "./link-table.js";
import type { Paths } from "./paths.js";
import { EventQueue } from "./queue.js";
import { queueHardMaxBytes, queueMaxBytes, Uplinks } from "./uplink.js";

export { type Endpoint, type EventKind, type Farewell, LinkEnd, SimEvent } from "./link-ends.js";

/** First retransmission timeout (Linux's TCP_RTO_MIN); each further one is twice as long. */
export const retransmitFirstMs = 200;
/** So many transmissions in a row lost by chance break a link. */
export const lossesMax = 6;
/** How long a dial, or a link that can't get anything through, goes on trying. */
export const giveUpMs = 120_000;
/** When dials send their SYN again, counted from their beginning: Linux's rhythm. */
const synRetriesMs = [1_000, 3_000, 7_000, 15_000, 31_000, 63_000, giveUpMs];

/** The kernel: every link of one network. Times are those of its queue. */
export class Tcp<Message> {
  readonly queue = new EventQueue<SimEvent<Message>>();
  /** The live processes by address. */
  readonly listeners = new Map<Address, Endpoint<Message>>();
  /** The sides of links that cores have not seen the end of. */
  readonly links = new LinkTable<Message>();
  /** Dials begun. */
  dials = 0;
  /** Messages that a core sent on a link that was up. */
  messages = 0;
  /** Times that a side of a link tried again what did not get through. */
  retransmissions = 0;
  /** What is narrow, and what waits there. */
  readonly uplinks = new Uplinks<Message>(this.queue, (end, event) => this.#launch(end, event));
  /** When each message was sent, where somebody wants to know. */
  sentAt: WeakMap<SimEvent<Message>, number> | undefined;
  /** Hears of every message that is on its way, and when it will be there. */
  departed: ((event: SimEvent<Message>, arrivesAt: number) => void) | undefined;
  readonly #paths: Paths;
  readonly #measure: (message: Message) => number;
  #lastLink = 0;

  /** @param measure - bytes of a message. Asked only where bandwidth is limited */
  constructor(paths: Paths, measure: (message: Message) => number = () => 0) {
    this.#paths = paths;
    this.#measure = measure;
  }

  /** A link id that is used for nothing else. */
  takeLinkId(): LinkId {
    return ++this.#lastLink;
  }

  /** A socket for a link that is to be dialed: {@link connect} is next. */
  open(owner: Endpoint<Message>, remote: Address, dialect: Dialect): LinkId {
    const end = new LinkEnd<Message>(this.takeLinkId(), owner, remote, true, this.queue.now, dialect);
    this.links.add(end);
    this.dials++;
    return end.id;
  }

  /** Begins to dial. */
  connect(owner: Endpoint<Message>, link: LinkId): void {
    const end = this.#find(owner, link);
    if (end !== undefined) this.#sendSyn(end);
  }

  /** Sends on a link that the core has seen up. Throws a SimulationError when it is still being dialed. */
  send(owner: Endpoint<Message>, link: LinkId, message: Message): void {
    const end = this.#find(owner, link);
    if (end === undefined) return;
    this.#assertUp(end);
    if (end.hasEnded) throw new SimulationError("link-ended", `${owner.address} sends on link ${link} after its end`);
    if (end.socket !== "open") return;
    this.messages++;
    const event = new SimEvent("message", end.there!, end.other, message);
    this.sentAt?.set(event, this.queue.now);
    if (this.uplinks.isOn) this.#count(end, event);
    this.#transmit(end, event);
  }

  /** Ends this side's half of a link. Throws a SimulationError when it is still being dialed. */
  end(owner: Endpoint<Message>, link: LinkId): void {
    const end = this.#find(owner, link);
    if (end === undefined) return;
    this.#assertUp(end);
    if (end.hasEnded) return;
    if (end.socket === "open") this.#sendFin(end);
    end.hasEnded = true;
    if (end.socket === "open" && end.isEndedByOther) {
      this.queue.schedule(new SimEvent<Message>("down", owner, end, undefined, "closed"), this.queue.now);
    }
  }

  /** Ends a link, up or still being dialed. */
  close(owner: Endpoint<Message>, link: LinkId): void {
    const end = this.#find(owner, link);
    if (end === undefined) return;
    // A dial that is given up sends nothing: if it has been accepted, the acceptance is answered by a reset.
    if (end.socket === "open" && !end.hasEnded) this.#sendFin(end);
    this.#forget(end);
  }

  /** Ends all links of a process that has crashed: with resets, or with FINs. */
  abort(owner: Endpoint<Message>, farewell: Farewell): void {
    for (const end of owner.links.slice()) {
      const { other } = end;
      const isOpen = other === undefined || this.#paths.isOpen(owner.address, other.owner.address);
      if (!isOpen) this.#discard(end);
      else if (end.socket === "open" && farewell === "reset") {
        this.#transmit(end, new SimEvent<Message>("down", other!.owner, other, undefined, "reset"));
        end.isSettled = true;
      } else if (end.socket === "open" && !end.hasEnded) this.#sendFin(end);
      this.#forget(end);
    }
  }

  /** Breaks all links of a process, as a fault of the network does: both sides hear of a reset. */
  reset(owner: Endpoint<Message>): void {
    for (const end of owner.links.slice()) if (end.socket === "open") this.#breakLink(end, "reset");
  }

  /** Sends a datagram, as over UDP: what is lost stays lost, nothing keeps its order, and nobody is told. */
  post(from: Address, to: Address, message: Message): void {
    const sender = this.listeners.get(from);
    if (sender?.blocked === true) {
      sender.postpone(() => this.post(from, to, message));
      return;
    }
    const receiver = this.listeners.get(to);
    if (receiver === undefined || !this.#getsThrough(from, to)) return;
    this.messages++;
    const event = new SimEvent("datagram", receiver, undefined, message);
    this.queue.schedule(event, this.#arrival(from, to));
  }

  /** Does what an event says. */
  dispatch(event: SimEvent<Message>): void {
    switch (event.kind) {
      case "message":
      case "up":
      case "ended":
      case "down":
        this.#arrive(event, event.end!);
        break;
      case "congested":
      case "eased":
      case "wake":
      case "drain":
      case "datagram":
        event.owner.input(event);
        break;
      case "syn":
        this.#answerSyn(event.end!);
        break;
      case "syn-retry":
        this.#sendSyn(event.end!);
        break;
      case "retransmit":
        this.#retransmit(event.end!);
        break;
      case "through":
        this.uplinks.dispatch(event);
        break;
      case "overfull":
        if (event.end!.socket === "open") this.#breakLink(event.end!, "reset");
        break;
    }
  }

  /** The link of a process; undefined once it is gone. Throws a SimulationError when there never was one. */
  #find(owner: Endpoint<Message>, link: LinkId): LinkEnd<Message> | undefined {
    const end = this.links.get(link);
    if (end !== undefined && end.owner === owner) return end;
    if (!(link <= this.#lastLink && link > 0)) {
      throw new SimulationError("link-unknown", `${owner.address} speaks of link ${link}, which never was`);
    }
    return undefined;
  }

  #assertUp(end: LinkEnd<Message>): void {
    if (end.seen !== "dialing") return;
    throw new SimulationError("link-not-up", `${end.owner.address} uses link ${end.id} before it is up`);
  }

  #sendFin(end: LinkEnd<Message>): void {
    this.#transmit(end, new SimEvent("ended", end.other!.owner, end.other));
  }

  /** The core is through with this side of a link. What is still to be sent again goes on its own. */
  #forget(end: LinkEnd<Message>): void {
    this.links.remove(end);
    end.seen = "gone";
    end.socket = "shut";
  }

  // Opening

  #sendSyn(end: LinkEnd<Message>): void {
    if (end.socket !== "opening") return;
    if (this.queue.now - end.since >= giveUpMs) this.#breakLink(end, "timeout");
    else if (this.#getsThrough(end.owner.address, end.remote)) {
      this.queue.schedule(new SimEvent("syn", end.owner, end), this.#arrivalFrom(end));
    } else this.#retrySyn(end);
  }

  #retrySyn(end: LinkEnd<Message>): void {
    const elapsed = this.queue.now - end.since;
    const retry = synRetriesMs.find((afterMs) => afterMs > elapsed) ?? elapsed + 1;
    this.queue.schedule(new SimEvent("syn-retry", end.owner, end), end.since + retry);
  }

  /** A SYN has arrived where it was sent to. */
  #answerSyn(dialer: LinkEnd<Message>): void {
    if (dialer.socket !== "opening") return;
    const acceptor = this.listeners.get(dialer.remote);
    if (!this.#getsThrough(dialer.remote, dialer.owner.address) || acceptor?.isAccepting === false) {
      this.#retrySyn(dialer);
    } else if (acceptor === undefined) {
      const refusal = new SimEvent<Message>("down", dialer.owner, dialer, undefined, "refused");
      this.queue.schedule(refusal, this.#arrival(dialer.remote, dialer.owner.address));
    } else {
      const { ip } = dialer.owner;
      const remote = joinAddress(ip, dialer.owner.takePort())!;
      const accepted = new LinkEnd(this.takeLinkId(), acceptor, remote, false, this.queue.now, dialer.dialect);
      accepted.join(dialer);
      dialer.join(accepted);
      this.links.add(accepted);
      // The acceptance goes first: the acceptor's core may send as soon as it hears of the link.
      this.queue.schedule(new SimEvent("up", dialer.owner, dialer), this.#arrivalFrom(accepted));
      acceptor.input(new SimEvent("up", acceptor, accepted));
    }
  }

  // Sending and arriving

  /** Sends an event to the other side, after all that was sent before it. */
  #transmit(end: LinkEnd<Message>, event: SimEvent<Message>): void {
    if (end.unacknowledged !== undefined && end.unacknowledged.held.length > 0) end.unacknowledged.held.push(event);
    else if (this.uplinks.isOn) this.uplinks.send(end, event);
    else this.#launch(end, event);
  }

  /** An event goes on its way, or does not get through. */
  #launch(end: LinkEnd<Message>, event: SimEvent<Message>): void {
    const here = end.owner.address;
    const there = end.to;
    const isOpen = this.#paths.isOpen(here, there);
    if (isOpen && !this.#drawLoss(end, there)) {
      if (event.bytes > 0) this.#uncount(end, event);
      this.#depart(end, event);
      if (!this.#paths.isOpen(there, here)) this.#awaitAcknowledgement(end);
    } else {
      const waiting = this.#awaitAcknowledgement(end);
      waiting.held.push(event);
      waiting.lossesInARow = isOpen ? 1 : 0;
      end.sureLeft = 0;
      if (this.uplinks.isOn) waiting.held.push(...this.uplinks.takeBack(end));
    }
  }

  #depart(end: LinkEnd<Message>, event: SimEvent<Message>): void {
    const at = this.#arrivalFrom(end);
    this.queue.schedule(event, at);
    if (this.departed !== undefined && event.kind === "message") this.departed(event, at);
  }

  #drawLoss(end: LinkEnd<Message>, there: Address): boolean {
    if (end.sureLeft === 0) return this.#paths.drawLoss(there);
    end.sureLeft--;
    return false;
  }

  /** More waits on a link. Its core hears of it when it is much, and loses the link when it is far too much. */
  #count(end: LinkEnd<Message>, event: SimEvent<Message>): void {
    event.bytes = this.#measure(event.message as Message);
    const before = end.waitingBytes;
    end.waitingBytes += event.bytes;
    const { now } = this.queue;
    if (end.waitingBytes > queueMaxBytes && !end.isCongested) {
      end.isCongested = true;
      this.queue.schedule(new SimEvent<Message>("congested", end.owner, end), now);
    }
    if (before <= queueHardMaxBytes && end.waitingBytes > queueHardMaxBytes) {
      this.queue.schedule(new SimEvent<Message>("overfull", end.owner, end), now);
    }
  }

  #uncount(end: LinkEnd<Message>, { bytes }: SimEvent<Message>): void {
    end.waitingBytes -= bytes;
    if (!end.isCongested || end.waitingBytes >= queueMaxBytes / 4) return;
    end.isCongested = false;
    this.queue.schedule(new SimEvent<Message>("eased", end.owner, end), this.queue.now);
  }

  /** Nothing more of what this side has sent gets out. */
  #discard(end: LinkEnd<Message>): void {
    end.unacknowledged = undefined;
    if (this.uplinks.isOn) this.uplinks.takeBack(end);
    end.waitingBytes = 0;
    end.sureLeft = 0;
  }

  #arrive(event: SimEvent<Message>, end: LinkEnd<Message>): void {
    if (end.socket === "shut") {
      if (event.kind !== "down") this.#answerWithReset(end);
      return;
    }
    if (event.kind === "up") end.socket = "open";
    else if (event.kind === "ended") {
      end.isEndedByOther = true;
      if (end.hasEnded) {
        this.#arrive(new SimEvent<Message>("down", event.owner, end, undefined, "closed"), end);
        return;
      }
    } else if (event.kind === "down") {
      end.socket = "shut";
      // With both halves ended, what this side has not got through yet, its FIN included, is still on its way.
      if (event.reason !== "closed") {
        end.isSettled = true;
        this.#discard(end);
      }
    }
    end.owner.input(event);
  }

  /** A packet has come to a socket that is shut. */
  #answerWithReset(end: LinkEnd<Message>): void {
    const { other } = end;
    if (end.isSettled || other === undefined || other.socket === "shut") return;
    if (end.unacknowledged !== undefined && end.unacknowledged.held.length > 0) return;
    if (this.#paths.isOpen(end.owner.address, other.owner.address)) {
      end.isSettled = true;
      const reset = new SimEvent<Message>("down", other.owner, other, undefined, "reset");
      if (this.uplinks.isOn) this.uplinks.send(end, reset);
      else this.queue.schedule(reset, this.#arrivalFrom(end));
    } else this.#awaitAcknowledgement(other);
  }

  // Trying again

  #awaitAcknowledgement(end: LinkEnd<Message>): Unacknowledged<Message> {
    if (end.unacknowledged !== undefined) return end.unacknowledged;
    const { now } = this.queue;
    end.unacknowledged = { since: now, timeoutMs: retransmitFirstMs, lossesInARow: 0, held: [] };
    this.queue.schedule(new SimEvent("retransmit", end.owner, end), now + retransmitFirstMs);
    return end.unacknowledged;
  }

  #retransmit(end: LinkEnd<Message>): void {
    const waiting = end.unacknowledged;
    if (waiting === undefined) return;
    this.retransmissions++;
    const other = end.other!;
    const here = end.owner.address;
    const there = other.owner.address;
    if (!this.#paths.isOpen(here, there)) waiting.lossesInARow = 0;
    else if (this.#paths.drawLoss(there)) {
      if (++waiting.lossesInARow >= lossesMax) {
        this.#breakLink(end, "reset");
        return;
      }
    } else {
      waiting.lossesInARow = 0;
      const { held } = waiting;
      const isAnswered = held.length > 0;
      waiting.held = [];
      if (this.uplinks.isOn || end.waitingBytes > 0) this.#sendAgain(end, held);
      else for (const event of held) this.#depart(end, event);
      if (this.#paths.isOpen(there, here)) {
        end.unacknowledged = undefined;
        // The reset that answered an earlier packet was lost: this one is answered too.
        if (!isAnswered && other.socket === "shut") this.#answerWithReset(other);
        return;
      }
    }
    const { now } = this.queue;
    if (now - waiting.since >= giveUpMs) {
      this.#breakLink(end, "timeout");
      return;
    }
    waiting.timeoutMs *= 2;
    const at = Math.min(now + waiting.timeoutMs, waiting.since + giveUpMs);
    this.queue.schedule(new SimEvent("retransmit", end.owner, end), at);
  }

  /** What was held takes its turn where the way is narrow. */
  #sendAgain(end: LinkEnd<Message>, held: readonly SimEvent<Message>[]): void {
    end.sureLeft = held.length;
    for (const event of held) this.uplinks.send(end, event);
  }

  /** The kernel gives a link up, or the rest of one that its core has closed already. */
  #breakLink(end: LinkEnd<Message>, reason: "timeout" | "reset"): void {
    end.socket = "shut";
    end.isSettled = false;
    this.#discard(end);
    if (reason === "reset") this.#answerWithReset(end);
    if (end.seen !== "gone") end.owner.input(new SimEvent<Message>("down", end.owner, end, undefined, reason));
  }

  #getsThrough(from: Address, to: Address): boolean {
    return this.#paths.isOpen(from, to) && !this.#paths.drawLoss(to);
  }

  /**
   * When a packet that leaves this side now reaches the other. What is sent in one millisecond travels together, a FIN
   * with the last words before it.
   */
  #arrivalFrom(end: LinkEnd<Message>): number {
    if (end.lastSentAt === this.queue.now) return end.lastArrival;
    end.lastSentAt = this.queue.now;
    end.lastArrival = Math.max(this.#arrival(end.owner.address, end.to), end.lastArrival);
    return end.lastArrival;
  }

  /** When what leaves now arrives, whatever left before it. */
  #arrival(from: Address, to: Address): number {
    const { now } = this.queue;
    return Math.max(now + this.#paths.drawLatency(from, to), this.#paths.cloggedUntil(from, to));
  }
}
