import { expect, test } from "vitest";
import { joinAddress } from "../../../src/core/address.js";
import type { ClassicMessage } from "../../../src/core/classic/message.js";
import { parsePeerId } from "../../../src/core/identity.js";
import type { Envelope, Message } from "../../../src/core/message.js";
import { PeerCore } from "../../../src/core/peer.js";
import { peerConfig } from "../../../src/core/peer-config.js";
import type { PeerEvent } from "../../../src/core/peer-events.js";
import { VirtualNetwork } from "../../../src/sim/network.js";
import { OriginalSeedCore } from "../classic/originals.js";

test("peers that know an original seed alone find each other by texts, and go on natively, with one link to each", () => {
  const network = new VirtualNetwork<Message | ClassicMessage>({ randomSeed: 3 });
  const seed = joinAddress("10.0.9.9", 5000)!;
  network.start(seed, (effects) => new OriginalSeedCore(effects as never) as never);
  const heard: string[][] = [];
  const peers = [1, 2, 3, 4].map((number) => {
    const address = joinAddress(`10.0.0.${number}`, 5000)!;
    const id = parsePeerId(String(number).repeat(32))!;
    const own: string[] = [];
    heard.push(own);
    const process = network.start<PeerCore, PeerEvent>(
      address,
      (effects, random) =>
        new PeerCore({ contact: { id, address }, epoch: network.now, network: "test" }, peerConfig(), random, {
          dial: (to, dialect) => effects.dial(to, dialect),
          send: (link, message) => effects.send(link, message),
          end: (link) => effects.end(link),
          close: (link, reason) => effects.close(link, reason),
          notify: (event) => effects.notify(event),
          arrived: () => {},
          ordered: (envelope: Envelope) => own.push(new TextDecoder().decode(envelope.payload)),
        }),
    );
    process.call((core, now) => core.start(now, { seeds: [seed], peers: [] }));
    network.run(500);
    return process;
  });
  network.run(180_000);
  for (const { core } of peers) {
    const neighbors = core.neighbors();
    expect(neighbors.map(({ dialect }) => dialect)).not.toContain("classic");
    expect(neighbors.length).toBeGreaterThan(0);
    expect(new Set(neighbors.map(({ address }) => address)).size).toBe(neighbors.length);
  }
  const payload = new TextEncoder().encode("hello");
  peers[0]!.call((core, now) => core.publish(now, { token: 1, topic: "t", payload, allowAlone: false }));
  network.run(5_000);
  expect(heard).toEqual([["hello"], ["hello"], ["hello"], ["hello"]]);
});
