/** Random faults for peers whose directories are judged. */
import { type DirectoryPeer, DirectoryWorld } from "./directory-world.js";

/** Who is dead for so long is so by mistake, and nobody has noticed. */
const longMs = 10_000;

/** Random faults, one after the other and several at a time. */
export class FaultSchedule {
  readonly world: DirectoryWorld;
  /** Peers that nothing has happened to. */
  readonly untouched = new Set<DirectoryPeer>();

  constructor(randomSeed: number) {
    this.world = new DirectoryWorld(randomSeed, { seeds: randomSeed % 2 === 0 ? 3 : 0 });
    this.world.grow(6 + this.world.random.below(10));
    for (const peer of this.world.peers) this.untouched.add(peer);
  }

  run(): void {
    const { random, network } = this.world;
    for (let step = 0; step < 25; step++) {
      this.#step();
      network.run(random.below(4_000));
    }
    network.heal();
    network.setLoss(0);
    network.setLatency([10, 50]);
    for (const { process } of this.world.peers) process.thaw();
  }

  #step(): void {
    const { world } = this;
    const { random, network, peers } = world;
    const dice = random.below(100);
    const peer = world.any();
    if (dice < 12 && peers.length > 4) world.kill(peer);
    else if (dice < 30 && peers.length > 4) this.#restart(peer);
    else if (dice < 38 && peers.length < 24) world.start();
    else if (dice < 42 && peers.length > 4 && !peer.process.frozen) world.leave(peer);
    else if (dice < 52) this.#touch(peer).process.freeze();
    else if (dice < 62) for (const { process } of peers) process.thaw();
    else if (dice < 68) {
      this.#split();
    } else if (dice < 76) {
      network.heal();
    } else if (dice < 84) {
      network.cut(world.any().address, this.#touch(peer).address);
    } else if (dice < 89) network.setLoss([0, 0.02, 0.1][random.below(3)]!);
    else if (dice < 94)
      network.setLatency(
        [
          [1, 5],
          [10, 50],
          [50, 250],
        ][random.below(3)] as [number, number],
      );
    else if (!peer.process.frozen) this.#touch(peer).process.core.aheadMs += 1_000 * (1 + random.below(60));
  }

  /** Kills a peer, and starts it again: as itself or another, here or elsewhere, now and then with a clock set back. */
  #restart(peer: DirectoryPeer): void {
    const { world } = this;
    const { random } = world;
    world.kill(peer);
    world.network.run(random.below(3) === 0 ? random.below(5_000) : random.below(200));
    const isSame = random.below(3) > 0;
    const epoch = world.now - (random.below(3) === 0 ? 3_600_000 : 0);
    world.start({
      ...(isSame ? { id: peer.id } : {}),
      ...(random.below(2) === 0 ? { address: peer.address } : {}),
      ...(epoch === peer.epoch ? {} : { epoch }),
    });
  }

  #split(): void {
    const { random, network, peers } = this.world;
    const half = peers.map(({ address }) => address).filter(() => random.below(2) === 0);
    network.partition([half]);
    for (const peer of peers) this.#touch(peer);
  }

  #touch(peer: DirectoryPeer): DirectoryPeer {
    this.untouched.delete(peer);
    return peer;
  }

  /** Who was there all the time, neither stopped nor cut off, and was dead for long to another such peer. */
  longDeaths(): string[] {
    const { world } = this;
    const untouched = [...this.untouched].filter((peer) => world.peers.includes(peer));
    const found: string[] = [];
    for (const observer of untouched) {
      for (const { id, address } of untouched) {
        const told = observer.told.filter((one) => one.id === id);
        for (const [index, { type, at }] of told.entries()) {
          if (type !== "dead") continue;
          const back = told.slice(index).find((one) => one.type === "alive");
          const forMs = (back?.at ?? world.now) - at;
          if (forMs > longMs) found.push(`${address} was dead to ${observer.address} for ${forMs} ms`);
        }
      }
    }
    return found;
  }
}
