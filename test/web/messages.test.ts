import { describe, expect, test } from "vitest";
import type { MessagePath, Someone, StreamEvent } from "../../src/http/schemas.js";
import { deliveredOf, Messages, messagesMax } from "../../web/dashboard/messages.js";

const someone = (name: string): Someone => ({ id: null, name, address: "127.0.0.1:1" });
const published = (id: string, publishedAt: number): StreamEvent => ({
  type: "message",
  at: publishedAt,
  observer: someone("p1"),
  id,
  origin: someone("p1"),
  topic: "demo",
  publishedAt,
  bytes: 2,
  preview: "hi",
  expected: 2,
});
const hop = (message: string, from: string, to: string, at: number): StreamEvent => {
  return { type: "hop", at, message, origin: "p1", from, to, round: 1, isLast: false };
};

describe("the latest messages", () => {
  test("hops that come before their message wait for it; each peer counts once, and the origin not at all", () => {
    const messages = new Messages();
    messages.happen(hop("m", "p1", "p2", 12));
    messages.happen(published("m", 10));
    messages.happen(hop("m", "p3", "p2", 13));
    messages.happen(hop("m", "p2", "p3", 14));
    const [message] = messages.latest;
    expect(message).toMatchObject({ preview: "hi", expected: 2, publishedAt: 10 });
    expect(message!.hops.map(({ from, peer }) => [from, peer])).toEqual([
      ["p1", "p2"],
      [null, "p1"],
      ["p2", "p3"],
    ]);
    expect(deliveredOf(message!)).toBe(2);
  });

  test("what the endpoint answers is joined with what was told meanwhile", () => {
    const messages = new Messages();
    messages.happen(published("m", 10));
    messages.happen(hop("m", "p1", "p3", 15));
    const path: MessagePath = {
      id: "m",
      origin: "p1",
      topic: "demo",
      preview: "hi",
      publishedAt: 10,
      expected: 2,
      delivered: 1,
      hops: [
        { peer: "p1", from: null, round: 0, at: 10 },
        { peer: "p2", from: "p1", round: 1, at: 12 },
      ],
    };
    messages.answer([path]);
    expect(messages.latest[0]!.hops.map(({ peer }) => peer).sort()).toEqual(["p1", "p2", "p3"]);
  });

  test("only so many are remembered, the newest first", () => {
    const messages = new Messages();
    for (let i = 0; i < messagesMax + 7; i++) messages.happen(published(`m${i}`, i));
    expect(messages.latest.length).toBe(messagesMax);
    expect(messages.latest[0]!.id).toBe(`m${messagesMax + 6}`);
  });
});
