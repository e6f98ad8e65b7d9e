import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { type Endpoint, LinkEnd } from "../../src/sim/link-ends.js";
import { LinkTable } from "../../src/sim/link-table.js";

describe("LinkTable", () => {
  it("finds what a map finds, whatever comes and goes, and keeps the order of each owner's links", () => {
    const random = seededRandom(7);
    const owners = [0, 1, 2].map(() => ({ links: [] }) as unknown as Endpoint<string>);
    const twins = owners.map(() => new Map<number, LinkEnd<string>>());
    const table = new LinkTable<string>();
    const all: [LinkEnd<string>, number][] = [];
    for (let id = 1; id <= 3_000; id++) {
      const of = random.below(3);
      const end = new LinkEnd<string>(id, owners[of]!, "10.0.0.1:1" as never, true, 0, "native");
      table.add(end);
      twins[of]!.set(id, end);
      all.push([end, of]);
      while (all.length > 0 && random.below(20) < 10) {
        const [gone, from] = all.splice(random.below(all.length), 1)[0]!;
        table.remove(gone);
        table.remove(gone);
        twins[from]!.delete(gone.id);
      }
    }
    for (let id = 0; id <= 3_001; id++) expect(table.get(id)).toBe(twins.map((twin) => twin.get(id)).find(Boolean));
    for (const [of, owner] of owners.entries()) expect(owner.links).toEqual([...twins[of]!.values()]);
    for (const [end] of all) table.remove(end);
    expect(owners.every(({ links }) => links.length === 0)).toBe(true);
  });
});
