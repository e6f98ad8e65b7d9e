import { describe, expect, test } from "vitest";
import type { PeerEvent } from "../../src/core/peer-events.js";
import { address, id, scene, settled } from "./scene.js";

const alone: PeerEvent = { type: "alone" };
const joined: PeerEvent = { type: "joined", alone: false };
const gap: PeerEvent = { type: "gap", origin: id, epoch: 1, first: 3, last: 5, count: 3 };

describe("events", () => {
  test("reach the listeners of their kind, in order, a moment later", async () => {
    const { peer, tell } = scene();
    const heard: unknown[] = [];
    peer.on("gap", (event) => heard.push(event));
    peer.on("joined", (event) => heard.push(event));
    tell(joined, alone, gap);
    expect(heard).toEqual([]);
    await settled();
    expect(heard).toEqual([joined, gap]);
  });

  test("let listeners call the peer: the core is done by then", async () => {
    const { peer, tell, core } = scene();
    peer.on("joined", () => void peer.publish("news", "I am here"));
    tell(joined);
    await settled();
    expect(core.requests).toHaveLength(1);
  });

  test("stop when the listener is taken off, by any of three ways", async () => {
    const { peer, tell } = scene();
    const heard: string[] = [];
    const control = new AbortController();
    const second = () => heard.push("second");
    const first = peer.on("alone", () => heard.push("first"));
    peer.on("alone", second);
    peer.on("alone", () => heard.push("third"), { signal: control.signal });
    peer.on("alone", () => heard.push("never"), { signal: AbortSignal.abort() });
    tell(alone);
    await settled();
    first();
    peer.off("alone", second);
    control.abort();
    tell(alone);
    await settled();
    expect(heard).toEqual(["first", "second", "third"]);
  });

  test("spare a listener that was taken off by an earlier one of the same event", async () => {
    const { peer, tell } = scene();
    const heard: string[] = [];
    peer.on("alone", () => {
      heard.push("first");
      off();
    });
    const off = peer.on("alone", () => heard.push("second"));
    tell(alone);
    await settled();
    expect(heard).toEqual(["first"]);
  });

  test("are not harmed by a listener that throws: it becomes an unhandled rejection", async () => {
    const { peer, tell } = scene();
    const heard: string[] = [];
    const rejections: unknown[] = [];
    const strangers = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (reason) => rejections.push(reason));
    try {
      peer.on("alone", () => {
        throw new Error("mine");
      });
      peer.on("alone", () => heard.push("second"));
      tell(alone, alone);
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard).toEqual(["second", "second"]);
      expect(rejections).toEqual([new Error("mine"), new Error("mine")]);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const stranger of strangers) process.on("unhandledRejection", stranger);
    }
  });

  test("can be awaited", async () => {
    const { peer, tell } = scene();
    const next = peer.once("gap");
    tell(gap, { ...gap, first: 6 } as PeerEvent);
    expect(await next).toEqual(gap);
  });

  test("that are awaited end with the signal, or with the peer", async () => {
    const { peer, tell } = scene();
    const control = new AbortController();
    const first = peer.once("gap", { signal: control.signal });
    const second = peer.once("gap");
    const third = peer.once("alone");
    control.abort("reason");
    await expect(first).rejects.toMatchObject({ name: "AbortError", cause: "reason" });
    await expect(peer.once("gap", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    tell(alone);
    await peer.close();
    // What was told before the end still counts.
    expect(await third).toEqual(alone);
    await expect(second).rejects.toMatchObject({ code: "closed" });
    await expect(peer.once("gap")).rejects.toMatchObject({ code: "closed" });
    expect(peer.on("gap", () => {})).toBeTypeOf("function");
  });

  test("leave no listener at a signal that lives longer", async () => {
    const { peer, tell } = scene();
    let listening = 0;
    const signal = {
      aborted: false,
      addEventListener: () => listening++,
      removeEventListener: () => listening--,
    } as unknown as AbortSignal;
    const off = peer.on("gap", () => {}, { signal });
    const once = peer.once("gap", { signal });
    const subscription = peer.subscribe("news", { signal });
    const publishing = peer.publish("news", "x", { signal });
    expect(listening).toBe(4);
    off();
    tell(gap, { type: "publish-failed", token: 1, code: "alone", message: "" });
    await once;
    await subscription.return();
    await publishing.catch(() => {});
    expect(listening).toBe(0);
  });

  test("name neighbors", () => {
    const { peer, core } = scene();
    core.neighborStates = [{ id, address, dialect: "native", since: 1, rttMs: 2, isCongested: false }];
    expect(peer.neighbors()).toEqual(core.neighborStates);
    expect(peer.neighbors()).not.toBe(core.neighborStates);
    expect({ id: peer.id, address: peer.address, network: peer.network }).toEqual({ id, address, network: "test" });
  });
});
