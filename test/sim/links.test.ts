import { describe, expect, test } from "vitest";
import { seededRuns } from "../seeded.js";
import { addressOf, nobody, Stage, say } from "./toys.js";

describe("dialing", () => {
  test("gives the acceptor its link after one latency and the dialer after a round trip", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    a.call((core) => core.effects.dial(b.address));
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["10 up 10.0.0.1:49152"]);
    expect(a.core.log).toEqual(["20 up 10.0.0.2:5000"]);
    expect(a.core.links).not.toEqual(b.core.links);
  });

  test("shows every connection of a process with another port", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    a.call((core) => {
      core.effects.dial(b.address);
      core.effects.dial(b.address);
    });
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["10 up 10.0.0.1:49152", "10 up 10.0.0.1:49153"]);
  });

  test("is refused after a round trip where nobody listens, or nobody does any more", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    b.crash();
    a.call((core) => {
      core.effects.dial(nobody);
      core.effects.dial(b.address);
    });
    stage.network.run(1_000);
    expect(a.core.log).toEqual(["20 down refused", "20 down refused"]);
  });

  test("works to oneself: one process has both sides of the link, under two ids", () => {
    const stage = new Stage();
    const a = stage.start(1);
    stage.network.partition([[a.address]]);
    const link = a.call((core) => core.effects.dial(a.address));
    stage.network.run(20);
    say(a, link, "me");
    stage.network.run(20);
    expect(a.core.log).toEqual(["10 up 10.0.0.1:49152", "20 up 10.0.0.1:5000", "30 me"]);
    expect(new Set(a.core.links).size).toBe(2);
  });

  test("times out after 120 s when the path stays closed, either way", () => {
    for (const [from, to] of [[1, 2] as const, [2, 1] as const]) {
      const stage = new Stage();
      const [a, b] = [stage.start(1), stage.start(2)];
      stage.network.cut(addressOf(from), addressOf(to));
      a.call((core) => core.effects.dial(b.address));
      stage.network.run(130_000);
      expect(a.core.log).toEqual(["120000 down timeout"]);
      expect(b.core.log).toEqual([]);
    }
  });

  test("works late when the path opens in time: SYNs go out at 1, 3, 7, 15, 31 and 63 s", () => {
    for (const [healAtMs, upAtMs] of [
      [500, 1_020],
      [2_999, 3_020],
      [8_000, 15_020],
      [40_000, 63_020],
    ] as const) {
      const stage = new Stage();
      const [a, b] = [stage.start(1), stage.start(2)];
      stage.network.partition([[a.address], [b.address]]);
      a.call((core) => core.effects.dial(b.address));
      stage.network.run(healAtMs);
      stage.network.heal();
      stage.network.run(130_000);
      expect(a.core.log).toEqual([`${upAtMs} up 10.0.0.2:5000`]);
    }
  });

  test("that is given up before the acceptance arrives resets what was accepted", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    const link = a.call((core) => core.effects.dial(b.address));
    stage.network.run(15);
    a.call((core) => core.effects.close(link, "timeout"));
    stage.network.run(1_000);
    expect(a.core.log).toEqual([]);
    expect(b.core.log).toEqual(["10 up 10.0.0.1:49152", "30 down reset"]);
  });

  test("that is given up before it arrives is never heard of", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    const link = a.call((core) => core.effects.dial(b.address));
    stage.network.run(5);
    a.call((core) => core.effects.close(link, "timeout"));
    stage.network.run(1_000);
    expect([a.core.log, b.core.log]).toEqual([[], []]);
  });
});

describe("a link", () => {
  test("carries messages both ways after one latency each", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    b.core.onMessage = (link) => b.core.effects.send(link, "pong");
    say(a, toB, "ping");
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["30 ping"]);
    expect(a.core.log).toEqual(["40 pong"]);
    expect(b.core.links).toEqual([toA]);
  });

  seededRuns("keeps the order of one direction through any latency and loss", 20, (randomSeed) => {
    const stage = new Stage({ randomSeed });
    const { a, b, toB } = stage.pair();
    stage.network.setLatency([1, 300]);
    stage.network.setLoss(0.2);
    const sent = Array.from({ length: 200 }, (_, n) => `m${n}`);
    for (const message of sent) {
      say(a, toB, message);
      stage.network.run(7);
    }
    stage.network.run(60_000);
    expect(b.core.log.map((line) => line.split(" ")[1])).toEqual(sent);
    expect(stage.network.counters.retransmissions).toBeGreaterThan(0);
  });

  test("that is closed delivers what was sent before, and then its end", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.setLatency([1, 300]);
    a.call((core) => {
      for (const message of ["1", "2", "3"]) core.effects.send(toB, message);
      core.effects.close(toB, "done");
    });
    stage.network.run(2_000);
    expect(b.core.log.map((line) => line.replace(/^\d+ /, ""))).toEqual(["1", "2", "3", "ended"]);
    expect(a.core.log).toEqual([]);
  });

  test("whose one half has ended still carries messages the other way", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    say(a, toB, "question");
    a.call((core) => core.effects.end(toB));
    stage.network.run(100);
    say(b, toA, "answer");
    b.call((core) => core.effects.close(toA, "done"));
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 question", "30 ended"]);
    expect(a.core.log).toEqual(["130 answer", "130 down closed"]);
  });

  test("whose both halves have ended is closed for both sides", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    a.call((core) => core.effects.end(toB));
    stage.network.run(100);
    b.call((core) => core.effects.end(toA));
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 ended", "120 down closed"]);
    expect(a.core.log).toEqual(["130 down closed"]);
  });

  test("closed by both sides at once is heard of no more by either", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    say(a, toB, "too late");
    a.call((core) => core.effects.close(toB, "done"));
    b.call((core) => core.effects.close(toA, "done"));
    stage.network.run(1_000);
    expect([a.core.log, b.core.log]).toEqual([[], []]);
  });

  test("answers whoever speaks to a side that has closed with a reset", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    a.call((core) => core.effects.close(toB, "done"));
    stage.network.run(100);
    say(b, toA, "anybody", "there");
    stage.network.run(100);
    say(b, toA, "more");
    stage.network.run(100);
    expect(a.core.log).toEqual([]);
    expect(b.core.log).toEqual(["30 ended", "140 down reset"]);
  });

  test("loses nothing that was sent before a close, even when the other side speaks meanwhile", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    stage.network.cut(a.address, b.address);
    say(a, toB, "last words");
    a.call((core) => core.effects.close(toB, "done"));
    say(b, toA, "unread");
    stage.network.run(100);
    stage.network.heal();
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["230 last words", "230 ended", "230 down reset"]);
  });

  test("may not be used before it is up, after its half has ended, or when it never was", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    const dialing = a.call((core) => core.effects.dial(b.address));
    expect(() => say(a, dialing, "early")).toThrow(expect.objectContaining({ code: "link-not-up" }));
    expect(() => a.call((core) => core.effects.end(dialing))).toThrow(expect.objectContaining({ code: "link-not-up" }));
    expect(() => say(a, 999, "never")).toThrow(expect.objectContaining({ code: "link-unknown" }));
    a.call((core) => core.effects.end(toB));
    expect(() => say(a, toB, "late")).toThrow(expect.objectContaining({ code: "link-ended" }));
  });

  test("takes sends and closes in silence once it is down", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.crash();
    stage.network.run(100);
    say(a, toB, "hello?");
    a.call((core) => {
      core.effects.end(toB);
      core.effects.close(toB, "done");
    });
    expect(a.core.log).toEqual(["30 down reset"]);
    expect(stage.network.counters.messages).toBe(0);
  });

  test("takes the message that the recheck returns", () => {
    const stage = new Stage({ recheck: (message) => `${message}!` });
    const { a, b, toB } = stage.pair();
    say(a, toB, "hi");
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 hi!"]);
  });
});

describe("loss", () => {
  test("of everything breaks a link after six transmissions, at both sides", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.setLoss(1);
    say(a, toB, "nothing gets through");
    stage.network.run(20_000);
    const gaveUpAt = 20 + 200 + 400 + 800 + 1_600 + 3_200;
    expect(a.core.log).toEqual([`${gaveUpAt} down reset`]);
    expect(b.core.log).toEqual([`${gaveUpAt + 10} down reset`]);
  });

  test("of everything makes a dial time out", () => {
    const stage = new Stage({ lossRate: 1 });
    const [a, b] = [stage.start(1), stage.start(2)];
    a.call((core) => core.effects.dial(b.address));
    stage.network.run(130_000);
    expect(a.core.log).toEqual(["120000 down timeout"]);
  });
});

describe("a partition", () => {
  test("holds messages back and delivers them in order after it heals", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.partition([[a.address]]);
    say(a, toB, "1", "2");
    stage.network.run(2_000);
    say(a, toB, "3");
    stage.network.heal();
    stage.network.run(1_000);
    say(a, toB, "4");
    stage.network.run(1_000);
    // Tries at 220, 620, 1420 and 3020: the fourth comes after the healing, and has been joined by "4".
    expect(b.core.log).toEqual(["3030 1", "3030 2", "3030 3", "3030 4"]);
    expect(a.core.log).toEqual([]);
  });

  test("of 120 s breaks a link at the side that speaks; the other learns of it when it speaks too", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    stage.network.partition([[a.address], [b.address]]);
    say(a, toB, "lost");
    stage.network.run(200_000);
    expect(a.core.log).toEqual(["120020 down timeout"]);
    stage.network.heal();
    stage.network.run(10_000);
    expect(b.core.log).toEqual([]);
    say(b, toA, "hello?");
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["210040 down reset"]);
  });

  test("leaves a link alone on which nobody speaks", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.partition([[a.address], [b.address]]);
    stage.network.run(3_600_000);
    stage.network.heal();
    say(a, toB, "still here");
    stage.network.run(100);
    expect(b.core.log).toEqual(["3600030 still here"]);
  });

  test("one-way lets everything through the open way, and breaks the link there too for lack of answers", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    stage.network.cut(b.address, a.address);
    say(a, toB, "1");
    stage.network.run(1_000);
    say(a, toB, "2");
    say(b, toA, "unheard");
    stage.network.run(200_000);
    expect(b.core.log).toEqual(["30 1", "1030 2", "121020 down timeout"]);
    expect(a.core.log).toEqual(["120020 down timeout"]);
  });

  test("one-way that heals in time does no harm", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    stage.network.cut(b.address, a.address);
    say(a, toB, "1");
    stage.network.run(60_000);
    stage.network.heal();
    stage.network.run(120_000);
    say(b, toA, "2");
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 1"]);
    expect(a.core.log).toEqual(["180030 2"]);
  });

  test("lets what is under way arrive", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    say(a, toB, "under way");
    stage.network.partition([[a.address]]);
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 under way"]);
  });

  test("keeps those together who are named in no group, and may name nobody twice", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.partition([[nobody]]);
    say(a, toB, "together");
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 together"]);
    expect(() => stage.network.partition([[a.address], [a.address]])).toThrow(RangeError);
  });
});
