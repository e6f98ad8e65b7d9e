import { expect } from "vitest";
import { seededRuns } from "../seeded.js";
import { DirectoryWorld } from "./directory-world.js";

const runs = process.env.HEARSAY_LONG ? 100 : 1;
const onOffMs = 20_000;

seededRuns(
  "a peer that hears nothing, every other 20 seconds, is dead, and stays so until it hears",
  runs,
  (randomSeed) => {
    const world = new DirectoryWorld(randomSeed);
    world.grow(16, 20_000);
    const deaf = world.any();
    const others = world.peers.filter((peer) => peer !== deaf);
    const begin = world.now;
    const isDead = () => others.every((peer) => world.directoryOf(peer).get(deaf.id)?.status === "dead");
    for (let round = 0; round < 3; round++) {
      world.network.setIncomingLoss(deaf.address, 1);
      if (round === 0) expect(world.network.runUntil(isDead, 8_000)).toBe(true);
      else world.network.run(onOffMs);
      world.network.setIncomingLoss(deaf.address, 0);
      world.network.run(onOffMs);
    }
    for (const { told } of others) {
      const heard = told.filter(({ at }) => at >= begin).filter(({ type }) => type === "dead" || type === "alive");
      const ofIt = heard.filter(({ id }) => id === deaf.id);
      // Alive it is also after a suspicion.
      const returns = ofIt.filter(({ type }, index) => type === "alive" && ofIt[index - 1]?.type === "dead");
      expect(returns.length).toBeLessThanOrEqual(1);
      expect(heard.filter(({ type, id }) => type === "dead" && id !== deaf.id)).toEqual([]);
    }
    // Its probation has begun anew with each silence; now it does well for long enough.
    expect(world.network.runUntil(() => world.complaints().length === 0, 300_000)).toBe(true);
  },
);
