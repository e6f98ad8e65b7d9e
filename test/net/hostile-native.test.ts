import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Address } from "../../src/core/address.js";
import type { Contact, PeerId } from "../../src/core/identity.js";
import type { Message } from "../../src/core/message.js";
import { encodeNative, nativePreamble } from "../../src/wire/native.js";
import { message as anyMessage, cut, cuts } from "../wire/native-messages.js";
import { Enemy, Trap } from "./enemy.js";
import { until } from "./scene.js";
import { PeerVictim, SeedVictim } from "./victims.js";

const isLong = Boolean(process.env.HEARSAY_LONG);
const runs = isLong ? 300 : 15;

/** Nobody listens there, and nobody beyond this machine is troubled. */
function deadAddress(seed: number): Address {
  return `127.0.0.1:${1 + (seed % 60)}` as Address;
}

/** Whose name is taken in vain. */
interface Names {
  readonly victim: { readonly id: PeerId; readonly epoch: number };
  readonly friend: PeerId;
}

/** The same message with addresses of this machine only, and now and then with names that mean something to the victim. */
function aimed(message: Message, choice: number, { victim, friend }: Names): Message {
  const contactOf = ({ id, address }: Contact) => ({
    id: choice % 5 === 1 ? victim.id : id,
    address: deadAddress(address.length),
  });
  const idOf = (id: PeerId) => [victim.id, friend][choice % 4] ?? id;
  const lifeOf = <Life extends { readonly origin: PeerId; readonly epoch: number }>(life: Life): Life =>
    choice % 3 === 0 ? { ...life, origin: victim.id, epoch: victim.epoch } : { ...life, origin: idOf(life.origin) };
  switch (message.type) {
    case "hello":
      return { ...message, self: contactOf(message.self), network: choice % 2 === 0 ? "hearsay" : message.network };
    case "forward-join":
      return { ...message, newcomer: contactOf(message.newcomer) };
    case "shuffle":
      return { ...message, origin: contactOf(message.origin), contacts: message.contacts.map(contactOf) };
    case "shuffle-reply":
      return { ...message, contacts: message.contacts.map(contactOf) };
    case "registered": {
      const classic = message.classic.map((_address, index) => deadAddress(index));
      return { ...message, contacts: message.contacts.map(contactOf), classic };
    }
    case "gossip":
    case "repair": {
      const { address, bytes: _bytes, ...rest } = message.envelope;
      return { ...message, envelope: { ...lifeOf(rest), address: deadAddress(address.length) } };
    }
    case "ihave":
      return { ...message, entries: message.entries.map(lifeOf) };
    case "want":
      return lifeOf(message);
    case "graft":
      return { ...message, tree: message.tree && idOf(message.tree), wanted: message.wanted && lifeOf(message.wanted) };
    case "prune":
      return { ...message, tree: idOf(message.tree) };
    case "news": {
      const recordOf = <One extends Contact>(record: One): One => ({ ...record, ...contactOf(record) });
      return {
        ...message,
        records: message.records.map(recordOf),
        ended: message.ended.map((one) => ({ ...one, record: recordOf(one.record) })),
        accusations: message.accusations.map((one) => ({
          ...one,
          subject: idOf(one.subject),
          accuser: idOf(one.accuser),
        })),
      };
    }
    case "ask":
      return { ...message, ids: message.ids.map(idOf) };
    case "probe-request":
    case "probe-result":
      return { ...message, subject: idOf(message.subject) };
    default:
      return message;
  }
}

const attack = fc.array(fc.tuple(anyMessage, fc.nat({ max: 59 })), { minLength: 1, maxLength: 12 });

/** A frame whose length says something else than what follows. */
const lyingFrame = fc
  .tuple(anyMessage, fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 0xffff_ffff })))
  .map(([one, length]) => {
    const bytes = encodeNative(one).slice();
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, length);
    return bytes;
  });

describe("a peer that speaks the native protocol", () => {
  let victim: PeerVictim;
  const traps: Trap[] = [];
  beforeEach(async () => {
    victim = await PeerVictim.start();
  });
  afterEach(async () => {
    for (const trap of traps.splice(0)) trap.close();
    await victim.close();
  });

  function namesFrom(enemy: Enemy): Names {
    const { self, epoch } = enemy.victim;
    return { victim: { id: self.id, epoch }, friend: victim.friend.id };
  }

  test("goes on whatever a stranger says after its preamble", async () => {
    const said = fc.oneof(fc.uint8Array({ maxLength: 300 }), lyingFrame);
    await fc.assert(
      fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 4 }), cuts, async (pieces, places) => {
        const enemy = await Enemy.dial(victim.peer.address);
        for (const piece of cut(Buffer.concat([nativePreamble(), ...pieces]), places)) enemy.sayBytes(piece);
        enemy.socket.end();
        await enemy.isHungUp();
      }),
      { numRuns: runs },
    );
    await victim.serves();
    expect(victim.unlinks).toEqual([]);
  });

  test("tells once of bytes that are no message, and hangs up", async () => {
    const enemy = await Enemy.dial(victim.peer.address);
    enemy.sayHello().sayBytes(new Uint8Array(1_000).fill(0xff));
    await enemy.isHungUp();
    await victim.serves();
    expect(victim.turnedAway).toHaveLength(1);
  });

  test("goes on whatever messages come from a stranger who has said hello, and hangs up", async () => {
    await fc.assert(
      fc.asyncProperty(attack, async (messages) => {
        const enemy = await Enemy.dial(victim.peer.address);
        enemy.sayHello();
        await enemy.hears("hello");
        const names = namesFrom(enemy);
        enemy.say(...messages.map(([one, choice]) => aimed(one, choice, names)));
        enemy.socket.end();
        await enemy.isHungUp();
      }),
      { numRuns: runs },
    );
    await victim.serves();
  });

  test(
    "goes on whatever messages come from a neighbor",
    async () => {
      await fc.assert(
        fc.asyncProperty(attack, async (messages) => {
          const enemy = await Enemy.befriend(victim.peer.address);
          const names = namesFrom(enemy);
          for (const [one, choice] of messages) enemy.say(aimed(one, choice, names));
          await enemy.isDealtWith();
          enemy.socket.destroy();
          await victim.serves();
        }),
        { numRuns: runs },
      );
    },
    isLong ? 600_000 : 30_000,
  );

  test(
    "goes on whatever it is told where it has dialed",
    async () => {
      const trap = await Trap.open();
      traps.push(trap);
      let inviter = await Enemy.befriend(victim.peer.address);
      await fc.assert(
        fc.asyncProperty(attack, fc.boolean(), async (messages, isAccepting) => {
          // A walk that ends here makes the victim dial.
          const id = (await Enemy.dial(victim.peer.address)).self.id;
          const caught = trap.catches();
          // It answers no probes, and is given up after three seconds.
          if (inviter.isClosed) inviter = await Enemy.befriend(victim.peer.address);
          inviter.say({ type: "forward-join", newcomer: { id, address: trap.address }, ttl: 0 });
          const enemy = await caught;
          enemy.sayHello();
          if (isAccepting) enemy.say({ type: "neighbor-reply", accepted: true });
          const names = namesFrom(enemy);
          enemy.say(...messages.map(([one, choice]) => aimed(one, choice, names)));
          enemy.socket.end();
          await enemy.isHungUp();
          await victim.serves();
        }),
        { numRuns: runs },
      );
    },
    isLong ? 600_000 : 30_000,
  );

  test.each<[string, Message]>([
    [
      "a hello",
      {
        type: "hello",
        version: 1,
        network: "hearsay",
        capabilities: 0,
        self: { id: "ab".repeat(16) as PeerId, address: deadAddress(1) },
        epoch: 1,
      },
    ],
    ["a request to be registered", { type: "register" }],
    [
      "marks that no sets are",
      {
        type: "marks",
        isQuestion: true,
        parts: [{ prefix: "0", lives: [{ origin: "f".repeat(32) as PeerId, epoch: 1, seen: [1, 2], kept: [] }] }],
      },
    ],
  ])("tells once, and why, when a neighbor is dropped for %s", async (_what, message) => {
    const enemy = await Enemy.befriend(victim.peer.address);
    enemy.say(message);
    await enemy.isHungUp();
    await until(() => victim.unlinks.length > 0, "it is told");
    await victim.serves();
    expect(victim.unlinks).toEqual([`misbehaved ${enemy.self.address}`]);
  });

  test("tells once, and why, when a stranger is turned away for what it said", async () => {
    const enemy = await Enemy.dial(victim.peer.address);
    enemy.sayHello().say({ type: "probe", nonce: 1 }, { type: "probe", nonce: 2 });
    await enemy.isHungUp();
    await victim.serves();
    expect(victim.turnedAway).toEqual(["misbehaved"]);
  });
});

describe("a seed that speaks the native protocol", () => {
  let victim: SeedVictim;
  beforeEach(async () => {
    victim = await SeedVictim.start();
  });
  afterEach(() => victim.seed.close());

  test("goes on whatever bytes and messages come, and hangs up", async () => {
    const said = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      lyingFrame,
      fc.tuple(anyMessage, fc.nat({ max: 59 })).map(([one, choice]) => {
        const id = "ab".repeat(16) as PeerId;
        return encodeNative(aimed(one, choice, { victim: { id, epoch: 1 }, friend: id }));
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(said, { minLength: 1, maxLength: 6 }),
        cuts,
        fc.boolean(),
        async (pieces, places, polite) => {
          const enemy = await Enemy.dial(victim.address);
          if (polite) enemy.sayHello();
          const bytes = Buffer.concat([...(polite ? [] : [nativePreamble()]), ...pieces]);
          for (const piece of cut(bytes, places)) enemy.sayBytes(piece);
          enemy.socket.end();
          await enemy.isHungUp();
        },
      ),
      { numRuns: 2 * runs },
    );
    await victim.serves();
  });
});
