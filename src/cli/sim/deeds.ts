/** Reads what is to be done to a simulated network: `50%@10s`, `3@20s`, `2@30s+5s`. */
import { InvalidArgumentError } from "commander";
import { clogMaxMs, inputCostMaxMs } from "../../sim/scenario/checks.js";
import { misdeeds } from "../../sim/scenario/model.js";
import {
  at,
  clog,
  corrupt,
  crash,
  type Deed,
  freeze,
  join,
  leave,
  loss,
  partition,
  redial,
  reset,
  restart,
  type Step,
  slow,
  suspend,
  type Who,
} from "../../sim/scenario/scenario.js";
import { swarmNames } from "../../sim/scenario/swarm.js";
import { durationValue } from "../values.js";

/** An amount, a time, and for how long. */
interface Timed {
  readonly who: Who;
  readonly atMs: number;
  readonly forMs: number | undefined;
}

const pattern = /^(\d+(?:\.\d+)?%|\d+)@([\d.]+ *[a-z]+)(?:\+([\d.]+ *[a-z]+))?$/i;
const duration = durationValue(0, 30 * 86_400_000);

/** A share, `5%` or `0.05`, from 0 to 1. */
export function rateValue(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const rate = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
  if (!(rate >= 0 && rate <= 1)) throw new InvalidArgumentError("Expected a share from 0% to 100%.");
  return rate;
}

function timed(text: string): Timed {
  const match = pattern.exec(text);
  if (match === null)
    throw new InvalidArgumentError("Expected an amount and a time, such as 3@10s, 50%@10s or 2@10s+5s.");
  const [, amount, time, length] = match as unknown as [string, string, string, string | undefined];
  const who = amount.endsWith("%") ? { share: rateValue(amount) } : { count: Number(amount) };
  return { who, atMs: duration(time), forMs: length === undefined ? undefined : duration(length) };
}

function wholeCount({ who }: Timed): number {
  if ("count" in who) return who.count;
  throw new InvalidArgumentError("Expected a number of peers, not a share.");
}

/** For an option that may be given several times: each of its values becomes steps. */
function collected(
  steps: (one: Timed) => readonly Step[],
): (text: string, before?: readonly Step[]) => readonly Step[] {
  return (text, before = []) => [...before, ...steps(timed(text))];
}

function simple(deed: (one: Timed) => Deed): (text: string, before?: readonly Step[]) => readonly Step[] {
  return collected((one) => [at(one.atMs, deed(one))]);
}

/** What happens in a moment, and has no length. */
function momentary(deed: (one: Timed) => Deed): (text: string, before?: readonly Step[]) => readonly Step[] {
  return simple((one) => deed(atOnce(one)));
}

function atOnce(one: Timed): Timed {
  if (one.forMs === undefined) return one;
  throw new InvalidArgumentError("It has no length: an amount and a time, such as 3@10s.");
}

/** How each of the options is read. */
export const deedValues = {
  kill: momentary(({ who }) => crash(who)),
  freeze: simple(({ who, forMs = 5_000 }) => freeze(who, forMs)),
  restart: momentary((one) => restart(wholeCount(one))),
  join: momentary((one) => join(wholeCount(one))),
  leave: momentary(({ who }) => leave(who)),
  partition: simple(({ who, forMs }) => partition(who, forMs)),
  deafen: simple(({ who, forMs = 20_000 }) => loss(1, forMs, who)),
  suspend: simple(({ who, forMs = 20_000 }) => suspend(who, forMs)),
  clog: collected(({ who, atMs, forMs = 5_000 }) => {
    if (forMs > clogMaxMs) throw new InvalidArgumentError("Ways are clogged for 120s at most.");
    return [at(atMs, clog(who, forMs))];
  }),
  redial: momentary(({ who }) => redial(who)),
  reset: momentary(({ who }) => reset(who)),
} as const;

/** For `--slow`: `20ms:2@10s+10s`. */
export function slowValue(text: string, before: readonly Step[] = []): readonly Step[] {
  const [cost, rest] = text.split(":", 2) as [string, string | undefined];
  const match = /^(\d+(?:\.\d+)?)ms$/.exec(cost);
  if (match === null || rest === undefined || Number(match[1]) > inputCostMaxMs) {
    throw new InvalidArgumentError("Expected what each input costs, a colon, who and when, such as 20ms:2@10s+5s.");
  }
  const { who, atMs, forMs = 10_000 } = timed(rest);
  return [...before, at(atMs, slow(who, Number(match[1]), forMs))];
}

const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  kbit: 125,
  Mbit: 125_000,
  Gbit: 125_000_000,
};

/** For `--bandwidth`: `100kB/s`, `10Mbit/s`, in bytes a second. */
export function bandwidthValue(text: string): number {
  const match = /^(\d+(?:\.\d+)?) *([kMG]?B|[kMG]bit)\/s$/.exec(text);
  const bytesPerS = match === null ? 0 : Number(match[1]) * byteUnits[match[2]!]!;
  if (bytesPerS < 1) throw new InvalidArgumentError("Expected bytes or bits a second, such as 100kB/s or 10Mbit/s.");
  return bytesPerS;
}

/** For `--corrupt`: `false-accuser:1@5s`. */
export function corruptValue(text: string, before: readonly Step[] = []): readonly Step[] {
  const [kind, rest] = text.split(":", 2) as [string, string | undefined];
  const misdeed = misdeeds.find((one) => one === kind);
  if (misdeed === undefined || rest === undefined) {
    throw new InvalidArgumentError(`Expected ${misdeeds.join(", ")}, a colon, and who and when, such as flooder:1@5s.`);
  }
  const { who, atMs } = atOnce(timed(rest));
  return [...before, at(atMs, corrupt(who, misdeed))];
}

/** For `--without`: deeds and misdeeds that a swarm draws. */
export function withoutValue(text: string, others: readonly string[] = []): readonly string[] {
  if (!swarmNames.includes(text)) throw new InvalidArgumentError(`Expected one of ${swarmNames.join(", ")}.`);
  return [...others, text];
}
