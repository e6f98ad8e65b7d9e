import assert from "node:assert/strict";
import type { Core, DownReason, Effects, LinkId } from "../../src/core/effects.js";
import { type Random, sample, seededRandom } from "../../src/core/random.js";
import { VirtualNetwork } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";
import { seededRuns } from "../seeded.js";
import { addressOf } from "./toys.js";

interface Numbered {
  readonly from: LinkId;
  readonly n: number;
}

interface LinkView {
  state: "dialing" | "up" | "gone";
  sent: number;
  received: number;
  /** The id that the other side knows the link by, once it has spoken. */
  from: LinkId | undefined;
  hasEnded: boolean;
  isEndedByOther: boolean;
  isCongested: boolean;
}

/** Does random things on its links, and asserts that what it is told of each could come from a TCP connection. */
class Stickler implements Core<Numbered> {
  nextWake = 0;
  readonly views = new Map<LinkId, LinkView>();
  messages = 0;
  congestions = 0;
  readonly #effects: Effects<Numbered, never>;
  readonly #random: Random;
  readonly #count: number;
  #lastNow = 0;

  constructor(effects: Effects<Numbered, never>, random: Random, count: number) {
    this.#effects = effects;
    this.#random = random;
    this.#count = count;
  }

  linkUp(now: number, link: LinkId): void {
    this.#tick(now);
    const view = this.views.get(link);
    if (view === undefined) this.#add(link, "up");
    else {
      assert.equal(view.state, "dialing");
      view.state = "up";
    }
  }

  linkEnded(now: number, link: LinkId): void {
    const view = this.#expectUp(now, link);
    assert(!view.isEndedByOther && !view.hasEnded);
    view.isEndedByOther = true;
    if (this.#random.below(2) === 0) this.#close(link);
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#tick(now);
    const view = this.views.get(link)!;
    assert.notEqual(view.state, "gone");
    const possible = view.state === "dialing" ? ["refused", "timeout"] : ["reset", "closed", "timeout"];
    assert(possible.includes(reason), `${view.state} link is down: ${reason}`);
    assert(reason !== "closed" || view.hasEnded);
    view.state = "gone";
  }

  receive(now: number, link: LinkId, message: Numbered): void {
    const view = this.#expectUp(now, link);
    this.messages++;
    assert(!view.isEndedByOther);
    assert.equal(message.from, view.from ?? message.from);
    assert.equal(message.n, view.received);
    view.from = message.from;
    view.received++;
  }

  congested(now: number, link: LinkId, isCongested: boolean): void {
    const view = this.#expectUp(now, link);
    assert.notEqual(view.isCongested, isCongested);
    view.isCongested = isCongested;
    this.congestions++;
  }

  wake(now: number): void {
    this.#tick(now);
    assert(now >= this.nextWake);
    this.nextWake = now + this.#random.below(3_000);
    if (this.#random.below(4) === 0) this.#add(this.#effects.dial(addressOf(1 + this.#random.below(this.#count))));
    for (const [link, view] of this.views) {
      const action = this.#random.below(30);
      if (view.state === "gone") this.views.delete(link);
      else if (action === 0) this.#close(link);
      else if (view.state === "dialing" || view.hasEnded) continue;
      else if (action === 1) {
        this.#effects.end(link);
        view.hasEnded = true;
      } else if (action < 20) this.#effects.send(link, { from: link, n: view.sent++ });
    }
  }

  #add(link: LinkId, state: LinkView["state"] = "dialing"): void {
    assert(!this.views.has(link));
    this.views.set(link, {
      state,
      sent: 0,
      received: 0,
      from: undefined,
      hasEnded: false,
      isEndedByOther: false,
      isCongested: false,
    });
  }

  #close(link: LinkId): void {
    this.#effects.close(link, "done");
    this.views.get(link)!.state = "gone";
  }

  #expectUp(now: number, link: LinkId): LinkView {
    this.#tick(now);
    const view = this.views.get(link)!;
    assert.equal(view.state, "up");
    return view;
  }

  #tick(now: number): void {
    assert(now >= this.#lastNow);
    this.#lastNow = now;
  }
}

seededRuns("whatever befalls them, cores see nothing that TCP could not show them", 40, (randomSeed) => {
  const count = 6;
  const measure = () => 200_000;
  const network = new VirtualNetwork<Numbered>({ randomSeed, latencyMs: [1, 400], lossRate: 0.05, measure });
  const random = seededRandom(randomSeed);
  const start = (n: number): VirtualProcess<Stickler> =>
    network.start(
      addressOf(n + 1),
      (effects: Effects<Numbered, never>, stream) => new Stickler(effects, stream, count + 1),
    );
  const processes = Array.from({ length: count }, (_, n) => start(n));
  let messages = 0;
  for (let round = 0; round < 100; round++) {
    const n = random.below(count);
    const process = processes[n]!;
    const faults: (() => void)[] = [
      () => process.freeze(),
      () => process.thaw(),
      () => process.thaw(),
      () => process.crash(random.below(2) === 0 ? "reset" : "end"),
      () => network.partition([sample(random, processes, 3).map(({ address }) => address)]),
      () => network.cut(process.address, processes[random.below(count)]!.address),
      () => network.heal(),
      () => network.heal(),
      () => network.setLoss(random.below(3) * 0.3),
      () => network.setBandwidth({ linkBytesPerS: 20_000 * 10 ** random.below(4) }),
      () => network.setBandwidth({ peerBytesPerS: 20_000 * 10 ** random.below(4) }, [process.address]),
      () => network.setBandwidth(undefined),
      () => network.setBandwidth(undefined, [process.address]),
      () => network.clog([process.address], random.below(20_000)),
      () => network.clogWay(process.address, processes[random.below(count)]!.address, random.below(20_000)),
      () => process.setCost(random.below(3) * 20),
      () => network.suspend(process.address),
      () => network.resume(process.address),
    ];
    faults[random.below(faults.length)]!();
    network.run(random.below(random.below(10) === 0 ? 100_000 : 5_000));
    if (process.alive) continue;
    messages += process.core.messages;
    processes[n] = start(n);
  }
  for (const { core } of processes) messages += core.messages;
  assert(messages > 100);
});
