import { describe, expect, test } from "vitest";
import type { Effects } from "../../src/core/effects.js";
import { addressOf, Recorder, Stage, say } from "./toys.js";

describe("a crash", () => {
  test("delivers what was sent before, then resets the link", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.setLatency([1, 300]);
    say(a, toB, "1", "2", "3");
    a.crash();
    stage.network.run(1_000);
    expect(b.core.log.map((line) => line.replace(/^\d+ /, ""))).toEqual(["1", "2", "3", "down reset"]);
  });

  test("may look like a close", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    say(a, toB, "1");
    a.crash("end");
    stage.network.run(100);
    expect(b.core.log).toEqual(["30 1", "30 ended"]);
    say(b, toA, "2");
    stage.network.run(100);
    expect(b.core.log.slice(2)).toEqual(["140 down reset"]);
  });

  test("gets through loss by chance like everything that was sent", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    stage.network.setLoss(1);
    say(a, toB, "1");
    a.crash();
    stage.network.setLoss(0);
    stage.network.run(1_000);
    expect(b.core.log).toEqual(["230 1", "230 down reset"]);
  });

  test("behind a partition shows only to those who speak after it heals", () => {
    const stage = new Stage();
    const { a, b, toA } = stage.pair();
    stage.network.partition([[a.address]]);
    a.crash();
    stage.network.run(1_000);
    stage.network.heal();
    stage.network.run(10_000);
    expect(b.core.log).toEqual([]);
    say(b, toA, "hello?");
    stage.network.run(100);
    expect(b.core.log).toEqual(["11040 down reset"]);
  });

  test("is the end of all inputs and effects", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    a.call((core, now) => {
      core.nextWake = now + 50;
    });
    say(b, toA, "under way");
    a.crash();
    a.core.effects.send(toB, "from the grave");
    a.core.effects.dial(b.address);
    a.core.effects.close(toB, "done");
    stage.network.run(1_000);
    expect(a.alive).toBe(false);
    expect(a.core.log).toEqual([]);
    expect(b.core.log).toEqual(["30 down reset"]);
    expect(() => a.call(() => {})).toThrow(expect.objectContaining({ code: "process-dead" }));
  });

  test("frees the address, for a process that knows nothing of the links of the one before", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    expect(() => stage.start(2)).toThrow(expect.objectContaining({ code: "address-taken" }));
    stage.network.cut(b.address, a.address);
    b.crash();
    stage.network.heal();
    const again = stage.start(2);
    say(a, toB, "still you?");
    const link = a.call((core) => core.effects.dial(again.address));
    stage.network.run(30);
    say(a, link, "hello");
    stage.network.run(100);
    expect(a.core.log).toEqual(["40 down reset", "40 up 10.0.0.2:5000"]);
    expect(again.core.log).toEqual(["30 up 10.0.0.1:49153", "60 hello"]);
    expect(b.core.log).toEqual([]);
  });

  test("in the middle of an input is one too", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    b.core.onMessage = () => {
      b.crash();
      b.core.effects.send(toA, "too late");
    };
    say(a, toB, "die");
    stage.network.run(100);
    expect(a.core.log).toEqual(["40 down reset"]);
  });
});

describe("a frozen process", () => {
  test("answers after it thaws, in order", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.core.onMessage = (link, message) => b.core.effects.send(link, `re ${message}`);
    b.freeze();
    say(a, toB, "1");
    stage.network.run(500);
    say(a, toB, "2");
    stage.network.run(500);
    expect(b.core.log).toEqual([]);
    expect(() => b.call(() => {})).toThrow(expect.objectContaining({ code: "process-frozen" }));
    b.thaw();
    say(a, toB, "3");
    stage.network.run(100);
    expect(b.core.log).toEqual(["1020 1", "1020 2", "1030 3"]);
    expect(a.core.log).toEqual(["1030 re 1", "1030 re 2", "1040 re 3"]);
  });

  test("gets its wake first, as in Node, where timers run before anything is read", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.call((core, now) => {
      core.nextWake = now + 100;
    });
    b.freeze();
    say(a, toB, "before");
    stage.network.run(300);
    say(a, toB, "after");
    stage.network.run(300);
    b.thaw();
    stage.network.run(100);
    expect(b.core.log).toEqual(["620 wake", "620 before", "620 after"]);
  });

  test("still accepts connections, and learns of them when it thaws", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    b.freeze();
    const link = a.call((core) => core.effects.dial(b.address));
    stage.network.run(100);
    expect(a.core.log).toEqual(["20 up 10.0.0.2:5000"]);
    say(a, link, "anybody?");
    a.call((core) => core.effects.close(link, "timeout"));
    stage.network.run(100);
    b.thaw();
    stage.network.run(100);
    expect(b.core.log).toEqual(["200 up 10.0.0.1:49152", "200 anybody?", "200 ended"]);
  });

  test("has a backlog of 511: further dials hang, and work when it thaws in time", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    b.freeze();
    a.call((core) => {
      for (let i = 0; i < 512; i++) core.effects.dial(b.address);
    });
    stage.network.run(10_000);
    expect(a.core.log.length).toBe(511);
    b.thaw();
    stage.network.run(10_000);
    expect(b.core.log.length).toBe(512);
    expect(a.core.log.at(-1)).toBe("15020 up 10.0.0.2:5000");
  });

  test("is told nothing about a link that it closes while it catches up", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.core.onMessage = (link) => b.core.effects.close(link, "misbehaved");
    b.freeze();
    say(a, toB, "1", "2");
    a.call((core) => core.effects.close(toB, "done"));
    stage.network.run(100);
    b.thaw();
    stage.network.run(100);
    expect(b.core.log).toEqual(["120 1"]);
  });

  test("that is frozen again while it catches up keeps the rest, before anything newer", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.core.onMessage = (_link, message) => {
      if (message === "1") b.freeze();
    };
    b.freeze();
    say(a, toB, "1", "2");
    stage.network.run(100);
    b.thaw();
    say(a, toB, "3");
    stage.network.run(100);
    expect(b.core.log).toEqual(["120 1"]);
    b.thaw();
    stage.network.run(100);
    expect(b.core.log).toEqual(["120 1", "220 2", "220 3"]);
  });

  test("that is killed resets its links, those it never saw included", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    b.freeze();
    a.call((core) => core.effects.dial(b.address));
    stage.network.run(100);
    b.crash();
    stage.network.run(100);
    expect(a.core.log).toEqual(["20 up 10.0.0.2:5000", "110 down reset"]);
    expect(b.core.log).toEqual([]);
    expect(b.frozen).toBe(false);
  });
});

describe("a wake", () => {
  test("comes when the core last asked for it, as often as it asks", () => {
    const stage = new Stage();
    const a = stage.start(1);
    a.core.onWake = (now) => {
      a.core.nextWake = now < stage.startMs + 10_000 ? now + 5_000 : Number.POSITIVE_INFINITY;
    };
    a.call((core, now) => {
      core.nextWake = now + 5_000;
    });
    stage.network.run(60_000);
    expect(a.core.log).toEqual(["5000 wake", "10000 wake"]);
  });

  test("moves when an input moves it, forward and back", () => {
    const stage = new Stage();
    const a = stage.start(1);
    const wakeIn = (ms: number) =>
      a.call((core, now) => {
        core.nextWake = now + ms;
      });
    wakeIn(100);
    stage.network.run(50);
    wakeIn(200);
    stage.network.run(150);
    wakeIn(10);
    stage.network.run(1_000);
    expect(a.core.log).toEqual(["210 wake"]);
  });

  test("that is moved on by every input costs no event for each", () => {
    const stage = new Stage();
    const a = stage.start(1);
    for (let i = 0; i < 1_000; i++) {
      a.call((core, now) => {
        core.nextWake = now + 5_000 + i;
      });
    }
    stage.network.run(60_000);
    expect(a.core.log).toEqual(["5999 wake"]);
    expect(stage.network.counters.events).toBeLessThan(5);
  });

  test("that is asked for again and again in the same millisecond is an error with the address in it", () => {
    const stage = new Stage();
    const a = stage.start(1);
    a.core.onWake = () => {};
    a.call((core, now) => {
      core.nextWake = now;
    });
    const run = () => stage.network.run(1_000);
    expect(run).toThrow(expect.objectContaining({ code: "wake-loop", message: expect.stringContaining(a.address) }));
    a.core.nextWake = Number.NaN;
    expect(() => a.call(() => {})).toThrow(expect.objectContaining({ code: "wake-loop" }));
  });
});

describe("an event", () => {
  test("reaches the owner with the time, who must not call back into the core", () => {
    const stage = new Stage();
    const heard: [string, number][] = [];
    const process = stage.network.start(
      addressOf(1),
      (effects: Effects<string, string>) => new Recorder(effects, () => stage.startMs),
      (event, now) => {
        heard.push([event, now - stage.startMs]);
        if (event === "again") process.call(() => {});
      },
    );
    stage.network.run(7);
    process.call((core) => core.effects.notify("hello"));
    expect(heard).toEqual([["hello", 7]]);
    const again = () => process.call((core) => core.effects.notify("again"));
    expect(again).toThrow(expect.objectContaining({ code: "core-busy" }));
  });
});

describe("a blocked process", () => {
  test("goes on by itself, and says all that has waited before it hears anything", () => {
    const stage = new Stage();
    const { a, b, toA, toB } = stage.pair();
    b.core.onMessage = (link, message) => b.core.effects.send(link, `re ${message}`);
    b.core.onWake = (now) => {
      b.core.effects.send(toA, "awake");
      b.core.nextWake = now < stage.startMs + 400 ? now + 200 : Number.POSITIVE_INFINITY;
    };
    b.block();
    b.call((core, now) => {
      core.nextWake = now + 200;
    });
    say(b, toA, "first");
    say(a, toB, "1", "2");
    stage.network.run(480);
    expect(b.core.log).toEqual(["220 wake", "420 wake"]);
    expect(a.core.log).toEqual([]);
    b.unblock();
    say(a, toB, "3");
    stage.network.run(100);
    expect(b.core.log.slice(2)).toEqual(["500 1", "500 2", "510 3"]);
    expect(a.core.log).toEqual(["510 first", "510 awake", "510 awake", "510 re 1", "510 re 2", "520 re 3"]);
  });

  test("dials when it is unblocked, unless it has thought better of it", () => {
    const stage = new Stage();
    const [a, b] = [stage.start(1), stage.start(2)];
    a.block();
    a.call((core) => {
      core.effects.dial(b.address);
      core.effects.close(core.effects.dial(b.address), "timeout");
    });
    stage.network.run(100);
    expect(b.core.log).toEqual([]);
    a.unblock();
    stage.network.run(100);
    expect(a.core.log).toEqual(["120 up 10.0.0.2:5000"]);
    expect(b.core.log).toEqual(["110 up 10.0.0.1:49152"]);
  });

  test("ends and closes its links when it is unblocked, after its last words", () => {
    const stage = new Stage();
    const { a, b, toA } = stage.pair();
    b.block();
    b.call((core) => {
      core.effects.send(toA, "bye");
      core.effects.end(toA);
      core.effects.close(toA, "done");
    });
    stage.network.run(100);
    expect(a.core.log).toEqual([]);
    b.unblock();
    stage.network.run(100);
    expect(a.core.log).toEqual(["130 bye", "130 ended"]);
    expect(b.core.log).toEqual([]);
  });

  test("keeps its datagrams, in order, and the first 256 that come", () => {
    const stage = new Stage();
    const { network } = stage;
    const [a, b] = [stage.start(1), stage.start(2)];
    b.block();
    network.post(b.address, a.address, "1");
    network.post(b.address, a.address, "2");
    for (let i = 0; i < 300; i++) network.post(a.address, b.address, "flood");
    network.run(100);
    expect(a.core.log).toEqual([]);
    expect(network.isBlocked(b.address)).toBe(true);
    b.unblock();
    expect(network.isBlocked(b.address)).toBe(false);
    network.run(100);
    expect(a.core.log).toEqual(["110 1", "110 2"]);
    expect(b.core.log).toHaveLength(256);
  });

  test("that is frozen as well stands still; thawed, it has its timer and hears nothing yet", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    b.call((core, now) => {
      core.nextWake = now + 50;
    });
    b.block();
    b.freeze();
    say(a, toB, "1");
    stage.network.run(100);
    expect(b.core.log).toEqual([]);
    b.thaw();
    stage.network.run(100);
    expect(b.core.log).toEqual(["120 wake"]);
    b.unblock();
    stage.network.run(100);
    expect(b.core.log).toEqual(["120 wake", "220 1"]);
  });

  test("that is killed has not said what waited", () => {
    const stage = new Stage();
    const { a, b, toA } = stage.pair();
    b.block();
    say(b, toA, "never said");
    b.crash();
    b.unblock();
    stage.network.run(100);
    expect(a.core.log).toEqual(["30 down reset"]);
  });
});
