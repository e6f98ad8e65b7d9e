/**
 * GossipSub's mesh, to compare with: D. Vyzovitis and others, *GossipSub: attack-resilient message propagation in the
 * Filecoin and ETH2.0 networks* (arXiv:2007.02754), without the scores that its version 1.1 defends itself with; version
 * 1.0 as it was designed and simulated in *gerbil-simsub*, whose README gives the figures that this is held against.
 *
 * A peer knows some others, and has a **mesh** of about six of them: it grafts more when there are fewer than four, and
 * prunes some when there are more than twelve. A message goes on to everybody in the mesh, at once. With each heartbeat the
 * numbers of what came lately are told to some who are not in the mesh, and they ask for what they lack.
 */
import type { Core } from "../../core/effects.js";
import { type Random, sample } from "../../core/random.js";

/** Tunables of the simulation: D, D_low, D_high, D_lazy, and how much is kept and gossiped about. */
export const gossipsubDefaults = {
  meshTarget: 6,
  meshMin: 4,
  meshMax: 12,
  gossipTargets: 6,
  heartbeatMs: 1_000,
  /** Heartbeats whose messages are gossiped about … */
  gossipHeartbeats: 3,
  /** … and kept for those who ask. */
  historyHeartbeats: 120,
};

/** Everything that travels. */
export interface GossipsubMessage {
  readonly type: "publish" | "ihave" | "iwant" | "graft" | "prune";
  readonly from: number;
  /** Of a `publish`: the message; of `ihave` and `iwant`: those that are there, or wanted. */
  readonly ids: readonly number[];
}

/** What one peer tells of itself. */
export interface GossipsubOwner {
  post(to: number, message: GossipsubMessage): void;
  /** A payload that it had not yet. */
  delivered(id: number): void;
}

/** One peer. Peers are numbers. */
export class GossipsubCore implements Core<GossipsubMessage> {
  readonly #self: number;
  readonly #random: Random;
  readonly #owner: GossipsubOwner;
  readonly #known: number[];
  #mesh: number[] = [];
  readonly #messages = new Set<number>();
  /** What came since the last heartbeat, and before each of those before it. */
  #window: number[] = [];
  #history: (readonly number[])[] = [];
  #heartbeatAt = Number.POSITIVE_INFINITY;

  /** @param known - those that it has a connection to, from either side */
  constructor(self: number, known: readonly number[], random: Random, owner: GossipsubOwner) {
    this.#self = self;
    this.#known = [...known];
    this.#random = random;
    this.#owner = owner;
  }

  get nextWake(): number {
    return this.#heartbeatAt;
  }

  /** How many are in its mesh. */
  get degree(): number {
    return this.#mesh.length;
  }

  /** Begins; the first heartbeat comes after one to two intervals. */
  start(now: number): void {
    const { heartbeatMs } = gossipsubDefaults;
    this.#heartbeatAt = now + heartbeatMs + this.#random.below(heartbeatMs);
  }

  /** Its application publishes. */
  publish(id: number): void {
    this.#take(id, this.#self);
  }

  linkUp(): void {}
  linkEnded(): void {}
  linkDown(): void {}

  receive(_now: number, _link: number, { type, from, ids }: GossipsubMessage): void {
    switch (type) {
      case "publish":
        this.#take(ids[0]!, from);
        break;
      case "ihave": {
        const wanted = ids.filter((id) => !this.#messages.has(id));
        if (wanted.length > 0) this.#say(from, "iwant", wanted);
        break;
      }
      case "iwant":
        for (const id of ids) if (this.#messages.has(id)) this.#say(from, "publish", [id]);
        break;
      case "graft":
        if (!this.#mesh.includes(from)) this.#mesh.push(from);
        break;
      case "prune":
        this.#mesh = this.#mesh.filter((one) => one !== from);
        break;
    }
  }

  wake(now: number): void {
    const { heartbeatMs, historyHeartbeats } = gossipsubDefaults;
    if (this.#heartbeatAt > now) return;
    this.#heartbeatAt = now + heartbeatMs;
    this.#tend();
    this.#history.unshift(this.#window);
    this.#window = [];
    if (this.#history.length > historyHeartbeats) for (const id of this.#history.pop()!) this.#messages.delete(id);
    this.#gossip();
  }

  #tend(): void {
    const { meshTarget, meshMin, meshMax } = gossipsubDefaults;
    const degree = this.#mesh.length;
    if (degree < meshMin) {
      const others = this.#known.filter((one) => !this.#mesh.includes(one));
      for (const one of sample(this.#random, others, meshTarget - degree)) {
        this.#mesh.push(one);
        this.#say(one, "graft");
      }
    } else if (degree > meshMax) {
      const pruned = sample(this.#random, this.#mesh, degree - meshTarget);
      for (const one of pruned) this.#say(one, "prune");
      this.#mesh = this.#mesh.filter((one) => !pruned.includes(one));
    }
  }

  #gossip(): void {
    const { gossipTargets, gossipHeartbeats } = gossipsubDefaults;
    const ids = this.#history.slice(0, gossipHeartbeats).flat();
    if (ids.length === 0) return;
    for (const one of sample(this.#random, this.#known, gossipTargets)) {
      if (!this.#mesh.includes(one)) this.#say(one, "ihave", ids);
    }
  }

  #take(id: number, from: number): void {
    if (this.#messages.has(id)) return;
    this.#messages.add(id);
    this.#window.push(id);
    this.#owner.delivered(id);
    for (const one of this.#mesh) if (one !== from) this.#say(one, "publish", [id]);
  }

  #say(to: number, type: GossipsubMessage["type"], ids: readonly number[] = []): void {
    this.#owner.post(to, { type, from: this.#self, ids });
  }
}
