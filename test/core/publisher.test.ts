import { describe, expect, test } from "vitest";
import type { Envelope } from "../../src/core/message.js";
import { type PublishConfig, Publisher, publishDefaults } from "../../src/core/publisher.js";

interface Scene {
  readonly publisher: Publisher;
  readonly log: string[];
  slots: number;
  isAlone: boolean;
  hasRoom: boolean;
  publish(token: number, options?: { bytes?: number; allowAlone?: boolean; now?: number }): void;
}

function scene(config: Partial<PublishConfig> = {}): Scene {
  const log: string[] = [];
  const world = { slots: 0b11, isAlone: false, hasRoom: true, log } as Scene;
  let seq = 0;
  const publisher = new Publisher(
    { ...publishDefaults, ...config },
    {
      isAlone: () => world.isAlone,
      slots: () => world.slots,
      hasRoom: () => world.hasRoom,
      spread(_now, { payload, token }) {
        log.push(`spread ${token}`);
        const envelope = { origin: "0", epoch: 1, seq: ++seq, topic: "t", payload } as unknown as Envelope;
        return { envelope, slots: world.slots, isAnnounced: payload.length >= 10_000 };
      },
      resend: (_now, slot, envelope) => log.push(`resend #${envelope.seq} to ${slot}`),
      request: (_now, slot, mark) => log.push(`request ${slot} ${mark}`),
      published: (_now, token, envelope, neighbors) => log.push(`published ${token} #${envelope.seq} to ${neighbors}`),
      failed: (_now, token, code) => log.push(`failed ${token} ${code}`),
    },
  );
  return Object.assign(world, {
    publisher,
    publish(token: number, { bytes = 10, allowAlone = false, now = 0 } = {}) {
      publisher.publish(now, { token, topic: "t", payload: new Uint8Array(bytes), allowAlone });
    },
  });
}

describe("a publisher", () => {
  test("calls a message published when the first neighbor has taken it", () => {
    const world = scene();
    world.publish(1);
    expect(world.log).toEqual(["spread 1", "request 0 1"]);
    world.publisher.taken(5, 0, 1);
    expect(world.log.slice(2)).toEqual(["published 1 #1 to 2"]);
    world.publisher.wake(250);
    expect(world.log).toHaveLength(3);
    expect(world.publisher.nextWake).toBe(Number.POSITIVE_INFINITY);
  });

  test("asks one neighbor for an acknowledgement, the one that gave the last, and all when that one takes long", () => {
    const world = scene();
    world.publish(1);
    expect(world.publisher.nextWake).toBe(250);
    world.publisher.wake(250);
    expect(world.log).toEqual(["spread 1", "request 0 1", "request 1 1"]);
    world.publisher.taken(260, 1, 1);
    world.publish(2, { now: 300 });
    expect(world.log.slice(3)).toEqual(["published 1 #1 to 2", "spread 2", "request 1 2"]);
    // The one that was asked is gone: the other is asked at once.
    world.slots = 0b01;
    world.publisher.neighborDown(310, 1);
    expect(world.publisher.nextWake).toBe(310);
    world.publisher.wake(310);
    expect(world.log.slice(6)).toEqual(["request 0 2"]);
  });

  test("waits when the window is full, and goes on in order as it empties", () => {
    const world = scene({ windowMaxBytes: 100 });
    for (const token of [1, 2, 3]) world.publish(token, { bytes: 60 });
    expect(world.log.filter((line) => line.startsWith("spread"))).toEqual(["spread 1"]);
    world.publisher.taken(5, 0, 1);
    expect(world.log.filter((line) => line.startsWith("spread"))).toEqual(["spread 1", "spread 2"]);
    world.publisher.taken(9, 0, 2);
    world.publisher.taken(12, 0, 3);
    expect(world.log.filter((line) => line.startsWith("published"))).toHaveLength(3);
  });

  test("takes a message larger than the window when nothing else is under way", () => {
    const world = scene({ windowMaxBytes: 100 });
    world.publish(1, { bytes: 1_000 });
    expect(world.log[0]).toBe("spread 1");
  });

  test("refuses what finds too many waiting, and lets no wait go on for ever", () => {
    const world = scene({ waitingMax: 2, publishTimeoutMs: 1_000 });
    world.hasRoom = false;
    for (const token of [1, 2, 3]) world.publish(token);
    expect(world.log).toEqual(["failed 3 busy"]);
    expect(world.publisher.nextWake).toBe(1_000);
    world.publisher.wake(1_000);
    expect(world.log.slice(1)).toEqual(["failed 1 timeout", "failed 2 timeout"]);
    world.hasRoom = true;
    world.publish(4, { now: 1_000 });
    world.publisher.wake(2_000);
    expect(world.log.at(-1)).toBe("failed 4 timeout");
  });

  test("alone: fails at once when there is nobody to turn to, waits while there may be, succeeds with allowAlone", () => {
    const world = scene();
    world.slots = 0;
    world.publish(1);
    expect(world.log).toEqual([]);
    world.publish(2, { allowAlone: true });
    world.publisher.alone(5);
    expect(world.log).toEqual(["failed 1 alone", "spread 2", "published 2 #1 to 0"]);
    world.isAlone = true;
    world.publish(3);
    world.publish(4, { allowAlone: true });
    expect(world.log.slice(3)).toEqual(["failed 3 alone", "spread 4", "published 4 #2 to 0"]);
  });

  test("sends what only a lost neighbor may have to another; an older ack does not count for it", () => {
    const world = scene();
    world.slots = 0b01;
    world.publish(1);
    world.slots = 0b10;
    world.log.length = 0;
    world.publisher.neighborDown(3, 0);
    expect(world.log).toEqual(["resend #1 to 1", "request 1 2"]);
    world.publisher.taken(4, 1, 1);
    expect(world.log).toHaveLength(2);
    world.publisher.taken(5, 1, 2);
    expect(world.log.at(-1)).toBe("published 1 #1 to 1");
  });

  test("a large message counts when somebody who asked for it has taken it, not when it was announced", () => {
    const world = scene();
    world.publish(1, { bytes: 10_000 });
    world.publish(2);
    expect(world.log).toEqual(["spread 1", "spread 2", "request 0 2"]);
    world.publisher.taken(5, 0, 2);
    expect(world.log.slice(3)).toEqual(["published 2 #2 to 2"]);
    world.publisher.served(6, 1, 1);
    expect(world.log.at(-1)).toBe("request 1 3");
    world.publisher.taken(8, 1, 2);
    expect(world.log.at(-1)).toBe("request 1 3");
    world.publisher.taken(9, 1, 3);
    expect(world.log.at(-1)).toBe("published 1 #1 to 1");
  });

  test("a message counts when somebody has asked for it and taken it, whatever the one does that was sent it first", () => {
    const world = scene({ windowMax: 2 });
    world.slots = 0b1;
    world.publish(1);
    world.publish(2);
    world.publish(3);
    world.slots = 0b11;
    world.publisher.wake(250);
    world.publisher.served(300, 1, 1);
    world.publisher.served(300, 1, 2);
    world.publisher.served(300, 1, 2);
    world.publisher.served(300, 0, 1);
    expect(world.log).toEqual(["spread 1", "request 0 1", "spread 2", "request 0 2", "request 1 3", "request 1 4"]);
    world.publisher.taken(310, 1, 4);
    expect(world.log.slice(6, 9)).toEqual(["published 1 #1 to 2", "published 2 #2 to 2", "spread 3"]);
  });

  test("keeps what was sent to a neighbor that died alone, and gives it to the next one", () => {
    const world = scene();
    world.slots = 0b01;
    world.publish(1);
    world.slots = 0;
    world.publisher.neighborDown(3, 0);
    world.slots = 0b100;
    world.publisher.neighborUp(4);
    expect(world.log.slice(2)).toEqual(["resend #1 to 2", "request 2 2"]);
  });

  test("fails everything open when the peer leaves, and whatever comes later", () => {
    const world = scene();
    world.publish(1);
    world.hasRoom = false;
    world.publish(2);
    world.publisher.leave(1);
    world.publish(3);
    expect(world.log.filter((line) => line.startsWith("failed"))).toEqual([
      "failed 2 left",
      "failed 1 left",
      "failed 3 left",
    ]);
  });
});
