import { type Address, joinAddress, parseAddress, splitAddress } from "../../src/core/address.js";
import type { Core, DownReason, Effects, LinkId } from "../../src/core/effects.js";
import type { Random } from "../../src/core/random.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";

/** The n-th test address: 10.0.0.1:5000, 10.0.0.2:5000, … */
export function addressOf(n: number): Address {
  return joinAddress(`10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`, 5000)!;
}

export const nobody = parseAddress("10.9.9.9:9")!;

/** A core that does nothing of its own accord and writes down what it is told. */
export class Recorder implements Core<string> {
  readonly log: string[] = [];
  /** Every link that came up, in order. */
  readonly links: LinkId[] = [];
  readonly effects: Effects<string, string>;
  nextWake = Number.POSITIVE_INFINITY;
  onWake: (now: number) => void = () => {
    this.nextWake = Number.POSITIVE_INFINITY;
  };
  onMessage: (link: LinkId, message: string) => void = () => {};
  readonly #bornAt: () => number;

  constructor(effects: Effects<string, string>, bornAt: () => number) {
    this.effects = effects;
    this.#bornAt = bornAt;
  }

  linkUp(now: number, link: LinkId, remote: Address): void {
    this.links.push(link);
    this.#write(now, `up ${remote}`);
  }
  linkEnded(now: number, _link: LinkId): void {
    this.#write(now, "ended");
  }
  linkDown(now: number, _link: LinkId, reason: DownReason): void {
    this.#write(now, `down ${reason}`);
  }
  receive(now: number, link: LinkId, message: string): void {
    this.#write(now, message);
    this.onMessage(link, message);
  }
  congested(now: number, _link: LinkId, isCongested: boolean): void {
    this.#write(now, isCongested ? "congested" : "eased");
  }
  wake(now: number): void {
    this.#write(now, "wake");
    this.onWake(now);
  }
  #write(now: number, text: string): void {
    this.log.push(`${now - this.#bornAt()} ${text}`);
  }
}

/** A network with a constant latency of 10 ms, and recorders in it whose logs show milliseconds since its beginning. */
export class Stage {
  readonly network: VirtualNetwork<string>;
  readonly startMs: number;

  constructor(options: Partial<VirtualNetworkOptions<string>> = {}) {
    this.network = new VirtualNetwork<string>({ randomSeed: 1, latencyMs: [10, 10], ...options });
    this.startMs = this.network.now;
  }

  start(n: number): VirtualProcess<Recorder> {
    return this.network.start(
      addressOf(n),
      (effects: Effects<string, string>) => new Recorder(effects, () => this.startMs),
    );
  }

  /** Two processes with a link between them, at 20 ms; their logs are empty again. */
  pair(): Pair {
    const a = this.start(1);
    const b = this.start(2);
    const toB = a.call((core) => core.effects.dial(b.address));
    this.network.run(20);
    const toA = b.core.links[0]!;
    a.core.log.length = 0;
    b.core.log.length = 0;
    return { a, b, toB, toA };
  }
}

export interface Pair {
  readonly a: VirtualProcess<Recorder>;
  readonly b: VirtualProcess<Recorder>;
  /** The link, as `a` and as `b` knows it. */
  readonly toB: LinkId;
  readonly toA: LinkId;
}

export function say(from: VirtualProcess<Recorder>, link: LinkId, ...messages: string[]): void {
  from.call((core) => {
    for (const message of messages) core.effects.send(link, message);
  });
}

/** Floods what it hears for the first time; dials some others at its start. */
export class Flooder implements Core<number> {
  readonly heard = new Set<number>();
  readonly #links: LinkId[] = [];
  readonly #effects: Effects<number, number>;
  nextWake = Number.POSITIVE_INFINITY;

  constructor(effects: Effects<number, number>, random: Random, self: Address, count: number) {
    this.#effects = effects;
    for (let i = 0; i < 4; i++) {
      const other = addressOf(1 + random.below(count));
      if (other !== self) effects.dial(other);
    }
    // One neighbor for certain, so that the overlay is connected.
    const { ip, port } = splitAddress(self);
    const n = ip.split(".").reduce((sum, octet) => (sum % 65_536) * 256 + Number(octet), 0) % 65_536;
    if (n > 1) effects.dial(joinAddress(splitAddress(addressOf(n - 1)).ip, port)!);
  }

  publish(message: number): void {
    if (this.heard.has(message)) return;
    this.heard.add(message);
    this.#effects.notify(message);
    for (const link of this.#links) this.#effects.send(link, message);
  }
  linkUp(_now: number, link: LinkId): void {
    this.#links.push(link);
    for (const message of this.heard) this.#effects.send(link, message);
  }
  linkEnded(): void {}
  linkDown(_now: number, link: LinkId): void {
    const index = this.#links.indexOf(link);
    if (index >= 0) this.#links.splice(index, 1);
  }
  receive(_now: number, _link: LinkId, message: number): void {
    this.publish(message);
  }
  wake(): void {}
}
