import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { EventStream, type StreamLimits, streamLimits } from "../../src/http/event-stream.js";
import type { StreamEvent } from "../../src/http/schemas.js";
import { peerScene, type Scene } from "./scene.js";

const sockets: Socket[] = [];
let server: Server | undefined;
let stream: EventStream | undefined;
let scene: Scene | undefined;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  stream?.close();
  server?.close();
  await scene?.close();
  scene = undefined;
});

/** A stream that tells what the test wants, over a real server. */
async function streaming(limits: Partial<StreamLimits>) {
  let tell: (event: StreamEvent) => void = () => {};
  const told = {
    kind: "peer" as const,
    listen(listener: typeof tell) {
      tell = listener;
      return () => {
        tell = () => {};
      };
    },
  };
  const events = new EventStream(told, {}, { ...streamLimits, ...limits });
  stream = events;
  server = createServer((_request, response) => events.open(response, { types: undefined, lastEventId: undefined }));
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const observer = { id: null, name: null, address: "a" };
  const say = (text: string) => tell({ type: "notice", at: 1, observer, code: "c", text });
  return { events, port, say };
}

/** A listener that asks, and after the first answer reads nothing. */
function deaf(port: number) {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  let text = "";
  let isClosed = false;
  socket.on("data", (bytes) => {
    text += bytes.toString();
  });
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("error", () => {});
  const connected = new Promise<void>((resolve) => {
    socket.once("data", () => {
      socket.pause();
      resolve();
    });
  });
  socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return { socket, connected, text: () => text, isClosed: () => isClosed };
}

describe("a listener who does not read", () => {
  test("loses events, is told how many, and has all the others, once and in order", async () => {
    const { events, port, say } = await streaming({ entriesMax: 100 });
    const listener = deaf(port);
    await listener.connected;
    let said = 0;
    // More than the kernel takes for it; in portions, as things happen.
    for (; said < 20_000; said++) {
      say(`${said} ${"x".repeat(1_000)}`);
      if (said % 500 === 0) await sleep(1);
    }
    listener.socket.resume();
    await expect.poll(() => listener.text().includes(`"text":"${said - 1} `), { timeout: 10_000 }).toBe(true);
    const bodies = [...listener.text().matchAll(/^data: (.*)$/gm)].map(([, body]) => JSON.parse(body!) as StreamEvent);
    let next = 0;
    let dropped = 0;
    for (const event of bodies) {
      if (event.type === "dropped") {
        next += event.count!;
        dropped += event.count!;
      } else if (event.type === "notice") expect(Number(event.text.split(" ")[0])).toBe(next++);
    }
    expect(next).toBe(said);
    expect(dropped).toBeGreaterThan(1_000);
    expect(events.dropped).toBe(dropped);
  });

  test("is disconnected after a while, and one to whom nothing was said is not", async () => {
    const { events, port, say } = await streaming({ stuckMs: 500, pingMs: 60_000 });
    const stuck = deaf(port);
    await stuck.connected;
    // Until the kernel takes no more for it: it is not stuck before.
    for (const end = performance.now() + 10_000; events.size > 0 && performance.now() < end; ) {
      for (let i = 0; i < 20; i++) say("x".repeat(50_000));
      await sleep(20);
    }
    expect(events.size).toBe(0);
    const idle = deaf(port);
    await idle.connected;
    await sleep(700);
    expect([events.size, idle.isClosed()]).toEqual([1, false]);
  });
});

test.skipIf(!process.env.HEARSAY_LONG)("200 of them do not slow gossip down (figures, not judged)", async () => {
  const { first, second, ...rest } = await peerScene({ stream: { stuckMs: 60_000 } });
  scene = rest;
  const topic = "t".repeat(250);
  const measured = async () => {
    const took: number[] = [];
    const subscription = first.peer.subscribe(topic, { history: "none" });
    const arrivals = (async () => {
      for await (const message of subscription) {
        took.push(performance.now() - Number(message.text().split(" ")[0]));
        if (took.length === 2_000) break;
      }
    })();
    for (let i = 0; i < 2_000; i++) {
      await second.peer.publish(topic, `${performance.now()} ${"x".repeat(100)}`);
    }
    await arrivals;
    took.sort((a, b) => a - b);
    const at = (share: number) => took[Math.floor(share * (took.length - 1))]!.toFixed(2);
    const { rss } = process.memoryUsage();
    return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, memory ${(rss / 1e6).toFixed(0)} MB`;
  };
  await measured();
  console.log(`no listener: ${await measured()}`);
  const listeners = Array.from({ length: 200 }, () => deaf(rest.endpoint.port));
  await Promise.all(listeners.map(({ connected }) => connected));
  console.log(`200 that do not read, filling up: ${await measured()}`);
  console.log(`200 that do not read, full: ${await measured()}`);
  expect(first.peer.counters().delivered).toBe(8_000);
  expect(listeners.filter(({ isClosed }) => isClosed())).toEqual([]);
  expect(process.memoryUsage().rss).toBeLessThan(1e9);
});
