import { describe, expect, test } from "vitest";
import type { PeerEvent, PublishFailure } from "../../src/core/peer-events.js";
import { address, id, scene, settled } from "./scene.js";

function published(token: number, seq = token): PeerEvent {
  const message = { origin: id, epoch: 1, seq };
  return { type: "published", token, id: message, address, publishedAt: 1_704_067_200_042, neighbors: 3 };
}

describe("publishing", () => {
  test("resolves when the core says that a neighbor has the message", async () => {
    const { peer, core, tell } = scene();
    const publishing = peer.publish("news", "hello");
    expect(core.requests).toEqual([
      { token: 1, topic: "news", payload: new TextEncoder().encode("hello"), allowAlone: false },
    ]);
    tell(published(1, 7));
    expect(await publishing).toEqual({ id: "1704067200.042:10.0.0.1:5000:#7", neighbors: 3 });
  });

  test("takes an answer that comes before the core returns", async () => {
    const { peer, core, inbox } = scene();
    core.answer = ({ token }) => inbox.notify(published(token));
    expect(await peer.publish("news", "hello", { allowAlone: true })).toMatchObject({ neighbors: 3 });
    expect(core.requests[0]).toMatchObject({ allowAlone: true });
  });

  test("keeps the promises of several calls apart, and the order of the calls", async () => {
    const { peer, core, tell } = scene();
    const all = [peer.publish("a", "1"), peer.publish("a", "2"), peer.publish("a", "3")];
    expect(core.requests.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["1", "2", "3"]);
    tell(published(3), { type: "publish-failed", token: 2, code: "timeout", message: "late" }, published(1));
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await all[0]!).id).toMatch(/#1$/);
    expect((await all[2]!).id).toMatch(/#3$/);
  });

  test.each<[PublishFailure, string]>([
    ["alone", "alone"],
    ["timeout", "timeout"],
    ["busy", "busy"],
    ["too-large", "too-large"],
    ["left", "closed"],
  ])("that fails with %s rejects with code %s", async (failure, code) => {
    const { peer, tell } = scene();
    const publishing = peer.publish("news", "hello");
    tell({ type: "publish-failed", token: 1, code: failure, message: "because" });
    await expect(publishing).rejects.toMatchObject({ name: "HearsayError", code });
  });

  test("rejects what can't be published without asking the core, never throwing at once", async () => {
    const { peer, core } = scene();
    await expect(peer.publish("", "x")).rejects.toMatchObject({ code: "bad-topic" });
    await expect(peer.publish("a", "x".repeat(1_001))).rejects.toMatchObject({ code: "too-large" });
    await expect(peer.publish("a", { x: 1 } as never)).rejects.toMatchObject({ code: "bad-payload" });
    expect(core.requests).toEqual([]);
  });

  test("copies the bytes, so that the caller may change them at once", () => {
    const { peer, core } = scene();
    const bytes = new Uint8Array([1, 2, 3]);
    void peer.publish("a", bytes);
    bytes.fill(0);
    expect(core.requests[0]!.payload).toEqual(new Uint8Array([1, 2, 3]));
  });

  test("stops waiting when its signal fires; a late answer is nobody's", async () => {
    const { peer, tell } = scene();
    const control = new AbortController();
    const publishing = peer.publish("a", "x", { signal: control.signal });
    control.abort("enough");
    await expect(publishing).rejects.toMatchObject({ name: "AbortError", code: "aborted", cause: "enough" });
    tell(published(1));
  });

  test("with a signal that has fired asks nothing", async () => {
    const { peer, core } = scene();
    await expect(peer.publish("a", "x", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(core.requests).toEqual([]);
  });

  test("is unharmed by a signal that fires afterwards", async () => {
    const { peer, tell } = scene();
    const control = new AbortController();
    const publishing = peer.publish("a", "x", { signal: control.signal });
    tell(published(1));
    await publishing;
    control.abort();
    await settled();
  });

  test("passes on what the driver throws", async () => {
    const { peer, core } = scene();
    core.answer = () => {
      throw new TypeError("broken");
    };
    await expect(peer.publish("a", "x")).rejects.toThrow("broken");
  });

  test("ends with the peer: open promises and later ones are rejected as closed", async () => {
    const { peer, life, core } = scene();
    const publishing = peer.publish("a", "x");
    const closing = peer.close();
    await expect(publishing).rejects.toMatchObject({ code: "closed" });
    await expect(peer.publish("a", "y")).rejects.toMatchObject({ code: "closed" });
    await Promise.all([closing, peer.close()]);
    expect({ left: core.hasLeft, closed: life.closed }).toEqual({ left: true, closed: 1 });
    expect(core.requests).toHaveLength(1);
    expect(peer.neighbors()).toEqual([]);
  });
});
