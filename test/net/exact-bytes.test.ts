import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Listener, type PeerOnStage, Scene, type SeedOnStage, until } from "./scene.js";

const ts = "1731234567.1234567890123456789";
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const scene = new Scene();
afterEach(() => scene.clear());

describe("a seed, byte for byte", () => {
  let stage: SeedOnStage;
  beforeEach(async () => {
    stage = await scene.seed();
  });

  test("a registration is answered with the list: comma-separated, the asker last, nothing after it", async () => {
    expect(await scene.ask(stage.port, "127.0.0.1:6001")).toBe("127.0.0.1:6001");
    expect(await scene.ask(stage.port, "127.0.0.1:6002")).toBe("127.0.0.1:6001,127.0.0.1:6002");
    expect(await scene.ask(stage.port, "127.0.0.1:6003")).toBe("127.0.0.1:6001,127.0.0.1:6002,127.0.0.1:6003");
    expect(await scene.ask(stage.port, "127.0.0.1:6001")).toBe("127.0.0.1:6002,127.0.0.1:6003,127.0.0.1:6001");
    expect(stage.seed.peers()).toEqual(["127.0.0.1:6001", "127.0.0.1:6002", "127.0.0.1:6003"]);
  });

  test("who registers as 0.0.0.0, or as somebody else, is listed where the connection came from", async () => {
    expect(await scene.ask(stage.port, "0.0.0.0:6001")).toBe("127.0.0.1:6001");
    expect(await scene.ask(stage.port, "10.9.8.7:6002")).toBe("127.0.0.1:6001,127.0.0.1:6002");
  });

  test("an asker that keeps its side open, as the original does, is answered all the same, and not hung up on", async () => {
    const wire = await scene.connect(stage.port);
    await wire.say("127.0.0.1:6001").hears("127.0.0.1:6001");
    await sleep(100);
    expect([wire.ended, wire.closed]).toEqual([false, false]);
    wire.end();
    await wire.isHungUp();
    expect([wire.text, wire.error]).toEqual(["127.0.0.1:6001", undefined]);
  });

  test("on all interfaces, IPv4 askers are listed as such, IPv6 ones in brackets", async () => {
    const wide = await scene.seed({ host: undefined });
    expect(await scene.ask(wide.port, "0.0.0.0:6001")).toBe("127.0.0.1:6001");
    if (!hasIPv6) return;
    expect(await scene.ask(wide.port, "[::]:6002", "::1")).toBe("127.0.0.1:6001,[::1]:6002");
    expect(await scene.ask(wide.port, "0.0.0.0:6003", "::1")).toBe("127.0.0.1:6001,[::1]:6002,[::1]:6003");
  });

  test("a death report has no answer; its line stands in the log as it came", async () => {
    expect(await scene.ask(stage.port, `Dead Node:127.0.0.1:6009:${ts}:127.0.0.1`)).toBe("");
    expect(stage.lines).toEqual([`Dead Node:127.0.0.1:6009:${ts}:127.0.0.1`, "Not on the list -- 127.0.0.1:6009"]);
  });

  test("before it believes a report it asks the accused, in the words of a peer", async () => {
    const accused = await scene.listenAsPeer();
    await scene.ask(stage.port, `127.0.0.1:${accused.port}`);
    await scene.ask(stage.port, `Dead Node:127.0.0.1:${accused.port}:${ts}:127.0.0.1`);
    expect(await accused.hears("Liveness")).toMatch(/^Liveness Request:\d{10}\.\d{6}:127\.0\.0\.1$/);
    await until(() => stage.events.some(({ type }) => type === "kept"), "the accused is kept");
    expect(stage.seed.peers()).toEqual([accused.address]);
  });

  test("registrations in pieces, wherever they are cut, are registrations", async () => {
    const slow = await scene.seed({ settleMs: 500 });
    const cuts = fc.sample(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 }), { numRuns: 12, seed: 1 });
    const answers = await Promise.all(
      cuts.map(async (places, index) => {
        const wire = await scene.connect(slow.port);
        await wire.sayInPieces(pieces(`127.0.0.1:${6001 + index}`, places), 30);
        return (await wire.end().isHungUp()).text.split(",").at(-1);
      }),
    );
    expect(answers).toEqual(cuts.map((_, index) => `127.0.0.1:${6001 + index}`));
    expect(slow.seed.size).toBe(cuts.length);
    expect(slow.warnings).toEqual([]);
  });

  test("glued registrations are several registrations", async () => {
    await scene.ask(stage.port, "127.0.0.1:6001127.0.0.1:6002127.0.0.1:6003");
    expect(stage.seed.peers()).toEqual(["127.0.0.1:6001", "127.0.0.1:6002", "127.0.0.1:6003"]);
    await scene.ask(stage.port, `127.0.0.1:6004Dead Node:127.0.0.1:6099:${ts}:127.0.0.1`);
    expect(stage.seed.peers()).toContain("127.0.0.1:6004");
    expect(stage.lines.at(-1)).toBe("Not on the list -- 127.0.0.1:6099");
    expect(await scene.ask(stage.port, "127.0.0.1:6005")).toMatch(/^(127\.0\.0\.1:600[1-4],){4}127\.0\.0\.1:6005$/);
  });
});

describe("a peer, byte for byte", () => {
  test("registers as 0.0.0.0 first, then by the address it was told; it ends its side of each connection", async () => {
    const seed = await scene.listenAsSeed([]);
    const { port } = await scene.peer([seed.address], { config: { renewIntervalMs: 200 } });
    expect(await seed.hears("0.0.0.0")).toBe(`0.0.0.0:${port}`);
    expect(await seed.hears("127.0.0.1")).toBe(`127.0.0.1:${port}`);
  });

  test.skipIf(process.platform !== "linux")("calls from the address it is to be known by", async () => {
    const seed = await scene.seed();
    const { port, peer } = await scene.peer([seed.address], { host: undefined, advertiseIp: "127.0.0.2" });
    await until(() => peer.joined, "it has joined");
    expect(seed.seed.peers()).toEqual([`127.0.0.2:${port}`]);
    expect(peer.own).toBe(`127.0.0.2:${port}`);
    expect(await scene.ask(port, "Liveness Request:1:127.0.0.1")).toBe("Liveness Reply:1:127.0.0.1:127.0.0.2");
  });

  test("asks for a link, tests liveness, gossips and reports a death in the exact words, a connection for each", async () => {
    const neighbor = await scene.listenAsPeer();
    const seed = await scene.listenAsSeed([neighbor.address]);
    const { peer, port } = await scene.peer([seed.address], {
      config: { messages: 2, messageIntervalMs: 50, probeIntervalMs: 200, probeTimeoutMs: 100 },
    });
    expect(await neighbor.hears("New")).toBe(`New Connect Request From:127.0.0.1:${port}`);
    expect(await neighbor.hears("Live")).toMatch(/^Liveness Request:\d{10}\.\d{6}:127\.0\.0\.1$/);
    expect(await neighbor.hears(/GOSSIP1$/)).toMatch(new RegExp(`^\\d{10}\\.\\d{6}:127\\.0\\.0\\.1:${port}:GOSSIP1$`));
    expect(await neighbor.hears(/GOSSIP2$/)).toMatch(new RegExp(`^\\d{10}\\.\\d{6}:127\\.0\\.0\\.1:${port}:GOSSIP2$`));
    const said = peer.say("  Grüße: an alle! 🎉 ").text;
    expect(said).toMatch(new RegExp(`^\\d{10}\\.\\d{6}:127\\.0\\.0\\.1:${port}:GOSSIP Grüße: an alle! 🎉$`));
    expect(await neighbor.hears(/GOSSIP G/)).toBe(said);
    const { address } = neighbor;
    neighbor.close();
    expect(await seed.hears("Dead")).toMatch(new RegExp(`^Dead Node:${address}:\\d{10}\\.\\d{6}:127\\.0\\.0\\.1$`));
  });

  test("accepts a link in the exact words, whether or not the asker has ended its side", async () => {
    const { port, peer } = await scene.peer([(await scene.listenAsSeed([])).address]);
    expect(await scene.ask(port, "New Connect Request From:127.0.0.1:6001")).toBe("New Connect Accepted");
    const wire = await scene.connect(port);
    await wire.say("New Connect Request From:0.0.0.0:6002").hears("New Connect Accepted");
    expect(peer.neighbors()).toEqual(["127.0.0.1:6001", "127.0.0.1:6002"]);
  });

  test("refuses a fifth neighbor by closing, without a word and without a reset", async () => {
    const { port, peer } = await scene.peer([(await scene.listenAsSeed([])).address]);
    for (const asker of [6001, 6002, 6003, 6004]) {
      expect(await scene.ask(port, `New Connect Request From:127.0.0.1:${asker}`)).toBe("New Connect Accepted");
    }
    const wire = await scene.connect(port);
    await wire.say("New Connect Request From:127.0.0.1:6005").isHungUp();
    expect([wire.text, wire.ended, wire.error]).toEqual(["", true, undefined]);
    expect(await scene.ask(port, "New Connect Request From:127.0.0.1:6006")).toBe("");
    expect(peer.neighbors()).toHaveLength(4);
  });

  test.each([
    [ts, "127.0.0.1"],
    ["1731234567", "10.0.0.9"],
    ["0001731234567.10", "somewhere"],
    ["1731234567.", "[::1]"],
  ])("answers a liveness request of %s:%s with both as they came", async (when, ip) => {
    const { peer, port } = await scene.peer([(await scene.listenAsSeed([])).address]);
    await until(() => peer.own !== undefined, "the peer knows its address");
    expect(await scene.ask(port, `Liveness Request:${when}:${ip}`)).toBe(`Liveness Reply:${when}:${ip}:127.0.0.1`);
    const wire = await scene.connect(port);
    await wire.say(`Liveness Request:${when}:${ip}`).hears(`Liveness Reply:${when}:${ip}:127.0.0.1`);
    expect([wire.ended, wire.closed]).toEqual([false, false]);
  });

  describe("gossip is relayed byte for byte, to every neighbor, a connection each", () => {
    let stage: PeerOnStage;
    let neighbors: Listener[];
    beforeEach(async () => {
      neighbors = [await scene.listenAsPeer(), await scene.listenAsPeer(), await scene.listenAsPeer()];
      const seed = await scene.listenAsSeed([]);
      stage = await scene.peer([seed.address], { settleMs: 400 });
      for (const { port } of neighbors) await scene.ask(stage.port, `New Connect Request From:127.0.0.1:${port}`);
    });

    const head = "1731234567.8901:127.0.0.1:6001:";
    const texts = [
      `${head}GOSSIP1`,
      `${head}GOSSIP10`,
      `${head}GOSSIP7\n`,
      `${head}GOSSIP7\r\n`,
      `${head}GOSSIP7~`,
      `${head}GOSSIP7\0`,
      `${head}GOSSIP1:with:more:fields`,
      `${head}GOSSIP Grüße, 世界 🎉`,
      `${head}GOSSIP: , ;  \t`,
      "1731234567:127.0.0.1:6001:GOSSIP1",
      `${ts}:[::1]:6001:GOSSIP3`,
      `${head}GOSSIP${"x".repeat(1024 - head.length - 6)}`,
    ];
    test.each(texts.map((text) => [JSON.stringify(text).slice(0, 80), text]))("%s", async (_name, text) => {
      expect(await scene.ask(stage.port, text)).toBe("");
      for (const neighbor of neighbors) expect(await neighbor.hears(/GOSSIP/)).toBe(text);
      // Once seen, it is dropped; and the next one needs a connection of its own.
      await scene.ask(stage.port, text);
      await scene.ask(stage.port, "1731234599.5:127.0.0.1:6002:GOSSIP2");
      for (const neighbor of neighbors) expect(await neighbor.hears(/GOSSIP2$/)).toMatch(/^1731234599\.5:/);
      for (const neighbor of neighbors) expect(gossipHeard(neighbor)).toEqual([text, gossipHeard(neighbor)[1]]);
      expect(stage.warnings).toEqual([]);
    });

    test("a sender that keeps its side open is understood after a moment of silence", async () => {
      const wire = await scene.connect(stage.port);
      wire.say(`${head}GOSSIP1`);
      for (const neighbor of neighbors) expect(await neighbor.hears(/GOSSIP/)).toBe(`${head}GOSSIP1`);
      expect([wire.text, wire.ended]).toEqual(["", false]);
    });

    test("in pieces, wherever they are cut", async () => {
      const cuts = fc.sample(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 }), { numRuns: 12, seed: 2 });
      const sent = cuts.map((_, index) => `${head}GOSSIP ${index} Grüße 🎉`);
      await Promise.all(
        cuts.map(async (places, index) => {
          const wire = await scene.connect(stage.port);
          await wire.sayInPieces(pieces(sent[index]!, places), 30);
          // Half of them keep their side open.
          if (index % 2 === 0) wire.end();
        }),
      );
      await until(() => neighbors.every((neighbor) => gossipHeard(neighbor).length >= sent.length), "all are relayed");
      for (const neighbor of neighbors) expect(gossipHeard(neighbor).sort()).toEqual(sent.sort());
      expect(stage.warnings).toEqual([]);
    });

    test("glued, each is relayed alone, and requests between them are answered", async () => {
      const one = "1731234567.8901:127.0.0.1:6001:GOSSIP1";
      const two = "1731234568.8901:127.0.0.1:6001:GOSSIP2";
      const request = "Liveness Request:1731234567:127.0.0.1";
      expect(await scene.ask(stage.port, `${one}${two}${request}${one}`)).toBe(
        "Liveness Reply:1731234567:127.0.0.1:127.0.0.1",
      );
      await until(() => neighbors.every((neighbor) => gossipHeard(neighbor).length >= 2), "both are relayed");
      for (const neighbor of neighbors) expect(gossipHeard(neighbor).sort()).toEqual([one, two]);
    });

    test("a text of three fields goes nowhere: it would kill the original's connection", async () => {
      const wire = await scene.connect(stage.port);
      await wire.say("1731234567:127.0.0.1:Msg1").end().isHungUp();
      expect(wire.text).toBe("");
      await until(() => stage.warnings.length > 0, "the peer says what it refused");
      expect(stage.warnings[0]).toMatch(
        /^refused 25 bytes from 127\.0\.0\.1:\d+ \(.*\): "1731234567:127\.0\.0\.1:Msg1"$/,
      );
      await scene.ask(stage.port, `${head}GOSSIP1`);
      for (const neighbor of neighbors) expect(await neighbor.hears(/GOSSIP/)).toBe(`${head}GOSSIP1`);
      for (const neighbor of neighbors) expect(gossipHeard(neighbor)).toHaveLength(1);
    });
  });
});

function gossipHeard(listener: Listener): string[] {
  return listener.texts().filter((text) => text.includes(":GOSSIP"));
}

function pieces(text: string, places: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const cuts = [...new Set(places.map((place) => place % bytes.length))].filter((at) => at > 0).sort((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}
