import { describe, expect, test } from "vitest";
import { Stage, say } from "./toys.js";

describe("a slow process", () => {
  test("is busy with each input for a while, and what comes meanwhile waits its turn", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.setCost(100);
    say(a, toB, "1", "2", "3");
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["30 1", "130 2", "230 3"]);
  });

  test("counts fractions of a millisecond", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.setCost(0.5);
    say(a, toB, "1", "2", "3", "4", "5");
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["30 1", "30 2", "31 3", "31 4", "32 5"]);
  });

  test("has its timer late, but neither timer nor messages starve", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    const every = 20;
    b.call((core, now) => {
      core.nextWake = now + every;
      core.onWake = (wokenAt) => {
        core.nextWake = wokenAt + every;
      };
    });
    b.setCost(50);
    say(a, toB, "1", "2", "3");
    stage.network.run(400);
    const words = b.core.log.map((line) => line.split(" ")[1]);
    expect(words.slice(0, 6)).toEqual(["1", "wake", "2", "wake", "3", "wake"]);
    expect(b.core.log.slice(0, 3)).toEqual(["30 1", "80 wake", "130 2"]);
  });

  test("catches up at once when it is no longer slow", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.setCost(1_000);
    say(a, toB, "1", "2", "3");
    stage.network.run(100);
    b.setCost(0);
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 1", "120 2", "120 3"]);
    expect(() => b.setCost(-1)).toThrow(RangeError);
  });
});

describe("a suspended machine", () => {
  test("hears nothing, is not reached, and goes on with what it had", () => {
    const stage = new Stage();
    const { a, b, toB, toA } = stage.pair();
    stage.network.suspend(b.address);
    say(a, toB, "1");
    const second = a.call((core) => core.effects.dial(b.address));
    stage.network.run(10_000);
    expect(b.core.log).toEqual([]);
    // Unlike a stopped process, whose kernel would have accepted the dial.
    expect(a.core.log).toEqual([]);
    stage.network.resume(b.address);
    stage.network.run(20_000);
    expect(b.core.log.map((line) => line.split(" ")[1]).sort()).toEqual(["1", "up"]);
    expect(a.core.log.map((line) => line.split(" ")[1])).toEqual(["up"]);
    expect(second).not.toBe(toB);
    say(b, toA, "2");
    stage.network.run(100);
    expect(a.core.log.at(-1)).toMatch(/ 2$/);
  });

  test("finds its links given up after a long time", () => {
    const stage = new Stage();
    const { a, b, toB, toA } = stage.pair();
    stage.network.suspend(b.address);
    say(a, toB, "1");
    stage.network.run(150_000);
    expect(a.core.log).toEqual(["120020 down timeout"]);
    // A partition that ends does not wake it.
    stage.network.heal();
    stage.network.resume(b.address);
    say(b, toA, "2");
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["150040 down reset"]);
  });
});
