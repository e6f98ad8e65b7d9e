import { describe, expect, test } from "vitest";
import { queueHardMaxBytes, queueMaxBytes } from "../../src/sim/uplink.js";
import { addressOf, Stage, say } from "./toys.js";

/** A message of so many bytes: `x:500`. */
const measure = (message: string) => Number(message.split(":")[1]);

function narrow(bandwidth: { linkBytesPerS?: number; peerBytesPerS?: number }): Stage {
  const stage = new Stage({ measure });
  stage.network.setBandwidth(bandwidth);
  return stage;
}

describe("bandwidth", () => {
  test.each([["linkBytesPerS"], ["peerBytesPerS"]])("%s: each message waits for those before it", (name) => {
    const stage = narrow({ [name]: 1_000 });
    const { a, b, toB } = stage.pair();
    say(a, toB, "a:10", "b:10", "c:1");
    stage.network.run(100);
    // Sent at 20 ms; a byte takes a millisecond, the way 10 more.
    expect(b.core.log).toEqual(["40 a:10", "50 b:10", "51 c:1"]);
  });

  test("a peer's links share its uplink, and have a limit of their own each", () => {
    const logs = [{ peerBytesPerS: 1_000 }, { linkBytesPerS: 1_000 }].map((bandwidth) => {
      const stage = narrow(bandwidth);
      const { a, b, toB } = stage.pair();
      const c = stage.start(3);
      const toC = a.call((core) => core.effects.dial(c.address));
      stage.network.run(20);
      say(a, toB, "large:100");
      say(a, toC, "small:1");
      stage.network.run(200);
      return [b.core.log, c.core.log.slice(1)];
    });
    expect(logs).toEqual([
      [["150 large:100"], ["151 small:1"]],
      [["150 large:100"], ["51 small:1"]],
    ]);
  });

  test("a new limit is for what waits already, too; without one all of it leaves at once", () => {
    const stage = narrow({ peerBytesPerS: 1_000 });
    const { a, b, toB } = stage.pair();
    say(a, toB, "a:100", "b:100", "c:1000");
    stage.network.run(50);
    stage.network.setBandwidth({ peerBytesPerS: 10_000 }, [a.address]);
    stage.network.run(20);
    stage.network.setBandwidth(undefined);
    stage.network.setBandwidth(undefined, [a.address]);
    stage.network.run(100);
    // Half of `a` had left by 70 ms; the rest takes 5, `b` 10, and at 90 ms nothing is limited any more.
    expect(b.core.log).toEqual(["85 a:100", "95 b:100", "100 c:1000"]);
  });

  test("what is lost holds back what waits behind it, and nothing overtakes", () => {
    const stage = narrow({ linkBytesPerS: 10_000 });
    const { a, b, toB } = stage.pair();
    const messages = Array.from({ length: 50 }, (_, i) => `${i}:20`);
    stage.network.setLoss(0.2);
    for (const message of messages) {
      say(a, toB, message);
      stage.network.run(7);
    }
    stage.network.setLoss(0);
    stage.network.run(10_000);
    expect(stage.network.counters.retransmissions).toBeGreaterThan(0);
    expect(b.core.log.map((line) => line.split(" ")[1])).toEqual(messages);
  });

  test("nothing that waits gets into a partition that has begun meanwhile, and all of it comes after it", () => {
    const stage = narrow({ peerBytesPerS: 1_000 });
    const { a, b, toB } = stage.pair();
    say(a, toB, "a:100", "b:100");
    stage.network.run(50);
    stage.network.partition([[a.address]]);
    stage.network.run(300);
    expect(b.core.log).toEqual([]);
    stage.network.heal();
    stage.network.run(2_000);
    expect(b.core.log.map((line) => line.split(" ")[1])).toEqual(["a:100", "b:100"]);
  });

  test("a core hears that a link is congested, that it no longer is, and loses one on which far too much waits", () => {
    const stage = narrow({ linkBytesPerS: 1_000_000 });
    const { a, toB } = stage.pair();
    say(a, toB, `a:${queueMaxBytes}`, "b:1", "c:1");
    stage.network.run(10_000);
    expect(a.core.log).toEqual(["20 congested", `${20 + Math.ceil(queueMaxBytes / 1_000)} eased`]);
    say(a, toB, `d:${queueHardMaxBytes}`, "e:1");
    stage.network.run(10);
    expect(a.core.log.slice(2)).toEqual(["10020 congested", "10020 down reset"]);
  });

  test("what a killed process has sent still leaves, at the pace of its uplink, and a reset behind it", () => {
    const stage = narrow({ peerBytesPerS: 1_000 });
    const { a, b, toB } = stage.pair();
    say(a, toB, "last words:50");
    a.crash();
    stage.network.run(200);
    expect(b.core.log).toEqual(["80 last words:50", "80 down reset"]);
  });

  test("fewer than one byte a second are refused", () => {
    expect(() => narrow({ linkBytesPerS: 0 })).toThrow(RangeError);
    expect(() => narrow({ peerBytesPerS: Number.NaN })).toThrow(RangeError);
  });
});

describe("clogging", () => {
  test("a clogged peer's ways hold everything back, and let it go in order", () => {
    const stage = new Stage();
    const { a, b, toB, toA } = stage.pair();
    stage.network.clog([a.address], 1_000);
    say(a, toB, "1");
    stage.network.run(500);
    say(a, toB, "2", "3");
    say(b, toA, "4");
    stage.network.run(2_000);
    expect(b.core.log).toEqual(["1020 1", "1020 2", "1020 3"]);
    expect(a.core.log).toEqual(["1020 4"]);
    expect(stage.network.counters.retransmissions).toBe(0);
    say(a, toB, "5");
    stage.network.run(100);
    expect(b.core.log.at(-1)).toBe("2530 5");
  });

  test("one way is clogged, and the other is not", () => {
    const stage = new Stage();
    const { a, b, toB, toA } = stage.pair();
    stage.network.clogWay(a.address, b.address, 300);
    say(a, toB, "1");
    say(b, toA, "2");
    stage.network.run(1_000);
    expect([...b.core.log, ...a.core.log]).toEqual(["320 1", "30 2"]);
  });

  test("dials wait as well", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    stage.network.clog([b.address], 500);
    a.call((core) => core.effects.dial(b.address));
    stage.network.run(1_000);
    expect(a.core.log).toEqual([`510 up ${addressOf(2)}`]);
  });
});
