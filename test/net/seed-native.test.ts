import { afterEach, describe, expect, test } from "vitest";
import { type Address, joinAddress } from "../../src/core/address.js";
import type { Hello, Message } from "../../src/core/message.js";
import { seededRandom } from "../../src/core/random.js";
import { type RegistrationConfig, registrationDefaults } from "../../src/core/registration.js";
import { Driver } from "../../src/net/driver.js";
import { createSeed } from "../../src/net/seed.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";
import { helloOf, idOf, RegisteringCore } from "../core/seed-world.js";
import { Scene, until, type Wire } from "./scene.js";

const loopback = "127.0.0.1";
const scene = new Scene();
const drivers: Driver<RegisteringCore, never>[] = [];

afterEach(() => {
  scene.clear();
  for (const driver of drivers.splice(0)) driver.crash();
});

/** A peer that registers, on a real port. */
async function registering(index: number, seeds: readonly Address[], config: Partial<RegistrationConfig> = {}) {
  const driver = await Driver.start<RegisteringCore, never>(
    { port: 0, host: loopback, dialects: ["native", "classic"] },
    { event() {}, turned() {} },
    (effects, port) => {
      const contact = { id: idOf(index), address: joinAddress(loopback, port)! };
      const self = { contact, epoch: 1, network: "hearsay" };
      return new RegisteringCore(self, { ...registrationDefaults, ...config }, seededRandom(index), effects);
    },
  );
  drivers.push(driver);
  driver.call((core, at) => core.give(at, (registration) => registration.start(at, seeds)));
  return { driver, core: driver.core, address: joinAddress(loopback, driver.port)! };
}

/** All frames that came over a raw connection. */
function framesOf(wire: Wire): Message[] {
  const reading = new NativeReader().push(Uint8Array.from(wire.bytes));
  expect(reading.refusal).toBeUndefined();
  return reading.messages;
}

function bytesOf(...messages: Message[]): Buffer {
  return Buffer.concat([nativePreamble(), ...messages.map((message) => encodeNative(message))]);
}

const address = joinAddress(loopback, 6001)!;
const knock = helloOf(1, { address, network: "hearsay" }, { type: "register" });

describe("a seed on a real port", () => {
  test("registers native and classic peers side by side, and tells each of all", async () => {
    const seed = await scene.seed();
    const peers = [await registering(1, [seed.address]), await registering(2, [seed.address])];
    await until(() => seed.seed.size === 2, "both are registered");
    const list = await scene.ask(seed.port, `${loopback}:7001`);
    const [one, other] = peers.map((peer) => peer.address);
    expect(list.split(",").sort()).toEqual([one, other, `${loopback}:7001`].sort());
    const third = await registering(3, [seed.address]);
    await until(() => third.core.of("registered").length === 1, "the third is registered");
    const { answer } = third.core.of("registered")[0]!;
    expect(answer.contacts.map(({ id }) => id).sort()).toEqual([idOf(1), idOf(2)]);
    expect(answer).toMatchObject({ classic: [`${loopback}:7001`], observedIp: loopback });
    expect(seed.lines).toHaveLength(4);
    expect(seed.warnings).toEqual([]);
  });

  test("is renewed by its peers, tests those that don't renew, and hears of those that leave", async () => {
    const config = { leaseMs: 900, leaseCheckIntervalMs: 10, recheckMs: 50, checkTimeoutMs: 300 };
    const seed = await scene.seed({ config });
    const [stays, leaves, dies] = [
      await registering(1, [seed.address], { leaseMinMs: 900 }),
      await registering(2, [seed.address]),
      await registering(3, [seed.address]),
    ];
    await until(() => seed.seed.size === 3, "all are registered");
    leaves.driver.call((core, at) => core.give(at, (registration) => registration.leave(at)));
    dies.driver.crash();
    await until(() => seed.seed.size === 1, "one is left");
    await until(() => stays.core.of("registered").length >= 4, "it renews");
    expect(seed.seed.peers()).toEqual([stays.address]);
    expect(seed.lines).toContain(`Left -- ${leaves.address}`);
    expect(seed.lines).toContain(`Removed -- ${dies.address} (lease ended; it refuses connections)`);
  });

  test("understands a peer byte by byte, and answers it in frames behind its own preamble", async () => {
    const seed = await scene.seed();
    const wire = await scene.connect(seed.port);
    await wire.sayInPieces(
      [...bytesOf(...knock)].map((byte) => Uint8Array.of(byte)),
      0,
    );
    await until(() => framesOf(wire).length === 2, "the answer");
    const [hello, registered] = framesOf(wire);
    expect(hello).toMatchObject({ type: "hello", network: "hearsay", capabilities: 1 });
    expect((hello as Hello).self.address).toBe(seed.address);
    expect(registered).toMatchObject({ type: "registered", leaseMs: 25_000, observedIp: loopback, contacts: [] });
    wire.end();
    await wire.isHungUp();
    expect(seed.seed.peers()).toEqual([address]);
  });

  test("tells a peer of another network which one this is, and its owner too", async () => {
    const seed = await scene.seed({ network: "blue" });
    const wire = await scene.connect(seed.port);
    await wire.say(bytesOf(...knock)).isHungUp();
    expect(framesOf(wire)).toMatchObject([{ type: "hello", network: "blue" }]);
    expect(seed.warnings).toHaveLength(1);
    expect(seed.warnings[0]).toMatch(
      /^turned away 127\.0\.0\.1:\d+: it belongs to the network "hearsay", and .* "blue"$/,
    );
    const peer = await registering(1, [seed.address]);
    await until(() => peer.core.of("failed").length > 0, "it fails");
    expect(peer.core.of("failed")[0]!.failure).toBe('belongs to the network "blue", and this peer to "hearsay"');
    expect(seed.seed.size).toBe(0);
  });

  test("ends every conversation, however it goes wrong, and serves honest peers all the while", async () => {
    const seed = await scene.seed({ config: { conversationTimeoutMs: 500 }, connectionLifeMs: 1_000 });
    const hello = bytesOf(knock[0]!);
    const wires: Wire[] = [];
    for (let i = 0; i < 40; i++) {
      for (const bytes of [
        nativePreamble(),
        hello,
        hello.subarray(0, 20),
        Buffer.concat([hello, Buffer.from("ffffffff10", "hex")]),
        Buffer.concat([hello, encodeNative({ type: "join" })]),
        Buffer.from("f6485399", "hex"),
      ]) {
        wires.push((await scene.connect(seed.port)).say(bytes));
      }
    }
    const peer = await registering(2, [seed.address]);
    await until(() => peer.core.of("registered").length === 1, "an honest one is served");
    await Promise.all(wires.map((wire) => wire.isHungUp()));
    for (const { socket } of wires) socket.destroy();
    await until(() => seed.seed.connections === 0, "all connections are gone");
    expect(seed.seed.size).toBe(1);
  });

  test("speaks the classic dialect alone when it is told to", async () => {
    const seed = await scene.seed({ dialects: ["classic"] });
    const peer = await registering(1, [seed.address], { seedHelloTimeoutMs: 500 });
    await until(() => peer.core.told.length > 0, "the peer knows");
    expect(peer.core.told).toMatchObject([{ type: "classic", seed: seed.address }]);
    expect(await scene.ask(seed.port, `${loopback}:7001`)).toBe(`${loopback}:7001`);
  });

  test("that is an original is left to the classic side: one that hangs up, one that says nothing", async () => {
    const hangsUp = await scene.listen((text) => (text === "" ? undefined : ""));
    const saysNothing = await scene.listen();
    const answersText = await scene.listen(() => `${loopback}:7001`);
    const seeds = [hangsUp.address, saysNothing.address, answersText.address];
    for (const seed of seeds) {
      const peer = await registering(1, [seed], { seedHelloTimeoutMs: 300 });
      await until(() => peer.core.told.length > 0, "the peer knows");
      expect(peer.core.told).toMatchObject([{ type: "classic", seed }]);
    }
  });

  test("is made by createSeed, and ends with its block", async () => {
    let port = 0;
    {
      await using seed = await createSeed({ listen: { host: loopback }, network: "blue" });
      port = seed.port;
      expect(seed).toMatchObject({ network: "blue", size: 0 });
      expect(seed.peers()).toEqual([]);
    }
    await using again = await createSeed({ listen: { host: loopback, port } });
    expect(again).toMatchObject({ network: "hearsay", port });
  });

  test.each(["", "é".repeat(128)])("refuses a network's name of no bytes, or of more than 255", async (network) => {
    await expect(createSeed({ network })).rejects.toMatchObject({ code: "bad-option" });
  });

  test.each([-1, 65_536, 1.5, Number.NaN])("refuses a port that is none: %d", async (port) => {
    await expect(createSeed({ listen: { port } })).rejects.toMatchObject({ code: "bad-option" });
  });
});
