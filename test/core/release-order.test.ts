import { expect, test } from "vitest";
import type { PeerId } from "../../src/core/identity.js";
import type { Envelope } from "../../src/core/message.js";
import { inReleaseOrder } from "../../src/core/release-order.js";

function envelope(origin: string, epoch: number, seq: number): Envelope {
  return { origin: origin as PeerId, epoch, seq } as Envelope;
}

test("what was repaired late is given in its turn, and lives keep the places of their messages", () => {
  const arrived = [
    envelope("a", 1, 1),
    envelope("b", 1, 7),
    envelope("a", 1, 4),
    envelope("a", 2, 9),
    envelope("a", 1, 2),
    envelope("b", 1, 6),
    envelope("a", 1, 3),
  ];
  const names = inReleaseOrder(arrived).map(({ origin, epoch, seq }) => `${origin}${epoch} ${seq}`);
  expect(names).toEqual(["a1 1", "b1 6", "a1 2", "a2 9", "a1 3", "b1 7", "a1 4"]);
});
