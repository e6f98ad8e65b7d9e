import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../src/core/address.js";
import type { ClassicMessage, DeathReport, LivenessRequest } from "../../src/core/classic/message.js";
import {
  answerTo,
  type ClassicExpectation,
  ClassicReader,
  type ClassicReading,
  encodeClassic,
  maxClassicListBytes,
  maxClassicMessageBytes,
} from "../../src/wire/classic.js";

const ts = "1731234567.123456";
const g1 = `${ts}:127.0.0.1:5001:GOSSIP1`;
const g2 = "1731234572.89:127.0.0.1:5002:GOSSIP10";

describe("every message has one spelling, both ways", () => {
  const spellings: [string, ClassicExpectation, ClassicMessage][] = [
    ["127.0.0.1:5001", "requests", registration("127.0.0.1:5001")],
    ["0.0.0.0:5001", "requests", registration("0.0.0.0:5001")],
    ["localhost:5001", "requests", registration("localhost:5001")],
    ["[::1]:5001", "requests", registration("[::1]:5001")],
    [
      "127.0.0.1:5002,[::1]:5003,127.0.0.1:5001",
      "peer-list",
      peerList("127.0.0.1:5002", "[::1]:5003", "127.0.0.1:5001"),
    ],
    ["New Connect Request From:127.0.0.1:5001", "requests", connect("127.0.0.1:5001")],
    ["New Connect Request From:[::1]:5001", "requests", connect("[::1]:5001")],
    ["New Connect Accepted", "connect-accepted", { type: "connect-accepted" }],
    [`Liveness Request:${ts}:127.0.0.1`, "requests", liveness("127.0.0.1")],
    ["Liveness Request:1731234567:127.0.0.1", "requests", { ...liveness("127.0.0.1"), timestamp: "1731234567" }],
    [`Liveness Request:${ts}:[::1]`, "requests", liveness("[::1]")],
    [`Liveness Request:${ts}:somewhere`, "requests", liveness("somewhere")],
    [`Liveness Reply:${ts}:127.0.0.1:127.0.0.2`, "liveness-reply", reply("127.0.0.1", "127.0.0.2")],
    [`Liveness Reply:${ts}:[::1]:[::2]`, "liveness-reply", reply("[::1]", "[::2]")],
    [g1, "requests", gossip(g1, "127.0.0.1:5001", "GOSSIP1")],
    [`${ts}:[::1]:5001:GOSSIP1`, "requests", gossip(`${ts}:[::1]:5001:GOSSIP1`, "[::1]:5001", "GOSSIP1")],
    [`Dead Node:127.0.0.1:5001:${ts}:127.0.0.2`, "requests", death("127.0.0.1:5001", "127.0.0.2")],
    [`Dead Node:[::1]:5001:${ts}:[::1]`, "requests", death("[::1]:5001", "[::1]")],
  ];
  test.each(spellings)("%s", (text, expects, message) => {
    expect(new TextDecoder().decode(encodeClassic(message))).toBe(text);
    expect(readAll(text, expects)).toEqual({ messages: [message] });
  });

  test("an IPv6 address without brackets gets them on the wire", () => {
    expect(encodeClassic(liveness("::1"))).toEqual(bytes(`Liveness Request:${ts}:[::1]`));
    expect(encodeClassic(reply("::1", "::2"))).toEqual(bytes(`Liveness Reply:${ts}:[::1]:[::2]`));
    expect(encodeClassic(death("[::1]:5001", "::1"))).toEqual(bytes(`Dead Node:[::1]:5001:${ts}:[::1]`));
  });

  test("every message asks for the answer that its direction has", () => {
    expect(answerTo(registration("127.0.0.1:1"))).toBe("peer-list");
    expect(answerTo(connect("127.0.0.1:1"))).toBe("connect-accepted");
    expect(answerTo(liveness("127.0.0.1"))).toBe("liveness-reply");
    expect(answerTo(gossip(g1, "127.0.0.1:5001", "GOSSIP1"))).toBe("nothing");
    expect(answerTo(death("127.0.0.1:5001", "127.0.0.2"))).toBe("nothing");
    expect(answerTo({ type: "connect-accepted" })).toBe("nothing");
  });

  test("the limits are the original's reads", () => {
    expect([maxClassicMessageBytes, maxClassicListBytes]).toEqual([1024, 10_240]);
  });
});

describe("a gossip alone on its connection keeps every byte", () => {
  test.each([
    ["a trailing newline", `${g1}\n`],
    ["trailing NULs and tildes", `${g1}\0\0~~`],
    ["trailing blanks", `${g1}  `],
    ["extra fields", `${g1}:more:fields`],
    ["a text that a person typed", `${ts}:127.0.0.1:5001:GOSSIP at 10:30, naïve — 東京 \u{1f389}\r\nsecond line`],
    ["a byte-order mark inside", `${ts}:127.0.0.1:5001:GOSSIP \ufeffx`],
    ["whole seconds", "1731234567:127.0.0.1:5001:GOSSIP1"],
    ["a timestamp of another length", "17.5:127.0.0.1:5001:GOSSIP1"],
    ["a fraction of ten digits", "1731234567.1234567890:127.0.0.1:5001:GOSSIP1"],
    ["a text that speaks of a death", `${ts}:127.0.0.1:5001:GOSSIP so I typed Dead Node:127.0.0.1:5002:1:1`],
    ["a line that looks like a death report", `${ts}:127.0.0.1:5001:GOSSIP hi\nDead Node:127.0.0.1:5002:1:1`],
    ["a timestamp inside the text", `${ts}:127.0.0.1:5001:GOSSIP at 1731234567.1:127.0.0.1:5001 nothing`],
    ["1,024 bytes", `${ts}:127.0.0.1:5001:GOSSIP `.padEnd(1024, "x")],
  ])("%s", (_, text) => {
    const expected = [expect.objectContaining({ type: "gossip", text })];
    expect(readAll(text)).toEqual({ messages: expected });
    const reader = requests();
    expect(reader.push(bytes(text))).toEqual({ messages: [] });
    expect(reader.waiting).toBe(true);
    expect(reader.quiet()).toEqual({ messages: expected });
    expect(reader.waiting).toBe(false);
    expect(encodeClassic(gossipOf(text))).toEqual(bytes(text));
  });

  test("the body is what stands from the fourth field on", () => {
    expect(gossipOf(`${g1}:more\n`)).toMatchObject({ timestamp: ts, origin: "127.0.0.1:5001", body: "GOSSIP1:more\n" });
    expect(gossipOf(`${ts}:127.0.0.1:5001:GOSSIP hi there`).body).toBe("GOSSIP hi there");
  });

  test("a mark without a number waits for it, until the end", () => {
    const reader = requests();
    reader.push(bytes(`${ts}:127.0.0.1:5001:GOSSIP`));
    expect(reader.quiet()).toEqual({ messages: [] });
    expect(reader.end().messages).toMatchObject([{ body: "GOSSIP" }]);
  });
});

describe("glued messages are told apart", () => {
  test.each<[string, string, string[]]>([
    ["gossip after gossip", g1 + g2, [g1, g2]],
    [
      "whole seconds after a number",
      `${g1}1731234568:127.0.0.1:5002:GOSSIP2`,
      [g1, "1731234568:127.0.0.1:5002:GOSSIP2"],
    ],
    ["number 10 before whole seconds", `${g2}1731234568:10.0.0.1:80:GOSSIP10`, [g2, "1731234568:10.0.0.1:80:GOSSIP10"]],
    ["gossip with IPv6", `${g1}1731234568.5:[::1]:5002:GOSSIP2`, [g1, "1731234568.5:[::1]:5002:GOSSIP2"]],
    ["junk between and after gossips is dropped", `${g1}\r\n~\0${g2}\n`, [g1, g2]],
    [
      "a typed text ends where a gossip begins",
      `${ts}:127.0.0.1:5001:GOSSIP see 10:30, ünï: 9${g2}`,
      [`${ts}:127.0.0.1:5001:GOSSIP see 10:30, ünï: 9`, g2],
    ],
    [
      "a full stop before whole seconds",
      `${ts}:127.0.0.1:5001:GOSSIP 12.1731234568:10.0.0.1:80:GOSSIP1`,
      [`${ts}:127.0.0.1:5001:GOSSIP 12.`, "1731234568:10.0.0.1:80:GOSSIP1"],
    ],
    [
      "two connect requests",
      "New Connect Request From:127.0.0.1:5001New Connect Request From:127.0.0.1:5002",
      ["New Connect Request From:127.0.0.1:5001", "New Connect Request From:127.0.0.1:5002"],
    ],
    [
      "requests of different kinds",
      `Liveness Request:${ts}:127.0.0.1Dead Node:127.0.0.1:5001:${ts}:127.0.0.1New Connect Request From:127.0.0.1:5002`,
      [
        `Liveness Request:${ts}:127.0.0.1`,
        `Dead Node:127.0.0.1:5001:${ts}:127.0.0.1`,
        "New Connect Request From:127.0.0.1:5002",
      ],
    ],
    ["a request, then gossip", `Liveness Request:${ts}:127.0.0.1${g1}\n`, [`Liveness Request:${ts}:127.0.0.1`, g1]],
    ["numbered gossip, then a request", `${g1}\nLiveness Request:${ts}:::`, [g1, `Liveness Request:${ts}:`]],
    ["numbered gossip, then a report", `${g1}Dead Node:127.0.0.1:5001:1:1`, [g1, "Dead Node:127.0.0.1:5001:1:1"]],
    ["a registration, then gossip", `127.0.0.1:5001${g1}`, ["127.0.0.1:5001", g1]],
    [
      "a registration, then a report",
      "127.0.0.1:5001Dead Node:127.0.0.1:5002:1:x",
      ["127.0.0.1:5001", "Dead Node:127.0.0.1:5002:1:x"],
    ],
    [
      "lines of registrations",
      "127.0.0.1:5001\r\n127.0.0.1:5002\n\n~[::1]:5003\0",
      ["127.0.0.1:5001", "127.0.0.1:5002", "[::1]:5003"],
    ],
    ["junk before a message", `\r\n\0~ ${g1}`, [g1]],
  ])("%s", (_, text, expected) => {
    const reading = readAll(text);
    expect(reading.refusal).toBeUndefined();
    expect(reading.messages.map(textOf)).toEqual(expected);
  });

  test("the first of two is decided as soon as the second has begun", () => {
    const reader = requests();
    expect(reader.push(bytes(`${g1}1731234572.89:127.0.0.1:5002:GOSSI`)).messages).toEqual([]);
    expect(reader.push(bytes("P")).messages.map(textOf)).toEqual([g1]);
    expect(reader.push(bytes("10")).messages).toEqual([]);
    expect(reader.quiet().messages.map(textOf)).toEqual([g2]);
  });

  test("a message that a separator ends is decided at once", () => {
    const reader = requests();
    expect(reader.push(bytes("127.0.0.1:5001\n")).messages).toEqual([registration("127.0.0.1:5001")]);
    expect(reader.waiting).toBe(false);
  });

  test("a run of many messages may be longer than one message", () => {
    const run = Array.from(
      { length: 300 },
      (_, index) => `1731234567.${index}:127.0.0.1:5001:GOSSIP${(index % 10) + 1}`,
    );
    const text = run.join("");
    expect(text.length).toBeGreaterThan(10_000);
    expect(readAll(text).messages.map(textOf)).toEqual(run);
  });
});

describe("registrations glued without a separator", () => {
  test.each<[string, string, string, string[]]>([
    [
      "only one split names the source",
      "127.0.0.1:26120127.0.0.1:26121",
      "127.0.0.1",
      ["127.0.0.1:26120", "127.0.0.1:26121"],
    ],
    ["shorter ports", "127.0.0.1:5001127.0.0.1:5002", "127.0.0.1", ["127.0.0.1:5001", "127.0.0.1:5002"]],
    ["a mapped IPv4 source", "127.0.0.1:5001127.0.0.1:5002", "::ffff:127.0.0.1", ["127.0.0.1:5001", "127.0.0.1:5002"]],
    ["any address", "0.0.0.0:50010.0.0.0:5002", "10.1.1.1", ["0.0.0.0:5001", "0.0.0.0:5002"]],
    ["IPv6, only one split at all", "[::1]:5001[::2]:5002", "10.1.1.1", ["[::1]:5001", "[::2]:5002"]],
    ["IPv6 from a scoped source", "[fe80::1]:5001[fe80::1]:5002", "fe80::1%eth0", ["[fe80::1]:5001", "[fe80::1]:5002"]],
    ["a port that leaves no ip", "10.0.0.9:9.9.9.9:80", "10.1.1.1", []],
    [
      "one split at all, though not from the source",
      "10.0.0.9:65535250.9.9.9:80",
      "10.1.1.1",
      ["10.0.0.9:65535", "250.9.9.9:80"],
    ],
    [
      "three of them",
      "10.0.0.1:500110.0.0.1:500210.0.0.1:5003",
      "10.0.0.1",
      ["10.0.0.1:5001", "10.0.0.1:5002", "10.0.0.1:5003"],
    ],
    ["extra fields at the end", "127.0.0.1:5001127.0.0.1:5002:x", "127.0.0.1", ["127.0.0.1:5001", "127.0.0.1:5002"]],
  ])("%s: %s", (_, text, remoteIp, expected) => {
    const reading = readAll(text, "requests", remoteIp);
    expect(reading.messages.map(textOf)).toEqual(expected);
    expect(reading.refusal === undefined).toBe(expected.length > 0);
  });

  test("several splits and none of them the source's is ambiguous", () => {
    const text = "127.0.0.1:5001127.0.0.1:5002";
    const reading = readAll(text, "requests", "10.0.0.1");
    expect(reading).toEqual({ messages: [], refusal: { reason: "ambiguous", bytes: text.length, preview: text } });
  });

  test("a cut run waits for its rest", () => {
    const reader = requests();
    reader.push(bytes("127.0.0.1:26120127.0.0.1"));
    expect(reader.quiet()).toEqual({ messages: [] });
    reader.push(bytes(":26121"));
    expect(reader.quiet().messages.map(textOf)).toEqual(["127.0.0.1:26120", "127.0.0.1:26121"]);
  });
});

describe("what is liberal on input", () => {
  test.each<[string, ClassicMessage]>([
    [`Liveness Request:${ts}`, liveness("")],
    [`Liveness Request:${ts}:`, liveness("")],
    [`Liveness Request:${ts}:127.0.0.1:5001:more`, liveness("127.0.0.1")],
    [`Liveness Request:${ts}:127.0.0.1 \t\n`, liveness("127.0.0.1")],
    ["Dead Node:127.0.0.1:5001", { ...death("127.0.0.1:5001", ""), timestamp: "" }],
    ["Dead Node:127.0.0.1:5001:yesterday:a,b", { ...death("127.0.0.1:5001", ""), timestamp: "" }],
    ["Dead Node here:127.0.0.1:5001:5:x:y:z", { ...death("127.0.0.1:5001", "x"), timestamp: "5" }],
    ["New Connect Request From:127.0.0.1:5001 \0\0", connect("127.0.0.1:5001")],
    ["New Connect Request From:127.0.0.1:5001:more:fields", connect("127.0.0.1:5001")],
    ["127.0.0.1:5001 ", registration("127.0.0.1:5001")],
    ["127.0.0.1:5001:GOSSIP and other fields", registration("127.0.0.1:5001")],
    ["LocalHost:5001~", registration("localhost:5001")],
    ["[::ffff:10.0.0.1]:5001", registration("10.0.0.1:5001")],
  ])("%j", (text, message) => {
    expect(readAll(text)).toEqual({ messages: [message] });
    const reader = requests();
    const early = reader.push(bytes(text)).messages;
    expect([...early, ...reader.quiet().messages]).toEqual([message]);
  });
});

describe("what is no message is refused", () => {
  test.each([
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "\x16\x03\x01\x02\0\x01\0",
    "hello world",
    "hello:world",
    "New Connect Accepted",
    `${ts}:127.0.0.1:Msg#`,
    `${ts}:127.0.0.1:Msg1:GOSSIP1`,
    `${ts}:127.0.0.1:5001:HELLO`,
    `${ts}:127.0.0.1:5001:gossip1`,
    `${ts}:127.0.0.1:05001:GOSSIP1`,
    `${ts}:127.0.0.1:70000:GOSSIP1`,
    `${ts}:300.0.0.1:5001:GOSSIP1`,
    `${"1".repeat(65)}:127.0.0.1:5001:GOSSIP1`,
    "127.0.0.1:0",
    "127.0.0.1:-5",
    "300.0.0.1:5001",
    ":5001",
    "127.0.0.1:70000\n",
    "New Connect Request From:127.0.0.1:70000\n",
    `Liveness Request:now:127.0.0.1\n`,
    `Liveness Request:${ts}:1,2\n`,
    `Liveness Request:${ts}:a\tb\n`,
    "Dead Node:127.0.0.1:5\n:x",
    "Dead Node:DeadNode.IP:1731234567:127.0.0.1\n",
    "127.0.0.1\n",
  ])("at once: %j", (text) => {
    const reader = requests();
    const reading = reader.push(bytes(text));
    expect(["not-a-message", "incomplete"]).toContain(reading.refusal?.reason);
    expect(reader.waiting).toBe(false);
    expect(reader.push(bytes(g1))).toEqual({ messages: [] });
    expect(reader.end()).toEqual({ messages: [] });
    expect(reader.heldBytes).toBe(0);
  });

  test.each([
    ["127.0.0.1:70000", "not-a-message"],
    ["New Connect Request From:127.0.0.1:70000", "not-a-message"],
    ["New Connect Request From:127.0.0.1", "incomplete"],
    ["New Connect Request Fr", "incomplete"],
    ["Liveness Requ", "incomplete"],
    ["Liveness Request:", "incomplete"],
    ["Dead Node:127.0.0.1:", "incomplete"],
    ["Dead Node", "incomplete"],
    ["127.0.0.1", "incomplete"],
    ["127.0.0.1:", "incomplete"],
    ["127.0.0.1:26120127.0.0.1", "incomplete"],
    [`${ts}:127.0.0.1:5001`, "incomplete"],
    [`${ts}:[::1`, "incomplete"],
    [`${ts}:127.0.0.1:5001:GOS`, "incomplete"],
  ])("what may still become one waits when quiet, and is refused at the end: %j", (text, reason) => {
    const reader = requests();
    expect(reader.push(bytes(text))).toEqual({ messages: [] });
    expect(reader.quiet()).toEqual({ messages: [] });
    expect(reader.waiting).toBe(true);
    expect(reader.end()).toEqual({ messages: [], refusal: { reason, bytes: text.length, preview: text } });
    expect(reader.waiting).toBe(false);
  });

  test("messages before the refusal count", () => {
    const reading = readAll(`${g1}Dead Node:127.0.0.1:5001:1:x\nGET / HTTP/1.1`);
    expect(reading.messages.map(textOf)).toEqual([g1, "Dead Node:127.0.0.1:5001:1:x"]);
    expect(reading.refusal).toEqual({ reason: "not-a-message", bytes: 14, preview: "GET / HTTP/1.1" });
  });

  test("a message of more than 1,024 bytes is too long, in one piece or many", () => {
    const text = `${ts}:127.0.0.1:5001:GOSSIP `.padEnd(5000, "x");
    const reading = requests().push(bytes(text));
    expect(reading.messages).toEqual([]);
    expect(reading.refusal).toMatchObject({ reason: "too-long", bytes: 5000 });
    const reader = requests();
    for (const byte of bytes(text.slice(0, 1024))) expect(reader.push(Uint8Array.of(byte))).toEqual({ messages: [] });
    expect(reader.push(bytes("x")).refusal).toMatchObject({ reason: "too-long", bytes: 1025 });
  });

  test("a broken character is refused, one that is cut waits", () => {
    expect(
      requests()
        .push(bytes(`${g1}${g2}`, 0xff))
        .messages.map(textOf),
    ).toEqual([g1]);
    expect(requests().push(bytes(`${g1}${g2}`, 0xff)).refusal?.reason).toBe("not-utf8");
    const reader = requests();
    reader.push(bytes(`${ts}:127.0.0.1:5001:GOSSIP `, 0xe6, 0x9d));
    expect(reader.quiet()).toEqual({ messages: [] });
    reader.push(Uint8Array.of(0xb1));
    expect(reader.quiet().messages).toMatchObject([{ body: "GOSSIP 東" }]);
    reader.push(Uint8Array.of(0xe6));
    expect(reader.end().refusal).toEqual({ reason: "not-utf8", bytes: 1, preview: "\\xe6" });
  });

  test("a preview is printable and at most 80 characters", () => {
    const reading = requests().push(bytes(`!\\\n\x1b[31m é${"\0".repeat(200)}`));
    expect(reading.refusal?.preview).toMatch(/^!\\x5c\\x0a\\x1b\[31m \\xc3\\xa9(\\x00)+$/);
    expect(reading.refusal?.preview.length).toBeLessThanOrEqual(80);
    expect(reading.refusal?.bytes).toBe(211);
  });
});

describe("when quiet", () => {
  test("an address is taken as far as it came", () => {
    const reader = requests();
    expect(reader.push(bytes("New Connect Request From:127.0.0.1:50"))).toEqual({ messages: [] });
    expect(reader.quiet()).toEqual({ messages: [connect("127.0.0.1:50")] });
  });

  test("a second gossip on the connection is no longer alone", () => {
    const reader = requests();
    reader.push(bytes(g1));
    expect(reader.quiet().messages.map(textOf)).toEqual([g1]);
    reader.push(bytes(`\n${g2}\n`));
    expect(reader.quiet().messages.map(textOf)).toEqual([g2]);
  });

  test("a connection that ends without a word is no refusal", () => {
    for (const expects of ["requests", "peer-list", "connect-accepted", "liveness-reply", "nothing"] as const) {
      expect(readAll("", expects)).toEqual({ messages: [] });
      expect(new ClassicReader({ expects, remoteIp: "127.0.0.1" }).quiet()).toEqual({ messages: [] });
    }
    expect(readAll("\n\0~")).toEqual({ messages: [] });
  });
});

describe("the answer to a registration", () => {
  const list = "127.0.0.1:5002,127.0.0.1:5003,127.0.0.1:5001";

  test("is decided when quiet, if it ends with the asker", () => {
    const reader = new ClassicReader({ expects: "peer-list", remoteIp: "127.0.0.1", ownPort: 5001 });
    expect(reader.push(bytes(list.slice(0, 29)))).toEqual({ messages: [] });
    expect(reader.quiet()).toEqual({ messages: [] });
    reader.push(bytes(list.slice(29, -1)));
    expect(reader.quiet()).toEqual({ messages: [] });
    reader.push(bytes(list.slice(-1)));
    expect(reader.quiet()).toEqual({ messages: [peerList("127.0.0.1:5002", "127.0.0.1:5003", "127.0.0.1:5001")] });
    expect(reader.push(bytes("more"))).toEqual({ messages: [] });
    expect(reader.waiting).toBe(false);
  });

  test.each([
    ["empty elements", "127.0.0.1:5002,,,127.0.0.1:5001,"],
    ["white space and line ends", " 127.0.0.1:5002 ,\r\n127.0.0.1:5001\n\0~"],
    ["invalid elements", "127.0.0.1:5002,nonsense,1234:5,127.0.0.1:70000,127.0.0.1:26120127.0.0.1,127.0.0.1:5001"],
    ["a rest that is cut off", "127.0.0.1:5002,127.0.0.1:5001,127.0.0."],
  ])("%s are skipped", (_, text) => {
    expect(readAll(text, "peer-list")).toEqual({ messages: [peerList("127.0.0.1:5002", "127.0.0.1:5001")] });
  });

  test("without one valid address it is refused", () => {
    for (const text of [",,", "nonsense", "\n"]) {
      expect(readAll(text, "peer-list").refusal?.reason).toBe("not-a-message");
    }
    expect(readAll("é", "peer-list").refusal?.reason).toBe("not-a-message");
  });

  test("broken characters in it are refused", () => {
    const reader = new ClassicReader({ expects: "peer-list", remoteIp: "127.0.0.1" });
    reader.push(bytes(list, 0xff));
    expect(reader.end().refusal?.reason).toBe("not-utf8");
  });

  test("it may be longer than the original can read, up to 1 MiB", () => {
    const peers = Array.from({ length: 65_000 }, (_, index) => `127.0.0.1:${index + 1}`);
    expect(readAll(peers.join(","), "peer-list")).toEqual({ messages: [{ type: "peer-list", peers }] });
    const reader = new ClassicReader({ expects: "peer-list", remoteIp: "127.0.0.1" });
    expect(reader.push(new Uint8Array(1_048_576))).toEqual({ messages: [] });
    expect(reader.push(new Uint8Array(10)).refusal).toMatchObject({ reason: "too-long", bytes: 1_048_586 });
    expect(reader.heldBytes).toBe(0);
  });
});

describe("the answer to a connect request", () => {
  test("is decided at its last character", () => {
    const reader = new ClassicReader({ expects: "connect-accepted", remoteIp: "127.0.0.1" });
    expect(reader.push(bytes("New Connect Accepte"))).toEqual({ messages: [] });
    expect(reader.quiet()).toEqual({ messages: [] });
    expect(reader.push(bytes("d"))).toEqual({ messages: [{ type: "connect-accepted" }] });
    expect(reader.push(bytes("\n"))).toEqual({ messages: [] });
    expect(reader.waiting).toBe(false);
  });

  test.each(["New Connect Request From:127.0.0.1:1", "no", g1])("is not %s", (text) => {
    const reader = new ClassicReader({ expects: "connect-accepted", remoteIp: "127.0.0.1" });
    expect(reader.push(bytes(text)).refusal?.reason).toBe("not-a-message");
  });

  test("is incomplete when it is cut off", () => {
    expect(readAll("New Connect", "connect-accepted").refusal?.reason).toBe("incomplete");
  });
});

describe("the answer to a liveness request", () => {
  test("is decided at the first character of its last field", () => {
    const reader = new ClassicReader({ expects: "liveness-reply", remoteIp: "127.0.0.1" });
    expect(reader.push(bytes(`Liveness Reply:${ts}:127.0.0.1:`))).toEqual({ messages: [] });
    expect(reader.push(bytes("1"))).toEqual({ messages: [reply("127.0.0.1", "1")] });
    expect(reader.push(bytes("27.0.0.1"))).toEqual({ messages: [] });
  });

  test("an IPv6 address that is cut in two is not taken for two fields", () => {
    const reader = new ClassicReader({ expects: "liveness-reply", remoteIp: "127.0.0.1" });
    expect(reader.push(bytes(`Liveness Reply:${ts}:[::1`))).toEqual({ messages: [] });
    expect(reader.push(bytes("]:[::2]"))).toEqual({ messages: [reply("[::1]", "[::2]")] });
  });

  test("may lack its last field", () => {
    expect(readAll(`Liveness Reply:${ts}:127.0.0.1`, "liveness-reply")).toEqual({ messages: [reply("127.0.0.1", "")] });
    const reader = new ClassicReader({ expects: "liveness-reply", remoteIp: "127.0.0.1" });
    reader.push(bytes(`Liveness Reply:${ts}:127.0.0.1`));
    expect(reader.quiet()).toEqual({ messages: [reply("127.0.0.1", "")] });
  });

  test.each(["Liveness Reply:now:127.0.0.1:x", "Liveness Reply::x:y", `Liveness Reply:${ts}:1,2:x`, "Dead"])(
    "is not %s",
    (text) => {
      const reader = new ClassicReader({ expects: "liveness-reply", remoteIp: "127.0.0.1" });
      expect(reader.push(bytes(text)).refusal?.reason).toBe("not-a-message");
    },
  );

  test("is incomplete when it is cut off", () => {
    expect(readAll(`Liveness Reply:${ts}`, "liveness-reply").refusal?.reason).toBe("incomplete");
    expect(readAll("Liveness", "liveness-reply").refusal?.reason).toBe("incomplete");
  });
});

test("where nothing is expected, bytes are ignored and not held", () => {
  const reader = new ClassicReader({ expects: "nothing", remoteIp: "127.0.0.1" });
  expect(reader.push(bytes(g1, 0xff))).toEqual({ messages: [] });
  expect(reader.waiting).toBe(false);
  expect(reader.end()).toEqual({ messages: [] });
});

test("bytes that are kept are copied, since a caller may reuse its buffer", () => {
  const reader = requests();
  const piece = bytes(g1);
  reader.push(piece);
  piece.fill(0);
  expect(reader.end().messages.map(textOf)).toEqual([g1]);
});

function requests(): ClassicReader {
  return new ClassicReader({ expects: "requests", remoteIp: "127.0.0.1" });
}

function readAll(text: string, expects: ClassicExpectation = "requests", remoteIp = "127.0.0.1"): ClassicReading {
  const reader = new ClassicReader({ expects, remoteIp });
  const pushed = reader.push(bytes(text));
  const ended = reader.end();
  expect(reader.heldBytes).toBe(0);
  return { ...pushed, ...ended, messages: [...pushed.messages, ...ended.messages] };
}

function gossipOf(text: string): ClassicMessage & { type: "gossip" } {
  const [message] = readAll(text).messages;
  if (message?.type !== "gossip") throw new Error(`no gossip: ${text}`);
  return message;
}

function bytes(text: string, ...more: number[]): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const all = new Uint8Array(encoded.length + more.length);
  all.set(encoded);
  all.set(more, encoded.length);
  return all;
}

function textOf(message: ClassicMessage): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(encodeClassic(message));
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function registration(at: string): ClassicMessage {
  return { type: "registration", address: address(at) };
}

function peerList(...peers: string[]): ClassicMessage {
  return { type: "peer-list", peers: peers.map(address) };
}

function connect(from: string): ClassicMessage {
  return { type: "connect-request", from: address(from) };
}

function liveness(ip: string): LivenessRequest {
  return { type: "liveness-request", timestamp: ts, ip };
}

function reply(ip: string, ownIp: string): ClassicMessage {
  return { type: "liveness-reply", timestamp: ts, ip, ownIp };
}

function gossip(text: string, origin: string, body: string): ClassicMessage {
  return { type: "gossip", text, timestamp: ts, origin: address(origin), body };
}

function death(dead: string, reporterIp: string): DeathReport {
  return { type: "death-report", dead: address(dead), timestamp: ts, reporterIp };
}
