import { afterEach, describe, expect, it, vi } from "vitest";
import { Wakes } from "../../src/core/wakes.js";
import { runScenario, swarmScenario } from "../../src/sim/index.js";

const answer = Object.getOwnPropertyDescriptor(Wakes.prototype, "next")!.get!;

describe("the kept answers of when parts want to be woken", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("are those that the parts give when all are asked, after every input of runs with faults", () => {
    let asked = 0;
    let wrong = 0;
    vi.spyOn(Wakes.prototype, "next", "get").mockImplementation(function (this: Wakes) {
      const next = answer.call(this) as number;
      asked++;
      if (next !== this.nextOfAll) wrong++;
      return next;
    });
    for (const number of [1, 2, 3, 5]) runScenario(swarmScenario(number));
    expect(wrong).toBe(0);
    expect(asked).toBeGreaterThan(1_000);
  });
});
