/**
 * The exchange of contacts that keeps passive views random and fresh. See `overlay.ts` for why.
 *
 * A shuffle names its origin, some of the origin's neighbors and some of its passive contacts, and walks from neighbor to
 * neighbor. The peer at the end answers with as many of its own passive contacts: over their link when the two are
 * neighbors, or else over a link that lives for this answer only. Both then prefer to forget what they have just given
 * away, so that contacts move through the network rather than multiply.
 */
import type { OverlayConfig } from "./config.js";
import type { LinkId } from "./effects.js";
import type { Greetings } from "./greetings.js";
import type { Contact } from "./identity.js";
import type { Message, Shuffle } from "./message.js";
import { type Random, sample } from "./random.js";
import type { ActiveView, Neighbor, PassiveView } from "./views.js";

/** The longest list of contacts that a shuffle, or the answer to one, may carry. */
export const shuffleContactsMax = 64;
/** Shuffles whose answers may still come. */
const repliesMax = 4;

/** One peer's shuffles, its own and those that pass. */
export class Shuffles {
  readonly #self: Contact;
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #active: ActiveView;
  readonly #passive: PassiveView;
  readonly #greetings: Greetings;
  readonly #send: (link: LinkId, message: Message) => void;
  /** What went out with the last shuffle: the first to make room for what comes back. */
  #sent: readonly Contact[] = [];
  #repliesDue = 0;
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(
    self: Contact,
    config: OverlayConfig,
    random: Random,
    active: ActiveView,
    passive: PassiveView,
    greetings: Greetings,
    send: (link: LinkId, message: Message) => void,
  ) {
    this.#self = self;
    this.#config = config;
    this.#random = random;
    this.#active = active;
    this.#passive = passive;
    this.#greetings = greetings;
    this.#send = send;
  }

  /** When the next one is due. */
  get nextWake(): number {
    return this.#nextAt;
  }

  /** Begins, somewhere within the first interval: those who start together don't shuffle together. */
  start(now: number): void {
    this.#nextAt = now + 1 + this.#random.below(this.#config.shuffleIntervalMs);
  }

  /** No more of them. */
  stop(): void {
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  /** Sends one, when it is due. */
  wake(now: number): void {
    if (this.#nextAt > now) return;
    const { shuffleIntervalMs, shufflesPerVisit, walkLength } = this.#config;
    const quarter = Math.ceil(shuffleIntervalMs / 4);
    this.#nextAt = now + quarter * 3 + this.#random.below(quarter * 2 + 1);
    const contact = this.#random.below(shufflesPerVisit) === 0 ? this.#passive.any() : undefined;
    if (contact !== undefined) {
      if (!this.#greetings.isSearching(contact.id)) this.#greetings.dial(now, "visit", contact.address, contact);
      return;
    }
    const neighbor = this.#active.any();
    if (neighbor !== undefined) this.#send(neighbor.link, this.make(walkLength));
  }

  /** A shuffle of our own. */
  make(ttl: number): Shuffle {
    const { shuffleActiveCount, shufflePassiveCount } = this.#config;
    const contacts = sample(this.#random, this.#active.neighbors, shuffleActiveCount).map(({ contact }) => contact);
    this.#sent = sample(this.#random, this.#passive.contacts, shufflePassiveCount);
    for (const contact of this.#sent) contacts.push(contact);
    this.#repliesDue = Math.min(repliesMax, this.#repliesDue + 1);
    return { type: "shuffle", origin: this.#self, ttl, contacts };
  }

  /** A shuffle comes by: it goes on, or ends here. */
  pass(now: number, from: Neighbor, shuffle: Shuffle): void {
    const { origin, contacts } = shuffle;
    const ttl = Math.min(shuffle.ttl, this.#config.walkLength);
    const next = ttl === 0 ? undefined : this.#active.nextStep(from, origin.id);
    if (next !== undefined) {
      this.#send(next.link, { type: "shuffle", origin, ttl: ttl - 1, contacts });
      return;
    }
    if (origin.id === this.#self.id) return;
    const given = this.exchange(shuffle);
    const neighbor = this.#active.find(origin.id);
    if (neighbor !== undefined) this.#send(neighbor.link, { type: "shuffle-reply", contacts: given });
    else this.#greetings.dial(now, "shuffle-reply", origin.address, origin, given);
  }

  /** Takes what a shuffle brings, and returns as many of our own. */
  exchange({ origin, contacts }: Shuffle): readonly Contact[] {
    const given = sample(this.#random, this.#passive.contacts, contacts.length + 1);
    this.#merge(contacts, given);
    if (this.#active.find(origin.id) === undefined) this.#passive.add(origin, given);
    return given;
  }

  /** The answer to a shuffle of ours; false when none is expected, or when it is too long. */
  takeReply(contacts: readonly Contact[]): boolean {
    if (this.#repliesDue === 0 || contacts.length > shuffleContactsMax) return false;
    this.#repliesDue--;
    this.#merge(contacts, this.#sent);
    return true;
  }

  #merge(contacts: readonly Contact[], expendable: readonly Contact[]): void {
    for (const contact of contacts) {
      if (this.#active.find(contact.id) === undefined) this.#passive.add(contact, expendable);
    }
  }
}
