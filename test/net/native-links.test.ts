import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test, vi } from "vitest";
import { gossip, heardOn, linked, probe, spoken, startToy } from "./native-toys.js";
import { Scene, until } from "./scene.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const scene = new Scene();
const ends: (() => unknown)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  scene.clear();
  for (const end of ends.splice(0)) end();
});

/** Counts what reaches the kernel: writes of one buffer and of several. */
function countWrites(): { count: number } {
  const writes = { count: 0 };
  for (const name of ["_write", "_writev"] as const) {
    const real = Socket.prototype[name]!;
    vi.spyOn(Socket.prototype, name).mockImplementation(function (this: Socket, ...given: unknown[]) {
      writes.count++;
      return Reflect.apply(real, this, given);
    } as typeof real);
  }
  return writes;
}

test("10,000 messages arrive in order, in far fewer writes", async () => {
  const [from, to] = [await startToy(ends), await startToy(ends)];
  const link = await linked(from, to);
  const writes = countWrites();
  for (let nonce = 0; nonce < 10_000; nonce++) from.send(link, probe(nonce));
  await until(() => to.core.messages.length === 10_000, "all have arrived");
  expect(to.core.messages).toEqual(Array.from({ length: 10_000 }, (_, nonce) => probe(nonce)));
  expect(writes.count).toBeLessThan(5);
});

test("what is answered to messages that come in together goes out in one write a link", async () => {
  const toy = await startToy(ends, {}, ({ effects }, link, message) => {
    if (message.type === "probe") effects.send(link, { type: "ack", nonce: message.nonce });
  });
  const wire = await scene.connect(toy.port);
  wire.say(spoken(probe(0)));
  await until(() => heardOn(wire).length === 1, "the first is answered");
  let pieces = 0;
  wire.socket.on("data", () => pieces++);
  const said = spoken(...Array.from({ length: 500 }, (_, nonce) => probe(nonce))).subarray(4);
  const writes = countWrites();
  wire.say(said);
  await until(() => heardOn(wire).length === 501, "all are answered");
  expect(writes.count).toBeLessThanOrEqual(1 + 2);
  expect(pieces).toBeLessThanOrEqual(2);
});

test("a large payload goes to every link in one write each, without a copy", async () => {
  const from = await startToy(ends);
  const wires = await Promise.all([1, 2, 3].map(() => scene.connect(from.port)));
  for (const wire of wires) wire.say(spoken());
  await until(() => from.core.told.length === 3, "all are up");
  await until(() => wires.every((wire) => wire.bytes.length === 4), "all have the preamble");
  const writes = countWrites();
  const message = gossip(1, 500_000);
  from.driver.call(({ effects }) => {
    for (const link of [1, 2, 3]) effects.send(link, message);
  });
  await until(() => wires.every((wire) => wire.bytes.length > 500_000), "all have it");
  expect(writes.count).toBe(3);
  for (const wire of wires) expect(heardOn(wire)).toMatchObject([{ type: "gossip", envelope: { seq: 1 } }]);
});

test("what a publisher says right before the driver closes still arrives, and the link ends in good order", async () => {
  const [from, to] = [await startToy(ends), await startToy(ends)];
  const link = await linked(from, to);
  from.send(link, ...Array.from({ length: 1_000 }, (_, index) => gossip(index + 1, 1_000)));
  const startedAt = performance.now();
  await from.driver.close();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await until(() => to.core.told.length === 2, "the other side has heard");
  expect(to.core.messages).toHaveLength(1_000);
  expect(to.core.told).toEqual(["up 1 native", "ended 1"]);
  await until(() => to.driver.connections === 0, "the other side is through, too");
});

test("last words arrive although the other side goes on speaking before it reads them: a close is never a reset", async () => {
  const toy = await startToy(ends, {}, ({ effects }, link) => {
    effects.send(link, { type: "disconnect" });
    effects.close(link, "leaving");
  });
  const wire = await scene.connect(toy.port);
  wire.socket.pause();
  wire.say(spoken(probe(1)));
  await until(() => toy.core.messages.length === 1, "the link is closed");
  const more = spoken(gossip(1, 20_000)).subarray(4);
  await wire.sayInPieces([more, more, more], 10);
  wire.socket.resume();
  await wire.isHungUp();
  wire.end();
  await until(() => wire.closed, "closed");
  expect([heardOn(wire), wire.error]).toEqual([[{ type: "disconnect" }], undefined]);
  expect([toy.core.messages.length, toy.core.told]).toEqual([1, ["up 1 native"]]);
});

test("whoever does not end after a close is waited for for a moment only", async () => {
  const toy = await startToy(ends, { lingerMs: 200 }, ({ effects }, link) => effects.close(link, "done"));
  const wire = await scene.connect(toy.port);
  await wire.say(spoken(probe(1))).isHungUp();
  expect(toy.driver.connections).toBe(1);
  await until(() => toy.driver.connections === 0, "it is gone", 2_000);
  expect(toy.core.told).toEqual(["up 1 native"]);
});

test("a driver that closes waits half a second at most for those who do not", async () => {
  const toy = await startToy(ends);
  const wire = await scene.connect(toy.port);
  wire.say(spoken());
  await scene.connect(toy.port);
  await until(() => toy.core.told.length === 1, "up");
  const startedAt = performance.now();
  await toy.driver.close();
  const tookMs = performance.now() - startedAt;
  expect(tookMs).toBeGreaterThan(450);
  expect(tookMs).toBeLessThan(2_000);
  expect(toy.driver.connections).toBe(0);
});

test("a side that has ended may still be spoken to, if the core wants to", async () => {
  const toy = await startToy(ends);
  toy.core.closesEnded = false;
  const wire = await scene.connect(toy.port);
  wire.say(spoken(probe(1))).end();
  await until(() => toy.core.told.includes("ended 1"), "the end is told");
  toy.send(1, probe(2));
  toy.driver.call(({ effects }) => effects.close(1, "done"));
  await until(() => wire.closed, "closed");
  expect(heardOn(wire)).toEqual([probe(2)]);
});

test("a process that is killed in the middle of a frame has ended, and is not said to have sent garbage", async () => {
  const toy = await startToy(ends);
  const wire = await scene.connect(toy.port);
  wire.say(spoken(probe(1), gossip(1, 1_000)).subarray(0, 500));
  await until(() => toy.core.messages.length === 1, "the first message is there");
  wire.socket.destroy();
  await until(() => toy.driver.connections === 0, "it is gone");
  expect([toy.core.told, toy.turned]).toEqual([["up 1 native", "ended 1"], []]);
});

test("a link that breaks, and a dial that is refused, are told with their reasons", async () => {
  const toy = await startToy(ends);
  const wire = await scene.connect(toy.port);
  wire.say(spoken());
  await until(() => toy.core.told.length === 1, "up");
  wire.socket.resetAndDestroy();
  await until(() => toy.core.told.length === 2, "down");
  const gone = await scene.listen();
  const { address } = gone;
  gone.close();
  toy.driver.call(({ effects }) => effects.dial(address));
  await until(() => toy.core.told.length === 3, "refused");
  expect(toy.core.told).toEqual(["up 1 native", "down 1 reset", "down 2 refused"]);
});

test("a dial that is given up before it is answered is never heard of again", async () => {
  const [from, to] = [await startToy(ends), await startToy(ends)];
  from.driver.call(({ effects }) => effects.close(effects.dial(to.address), "done"));
  await until(() => from.driver.connections === 0 && to.driver.connections === 0, "it is gone");
  expect([from.core.told, to.core.told]).toEqual([[], []]);
});

test("a link whose reader pauses is congested; when it reads on, everything arrives and the link is free again", async () => {
  const toy = await startToy(ends, { queueMaxBytes: 400_000 });
  const wire = await scene.connect(toy.port);
  wire.say(spoken());
  await until(() => toy.core.told.length === 1, "up");
  wire.socket.pause();
  let seq = 0;
  await until(() => {
    toy.send(1, gossip(++seq, 50_000));
    return toy.core.told.includes("congested 1 true");
  }, "it is congested");
  wire.socket.resume();
  await until(() => toy.core.told.includes("congested 1 false"), "it is free");
  expect(toy.core.told).toEqual(["up 1 native", "congested 1 true", "congested 1 false"]);
  await until(() => wire.bytes.length > seq * 50_000, "all has arrived");
  expect(heardOn(wire)).toHaveLength(seq);
});

test("congestion is told within one call: a loop that publishes without end can see it", async () => {
  const toy = await startToy(ends, { queueMaxBytes: 400_000, queueHardMaxBytes: 30_000_000 });
  const wire = await scene.connect(toy.port);
  wire.say(spoken());
  await until(() => toy.core.told.length === 1, "up");
  wire.socket.pause();
  let seq = 0;
  while (!toy.core.told.includes("congested 1 true") && seq < 500) toy.send(1, gossip(++seq, 50_000));
  expect(toy.core.told).toContain("congested 1 true");
});

test("a link that never reads is closed at the hard bound, and its memory is given back", async () => {
  const toy = await startToy(ends, { queueMaxBytes: 500_000, queueHardMaxBytes: 2_000_000 });
  const wire = await scene.connect(toy.port);
  wire.say(spoken());
  await until(() => toy.core.told.length === 1, "up");
  wire.socket.pause();
  const before = bytesInUse();
  let highest = 0;
  for (let seq = 1; toy.turned.length === 0; seq++) {
    toy.send(1, gossip(seq, 50_000));
    await sleep(0);
    if (seq % 20 === 0) highest = Math.max(highest, bytesInUse() - before);
    if (seq > 1_000) throw new Error("it is served for ever");
  }
  await until(() => toy.core.told.length === 3, "down");
  expect(toy.core.told).toEqual(["up 1 native", "congested 1 true", "down 1 reset"]);
  expect(toy.turned).toMatchObject([{ why: "does-not-read" }]);
  expect(highest).toBeLessThan(6_000_000);
  scene.forgetWires();
  await until(
    () => bytesInUse() - before < 2_000_000,
    () => `${bytesInUse() - before} bytes are still in use`,
  );
});

test("lengths that lie cost the liar: megabytes that never come take no memory here", async () => {
  const toy = await startToy(ends);
  const before = bytesInUse();
  // A gossip of 1 MiB, of which 200 bytes come.
  const start = Buffer.concat([spoken(), Buffer.from("0010000010", "hex"), Buffer.alloc(200)]);
  for (let i = 0; i < 100; i++) (await scene.connect(toy.port)).say(start);
  await until(() => toy.core.told.length === 100, "all are up");
  expect(bytesInUse() - before).toBeLessThan(10_000_000);
});

test("a flood of silent connections does not keep a native peer out, stays within its bound, and ends", async () => {
  const toy = await startToy(ends, { undecidedMax: 50, undecidedLifeMs: 400, connectionsMax: 100 });
  const other = await startToy(ends);
  for (let i = 0; i < 300; i++) await scene.connect(toy.port);
  await until(() => toy.driver.connections <= 50, "the oldest are closed");
  await linked(other, toy);
  expect(toy.turned.length).toBeGreaterThanOrEqual(250);
  expect(new Set(toy.turned.map(({ why }) => why))).toEqual(new Set(["too-many-silent"]));
  await until(() => toy.driver.connections === 1, "the silent ones are gone");
  expect(toy.turned.at(-1)).toMatchObject({ why: "took-too-long" });
  expect(toy.core.told).toEqual(["up 1 native"]);
});

test("a native link is not ended by lapse of time", async () => {
  const options = { connectionLifeMs: 100, undecidedLifeMs: 100, lingerMs: 100 };
  const [from, to] = [await startToy(ends, options), await startToy(ends, options)];
  const link = await linked(from, to);
  await sleep(300);
  from.send(link, probe(1));
  await until(() => to.core.messages.length === 1, "it still carries");
});

test("a message that has no bytes costs its link, not the process, and is said to be a mistake of this program", async () => {
  const toy = await startToy(ends);
  const wires = [await scene.connect(toy.port), await scene.connect(toy.port)];
  for (const wire of wires) wire.say(spoken());
  await until(() => toy.core.told.length === 2, "up");
  toy.send(1, probe(1), probe(-1), probe(2));
  await until(() => toy.core.told.length === 3, "down");
  expect(toy.core.told[2]).toBe("down 1 local");
  expect(toy.turned).toMatchObject([{ why: "unwritable", error: expect.any(RangeError) }]);
  toy.send(2, probe(3));
  await until(() => heardOn(wires[1]!).length === 1, "the other link goes on");
});

test("one that floods does not keep another from being heard", async () => {
  const toy = await startToy(ends, {}, ({ effects }, link, message) => {
    if (message.type === "probe") effects.send(link, { type: "ack", nonce: message.nonce });
  });
  const flood = await scene.connect(toy.port);
  flood.say(spoken());
  const bulk = spoken(...Array.from({ length: 2_000 }, () => gossip(1, 200))).subarray(4);
  const flooding = setInterval(() => flood.socket.writableLength < 4_000_000 && flood.say(bulk), 1);
  ends.push(() => clearInterval(flooding));
  const quiet = await scene.connect(toy.port);
  quiet.say(spoken());
  for (let nonce = 1; nonce <= 20; nonce++) {
    const startedAt = performance.now();
    quiet.say(spoken(probe(nonce)).subarray(4));
    await until(() => heardOn(quiet).length === nonce, "it is answered");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  }
  toy.core.messages.length = 0;
});
