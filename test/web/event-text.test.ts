import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventText } from "../../web/dashboard/event-text.js";

const encoder = new TextEncoder();
const frame = (id: string | undefined, value: object) =>
  `${id === undefined ? "" : `id: ${id}\n`}event: healed\ndata: ${JSON.stringify(value)}\n\n`;

describe("server-sent events", () => {
  test("are the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ id: fc.option(fc.stringMatching(/^[a-z0-9-]{1,9}$/), { nil: undefined }), text: fc.string() }),
        ),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (events, sizes) => {
          const bytes = encoder.encode(events.map(({ id, text }) => frame(id, { type: "healed", text })).join(""));
          const text = new EventText();
          const taken = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length]!;
            taken.push(...text.take(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(taken).toEqual(events.map(({ id, text }) => ({ id, event: { type: "healed", text } })));
        },
      ),
    );
  });

  test("signs of life, other fields and what is no JSON are passed over", () => {
    const text = new EventText();
    expect(text.take(encoder.encode("retry: 2000\n: nothing happens\n\ndata: {\n\ndata:{}\n\n"))).toEqual([
      { id: undefined, event: {} },
    ]);
  });
});
