import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Address, joinAddress } from "../../src/core/address.js";
import type { ClassicMessage, Gossip } from "../../src/core/classic/message.js";
import { type ClassicExpectation, ClassicReader, type ClassicReading, encodeClassic } from "../../src/wire/classic.js";

const numRuns = process.env.HEARSAY_LONG ? 50_000 : 1_000;
const remoteIp = "127.0.0.1";

const ip = fc.oneof(
  fc.constantFrom("127.0.0.1", "0.0.0.0", "::1", "255.255.255.255", "1.1.1.1", "localhost", "seed-1.example"),
  fc.ipV4(),
  fc.ipV6(),
);
const port = fc.integer({ min: 1, max: 65_535 });
const address: fc.Arbitrary<Address> = fc
  .tuple(ip, port)
  .map(([anIp, aPort]) => joinAddress(anIp, aPort))
  .filter((joined) => joined !== undefined);
const ipText = address.map((anAddress) => anAddress.slice(0, anAddress.lastIndexOf(":")));

const seconds = fc.integer({ min: 1_000_000_000, max: 9_999_999_999 }).map(String);
const fraction = fc.oneof(
  fc.constant(""),
  fc.integer({ min: 0, max: 999_999 }).map((digits) => `.${digits}`),
  fc.stringMatching(/^\.\d{1,20}$/),
);
const timestamp = fc.tuple(seconds, fraction).map(([whole, rest]) => whole + rest);

const numberedBody = fc.integer({ min: 1, max: 10 }).map((number) => `GOSSIP${number}`);
const typedBody = fc.string({ unit: "binary", maxLength: 100 }).map((typed) => `GOSSIP ${typed}`);
const gossipWith = (body: fc.Arbitrary<string>): fc.Arbitrary<Gossip> =>
  fc.tuple(timestamp, address, body).map(([when, origin, text]) => ({
    type: "gossip",
    text: `${when}:${origin}:${text}`,
    timestamp: when,
    origin,
    body: text,
  }));

const request: fc.Arbitrary<ClassicMessage> = fc.oneof(
  fc.record({ type: fc.constant("registration" as const), address }),
  fc.record({ type: fc.constant("connect-request" as const), from: address }),
  fc.record({ type: fc.constant("liveness-request" as const), timestamp, ip: fc.oneof(ipText, fc.constant("")) }),
  fc.record({ type: fc.constant("death-report" as const), dead: address, timestamp, reporterIp: ipText }),
  gossipWith(numberedBody),
  gossipWith(typedBody),
);
const peerList = fc.record({
  type: fc.constant("peer-list" as const),
  peers: fc.array(address, { minLength: 1, maxLength: 50 }),
});
const reply = fc.record({ type: fc.constant("liveness-reply" as const), timestamp, ip: ipText, ownIp: ipText });
const accepted = fc.constant({ type: "connect-accepted" as const });
const message: fc.Arbitrary<ClassicMessage> = fc.oneof(request, peerList, reply, accepted);

const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 12 });
const expectation = fc.constantFrom<ClassicExpectation>(
  "requests",
  "peer-list",
  "connect-accepted",
  "liveness-reply",
  "nothing",
);

/** Pieces of messages in every order: far more likely than chance to hit what the reader finds hard. */
const shards = fc.array(
  fc.oneof(
    fc.constantFrom(":", ":", ".", ",", "\n", "\0", "~", " ", "[", "]", "[::1]", "5001", "50", "0", "1731234567", "é"),
    fc.constantFrom("New Connect Request From:", "Liveness Request:", "Dead Node:", "Dead Node", "Liveness Req"),
    fc.constantFrom(
      "GOSSIP",
      ":GOSSIP1",
      "GOSSIP hi ",
      "127.0.0.1",
      "127.0.0.1:5001",
      "localhost:80",
      "GET / HTTP/1.1",
    ),
    fc.constantFrom("New Connect Accepted", "Liveness Reply:", "x".repeat(400), "1".repeat(70), "1731234567.5"),
    request.map((aMessage) => new TextDecoder().decode(encodeClassic(aMessage))),
  ),
  { maxLength: 14 },
);
const stream = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  shards.map((texts) => new TextEncoder().encode(texts.join(""))),
  fc
    .tuple(shards, fc.uint8Array({ maxLength: 3 }), shards)
    .map(([before, noise, after]) => Uint8Array.from([...encode(before), ...noise, ...encode(after)])),
);

describe("a reader of the classic protocol", () => {
  test("never throws and holds bounded bytes, whatever arrives and however it is cut", () => {
    fc.assert(
      fc.property(stream, cuts, expectation, fc.array(fc.boolean()), (bytes, places, expects, silences) => {
        const reader = new ClassicReader({ expects, remoteIp, ownPort: 5001 });
        let refused = false;
        const check = (reading: ClassicReading) => {
          if (refused) expect(reading).toEqual({ messages: [] });
          refused ||= reading.refusal !== undefined;
          expect(reader.heldBytes).toBeLessThanOrEqual(expects === "peer-list" ? 1_048_576 : 1024);
          expect(reader.waiting).toBe(reader.heldBytes > 0);
          if (refused || expects === "nothing") expect(reader.waiting).toBe(false);
          expect(reading.refusal?.preview ?? "").toMatch(/^[ -~]{0,80}$/);
          for (const read of reading.messages)
            expect(encodeClassic(read).length).toBeLessThanOrEqual(1100 + bytes.length);
        };
        for (const [index, piece] of cut(bytes, places).entries()) {
          check(reader.push(piece));
          if (silences[index]) check(reader.quiet());
        }
        check(reader.end());
        expect(reader.waiting).toBe(false);
        expect(reader.end()).toEqual({ messages: [] });
      }),
      { numRuns },
    );
  });

  test("reads what the writer wrote, wherever it is cut", () => {
    fc.assert(
      fc.property(message, cuts, (written, places) => {
        const bytes = encodeClassic(written);
        const reading = read(cut(bytes, places), expectationOf(written), remoteIp, false);
        expect(reading.refusal).toBeUndefined();
        // A liveness reply is decided before its last field is whole: no one goes by that field.
        if (written.type === "liveness-reply") {
          expect(reading.messages).toMatchObject([{ ...written, ownIp: expect.any(String) }]);
          const ownIp = reading.messages[0]?.type === "liveness-reply" && reading.messages[0].ownIp;
          expect(written.ownIp.startsWith(ownIp || "")).toBe(true);
        } else {
          expect(reading.messages).toEqual([written]);
          expect(encodeClassic(reading.messages[0]!)).toEqual(bytes);
        }
      }),
      { numRuns },
    );
  });

  test("decides a whole message when quiet, without the end", () => {
    fc.assert(
      fc.property(message, cuts, (written, places) => {
        const ownPort = written.type === "peer-list" ? Number(written.peers.at(-1)!.split(":").at(-1)) : undefined;
        const reader = new ClassicReader({ expects: expectationOf(written), remoteIp, ownPort });
        const messages = cut(encodeClassic(written), places).flatMap((piece) => reader.push(piece).messages);
        messages.push(...reader.quiet().messages);
        if (written.type === "liveness-reply") expect(messages).toMatchObject([{ ip: written.ip }]);
        else expect(messages).toEqual([written]);
        expect(reader.waiting).toBe(false);
      }),
      { numRuns },
    );
  });

  test("tells glued gossips apart, with or without junk between them", () => {
    const junk = fc.constantFrom("", "", "", "\n", "\0\0", "~", "\r\n");
    const run = fc.array(fc.tuple(gossipWith(numberedBody), junk), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(run, cuts, (glued, places) => {
        const bytes = encode(glued.map(([gossip, between]) => gossip.text + between));
        const reading = read(cut(bytes, places), "requests", remoteIp, false);
        expect(reading).toEqual({ messages: glued.map(([gossip]) => gossip) });
      }),
      { numRuns },
    );
  });

  test("tells glued requests apart", () => {
    const run = fc.array(
      request.filter(
        (one) => one.type !== "registration" && (one.type !== "gossip" || !one.body.startsWith("GOSSIP ")),
      ),
      { minLength: 2, maxLength: 20 },
    );
    fc.assert(
      fc.property(run, cuts, (glued, places) => {
        const bytes = Uint8Array.from(glued.flatMap((one) => [...encodeClassic(one)]));
        expect(read(cut(bytes, places), "requests", remoteIp, false)).toEqual({ messages: glued });
      }),
      { numRuns },
    );
  });

  test("splits glued registrations from its source as a dumb search through all splits does", () => {
    const digits = fc.array(fc.tuple(fc.constantFrom("127.0.0.1", "1.1.1.1", "11.1.1.1", "0.0.0.0"), port), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(digits, fc.constantFrom("127.0.0.1", "1.1.1.1", "9.9.9.9"), (glued, source) => {
        const text = glued.map(([anIp, aPort]) => `${anIp}:${aPort}`).join("");
        const splits = everySplit(text);
        const atSource = splits.filter((split) => split.every((at) => [source, "0.0.0.0"].includes(at.split(":")[0]!)));
        const expected = atSource.length === 1 ? atSource[0] : splits.length === 1 ? splits[0] : undefined;
        const reading = read([encode([text])], "requests", source, false);
        expect(reading.messages.map((one) => one.type === "registration" && one.address)).toEqual(expected ?? []);
        expect(reading.refusal?.reason).toBe(expected === undefined ? "ambiguous" : undefined);
      }),
      { numRuns: numRuns / 4 },
    );
  });

  test.each([true, false])("reads pieces as it reads the whole (quiet before the end: %s)", (silent) => {
    const expects = fc.constantFrom<ClassicExpectation>("requests", "requests", "peer-list", "connect-accepted");
    fc.assert(
      fc.property(stream, cuts, expects, (bytes, places, expected) => {
        const whole = read([bytes], expected, remoteIp, silent);
        const inPieces = read(cut(bytes, places), expected, remoteIp, silent);
        const byteByByte = read(cut(bytes, [...bytes.keys()]), expected, remoteIp, silent);
        for (const other of [inPieces, byteByByte]) {
          expect(other.messages).toEqual(whole.messages);
          expect(other.refusal?.reason).toBe(whole.refusal?.reason);
        }
      }),
      { numRuns },
    );
  });

  test("reads each worst case that we know of in milliseconds", () => {
    const worst = [
      ":GOSSIP".repeat(150),
      ":1:GOSSIP".repeat(120),
      "1731234567:a:1:GOSSIP".repeat(60),
      `1731234567:${"a".repeat(240)}:1:GOSSI`.repeat(4),
      "1".repeat(1024),
      "1:".repeat(512),
      "[".repeat(1024),
      `1.1.1.1:${"11.1.1.1:".repeat(112)}1`,
      "a ".repeat(512),
      `Liveness Request:${" ".repeat(1000)}x`,
      `1731234567:a:1:GOSSIP${"\n".repeat(1000)}`,
      "Dead Node:".repeat(102),
      `1.1.1.1:1${" ".repeat(1010)}x`,
    ];
    for (const text of worst) {
      const bytes = encode([text.slice(0, 1024)]);
      const started = performance.now();
      read(cut(bytes, [...bytes.keys()]), "requests", remoteIp, true);
      // A thousand pieces of one byte each: some tens of milliseconds on a slow machine; quadratic growth would be seconds.
      expect(performance.now() - started, text.slice(0, 40)).toBeLessThan(1000);
    }
  });
});

function expectationOf(written: ClassicMessage): ClassicExpectation {
  const answers: readonly string[] = ["peer-list", "connect-accepted", "liveness-reply"];
  return answers.includes(written.type) ? (written.type as ClassicExpectation) : "requests";
}

function read(pieces: Uint8Array[], expects: ClassicExpectation, source: string, silent: boolean): ClassicReading {
  const reader = new ClassicReader({ expects, remoteIp: source });
  const readings = pieces.map((piece) => reader.push(piece));
  if (silent) readings.push(reader.quiet());
  readings.push(reader.end());
  const messages = readings.flatMap((reading) => reading.messages);
  const refusal = readings.find((reading) => reading.refusal !== undefined)?.refusal;
  return refusal === undefined ? { messages } : { messages, refusal };
}

function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const inside = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other);
  return [0, ...inside].map((start, index) => bytes.slice(start, inside[index] ?? bytes.length));
}

function encode(texts: string[]): Uint8Array {
  return new TextEncoder().encode(texts.join(""));
}

function everySplit(text: string): string[][] {
  if (text === "") return [[]];
  const splits: string[][] = [];
  for (let end = 1; end <= Math.min(text.length, 21); end++) {
    const [anIp, aPort, more] = text.slice(0, end).split(":");
    if (more !== undefined || aPort === undefined || aPort.startsWith("0") || !/^\d{1,5}$/.test(aPort)) continue;
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(anIp!) || joinAddress(anIp!, Number(aPort)) === undefined) continue;
    for (const rest of everySplit(text.slice(end))) splits.push([`${anIp}:${aPort}`, ...rest]);
  }
  return splits;
}
