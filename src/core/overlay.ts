/**
 * Who a peer is linked to, so that all peers together stay one network, whoever fails.
 *
 * This is HyParView (Leitão, Pereira, Rodrigues: *HyParView: a membership protocol for reliable gossip-based broadcast*,
 * DSN 2007). Nobody knows everybody. A peer keeps two short lists: the **active view**, some five neighbors with an open
 * link to each, always two-way; and the **passive view**, some thirty contacts that it has no link to. Five random links
 * each make a graph that holds together when half of all peers vanish. The passive view is the reserve: a broken link is
 * noticed at once, because it is TCP, and replaced by one to a random contact.
 *
 * - **Join.** A newcomer links to any peer, which is not allowed to refuse: it drops a neighbor if it has to. It then
 *   sends the newcomer's name on a random walk through each of its other neighbors. Where a walk ends, far away, that
 *   peer links to the newcomer; on its way the name is left in a passive view.
 * - **Fill.** A peer with too few neighbors asks contacts of its passive view. With `low` priority a full peer refuses;
 *   with `high` it must not: so ask peers that have nobody, or few and were refused. Who can't be reached is struck
 *   off. A fruitless search pauses, ever longer; it costs nothing while everybody is full.
 * - **Shuffle.** Now and then a peer sends some of its contacts on a random walk, and the peer at its end answers with as
 *   many of its own. So passive views stay random samples of who is alive.
 *
 * Four rules beyond the paper:
 *
 * - **Recall.** After a partition both parts repair themselves, everybody is full, and nothing would ever join them again.
 *   So a peer remembers neighbors that were lost without a goodbye and calls them, ever more seldom. One that answers in
 *   the same life was not dead but cut off: it is asked with high priority, full or not, and the parts are one again.
 * - **Mix.** Young peers now and then exchange a neighbor for a random contact, old ones hardly ever. When very many join
 *   at once through very few, full groups can form that have no link between them: this joins them.
 * - **Visit.** Some shuffles go straight to a passive contact, over a link of their own. That strikes off the dead, and
 *   mixes the views of parts that have no link between them. Who loses most of its neighbors at once visits everybody it
 *   knows: of those who know nobody alive, most are known to somebody.
 * - **Lonely.** Who has no neighbor and nobody to ask, or too few neighbors and an empty reserve, asks the seeds.
 *
 * When two peers dial each other at once, the link dialed by the lower id wins. Both requests were sent, and so both
 * sides see both: the higher one takes the other's and drops its own. When one was not sent yet, its sender drops it.
 */
import type { Address } from "./address.js";
import type { OverlayConfig } from "./config.js";
import type { CloseReason, DownReason, LinkId } from "./effects.js";
import { type Greeting, Greetings, type GreetingsOwner, type OverlaySelf } from "./greetings.js";
import type { Contact } from "./identity.js";
import type { ForwardJoin, Message } from "./message.js";
import type { Loss, OverlayOwner } from "./overlay-owner.js";
import { type Random, sample } from "./random.js";
import { Search } from "./search.js";
import { Shuffles, shuffleContactsMax } from "./shuffles.js";
import { ActiveView, type Neighbor, PassiveView, slotsMax } from "./views.js";

export type { OverlaySelf } from "./greetings.js";
export type { OverlayOwner } from "./overlay-owner.js";
export { type Neighbor, slotsMax } from "./views.js";

/** One peer's part in the overlay. */
export class Overlay {
  readonly #self: Contact;
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #owner: OverlayOwner;
  readonly #active: ActiveView;
  readonly #neighbors: readonly Neighbor[];
  readonly #passive: PassiveView;
  readonly #greetings: Greetings;
  readonly #shuffles: Shuffles;
  readonly #search: Search;
  #started = false;

  /** Throws a RangeError when the active view is not of 1 to 8. */
  constructor(self: OverlaySelf, config: OverlayConfig, random: Random, owner: OverlayOwner) {
    const { activeViewMax } = config;
    if (!Number.isInteger(activeViewMax) || activeViewMax < 1 || activeViewMax > slotsMax) {
      throw new RangeError(`activeViewMax must be an integer from 1 to ${slotsMax}, not ${activeViewMax}`);
    }
    this.#self = self.contact;
    this.#config = config;
    this.#random = random;
    this.#owner = owner;
    this.#active = new ActiveView(random);
    this.#neighbors = this.#active.neighbors;
    this.#passive = new PassiveView(self.contact, config.passiveViewMax, random);
    const greetingsOwner: GreetingsOwner = {
      dial: (address) => owner.dial(address),
      send: (link, message) => owner.send(link, message),
      close: (link, reason) => owner.close(link, reason),
      mismatched: (now, link, hello) => owner.mismatched(now, link, hello),
      misbehaved: (now, { address }, said) => owner.misbehaved?.(now, address, said),
      greeted: (now, greeting, expected) => this.#greeted(now, greeting, expected),
      failed: (now, greeting, reason) => this.#failed(now, greeting, reason),
    };
    this.#greetings = new Greetings(self, config, greetingsOwner);
    const send = (link: LinkId, message: Message) => owner.send(link, message);
    this.#shuffles = new Shuffles(self.contact, config, random, this.#active, this.#passive, this.#greetings, send);
    const lonely = (now: number) => owner.lonely(now);
    this.#search = new Search(config, random, this.#active, this.#passive, this.#greetings, lonely);
  }

  /** The active view. Not to be changed from outside; copy it before doing anything that may change it. */
  get neighbors(): readonly Neighbor[] {
    return this.#neighbors;
  }

  /** The passive view. */
  get passive(): readonly Contact[] {
    return this.#passive.contacts;
  }

  /** When {@link wake} is wanted next; Infinity before the start and after leaving. */
  get nextWake(): number {
    return Math.min(this.#search.nextWake, this.#shuffles.nextWake, this.#greetings.nextWake);
  }

  /** Whether somebody is being asked to become a neighbor. */
  get isSearching(): boolean {
    return this.#greetings.count("fill") + this.#greetings.count("join") > 0;
  }

  /** The neighbor at the other side of a link. */
  neighborOn(link: LinkId): Neighbor | undefined {
    return this.#active.on(link);
  }

  /** Whether the link is a neighbor's, or on its way to something. */
  owns(link: LinkId): boolean {
    return this.#active.on(link) !== undefined || this.#greetings.find(link) !== undefined;
  }

  /** Joins through one of these addresses, the next one if that fails. With none this peer is the first, or will `meet`. */
  start(now: number, addresses: readonly Address[]): void {
    this.#started = true;
    this.#shuffles.start(now);
    this.#search.start(now);
    this.meet(now, addresses);
  }

  /** Contacts, or addresses of peers whose ids are not known yet: into the reserve, and asked at once if there is need. */
  meet(now: number, contacts: readonly Contact[] | readonly Address[]): void {
    const before = this.#passive.contacts.length;
    for (const one of sample(this.#random, contacts as readonly (Contact | Address)[], contacts.length)) {
      if (typeof one !== "string") this.#remember(one);
      else if (one !== this.#self.address) this.#search.addAddress(one);
    }
    // A search that pauses for want of anybody to ask goes on at once. Not for addresses: they are the same each time.
    const isNews = this.#passive.contacts.length > before;
    if (isNews && this.#neighbors.length === 0) this.#search.anew(now);
    else this.#search.go(now);
  }

  /** Makes somebody a neighbor, full or not on either side: it is the way to another part of the network. */
  call(now: number, { id, address }: Contact): void {
    if (!this.#started || this.#active.find(id) !== undefined || this.#greetings.isSearching(id)) return;
    this.#greetings.dial(now, "mix", address, { id, address });
  }

  /** Parts have become one: a neighbor is to be exchanged for a random contact soon, at every peer. */
  mix(now: number): void {
    if (this.#started) this.#search.mixSoon(now);
  }

  /** A link is up. */
  linkUp(now: number, link: LinkId, remote: Address): void {
    if (this.#started) this.#greetings.linkUp(now, link, remote);
    else this.#owner.close(link, "leaving");
  }

  /** The other side will send no more: there are no one-way links here. */
  linkEnded(now: number, link: LinkId): void {
    this.#owner.close(link, "done");
    this.linkDown(now, link, "closed");
  }

  /** A link is gone. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    const neighbor = this.neighborOn(link);
    if (neighbor !== undefined) this.#lose(now, neighbor, reason === "closed" ? "closed" : "lost");
    else {
      const greeting = this.#greetings.find(link);
      if (greeting !== undefined) this.#greetings.linkDown(now, greeting, reason);
    }
  }

  /**
   * Closes the link of a neighbor that others have found dead or useless. It is remembered as lost.
   *
   * @param reason - `timeout` for one that is silent
   */
  drop(now: number, link: LinkId, reason: CloseReason): void {
    const neighbor = this.neighborOn(link);
    if (neighbor === undefined) return;
    this.#owner.close(link, reason);
    this.#lose(now, neighbor, "lost");
  }

  /** Says goodbye to everybody. Nothing happens after it. */
  leave(now: number): void {
    this.#started = false;
    this.#search.stop();
    this.#shuffles.stop();
    for (const neighbor of this.#neighbors.slice()) {
      this.#owner.send(neighbor.link, disconnect);
      this.#owner.close(neighbor.link, "leaving");
      this.#removeNeighbor(now, neighbor);
    }
    for (const greeting of this.#greetings.all.slice()) this.#greetings.close(greeting, "leaving");
  }

  /** Does what is due. */
  wake(now: number): void {
    this.#greetings.wake(now);
    this.#shuffles.wake(now);
    this.#search.wake(now);
  }

  /**
   * A message on a link that `linkUp` was told of.
   *
   * @returns false when it is a neighbor's, and not for the overlay but for the broadcast. What is not a neighbor's, or no
   *   longer, ends here
   */
  receive(now: number, link: LinkId, message: Message): boolean {
    const neighbor = this.neighborOn(link);
    if (neighbor !== undefined) return this.#fromNeighbor(now, neighbor, message);
    const greeting = this.#greetings.find(link);
    if (greeting !== undefined) this.#fromStranger(now, greeting, message);
    return true;
  }

  #fromNeighbor(now: number, neighbor: Neighbor, message: Message): boolean {
    switch (message.type) {
      case "forward-join":
        this.#forwardJoin(now, neighbor, message);
        return true;
      case "shuffle":
        if (message.contacts.length > shuffleContactsMax) this.#misbehaved(now, neighbor);
        else this.#shuffles.pass(now, neighbor, message);
        return true;
      case "shuffle-reply":
        if (!this.#shuffles.takeReply(message.contacts)) this.#misbehaved(now, neighbor);
        return true;
      case "disconnect":
        this.#owner.close(neighbor.link, "done");
        this.#removeNeighbor(now, neighbor);
        this.#remember(neighbor.contact);
        this.#search.anew(now, neighbor.contact.id);
        return true;
      case "hello":
      case "join":
      case "neighbor-request":
      case "neighbor-reply":
        this.#misbehaved(now, neighbor);
        return true;
      default:
        return false;
    }
  }

  #fromStranger(now: number, greeting: Greeting, message: Message): void {
    const { state, purpose } = greeting;
    const { type } = message;
    if (state === "parting") {
      // What was sent before our goodbye arrived. Two goodbyes that cross: nobody waits for the other.
      if (type === "disconnect") this.#greetings.close(greeting, "done");
    } else if (type === "hello") this.#greetings.hello(now, greeting, message);
    else if (state === "greeted" && (type === "join" || type === "neighbor-request")) {
      this.#requested(now, greeting, type === "join" ? type : message.priority);
    } else if (state === "asked" && type === "neighbor-reply" && purpose !== "visit") {
      this.#answered(now, greeting, message.accepted);
    } else if (state === "asked" && type === "shuffle-reply" && purpose === "visit") {
      this.#greetings.close(greeting, this.#shuffles.takeReply(message.contacts) ? "done" : "misbehaved");
      if (this.#neighbors.length === 0) this.#search.anew(now);
    } else if (state === "greeted" && type === "shuffle-reply" && this.#shuffles.takeReply(message.contacts)) {
      this.#greetings.part(now, greeting);
    } else if (state === "greeted" && type === "shuffle" && message.contacts.length <= shuffleContactsMax) {
      const contacts = this.#shuffles.exchange(message);
      this.#owner.send(greeting.link, { type: "shuffle-reply", contacts });
      this.#greetings.part(now, greeting);
      // Somebody is alive after all.
      if (this.#neighbors.length === 0) this.#search.anew(now);
    } else {
      const answer = state === "greeted" ? this.#owner.asked(now, message) : undefined;
      if (answer === undefined) this.#greetings.misbehaved(now, greeting, type);
      else this.#greetings.answer(now, greeting, answer);
    }
  }

  #failed(now: number, greeting: Greeting, reason: DownReason | "mismatched" | "self"): void {
    const { purpose, contact, state } = greeting;
    const wasDialed = purpose !== "accepted" && contact !== undefined && state !== "asked";
    if (wasDialed && reason !== "mismatched" && reason !== "self") this.#owner.dialFailed(now, contact, reason);
    this.#search.failed(now, greeting, reason);
  }

  #misbehaved(now: number, neighbor: Neighbor): void {
    this.#owner.close(neighbor.link, "misbehaved");
    this.#removeNeighbor(now, neighbor, "misbehaved");
    this.#search.anew(now);
  }

  // Becoming neighbors

  /** Both sides of a link know who the other is. */
  #greeted(now: number, greeting: Greeting, expected: Contact | undefined): void {
    const contact = greeting.contact!;
    const { purpose } = greeting;
    const known = this.#active.find(contact.id);
    if (known !== undefined && known.epoch < greeting.epoch) {
      // It has restarted: the old life's link is dead, whether TCP has noticed or not.
      this.#owner.close(known.link, "done");
      this.#removeNeighbor(now, known);
    }
    if (purpose === "accepted") return;
    // Somebody else lives at that address now.
    const isStrange = expected !== undefined && expected.id !== contact.id;
    if (isStrange) this.#passive.remove(expected.id);
    if (purpose === "shuffle-reply") {
      if (!isStrange) this.#owner.send(greeting.link, { type: "shuffle-reply", contacts: greeting.contacts! });
      this.#greetings.close(greeting, "done");
    } else if (purpose === "visit") {
      this.#greetings.ask(now, greeting, this.#shuffles.make(0));
    } else this.#ask(now, greeting, contact);
  }

  #ask(now: number, greeting: Greeting, contact: Contact): void {
    const { purpose } = greeting;
    const isUrgent = this.#search.isUrgent(greeting);
    this.#remember(contact);
    const isWanted = purpose === "welcome" || isUrgent || this.#neighbors.length < this.#config.activeViewMax;
    if (!isWanted || this.#active.find(contact.id) !== undefined || this.#greetings.asked(contact.id) !== undefined) {
      this.#greetings.close(greeting, "done");
      this.#search.spared(now, greeting);
    } else if (purpose === "join") this.#greetings.ask(now, greeting, join);
    else this.#greetings.ask(now, greeting, isUrgent || this.#search.isNeedy() ? highRequest : lowRequest);
  }

  /** Somebody asks to become a neighbor. */
  #requested(now: number, greeting: Greeting, wish: "join" | "high" | "low"): void {
    const contact = greeting.contact!;
    const { link } = greeting;
    const crossing = this.#greetings.asked(contact.id);
    if (crossing !== undefined) {
      if (this.#self.id < contact.id) {
        this.#greetings.close(greeting, "done");
        return;
      }
      this.#greetings.close(crossing, "done");
    }
    const known = this.#active.find(contact.id);
    if (known !== undefined) {
      // Its request crossed with ours, which it has accepted in the meantime.
      if (greeting.since <= known.since) {
        this.#greetings.close(greeting, "done");
        return;
      }
      // A neighbor that asks anew has lost the link that we believe in.
      this.#owner.close(known.link, "done");
      this.#removeNeighbor(now, known);
    }
    // The places of those who have been asked and have not answered are not given away.
    const taken = this.#neighbors.length + this.#greetings.asking();
    if (wish === "low" && taken >= this.#config.activeViewMax) {
      this.#owner.send(link, refusal);
      this.#greetings.part(now, greeting);
      this.#search.go(now);
      return;
    }
    this.#greetings.giveUpDials(contact.id);
    this.#makeRoom(now);
    this.#owner.send(link, acceptance);
    const others = this.#neighbors.slice();
    this.#admit(now, greeting);
    if (wish !== "join" || this.#config.walkLength === 0) return;
    const walk: ForwardJoin = { type: "forward-join", newcomer: contact, ttl: this.#config.walkLength };
    for (const other of others) this.#owner.send(other.link, walk);
  }

  /** The answer to a join or a neighbor request. */
  #answered(now: number, greeting: Greeting, accepted: boolean): void {
    const { purpose } = greeting;
    const contact = greeting.contact!;
    if (!accepted) {
      this.#greetings.close(greeting, "done");
      this.#search.refused(now, contact.id);
    } else if (this.#neighbors.length >= this.#config.activeViewMax && (purpose === "join" || purpose === "fill")) {
      // Others were quicker.
      this.#owner.send(greeting.link, disconnect);
      this.#greetings.part(now, greeting);
      this.#remember(contact);
    } else {
      this.#makeRoom(now);
      this.#admit(now, greeting);
    }
  }

  #admit(now: number, greeting: Greeting): void {
    this.#greetings.remove(greeting);
    const contact = greeting.contact!;
    const neighbor = this.#active.add(now, contact, greeting.link, greeting.epoch);
    this.#passive.remove(contact.id);
    this.#owner.neighborUp(now, neighbor);
    this.#search.found(now, contact.id);
  }

  /** Says goodbye to a neighbor when there is no room for another: to the one of least use, else to any. */
  #makeRoom(now: number): void {
    if (this.#neighbors.length < this.#config.activeViewMax) return;
    const candidates = sample(this.#random, this.#neighbors, this.#neighbors.length);
    const uses = candidates.map((candidate) => this.#owner.usesOf(now, candidate));
    const neighbor = candidates[uses.indexOf(Math.min(...uses))]!;
    this.#owner.send(neighbor.link, disconnect);
    this.#removeNeighbor(now, neighbor);
    this.#greetings.partFromNeighbor(now, neighbor.link, neighbor.contact, neighbor.epoch);
    this.#remember(neighbor.contact);
  }

  #removeNeighbor(now: number, neighbor: Neighbor, why?: Loss): void {
    this.#active.remove(neighbor);
    this.#owner.neighborDown(now, neighbor, why);
  }

  /** A neighbor is gone without a goodbye. */
  #lose(now: number, neighbor: Neighbor, how: "closed" | "lost"): void {
    this.#removeNeighbor(now, neighbor, how);
    this.#search.lost(now, neighbor);
  }

  #forwardJoin(now: number, from: Neighbor, { newcomer, ttl }: ForwardJoin): void {
    if (newcomer.id === this.#self.id) return;
    const stepsLeft = Math.min(ttl, this.#config.walkLength);
    const next = stepsLeft === 0 ? undefined : this.#active.nextStep(from, newcomer.id);
    if (next !== undefined) {
      if (stepsLeft === this.#config.passiveWalkLength) this.#remember(newcomer);
      this.#owner.send(next.link, { type: "forward-join", newcomer, ttl: stepsLeft - 1 });
    } else if (this.#active.find(newcomer.id) === undefined && !this.#greetings.isSearching(newcomer.id)) {
      const isDialed = this.#greetings.dial(now, "welcome", newcomer.address, newcomer);
      if (!isDialed) this.#remember(newcomer);
    }
  }

  #remember(contact: Contact, expendable?: readonly Contact[]): void {
    if (this.#active.find(contact.id) === undefined) this.#passive.add(contact, expendable);
  }
}

const join: Message = { type: "join" };
const disconnect: Message = { type: "disconnect" };
const acceptance: Message = { type: "neighbor-reply", accepted: true };
const refusal: Message = { type: "neighbor-reply", accepted: false };
const highRequest: Message = { type: "neighbor-request", priority: "high" };
const lowRequest: Message = { type: "neighbor-request", priority: "low" };
