import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Address } from "../../src/core/address.js";
import type { DirectoryEntry, DirectoryPage } from "../../src/core/directory/messages.js";
import { type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Hello, Message } from "../../src/core/message.js";
import { createPeer } from "../../src/net/create-peer.js";
import { type DirectoryAnswer, queryDirectory } from "../../src/net/directory-query.js";
import { Seed } from "../../src/net/seed.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const timeoutMs = 5_000;

function ask(address: string, changes: Partial<Parameters<typeof queryDirectory>[0]> = {}): Promise<DirectoryAnswer> {
  return queryDirectory({ address: address as Address, network: "hearsay", timeoutMs, ...changes });
}

function idOf(index: number): PeerId {
  return parsePeerId(index.toString(16).padStart(32, "0"))!;
}

function entryOf(index: number, changes: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return {
    id: idOf(index),
    address: "10.0.0.1:5000" as Address,
    dialect: "native",
    status: "alive",
    epoch: 1,
    incarnation: 1,
    forMs: 0,
    seenAgoMs: undefined,
    rttMs: undefined,
    tags: {},
    ...changes,
  };
}

function page(isLast: boolean, ...entries: DirectoryEntry[]): DirectoryPage {
  return { type: "directory-page", isLast, entries };
}

/** One who answers as the test says. */
interface Liar {
  readonly address: Address;
  /** The `after` of each question. */
  readonly questions: string[];
  connections: number;
}

/** Says hello, and answers each question; `answer` may also write to the socket, or end it. */
async function liar(
  answer: (count: number, after: string, socket: Socket) => readonly Message[],
  hello: Partial<Hello> = {},
): Promise<Liar> {
  const server: Server = createServer((socket) => {
    one.connections++;
    ends.push(() => socket.destroy());
    const reader = new NativeReader();
    socket.on("error", () => {});
    const self = { id: idOf(0xffff), address: one.address };
    const own: Hello = { type: "hello", version: 1, network: "hearsay", capabilities: 0, self, epoch: 1, ...hello };
    socket.on("data", (bytes) => {
      for (const message of reader.push(bytes).messages) {
        if (message.type === "hello") socket.write(Buffer.concat([nativePreamble(), encodeNative(own)]));
        else if (message.type === "directory-request") {
          one.questions.push(message.after);
          for (const said of answer(one.questions.length - 1, message.after, socket)) socket.write(encodeNative(said));
        }
      }
    });
  });
  const one: Liar = { address: "127.0.0.1:1" as Address, questions: [], connections: 0 };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  return Object.assign(one, { address: `127.0.0.1:${(server.address() as AddressInfo).port}` as Address });
}

/** A server that does with each connection what the test says. */
async function listener(onConnection: (socket: Socket) => void): Promise<Address> {
  const server = createServer((socket) => {
    ends.push(() => socket.destroy());
    socket.on("error", () => {});
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}` as Address;
}

describe("asking for the directory", () => {
  test("a peer tells of all it knows, itself included, and has no new neighbor for it", async () => {
    const listen = { host: "127.0.0.1" };
    const elder = await createPeer({ listen, tags: { role: "elder" } });
    ends.push(() => elder.close());
    const other = await createPeer({ listen, peers: [elder.address], tags: { role: "other" } });
    ends.push(() => other.close());
    await elder.ready({ signal: AbortSignal.timeout(5_000) });
    const { entries, asked, isSeed } = await ask(elder.address);
    expect({ asked, isSeed }).toEqual({ asked: elder.id, isSeed: false });
    expect(entries.map(({ id, status, tags }) => [id, status, tags.role])).toEqual(
      [elder, other].map(({ id }, i) => [id, "alive", ["elder", "other"][i]]).sort(),
    );
    expect(entries.find(({ id }) => id === other.id)).toMatchObject({
      rttMs: expect.any(Number),
      seenAgoMs: expect.any(Number),
    });
    expect(elder.neighbors()).toHaveLength(1);
    expect(elder.peers()).toHaveLength(2);
  });

  test("a seed tells who is registered, and says that it is one", async () => {
    const seed = await Seed.start({ port: 0, host: "127.0.0.1" });
    ends.push(() => seed.close());
    const seeds = [`127.0.0.1:${seed.port}`];
    const peer = await createPeer({ listen: { host: "127.0.0.1" }, seeds, tags: { role: "worker" } });
    ends.push(() => peer.close());
    const { entries, isSeed } = await ask(seeds[0]!);
    expect(isSeed).toBe(true);
    expect(entries).toMatchObject([
      { id: peer.id, address: peer.address, status: "alive", tags: {}, rttMs: undefined },
    ]);
  });

  test("many pages are read to the end, each question with the last key before; a connection that ends is made anew", async () => {
    const all = Array.from({ length: 1_000 }, (_, i) => entryOf(i + 1, { tags: { n: String(i) } }));
    const one = await liar((count, after, socket) => {
      const from = after === "" ? 0 : all.findIndex(({ id }) => id === after) + 1;
      if (count === 4) socket.end();
      return count === 4 ? [] : [page(from + 100 >= all.length, ...all.slice(from, from + 100))];
    });
    expect((await ask(one.address)).entries).toEqual(all);
    expect(one.connections).toBe(2);
    expect(one.questions).toHaveLength(11);
  });

  test("one that has answered enough for a moment is asked on a little later", async () => {
    const all = [1, 2, 3].map((index) => entryOf(index));
    const one = await liar((count, after, socket) => {
      if (count === 1 || count === 2) socket.end();
      return count === 1 || count === 2 ? [] : [page(after !== "", ...(after === "" ? all.slice(0, 2) : all.slice(2)))];
    });
    expect((await ask(one.address)).entries).toEqual(all);
    expect(one.questions).toEqual(["", idOf(2), idOf(2), idOf(2)]);
  });

  test("those of the classic dialect come last, by address, and are asked on from", async () => {
    const classic = ["10.0.0.1:9", "10.0.0.2:1"].map((address) =>
      entryOf(0, { id: undefined, dialect: "classic", address: address as Address }),
    );
    const one = await liar((count) =>
      count === 0 ? [page(false, entryOf(1), classic[0]!)] : [page(true, classic[1]!)],
    );
    expect((await ask(one.address)).entries).toEqual([entryOf(1), ...classic]);
    expect(one.questions).toEqual(["", "~10.0.0.1:9"]);
  });
});

describe("whoever answers badly", () => {
  const nonsense = { code: "alone", message: expect.stringMatching(/answers with nonsense$/) };
  const longName = `${"a".repeat(62)}.${"b".repeat(62)}.${"c".repeat(62)}.${"d".repeat(60)}`;

  test.each<[string, (count: number) => readonly Message[]]>([
    ["the same page again and again", () => [page(false, entryOf(1), entryOf(2))]],
    ["pages that go back", (count) => [page(false, entryOf(9 - count))]],
    ["entries out of order", () => [page(true, entryOf(2), entryOf(1))]],
    ["one entry twice", () => [page(true, entryOf(1), entryOf(1))]],
    ["a page of nothing that is not the last", () => [page(false)]],
    [
      "a key that nobody can ask on from",
      () => [page(false, entryOf(0, { id: undefined, dialect: "classic", address: `${longName}:65535` as Address }))],
    ],
  ])("is found out at once: %s", async (_name, answer) => {
    const one = await liar(answer);
    await expect(ask(one.address)).rejects.toMatchObject(nonsense);
    expect(one.questions.length).toBeLessThan(3);
  });

  test("pages without end cost no more than the time that was given", async () => {
    const one = await liar((count) => [page(false, entryOf(count + 1))]);
    const begun = performance.now();
    await expect(ask(one.address, { timeoutMs: 300 })).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/ has told of \d+ peers so far, and takes too long$/),
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  test("one that hangs up after each entry is asked no longer than that, either", async () => {
    const one = await liar((count, _after, socket) => {
      setImmediate(() => socket.end());
      return [page(false, entryOf(count + 1))];
    });
    await expect(ask(one.address, { timeoutMs: 300 })).rejects.toMatchObject({ code: "timeout" });
  });

  test("pages that nobody asked for change nothing after the last one", async () => {
    const one = await liar(() => [page(true, entryOf(1)), page(false, entryOf(2)), page(true, entryOf(3))]);
    expect((await ask(one.address)).entries).toEqual([entryOf(1)]);
  });

  test("one that says nothing is waited for so long, and one that hangs up without a word no longer", async () => {
    const silent = await listener(() => {});
    await expect(ask(silent, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "timeout",
      message: `${silent} does not answer`,
    });
    const short = await listener((socket) => socket.end());
    await expect(ask(short)).rejects.toMatchObject({ code: "alone", message: `${short} does not speak this protocol` });
    const greeting = await liar((_count, _after, socket) => {
      socket.end();
      return [];
    });
    await expect(ask(greeting.address)).rejects.toMatchObject({
      code: "timeout",
      message: `${greeting.address} hung up without an answer`,
    });
  });

  test("garbage, and messages that have no place here, are no answer", async () => {
    const web = await listener((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(ask(web)).rejects.toMatchObject({ code: "alone", message: `${web} does not speak this protocol` });
    const one = await liar(() => [{ type: "join" }]);
    await expect(ask(one.address)).rejects.toMatchObject({
      code: "alone",
      message: `${one.address} does not tell who is there`,
    });
    const torn = await liar((_count, _after, socket) => {
      socket.write(Buffer.from("0000000139", "hex"));
      socket.end(Buffer.from("ffffffffff", "hex"));
      return [];
    });
    await expect(ask(torn.address)).rejects.toMatchObject({ code: "alone" });
  });

  test("another network is named, and nothing asked of it", async () => {
    const one = await liar(() => [page(true)], { network: "staging" });
    await expect(ask(one.address)).rejects.toMatchObject({
      code: "wrong-network",
      message: `${one.address} belongs to the network "staging", and not to "hearsay"`,
    });
    expect(one.questions).toEqual([]);
  });

  test("nobody there is told as such, at once", async () => {
    const begun = performance.now();
    await expect(ask("127.0.0.1:1")).rejects.toMatchObject({
      code: "alone",
      message: "127.0.0.1:1 refuses connections",
    });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test("the signal ends the waiting, before and while", async () => {
    const silent = await listener(() => {});
    const control = new AbortController();
    const asked = ask(silent, { signal: control.signal });
    control.abort("enough");
    await expect(asked).rejects.toMatchObject({ code: "aborted", cause: "enough" });
    await expect(ask(silent, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });
});
