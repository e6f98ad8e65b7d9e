/**
 * A Hearsay peer: who it is linked to, how messages spread, what is remembered, how all of that is repaired, and who is
 * there.
 *
 * This file takes the inputs, and holds the only switch over incoming messages. A link is a neighbor's, a seed's, one that
 * was dialed to look at somebody, or a stranger's; what comes from a neighbor is a sign of life first, and then belongs to
 * one of: overlay, broadcast, reconciliation, directory, watch. How the parts work together is in `peer-parts.ts`.
 */
import type { Address } from "./address.js";
import type { ClassicMessage } from "./classic/message.js";
import type { PeerState, Tags } from "./directory/record.js";
import type { Core, Dialect, DownReason, LinkId } from "./effects.js";
import type { PeerId } from "./identity.js";
import { Inspection } from "./inspection.js";
import type { Digest, Envelope, Marks, Message, Repair, Want } from "./message.js";
import type { Neighbor } from "./overlay.js";
import type { PeerConfig } from "./peer-config.js";
import type { Beginning, PeerCounters, PeerEffects, PeerSelf } from "./peer-effects.js";
import type { NeighborState } from "./peer-events.js";
import { PeerParts } from "./peer-parts.js";
import type { PublishRequest } from "./publisher.js";
import type { Random } from "./random.js";
import { inReleaseOrder } from "./release-order.js";
import { allBits, broadcastBit, calmBits, memoryBits, overlayBit, presenceBit, wakePlaces, watchBit } from "./wakes.js";

export type { Beginning, PeerCounters, PeerEffects, PeerSelf } from "./peer-effects.js";

/** Which part a link belongs to. */
type Owner = "overlay" | "presence" | "entrance" | "classic";

/** A peer. Reads no clock, opens no socket: see {@link Core}. */
export class PeerCore implements Core<Message | ClassicMessage> {
  readonly #parts: PeerParts;
  #hasLeft = false;

  constructor(self: PeerSelf, config: PeerConfig, random: Random, effects: PeerEffects) {
    this.#parts = new PeerParts(self, config, random, effects);
  }

  /** Who this peer is. */
  get self(): PeerSelf {
    return this.#parts.self;
  }

  /** What has happened so far. A snapshot. */
  get counters(): PeerCounters {
    return { ...this.#parts.counters };
  }

  /** Whether there is no neighbor, and nobody to turn to but the seeds. */
  get isAlone(): boolean {
    return this.#parts.entrance.isAlone;
  }

  /** When {@link wake} is wanted next. */
  get nextWake(): number {
    if (this.#hasLeft) return this.#parts.entrance.nextWake;
    return this.#parts.wakes.next;
  }

  /** Joins the network. With neither seeds nor peers this is the first peer, and others will come to it. */
  start(now: number, beginning: Beginning): void {
    this.#parts.touch();
    this.#parts.presence.start(now);
    this.#parts.classic.start(now, beginning.seeds);
    this.#parts.entrance.start(now, beginning);
    this.#parts.overlay.start(now, beginning.peers);
    this.#parts.wakes.inputOver();
  }

  /** Whether goodbyes are still on their way after {@link leave}: links to seeds that are to be told. */
  get isParting(): boolean {
    return this.#parts.entrance.isParting;
  }

  /** Says goodbye to everybody. Nothing happens after it, but for a moment the seeds are told: see {@link isParting}. */
  leave(now: number): void {
    this.#parts.touch();
    this.#hasLeft = true;
    this.#parts.leaving();
    this.#parts.publisher.leave(now);
    this.#parts.presence.leave(now);
    this.#parts.entrance.leave(now);
    this.#parts.classic.leave();
    this.#parts.overlay.leave(now);
    this.#parts.wakes.inputOver();
  }

  /**
   * Publishes a message. The answer is an event, `published` or `publish-failed`, with the request's token; it may come
   * before this returns.
   */
  publish(now: number, request: PublishRequest): void {
    this.#parts.touch();
    const { maxPayloadBytes } = this.#parts.config;
    if (request.payload.length > maxPayloadBytes) {
      const message = `a payload of ${request.payload.length} bytes; this network takes ${maxPayloadBytes} at most`;
      this.#parts.effects.notify({ type: "publish-failed", token: request.token, code: "too-large", message });
    } else this.#parts.publisher.publish(now, request);
    this.#parts.wakes.inputOver();
  }

  /** For those who watch a peer from outside of its application. */
  get inspection(): Inspection {
    return new Inspection(this.#parts);
  }

  /** The neighbors, as they are now. */
  neighbors(): readonly NeighborState[] {
    return [
      ...this.#parts.overlay.neighbors.map((neighbor) => this.#parts.watch.stateOf(neighbor)),
      ...this.#parts.crossing.neighbors(),
    ];
  }

  /** Everybody in the directory, this peer included, and its classic neighbors. */
  peers(): readonly PeerState[] {
    return this.#parts.peers();
  }

  /** How many are in the directory and there, suspects and this peer included. */
  get present(): number {
    return this.#parts.presence.table.present;
  }

  /** One of them; undefined when it is not known. */
  peer(id: PeerId): PeerState | undefined {
    const record = this.#parts.presence.table.get(id);
    return record === undefined ? undefined : this.#parts.stateOf(record);
  }

  /** Changes what this peer says of itself. Whoever takes the tags from an application checks them. */
  setTags(now: number, tags: Tags): void {
    this.#parts.wakes.touch(presenceBit);
    this.#parts.presence.setTags(now, tags);
    this.#parts.wakes.inputOver();
  }

  /**
   * The messages that are kept, in order of arrival.
   *
   * @param topic - undefined for every topic
   * @param order - `origin`: only those whose turn has come, each life's in the order of their numbers
   */
  retained(topic: string | undefined, order: "origin" | "any"): Envelope[] {
    const envelopes = this.#parts.history.retained(topic);
    if (order === "any") return envelopes;
    return inReleaseOrder(envelopes.filter((envelope) => this.#parts.sequencer.hasReleased(envelope)));
  }

  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void {
    const owner = dialect === "classic" ? "classic" : this.#ownerOf(link);
    this.#touchOwner(owner);
    if (owner === "classic") this.#parts.classic.linkUp(now, link, remote);
    else if (owner === "entrance") this.#parts.entrance.linkUp(now, link);
    else if (owner === "presence") this.#parts.presence.linkUp(now, link);
    else this.#parts.overlay.linkUp(now, link, remote);
    this.#parts.wakes.inputOver();
  }

  linkEnded(now: number, link: LinkId): void {
    const owner = this.#ownerOf(link);
    this.#touchOwner(owner);
    if (owner === "entrance") this.#parts.entrance.linkEnded(now, link);
    else if (owner === "presence") this.#parts.presence.linkEnded(now, link);
    else if (owner === "classic") this.#parts.classic.linkEnded(now, link);
    else this.#parts.overlay.linkEnded(now, link);
    this.#parts.wakes.inputOver();
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    const owner = this.#ownerOf(link);
    this.#touchOwner(owner);
    if (owner === "entrance") this.#parts.entrance.linkDown(now, link, reason);
    else if (owner === "presence") this.#parts.presence.linkDown(now, link, reason);
    else if (owner === "classic") this.#parts.classic.linkDown(now, link, reason);
    else this.#parts.overlay.linkDown(now, link, reason);
    this.#parts.wakes.inputOver();
  }

  receive(now: number, link: LinkId, message: Message | ClassicMessage): void {
    const neighbor = this.#parts.overlay.neighborOn(link);
    if (neighbor !== undefined) this.#fromNeighbor(now, neighbor, message as Message);
    else {
      const owner = this.#ownerOf(link);
      this.#touchOwner(owner);
      if (owner === "entrance") this.#parts.entrance.receive(now, link, message as Message);
      else if (owner === "presence") this.#parts.presence.receiveOn(now, link, message as Message);
      else if (owner === "classic") this.#parts.classic.receive(now, link, message as ClassicMessage);
      else this.#parts.overlay.receive(now, link, message as Message);
    }
    this.#parts.wakes.inputOver();
  }

  congested(now: number, link: LinkId, isCongested: boolean): void {
    const neighbor = this.#parts.overlay.neighborOn(link);
    if (neighbor === undefined) return;
    this.#parts.wakes.touch(allBits);
    const { slot } = neighbor;
    this.#parts.watch.congested(now, slot, isCongested);
    this.#parts.broadcast.congested(now, slot, isCongested);
    this.#parts.reconciler.congested(now, slot, isCongested);
    this.#parts.effects.notify({ type: "slow", neighbor: this.#parts.watch.stateOf(neighbor), isSlow: isCongested });
    if (!isCongested) this.#parts.publisher.roomMade(now);
    this.#parts.wakes.inputOver();
  }

  wake(now: number): void {
    this.#parts.now = now;
    if (this.#hasLeft) {
      this.#parts.touch();
      this.#parts.entrance.wake(now);
      this.#parts.wakes.inputOver();
      return;
    }
    const { wakes } = this.#parts;
    // First of all: it notices when this process was away, and others must not be judged before.
    if (wakes.isDue(wakePlaces.watch, now)) {
      wakes.touch(watchBit);
      this.#parts.watch.wake(now);
    }
    this.#wakeCalm(now);
    if (wakes.isDue(wakePlaces.presence, now)) {
      wakes.touch(presenceBit);
      this.#parts.presence.wake(now);
    }
    if (wakes.isDue(wakePlaces.broadcast, now)) {
      wakes.touch(broadcastBit);
      this.#parts.broadcast.wake(now);
    }
    if (wakes.isDue(wakePlaces.reconciler, now)) {
      wakes.touch(memoryBits);
      this.#parts.reconciler.wake(now);
    }
    if (wakes.isDue(wakePlaces.history, now)) {
      wakes.touch(memoryBits);
      this.#parts.history.forget(now);
    }
    this.#parts.wakes.inputOver();
  }

  #wakeCalm(now: number): void {
    const { wakes } = this.#parts;
    if (wakes.isDue(wakePlaces.overlay, now)) {
      wakes.touch(overlayBit);
      this.#parts.overlay.wake(now);
    }
    if (wakes.isDue(wakePlaces.publisher, now)) {
      wakes.touch(calmBits);
      this.#parts.publisher.wake(now);
    }
    if (wakes.isDue(wakePlaces.entrance, now)) {
      wakes.touch(calmBits);
      this.#parts.entrance.wake(now);
    }
    if (wakes.isDue(wakePlaces.classic, now)) {
      wakes.touch(calmBits);
      this.#parts.classic.wake(now);
    }
  }

  /** Whose business a link is. The overlay's, when it is nobody else's: somebody has just dialed. */
  #ownerOf(link: LinkId): Owner {
    const { overlay, entrance, presence, classic } = this.#parts;
    if (overlay.owns(link)) return "overlay";
    if (presence.owns(link)) return "presence";
    if (entrance.owns(link)) return "entrance";
    return classic.owns(link) ? "classic" : "overlay";
  }

  /** Most links to strangers are short, and the business of the directory or of the overlay alone. */
  #touchOwner(owner: Owner): void {
    if (owner === "presence") this.#parts.wakes.touch(presenceBit);
    else if (owner === "overlay") this.#parts.wakes.touch(overlayBit);
    else this.#parts.touch();
  }

  #reconcile(now: number, slot: number, message: Digest | Marks | Want | Repair): void {
    if (!this.#parts.reconciler.receive(now, slot, message)) this.#parts.drop(now, slot, "misbehaved");
  }

  #fromNeighbor(now: number, neighbor: Neighbor, message: Message): void {
    this.#parts.now = now;
    const { slot } = neighbor;
    const { wakes } = this.#parts;
    if (this.#parts.watch.heard(now, slot)) wakes.touch(watchBit);
    switch (message.type) {
      case "gossip":
        wakes.touch(broadcastBit | memoryBits);
        if (!this.#parts.own.isForged(now, message.envelope)) this.#parts.broadcast.receive(now, slot, message);
        break;
      case "ihave":
      case "graft":
      case "prune":
        wakes.touch(broadcastBit);
        this.#parts.broadcast.receive(now, slot, message);
        break;
      case "repair":
        wakes.touch(broadcastBit | memoryBits);
        if (!this.#parts.own.isForged(now, message.envelope)) this.#reconcile(now, slot, message);
        break;
      case "marks":
      case "want":
        wakes.touch(memoryBits);
        this.#reconcile(now, slot, message);
        break;
      case "digest":
        this.#reconcile(now, slot, message);
        break;
      case "probe":
      case "ack":
        wakes.touch(watchBit);
        this.#parts.watch.receive(now, slot, message);
        break;
      case "news":
      case "summary":
      case "sums":
      case "versions":
      case "ask":
      case "probe-request":
      case "probe-result":
        wakes.touch(presenceBit);
        if (!this.#parts.presence.receive(now, neighbor, message)) this.#parts.drop(now, slot, "misbehaved");
        break;
      default:
        wakes.touch(overlayBit);
        if (!this.#parts.overlay.receive(now, neighbor.link, message)) this.#parts.drop(now, slot, "misbehaved");
    }
  }
}
