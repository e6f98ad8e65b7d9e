/** Reads a scenario from a JSON file, and says what is wrong with one. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { peerConfig } from "../../core/peer-config.js";
import { messageMaxBytes, randomSeedMax } from "../../sim/scenario/checks.js";
import { misdeeds } from "../../sim/scenario/model.js";
import { type Scenario, type ScenarioParts, scenario } from "../../sim/scenario/scenario.js";
import { usageFailure } from "../failure.js";

const ms = z.number().int().min(0);
const rate = z.number().min(0).max(1);
const count = z.number().int().min(0).max(1_000_000);
const bytes = z.number().int().min(0).max(messageMaxBytes);
const who = z.union([
  z.strictObject({ count }),
  z.strictObject({ share: rate }),
  z.strictObject({ peers: z.array(z.number().int().min(1)) }),
]);
const latency = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), ms: z.number().min(1) }),
  z.strictObject({ kind: z.literal("uniform"), minMs: z.number().int().min(1), maxMs: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal("normal"), meanMs: z.number().min(1), deviationMs: z.number().min(0) }),
  z.strictObject({ kind: z.literal("log-normal"), medianMs: z.number().min(1), sigma: z.number().min(0).max(3) }),
  z.strictObject({ kind: z.literal("regions"), ms: z.array(z.array(z.number().min(0))).min(1) }),
]);
const bytesPerS = z.number().min(1);
const limits = { linkBytesPerS: bytesPerS.optional(), peerBytesPerS: bytesPerS.optional() };
const atMs = ms;
const step = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("crash"), who, atMs }),
  z.strictObject({
    do: z.literal("restart"),
    count,
    identity: z.enum(["same", "new"]).default("same"),
    address: z.enum(["same", "new"]).default("same"),
    clockBackMs: ms.default(0),
    atMs,
  }),
  z.strictObject({ do: z.literal("freeze"), who, forMs: ms, atMs }),
  z.strictObject({ do: z.literal("suspend"), who, forMs: ms, atMs }),
  z.strictObject({ do: z.literal("slow"), who, msPerInput: z.number().min(0), forMs: ms, atMs }),
  z.strictObject({ do: z.literal("jump"), who, byMs: ms, atMs }),
  z.strictObject({ do: z.literal("partition"), who, forMs: ms.optional(), atMs }),
  z.strictObject({ do: z.literal("cut"), from: who, to: who, atMs }),
  z.strictObject({ do: z.literal("heal"), atMs }),
  z.strictObject({ do: z.literal("clog"), who, to: who.optional(), forMs: ms, atMs }),
  z.strictObject({ do: z.literal("loss"), rate, to: who.optional(), forMs: ms, atMs }),
  z.strictObject({ do: z.literal("latency"), latency, forMs: ms, atMs }),
  z.strictObject({ do: z.literal("bandwidth"), who: who.optional(), ...limits, forMs: ms, atMs }),
  z.strictObject({ do: z.literal("reset"), who, atMs }),
  z.strictObject({ do: z.literal("redial"), who, atMs }),
  z.strictObject({ do: z.literal("join"), count, atMs }),
  z.strictObject({ do: z.literal("leave"), who, atMs }),
  z.strictObject({ do: z.literal("publish"), who, messages: count, bytes, atMs }),
  z.strictObject({ do: z.literal("tag"), who, atMs }),
  z.strictObject({
    do: z.literal("corrupt"),
    who,
    misdeed: z.enum(misdeeds),
    atMs,
  }),
]);

const file = z.strictObject({
  name: z.string().optional(),
  randomSeed: z.number().int().min(0).max(randomSeedMax).optional(),
  peers: z.number().int().min(1).max(1_000_000).optional(),
  seeds: z.number().int().min(0).max(50).optional(),
  joinEveryMs: ms.optional(),
  forMs: ms.optional(),
  calmMs: ms.optional(),
  network: z
    .strictObject({ latency, lossRate: rate, bandwidth: z.strictObject(limits) })
    .partial()
    .optional(),
  workload: z
    .strictObject({ everyMs: ms, bytes, from: z.enum(["random", "one"]), messagesMax: count })
    .partial()
    .optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  steps: z.array(step).optional(),
});

/**
 * The scenario of a file; what it leaves out has its default.
 *
 * @param randomSeed - in place of the file's number
 * @throws {@link Failure} that names the place and what is wrong there
 */
export function readScenario(path: string, randomSeed?: number): Scenario {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw usageFailure(`cannot read the scenario ${path}: ${(error as Error).message}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw usageFailure(`the scenario ${path} is not JSON: ${(error as Error).message}`);
  }
  const read = file.safeParse(content);
  if (read.success) {
    const parts = read.data as ScenarioParts;
    return checked(path, randomSeed === undefined ? parts : { ...parts, randomSeed });
  }
  const [issue] = read.error.issues;
  const place = issue?.path.join(".") ?? "";
  throw usageFailure(`the scenario ${path}${place === "" ? "" : `, at ${place}`}: ${issue?.message ?? "it is none"}`);
}

function checked(path: string, parts: ScenarioParts): Scenario {
  try {
    const read = scenario(parts);
    peerConfig(read.config);
    return read;
  } catch (error) {
    if (error instanceof RangeError) throw usageFailure(`the scenario ${path}: ${error.message}`);
    throw error;
  }
}
