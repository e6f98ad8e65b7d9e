import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DriverOptions } from "../../src/net/driver.js";
import { Scene, until, type Wire } from "./scene.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Short, so that what ends by lapse of time does so within a test. */
const connectionLifeMs = 1_000;
const scene = new Scene();
afterEach(() => scene.clear());

/** A seed or a peer under attack, and how one sees that it still serves its own. */
interface Target {
  readonly port: number;
  readonly warnings: string[];
  connections(): number;
  /** Asks what an honest program asks, and checks the answer. */
  serves(): Promise<void>;
  /** Nothing that was said by strangers has changed what it knows. */
  isClean(): void;
}

async function seedTarget(options: Partial<DriverOptions> = {}): Promise<Target> {
  const { seed, port, warnings } = await scene.seed({ connectionLifeMs, ...options });
  const honest = "127.0.0.1:6001";
  expect(await scene.ask(port, honest)).toBe(honest);
  return {
    port,
    warnings,
    connections: () => seed.connections,
    serves: async () => expect((await scene.ask(port, honest)).split(",").at(-1)).toBe(honest),
    isClean: () => expect(seed.peers()).toEqual([honest]),
  };
}

async function peerTarget(options: Partial<DriverOptions> = {}): Promise<Target> {
  // Its own traffic would be counted among the connections: no tests, no renewals.
  const config = { probeIntervalMs: 3_600_000, renewIntervalMs: 3_600_000 };
  const own = await scene.listenAsSeed([]);
  const { peer, port, warnings, events } = await scene.peer([own.address], { connectionLifeMs, ...options, config });
  await until(() => peer.joined && peer.connections === 0, "the peer has joined");
  return {
    port,
    warnings,
    connections: () => peer.connections,
    serves: async () => {
      expect(await scene.ask(port, "Liveness Request:1731234567.5:127.0.0.1")).toBe(
        "Liveness Reply:1731234567.5:127.0.0.1:127.0.0.1",
      );
    },
    isClean: () => {
      expect(peer.neighbors()).toEqual([]);
      expect(events.filter(({ type }) => type === "gossip" || type === "linked")).toEqual([]);
    },
  };
}

describe.each([
  ["a seed", seedTarget],
  ["a peer", peerTarget],
])("%s under attack", (_name, start) => {
  let target: Target;
  beforeEach(async () => {
    target = await start();
  });

  /** Unharmed, and rid of all connections. */
  async function survives(): Promise<void> {
    await target.serves();
    await until(
      () => target.connections() === 0,
      () => `${target.connections()} connections are left`,
    );
    target.isClean();
  }

  test("arbitrary bytes, cut anywhere, ended, reset or left open: it goes on, and its connections come to an end", async () => {
    const attack = fc.record({
      pieces: fc.array(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), { minLength: 1, maxLength: 4 }),
      leave: fc.constantFrom("end", "reset", "destroy", "stay"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attack, { minLength: 5, maxLength: 20 }), async (attacks) => {
        await Promise.all(
          attacks.map(async ({ pieces, leave }) => {
            const wire = await scene.connect(target.port);
            await wire.sayInPieces(pieces, 1);
            if (leave === "end") wire.end();
            else if (leave === "reset") wire.socket.resetAndDestroy();
            else if (leave === "destroy") wire.socket.destroy();
          }),
        );
        await target.serves();
      }),
      { numRuns: process.env.HEARSAY_LONG ? 100 : 8 },
    );
    await survives();
  });

  test("what nearly is a message, mutated: it goes on, and believes nothing of it", async () => {
    // Commas, ports out of range and broken heads make each of these wrong for both programs.
    const wrong = fc.constantFrom(
      "127.0.0.1:0",
      "127.0.0.1:70000",
      "127.0.0.1:6002,127.0.0.1:6003",
      ",127.0.0.1:6002",
      "127.0.0.1:",
      ":6002",
      "127.0.0.1",
      "127.0.0.1:6002x",
      "127.0.0.1:-1",
      "256.0.0.1:6002",
      "Dead Node",
      "Dead Node:127.0.0.1:0:1:1",
      "New Connect Request From:127.0.0.1:70000",
      "New Connect Request From:127.0.0.1",
      "Liveness Request:now:127.0.0.1",
      "1731234567:127.0.0.1:Msg1",
      "1731234567:127.0.0.1:70000:GOSSIP1",
      "1731234567:127.0.0.1:6001:Gossip1",
    );
    const tail = fc.constantFrom("", "\n", "\0", "~", "\r\n\r\n");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(wrong, tail), { minLength: 3, maxLength: 10 }), async (texts) => {
        const answers = await Promise.all(texts.map(([text, end]) => scene.ask(target.port, text + end)));
        expect(answers.join("")).toBe("");
      }),
      { numRuns: process.env.HEARSAY_LONG ? 200 : 20 },
    );
    await survives();
  });

  test.each([
    ["an HTTP request", "GET / HTTP/1.1\r\nHost: 127.0.0.1:5001\r\n\r\n", /\(not-a-message\): "GET \//],
    ["a TLS hello", Buffer.from("160301020001000100fc0303a1b2c3d4", "hex"), /\(not-a-message\): "\\x16\\x03\\x01/],
    ["an SSH greeting", "SSH-2.0-OpenSSH_9.6\r\n", /\(not-a-message\): "SSH-2\.0/],
    ["broken UTF-8", Buffer.from("3132372e302e302e313a36303032ff", "hex"), /\((not-utf8|not-a-message)\): "127/],
  ])("%s is shown out at once, and the warning says what it was", async (_what, bytes, warning) => {
    const wire = await scene.connect(target.port);
    await wire.say(bytes).isHungUp();
    expect(wire.text).toBe("");
    expect(target.warnings).toHaveLength(1);
    expect(target.warnings[0]).toMatch(/^refused \d+ bytes from 127\.0\.0\.1:\d+ /);
    expect(target.warnings[0]).toMatch(warning);
    await survives();
  });

  test.each([
    ["letters", "a"],
    ["digits", "1"],
    ["registrations without an end", "127.0.0.1:6002"],
    ["line ends", "\n"],
    ["gossip without an end", "x", "1731234567.5:127.0.0.1:6001:GOSSIP"],
  ])("a megabyte of %s does not stay in memory", async (_what, unit, head = "") => {
    const wires = await Promise.all(Array.from({ length: 10 }, () => scene.connect(target.port)));
    const megabyte = Buffer.from(head + unit.repeat(Math.ceil(1_048_576 / unit.length)));
    const before = bytesInUse();
    for (const wire of wires) wire.say(megabyte);
    await Promise.all(
      wires.map((wire) =>
        until(
          () => wire.socket.writableLength === 0 || wire.closed || wire.ended,
          () => `${wire.socket.writableLength} bytes are not taken`,
        ),
      ),
    );
    await target.serves();
    await until(
      () => target.connections() === 0,
      () => `${target.connections()} connections are left`,
    );
    scene.forgetWires();
    // What a socket held is let go of in the collections after its close, not always in the first.
    await until(
      () => bytesInUse() - before < 4_000_000,
      () => `${bytesInUse() - before} bytes are still in use`,
    );
    expect(target.warnings.every((line) => line.length < 250)).toBe(true);
    await survives();
  });

  test("silent connections, half a message, and a side left half open: all end with their time", async () => {
    const wires: Wire[] = [];
    for (let i = 0; i < 10; i++) {
      wires.push(await scene.connect(target.port));
      wires.push((await scene.connect(target.port)).say("Liveness Req"));
      wires.push((await scene.connect(target.port)).say("New Connect Request From:127.0.0.1"));
      wires.push((await scene.connect(target.port)).say("1731234567.5:127.0.0.1:6001:GOS"));
    }
    expect(target.connections()).toBe(wires.length);
    await target.serves();
    const startedAt = performance.now();
    await Promise.all(wires.map((wire) => wire.isHungUp()));
    expect(performance.now() - startedAt).toBeLessThan(connectionLifeMs + 2_000);
    expect(target.warnings[0]).toMatch(/^closed the connection of 127\.0\.0\.1:\d+: it said nothing complete in time$/);
    await survives();
  });

  test("200 connections at once, of all bad kinds: honest ones are served all the while", async () => {
    const bad = ["", "GET / HTTP/1.1\r\n\r\n", "127.0.0.1:700000", "x".repeat(5_000), "\xff\xfe\x00", "Dead Node:::"];
    const wires = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const wire = await scene.connect(target.port);
        const text = bad[index % bad.length]!;
        if (text !== "") wire.say(text);
        return wire;
      }),
    );
    const startedAt = performance.now();
    await target.serves();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await Promise.all(wires.map((wire) => wire.isHungUp()));
    await survives();
  });

  test("more connections than it may have: the rest is turned away with a word, and served again when there is room", async () => {
    const small = await start({ connectionsMax: 20 });
    const wires = await Promise.all(Array.from({ length: 40 }, () => scene.connect(small.port)));
    await until(() => wires.filter(({ closed, ended }) => closed || ended).length >= 20, "the rest is turned away");
    expect(small.connections()).toBe(20);
    expect(small.warnings.join("\n")).toContain("too many are open");
    await until(() => small.connections() === 0, "the silent ones are gone");
    await small.serves();
  });

  test("resets at every moment", async () => {
    const texts = ["", "127.0.0.1:70000", "Liveness Request:1:", "\0".repeat(3_000), "GET /"];
    for (let round = 0; round < 40; round++) {
      const wire = await scene.connect(target.port);
      wire.say(texts[round % texts.length] || "\n");
      if (round % 3 === 0) await sleep(1);
      wire.socket.resetAndDestroy();
    }
    await survives();
  });

  test("a flood of garbage makes ten warnings a second and a count, not a flood of warnings", async () => {
    const startedAt = performance.now();
    for (let i = 0; i < 300; i++) await scene.ask(target.port, `garbage ${i}`);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(target.warnings.length).toBeLessThanOrEqual(11 * Math.ceil(seconds + 1));
    await sleep(1_050);
    await scene.ask(target.port, "garbage 300");
    const counts = target.warnings.map((line) => Number(/and (\d+) more warnings/.exec(line)?.[1] ?? 1));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(301);
    await survives();
  });
});

test("a connection that asks for ever and never reads is closed, and what waits for it stays bounded", async () => {
  const target = await peerTarget({ connectionLifeMs: 30_000 });
  const wire = await scene.connect(target.port);
  wire.socket.pause();
  const requests = Buffer.from("Liveness Request:1731234567.5:127.0.0.1\n".repeat(2_000));
  const before = bytesInUse();
  const deadline = performance.now() + 15_000;
  while (!wire.socket.destroyed && !target.warnings.some((line) => line.includes("does not read"))) {
    if (performance.now() > deadline) throw new Error("it is served for ever");
    if (wire.socket.writableLength < 2_000_000) wire.say(requests);
    await sleep(1);
  }
  await target.serves();
  await until(() => target.connections() === 0, "the connection is gone");
  scene.forgetWires();
  expect(bytesInUse() - before).toBeLessThan(8_000_000);
  expect(target.warnings[0]).toMatch(/^closed the connection of 127\.0\.0\.1:\d+: it does not read its answers$/);
});

test("a connection that says good things for ever is served, and ends with its time", async () => {
  const { port, warnings, serves, connections } = await peerTarget();
  const wire = await scene.connect(port);
  const startedAt = performance.now();
  while (!wire.ended && !wire.closed) {
    wire.say("Liveness Request:1731234567.5:127.0.0.1\n");
    await sleep(5);
    if (performance.now() - startedAt > connectionLifeMs + 5_000) throw new Error("it is served for ever");
  }
  expect(wire.text).toContain("Liveness Reply:1731234567.5:127.0.0.1:127.0.0.1Liveness Reply:");
  await serves();
  await until(() => connections() === 0, "it is gone");
  expect(warnings).toEqual([
    expect.stringMatching(/^closed the connection of 127\.0\.0\.1:\d+: it stayed open too long$/),
  ]);
});

test.each([
  ["glued, as it poisons the original's", "127.0.0.1:26120127.0.0.1:26121"],
  ["glued, the second without a port", "127.0.0.1:26120127.0.0.1"],
  ["glued so that no one can tell where", "10.0.0.1:2612012.0.0.1:26121"],
  ["of a whole list", "127.0.0.1:26120,127.0.0.1:26121"],
  ["with a comma in the port", "127.0.0.1:26120,"],
  ["on port 0", "127.0.0.1:0"],
  ["on port 70000", "127.0.0.1:70000"],
  ["with a long tail", `127.0.0.1:26120:${"x".repeat(900)}`],
  ["with white space inside", "127.0.0.1: 26120"],
  ["with a line end and another", "127.0.0.1:26120\n127.0.0.1:26121"],
])("a seed's list holds addresses only, after a registration %s", async (_what, text) => {
  const { seed, port } = await scene.seed();
  await scene.ask(port, "127.0.0.1:6001");
  await scene.ask(port, text);
  for (const peer of seed.peers()) expect(peer).toMatch(/^127\.0\.0\.1:(6001|26120|26121)$/);
  const list = await scene.ask(port, "127.0.0.1:6002");
  expect(list).toMatch(/^127\.0\.0\.1:6001,(127\.0\.0\.1:2612[01],){0,2}127\.0\.0\.1:6002$/);
});

test("a thousand registrations from one place fill the list up to its limit and no further, and a list is never cut", async () => {
  const { port, seed, warnings } = await scene.seed({ config: { registrationsMax: 800 } });
  for (let start = 0; start < 1_000; start += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => scene.ask(port, `127.0.0.1:${20_000 + start + i}`)));
  }
  expect(seed.size).toBe(800);
  expect(warnings[0]).toMatch(/^refused a registration from 127\.0\.0\.1:\d+: too many registrations$/);
  const list = await scene.ask(port, "127.0.0.1:20000");
  expect(Buffer.byteLength(list)).toBeLessThanOrEqual(10_240);
  expect(Buffer.byteLength(list)).toBeGreaterThan(10_200);
  expect(list).toMatch(/^(127\.0\.0\.1:20\d{3},)+127\.0\.0\.1:20000$/);
});

describe("a peer among liars", () => {
  test.each([
    ["an endless list", `${"127.0.0.1:6001,".repeat(200_000)}`],
    ["a list of nobody", ",,,,"],
    ["garbage", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["broken UTF-8", "127.0.0.1:6001,\xff\xfe"],
    ["nothing at all", ""],
  ])(
    "a seed that answers %s is said to fail, is asked again, and does not keep the peer from the others",
    async (_what, answer) => {
      const liar = await scene.listen(() => Buffer.from(answer, "latin1"));
      const honest = await scene.seed();
      const before = bytesInUse();
      const { peer, warnings, address } = await scene.peer([liar.address, honest.address], {
        connectionLifeMs,
        config: { exchangeTimeoutMs: 300, retryMinMs: 50, retryMaxMs: 50 },
      });
      await until(() => peer.joined && honest.seed.size === 1, "the peer has joined");
      await until(() => liar.wires.length >= 3, "the liar is asked again");
      expect(warnings.join("\n")).toMatch(new RegExp(`seed ${liar.address} (hung up without a list|does not answer)`));
      expect(peer.own).toBe(address);
      expect(peer.neighbors()).toEqual([]);
      expect(bytesInUse() - before).toBeLessThan(20_000_000);
    },
  );

  test("who answers a connect request or a liveness test with something else is no neighbor", async () => {
    const liar = await scene.listen((text) => (text.startsWith("New") ? "New Connect Rejected" : undefined));
    const turncoat = await scene.listen((text) => {
      if (text.startsWith("New")) return "New Connect Accepted";
      return text.startsWith("Live") ? "Liveness Reply:1:1:1:1\nDead Node:127.0.0.1:1:1:1" : undefined;
    });
    const seed = await scene.listenAsSeed([liar.address, turncoat.address]);
    const { peer, events } = await scene.peer([seed.address], { config: { probeIntervalMs: 100, probeTimeoutMs: 80 } });
    await until(
      () => events.some(({ type }) => type === "dead"),
      "the turncoat's replies to other questions don't count",
    );
    expect(events.some((event) => event.type === "linked" && event.peer === turncoat.address)).toBe(true);
    expect(events.some((event) => event.type === "linked" && event.peer === liar.address)).toBe(false);
    expect(peer.neighbors()).toEqual([]);
  });
});
