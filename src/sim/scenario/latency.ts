/** How long packets take, by the model of a scenario. */
import { type Address, splitAddress } from "../../core/address.js";
import type { Random } from "../../core/random.js";
import type { LatencyDraw } from "../paths.js";
import type { LatencyModel } from "./scenario.js";

/** The spread of what travels between two regions. */
const regionSigma = 0.1;

/** One-way medians in milliseconds between five regions of a cloud: Virginia, Ireland, Singapore, Sydney, São Paulo. */
export const worldRegions: LatencyModel = {
  kind: "regions",
  ms: [
    [1, 35, 110, 100, 58],
    [35, 1, 90, 128, 92],
    [110, 90, 1, 46, 164],
    [100, 128, 46, 1, 157],
    [58, 92, 164, 157, 1],
  ],
};

/** Draws from a model. Throws a RangeError for a matrix that is not square, or has nothing in it. */
export function latencyDraw(model: LatencyModel): LatencyDraw {
  switch (model.kind) {
    case "constant":
      return () => model.ms;
    case "uniform":
      return (random) => model.minMs + random.below(model.maxMs - model.minMs + 1);
    case "normal":
      return (random) => model.meanMs + model.deviationMs * gaussian(random);
    case "log-normal":
      return (random) => model.medianMs * Math.exp(model.sigma * gaussian(random));
    case "regions": {
      const { ms } = model;
      if (ms.length === 0 || ms.some((row) => row.length !== ms.length)) {
        throw new RangeError("the latencies between regions are a square matrix");
      }
      return (random, from, to) => {
        const median = ms[regionOf(from, ms.length)]![regionOf(to, ms.length)]!;
        return median * Math.exp(regionSigma * gaussian(random));
      };
    }
  }
}

/** Neighbors in the order of addresses live in different regions. */
function regionOf(address: Address, regions: number): number {
  const { ip } = splitAddress(address);
  return Number(ip.slice(ip.lastIndexOf(".") + 1)) % regions;
}

/** The normal distribution of mean 0 and deviation 1, nearly: the sum of twelve (Irwin–Hall), the same on every machine. */
function gaussian(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.below(0x1_0000_0000) / 0x1_0000_0000;
  return sum;
}
