/** A peer whose core is a stand-in: tests say what the core tells, and see what it is asked. */

import { PeerInbox } from "../../src/api/inbox.js";
import { Peer } from "../../src/api/peer.js";
import type { PeerRequests } from "../../src/api/runner.js";
import type { Address } from "../../src/core/address.js";
import type { PeerState, Tags } from "../../src/core/directory/record.js";
import type { PeerId } from "../../src/core/identity.js";
import type { Envelope } from "../../src/core/message.js";
import type { NeighborState, PeerEvent } from "../../src/core/peer-events.js";
import type { PublishRequest } from "../../src/core/publisher.js";

export const address = "10.0.0.1:5000" as Address;
export const id = "0123456789abcdef0123456789abcdef" as PeerId;

/** What the stand-in was asked to do, and what it remembers. */
export class CoreStandIn implements PeerRequests {
  readonly requests: PublishRequest[] = [];
  /** Called for each request, while the core is at work. */
  answer: (request: PublishRequest) => void = () => {};
  past: Envelope[] = [];
  /** Those of the past whose turn has not come. */
  early: Envelope[] = [];
  neighborStates: NeighborState[] = [];
  peerStates: PeerState[] = [];
  tags: Tags = {};
  hasLeft = false;
  isAlone = false;
  counters = { delivered: 0, published: 0, duplicates: 0, gaps: 0 };

  publish(_now: number, request: PublishRequest): void {
    this.requests.push(request);
    this.answer(request);
  }

  retained(topic: string | undefined, order: "origin" | "any"): Envelope[] {
    const all = order === "any" ? this.past : this.past.filter((envelope) => !this.early.includes(envelope));
    return all.filter((envelope) => topic === undefined || envelope.topic === topic);
  }

  neighbors(): readonly NeighborState[] {
    return this.neighborStates;
  }

  peers(): readonly PeerState[] {
    return this.peerStates;
  }

  peer(wanted: PeerId): PeerState | undefined {
    return this.peerStates.find((state) => state.id === wanted);
  }

  setTags(_now: number, tags: Tags): void {
    this.tags = tags;
  }

  leave(): void {
    this.hasLeft = true;
  }
}

export function scene() {
  const core = new CoreStandIn();
  const inbox = new PeerInbox();
  const life = { isBusy: false, settled: 0, closed: 0 };
  const runner = {
    address,
    call<T>(input: (core: PeerRequests, now: number) => T): T {
      if (life.isBusy) throw new Error("an effect calls back into its core");
      life.isBusy = true;
      try {
        return input(core, 1_704_067_200_000);
      } finally {
        life.isBusy = false;
      }
    },
    async settle() {
      life.settled++;
    },
    async close() {
      life.closed++;
    },
  };
  /** The core is fed something, and tells this. */
  const tell = (...events: PeerEvent[]) =>
    runner.call(() => {
      for (const event of events) inbox.notify(event);
    });
  /** Messages arrive, each at its turn. */
  const hear = (...envelopes: Envelope[]) =>
    runner.call(() => {
      for (const envelope of envelopes) {
        core.past.push(envelope);
        inbox.arrived(envelope);
        inbox.ordered(envelope);
      }
    });
  const peer = new Peer({ id, network: "test", maxPayloadBytes: 1_000 }, runner, inbox);
  return { core, inbox, life, runner, peer, tell, hear };
}

export function envelopeOf(seq: number, change: Partial<Envelope> = {}): Envelope {
  const payload = new TextEncoder().encode(`message ${seq}`);
  const life = { origin: id, epoch: 1_704_000_000_000, seq, address };
  return { ...life, publishedAt: 1_704_067_200_000 + seq, topic: "news", payload, ...change };
}

/** `from`, …, `to`. */
export function envelopes(from: number, to: number, change: Partial<Envelope> = {}): Envelope[] {
  return Array.from({ length: to - from + 1 }, (_, index) => envelopeOf(from + index, change));
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}
