/** What is impossible in a scenario, in one line that names the place. */
import type { Deed, LatencyModel, Scenario, Who } from "./model.js";

/** Peers of one scenario, at the beginning or by one deed. */
export const peersMax = 1_000_000;
/** The highest number that a run may have: its generator takes 32 bits. */
export const randomSeedMax = 2 ** 32 - 1;
/** Seeds of one scenario. */
export const seedsMax = 50;
/** The longest time that anything takes: thirty days. */
export const longestMs = 30 * 86_400_000;
/** The longest that ways may be clogged: a real kernel would give its links up then. */
export const clogMaxMs = 120_000;
/** The longest that one input may take a slow process. */
export const inputCostMaxMs = 10_000;
/** Bytes of a message that the simulator is asked to publish. */
export const messageMaxBytes = 1_048_576;
/** Messages of one deed. */
export const burstMax = 1_000_000;

/** @throws RangeError that names the first thing that is out of its range; steps by their places in this order */
export function checkScenario(scenario: Scenario): void {
  const { randomSeed, peers, seeds, joinEveryMs, forMs, calmMs, network, workload, steps } = scenario;
  whole("randomSeed", randomSeed, 0, randomSeedMax);
  whole("peers", peers, 1, peersMax);
  whole("seeds", seeds, 0, seedsMax);
  whole("joinEveryMs", joinEveryMs, 0, longestMs);
  whole("forMs", forMs, 0, longestMs);
  whole("calmMs", calmMs, 0, longestMs);
  within("network.lossRate", network.lossRate, 0, 1);
  checkLatency("network.latency", network.latency);
  checkBandwidth("network.bandwidth", network.bandwidth);
  whole("workload.everyMs", workload.everyMs, 0, longestMs);
  whole("workload.bytes", workload.bytes, 0, messageMaxBytes);
  if (workload.messagesMax !== undefined) whole("workload.messagesMax", workload.messagesMax, 0, burstMax);
  for (const [index, step] of steps.entries()) {
    const place = `steps[${index}] (${step.do})`;
    whole(`${place}.atMs`, step.atMs, 0, longestMs);
    if (step.atMs > forMs) throw new RangeError(`${place}.atMs is after the end, forMs: ${forMs}`);
    checkDeed(place, step);
  }
}

function checkDeed(place: string, deed: Deed): void {
  for (const name of ["who", "from", "to"] as const) {
    const who = (deed as { readonly [key in typeof name]?: Who })[name];
    if (who !== undefined) checkWho(`${place}.${name}`, who);
  }
  if ("forMs" in deed && deed.forMs !== undefined)
    whole(`${place}.forMs`, deed.forMs, 0, deed.do === "clog" ? clogMaxMs : longestMs);
  switch (deed.do) {
    case "restart":
      whole(`${place}.count`, deed.count, 0, peersMax);
      whole(`${place}.clockBackMs`, deed.clockBackMs, 0, longestMs);
      break;
    case "join":
      whole(`${place}.count`, deed.count, 0, peersMax);
      break;
    case "jump":
      whole(`${place}.byMs`, deed.byMs, 0, longestMs);
      break;
    case "slow":
      within(`${place}.msPerInput`, deed.msPerInput, 0, inputCostMaxMs);
      break;
    case "loss":
      within(`${place}.rate`, deed.rate, 0, 1);
      break;
    case "latency":
      checkLatency(`${place}.latency`, deed.latency);
      break;
    case "bandwidth":
      checkBandwidth(place, deed);
      break;
    case "publish":
      whole(`${place}.messages`, deed.messages, 0, burstMax);
      whole(`${place}.bytes`, deed.bytes, 0, messageMaxBytes);
      break;
  }
}

function checkWho(place: string, who: Who): void {
  if ("count" in who) whole(`${place}.count`, who.count, 0, peersMax);
  else if ("share" in who) within(`${place}.share`, who.share, 0, 1);
  else for (const number of who.peers) whole(`${place}.peers`, number, 1, Number.MAX_SAFE_INTEGER);
}

function checkBandwidth(place: string, bandwidth: { linkBytesPerS?: unknown; peerBytesPerS?: unknown } = {}): void {
  for (const name of ["linkBytesPerS", "peerBytesPerS"] as const) {
    const value = bandwidth[name];
    if (value !== undefined) within(`${place}.${name}`, value as number, 1, Number.MAX_SAFE_INTEGER);
  }
}

function checkLatency(place: string, model: LatencyModel): void {
  switch (model.kind) {
    case "constant":
      within(`${place}.ms`, model.ms, 1, longestMs);
      break;
    case "uniform":
      whole(`${place}.minMs`, model.minMs, 1, longestMs);
      whole(`${place}.maxMs`, model.maxMs, model.minMs, longestMs);
      break;
    case "normal":
      within(`${place}.meanMs`, model.meanMs, 1, longestMs);
      within(`${place}.deviationMs`, model.deviationMs, 0, longestMs);
      break;
    case "log-normal":
      within(`${place}.medianMs`, model.medianMs, 1, longestMs);
      within(`${place}.sigma`, model.sigma, 0, 3);
      break;
    case "regions": {
      const { ms } = model;
      if (ms.length === 0 || ms.some((row) => row.length !== ms.length)) {
        throw new RangeError(`${place}.ms: the latencies between regions are a square matrix`);
      }
      for (const row of ms) for (const value of row) within(`${place}.ms`, value, 0, longestMs);
    }
  }
}

function whole(place: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value)) within(place, value, min, max);
  else throw new RangeError(`${place} must be a whole number, not ${value}`);
}

function within(place: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) throw new RangeError(`${place} must be from ${min} to ${max}, not ${value}`);
}
