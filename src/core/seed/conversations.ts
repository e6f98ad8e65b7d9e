/**
 * What a seed and a peer of Hearsay's own protocol say to each other: hello, hello, one request, its answer (or several,
 * when somebody reads the whole list). Then the peer hangs up.
 *
 * All conversations have the same limit of time, so the oldest is the next to be over, and there is a limit to how many
 * strangers may talk at once.
 */
import { type Address, isWildcard, splitAddress, withIp } from "../address.js";
import { seedCapability } from "../capabilities.js";
import type { DirectoryPage } from "../directory/messages.js";
import type { CloseReason, LinkId } from "../effects.js";
import { nativeVersion } from "../greetings.js";
import type { Contact, PeerId } from "../identity.js";
import type { Hello, Message, Registered } from "../message.js";
import type { SeedConfig } from "./config.js";

/** Who a seed is. */
export interface SeedSelf {
  /** Its address is how it calls itself: where peers reach it is their matter. */
  readonly contact: Contact;
  /** When this process started, in milliseconds since 1970. */
  readonly epoch: number;
  /** The network's name: at most 255 bytes of UTF-8. */
  readonly network: string;
}

/** What the conversations need, and whom they tell. */
export interface ConversationsOwner {
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  /** A peer registers. Its answer but for what the conversation knows itself; undefined: it is turned away. */
  register(
    now: number,
    peer: Contact,
    epoch: number,
    remote: Address,
  ): Omit<Registered, "type" | "observedIp"> | undefined;
  /** A peer leaves. */
  unregister(id: PeerId, epoch: number): void;
  /** Somebody wants to know who is registered. Undefined: too many want to. */
  page(now: number, after: string): DirectoryPage | undefined;
  /** Another network's peer has come. */
  mismatched(remote: Address, theirs: string): void;
  /** Not answered: what has no place here, or one conversation too many. */
  refused(remote: Address, what: Message["type"], why: "unexpected" | "conversations-full"): void;
}

interface Conversation {
  readonly remote: Address;
  readonly deadline: number;
  /** Undefined until its hello. */
  peer: Contact | undefined;
  epoch: number;
  isOver: boolean;
}

/** All conversations of one seed in Hearsay's own protocol. */
export class Conversations {
  readonly #hello: Hello;
  readonly #config: SeedConfig;
  readonly #owner: ConversationsOwner;
  /** In order of beginning, which is the order of their ends. */
  readonly #all = new Map<LinkId, Conversation>();

  constructor({ contact, epoch, network }: SeedSelf, config: SeedConfig, owner: ConversationsOwner) {
    this.#config = config;
    this.#owner = owner;
    const capabilities = seedCapability;
    this.#hello = { type: "hello", version: nativeVersion, network, capabilities, self: contact, epoch };
  }

  /** When the oldest has taken too long. */
  get nextWake(): number {
    return this.#all.values().next().value?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** Somebody has connected. */
  begin(now: number, link: LinkId, remote: Address): void {
    if (this.#all.size >= this.#config.conversationsMax) {
      this.#owner.close(link, "full");
      this.#owner.refused(remote, "hello", "conversations-full");
      return;
    }
    const deadline = now + this.#config.conversationTimeoutMs;
    this.#all.set(link, { remote, deadline, peer: undefined, epoch: 0, isOver: false });
  }

  /** Whether the link is one of these. */
  has(link: LinkId): boolean {
    return this.#all.has(link);
  }

  /** The link is gone. */
  linkDown(link: LinkId): void {
    this.#all.delete(link);
  }

  /** The other side has nothing more to say, or should not. */
  close(link: LinkId, reason: CloseReason): void {
    if (this.#all.delete(link)) this.#owner.close(link, reason);
  }

  /** The other side says something. */
  receive(now: number, link: LinkId, message: Message): void {
    const conversation = this.#all.get(link);
    if (conversation === undefined) return;
    const { peer, epoch, remote, isOver } = conversation;
    if (message.type === "hello" && peer === undefined) this.#greeted(link, conversation, message);
    else if (message.type === "register" && peer !== undefined && !isOver) {
      conversation.isOver = true;
      const answer = this.#owner.register(now, peer, epoch, remote);
      if (answer === undefined) this.close(link, "full");
      else this.#owner.send(link, { type: "registered", observedIp: splitAddress(remote).ip, ...answer });
    } else if (message.type === "unregister" && peer !== undefined && !isOver) {
      conversation.isOver = true;
      this.#owner.unregister(peer.id, epoch);
    } else if (message.type === "directory-request" && peer !== undefined && !isOver) {
      const page = this.#owner.page(now, message.after);
      if (page !== undefined) this.#owner.send(link, page);
      else {
        this.close(link, "full");
        this.#owner.refused(remote, message.type, "conversations-full");
      }
    } else {
      this.close(link, "misbehaved");
      this.#owner.refused(remote, message.type, "unexpected");
    }
  }

  /** Ends those that have taken too long. */
  wake(now: number): void {
    for (const [link, { deadline, isOver }] of this.#all) {
      if (deadline > now) return;
      this.close(link, isOver ? "done" : "timeout");
    }
  }

  /** Ends all of them. */
  leave(): void {
    for (const link of this.#all.keys()) this.#owner.close(link, "leaving");
    this.#all.clear();
  }

  #greeted(link: LinkId, conversation: Conversation, { network, version, self, epoch }: Hello): void {
    const { remote } = conversation;
    // Both sides are told who is here, so that both can say what is wrong.
    this.#owner.send(link, this.#hello);
    if (network !== this.#hello.network) {
      this.close(link, "misbehaved");
      this.#owner.mismatched(remote, network);
    } else if (version < 1) {
      this.close(link, "misbehaved");
      this.#owner.refused(remote, "hello", "unexpected");
    } else {
      // 0.0.0.0 means something to the peer itself only; where it comes from is a fact.
      const address = isWildcard(self.address) ? withIp(self.address, splitAddress(remote).ip)! : self.address;
      conversation.peer = { id: self.id, address };
      conversation.epoch = epoch;
    }
  }
}
