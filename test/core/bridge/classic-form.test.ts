import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.js";
import {
  classicForm,
  envelopeOf,
  fromClassic,
  gossipOf,
  nativeIdOf,
  toClassic,
} from "../../../src/core/bridge/classic-form.js";
import { composeGossip, gossipBytes, parseGossip } from "../../../src/core/classic/gossip.js";
import type { Gossip } from "../../../src/core/classic/message.js";
import { parsePeerId } from "../../../src/core/identity.js";
import type { Envelope } from "../../../src/core/message.js";
import { type Random, seededRandom } from "../../../src/core/random.js";
import { ClassicReader, encodeClassic } from "../../../src/wire/classic.js";
import { encodeEnvelope } from "../../../src/wire/native/envelope.js";
import { seededRuns } from "../../seeded.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const origin = parsePeerId("00112233445566778899aabbccddeeff")!;

function envelope(payload: string | Uint8Array, more: Partial<Envelope> = {}): Envelope {
  return {
    origin,
    epoch: 1_700_000_000_123,
    seq: 42,
    publishedAt: 1_731_234_567_008,
    address: parseAddress("10.0.0.7:5001")!,
    topic: "config",
    payload: typeof payload === "string" ? encoder.encode(payload) : payload,
    ...more,
  };
}

/** What a classic reader makes of a text that comes alone on a connection. */
function read(text: string): Gossip[] {
  const reader = new ClassicReader({ expects: "requests", remoteIp: "10.0.0.1" });
  const pushed = reader.push(encodeClassic({ type: "gossip", text, timestamp: "", origin: "" as Address, body: "" }));
  const ended = reader.end();
  if (pushed.refusal !== undefined || ended.refusal !== undefined) return [];
  return [...pushed.messages, ...ended.messages].filter((message) => message.type === "gossip");
}

describe("a message of ours, as classic peers get it", () => {
  const mark = "[00112233445566778899aabbccddeeff.loyw3v5n.16]";

  test("is a gossip text with the payload in full, and its id at the end", () => {
    expect(classicForm(envelope("restart at noon")).text).toBe(
      `1731234567.008:10.0.0.7:5001:GOSSIP restart at noon ${mark}`,
    );
  });

  test("keeps an IPv6 address in one field, and a name as it is", () => {
    const ipv6 = envelope("hello", { address: parseAddress("[2001:db8::7]:5001")! });
    expect(classicForm(ipv6).text).toBe(`1731234567.008:[2001:db8::7]:5001:GOSSIP hello ${mark}`);
    const name = envelope("hello", { address: parseAddress("peer-7.example:5001")! });
    expect(classicForm(name).text).toBe(`1731234567.008:peer-7.example:5001:GOSSIP hello ${mark}`);
  });

  test.each([
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe), 2],
    ["several lines", "one\ntwo", 7],
    ["a control character", "\u001b[2J", 4],
    ["a turned direction of writing", "abc\u202egpj", 9],
    ["nothing", "", 0],
    ["too much", "x".repeat(1_000), 1_000],
    ["what readers would take for the beginning of another message", "1731234567.8:1.2.3.4:5:GOSSIP1", 30],
  ])("is described instead, when the payload is %s", (_what, payload, size) => {
    const gossip = classicForm(envelope(payload));
    expect(gossip.body).toBe(`GOSSIP (${size} bytes on "config") ${mark}`);
    expect(nativeIdOf(gossip)).toEqual({ origin, epoch: 1_700_000_000_123, seq: 42 });
  });

  test("leaves a topic out that is no line either", () => {
    expect(classicForm(envelope("", { topic: "a\nb" })).body).toBe(`GOSSIP (0 bytes) ${mark}`);
  });

  test("fills the 1,024 bytes to the last, and no more", () => {
    const room = 1_024 - classicForm(envelope("x")).text.length + 1;
    expect(gossipBytes(classicForm(envelope("x".repeat(room))).text)).toBe(1_024);
    expect(classicForm(envelope("x".repeat(room + 1))).body).toContain(`(${room + 1} bytes on`);
  });

  seededRuns("arrives whole, whatever is in it, and is known for ours again", 500, (randomSeed) => {
    const random = seededRandom(randomSeed);
    const original = envelope(randomText(random, 1 + random.below(12)), {
      topic: randomText(random, random.below(3)),
      address: draw(random, ["10.0.0.7:1", "[2001:db8::7]:65535", "peer-7.example:5001"].map(parseAddress))!,
      epoch: draw(random, [0, 1, 1_700_000_000_000, Number.MAX_SAFE_INTEGER]),
      seq: draw(random, [1, 35, 36, Number.MAX_SAFE_INTEGER]),
      publishedAt: draw(random, [0, 999, 1_731_234_567_890, Number.MAX_SAFE_INTEGER]),
    });
    const gossip = classicForm(original);
    expect(gossipBytes(gossip.text)).toBeLessThanOrEqual(1_024);
    expect(read(gossip.text)).toEqual([gossip]);
    const { epoch, seq } = original;
    expect(nativeIdOf(gossip)).toEqual({ origin, epoch, seq });
    expect(fromClassic(gossip)).toBeUndefined();
  });

  test("is known for ours also with a line end behind it, and not with half a mark", () => {
    const { text } = classicForm(envelope("hello"));
    expect(nativeIdOf(read(`${text}\n`)[0]!)).toBeDefined();
    for (const other of [text.slice(0, -1), text.replace("loyw3v5n", "LOYW3V5N"), text.replace(".16]", ".0]")]) {
      expect(nativeIdOf(read(other)[0]!)).toBeUndefined();
    }
  });
});

describe("a classic text, as our peers get it", () => {
  const text = "1731234567.123456:10.0.0.1:5001:GOSSIP7";
  const gossip = read(text)[0]!;

  test("has the hash of the text for its origin, the text for its payload, and the text's own time and address", () => {
    expect(envelopeOf(gossip)).toEqual({
      origin: "aaf2a9eaac5c18d34c3c5cd10e8ca62a",
      epoch: 0,
      seq: 1,
      publishedAt: 1_731_234_567_123,
      address: "10.0.0.1:5001",
      topic: "classic",
      payload: encoder.encode(text),
    });
  });

  test.each([
    ["1731234567", 1_731_234_567_000],
    ["1731234567.", 1_731_234_567_000],
    ["1731234567.5", 1_731_234_567_500],
    ["1731234567.0009", 1_731_234_567_000],
    ["0", 0],
    ["99999999999999999999", 0],
  ])("has the time of a timestamp of %s", (timestamp, publishedAt) => {
    expect(envelopeOf(composeGossip(timestamp, parseAddress("10.0.0.1:1")!, "GOSSIP1")).publishedAt).toBe(publishedAt);
  });

  seededRuns("goes back to classic peers byte for byte", 500, (randomSeed) => {
    const random = seededRandom(randomSeed);
    const address = draw(random, ["10.0.0.7:1", "[2001:DB8:0::7]:65535", "Peer-7.example:5001"]);
    const written = `1731234567.${random.below(1_000)}:${address}:GOSSIP${randomText(random, random.below(10))}`;
    for (const heard of read(written)) {
      const crossed = fromClassic(heard);
      if (crossed === undefined) continue;
      expect(toClassic(crossed)).toEqual(heard);
      expect(decoder.decode(crossed.payload)).toBe(heard.text);
      expect(encodeEnvelope(crossed).length).toBeGreaterThan(crossed.payload.length);
    }
  });

  test("is not passed on when it is forged", () => {
    const genuine = envelopeOf(gossip);
    expect(gossipOf(genuine)).toEqual(gossip);
    const forged = (payload: string) =>
      envelopeOf({ type: "gossip", text: payload, timestamp: "0", origin: gossip.origin, body: "" });
    for (const bad of [
      { ...genuine, origin },
      { ...genuine, epoch: 1 },
      { ...genuine, seq: 2 },
      { ...genuine, payload: encoder.encode(`${text}0`) },
      forged("hello"),
      forged("Dead Node:10.0.0.1:5001:1731234567.0:10.0.0.2"),
      forged("1731234567.1:10.0.0.1:70000:GOSSIP1"),
      forged("1731234567.1:10.0.0.1:5001:hello"),
      forged(`${text} ${text}`),
      forged(`${text}Dead Node:10.0.0.1:5001:1731234567.0:10.0.0.2`),
      forged(`${text}${"x".repeat(1_000)}`),
      forged(classicForm(envelope("hello")).text),
    ]) {
      expect(toClassic(bad)).toBeUndefined();
    }
  });
});

describe("reading a text", () => {
  seededRuns("takes what a classic connection would read as one message, and nothing else", 2_000, (randomSeed) => {
    const random = seededRandom(randomSeed);
    const head = draw(random, ["1731234567.5:10.0.0.1:5001:", "5:[::1]:1:", "1:a-b:99:", "17:12:5:", "5.:1.2.3.4:0:"]);
    const text = `${head}${draw(random, ["GOSSIP", "GOSSIP", "GOSSIP", "Msg"])}${randomText(random, random.below(8))}`;
    const heard = read(text);
    const isOne = heard.length === 1 && heard[0]!.text === text;
    expect(parseGossip(text)).toEqual(isOne ? heard[0] : undefined);
  });
});

function draw<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

/** Pieces that mean something to a reader of classic texts, in any order. */
function randomText(random: Random, pieces: number): string {
  const from =
    "1731234567|.|123|:|10.0.0.1|[::1]|:5001|:GOSSIP|GOSSIP1|Dead Node:|Liveness Request:|New Connect Request From:|~|\n|\0| |é|漢|🙂|x|[|]|[00112233445566778899aabbccddeeff.1.1]|1731234567.8:1.2.3.4:5:GOSSIP|name";
  return Array.from({ length: pieces }, () => draw(random, from.split("|"))).join("");
}
