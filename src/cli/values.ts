/** Reads the values of options: each function takes the text and gives the value, or says what is wrong with it. */
import { InvalidArgumentError } from "commander";
import ms from "ms";
import { HearsayError } from "../api/errors.js";
import { checkTopic } from "../api/topic.js";
import { type Address, canonicalIp, isWildcard, parseAddress } from "../core/address.js";
import { type Tags, tagsFault } from "../core/directory/record.js";
import { maxNetworkBytes } from "../net/network-name.js";
import type { HttpPlace } from "./http-options.js";

/** A port to listen on; 0 takes any free one. Undefined when the text is none. */
export function readPort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** For `--port`: 0–65535. */
export function portValue(text: string): number {
  const port = readPort(text);
  if (port === undefined) throw new InvalidArgumentError("A port is a number from 0 (any free one) to 65535.");
  return port;
}

/** For `--base-port`: 1–65535. */
export function basePortValue(text: string): number {
  const port = readPort(text);
  if (port === undefined || port === 0) throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return port;
}

/** For counts: whole numbers in the given bounds. */
export function countValue(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count >= min && count <= max)) throw new InvalidArgumentError(`Expected a whole number, ${min} to ${max}.`);
    return count;
  };
}

/** For counts with commas between them. */
export function countsValue(min: number, max: number): (text: string) => readonly number[] {
  const count = countValue(min, max);
  return (text) => [...new Set(text.split(",").map((part) => count(part.trim())))];
}

/** For durations, in milliseconds: a number with its unit (`250ms`, `5s`, `1.5m`, `1h`), in the given bounds. */
export function durationValue(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    if (!/^\d+(?:\.\d+)? *[a-z]+$/i.test(text)) {
      const hint = /^\d+(?:\.\d+)?$/.test(text) ? ` Did you mean ${text}s?` : "";
      throw new InvalidArgumentError(`Expected a number with its unit, such as 250ms, 5s or 2m.${hint}`);
    }
    const duration = ms(text as ms.StringValue) as number | undefined;
    if (duration === undefined || Number.isNaN(duration)) {
      throw new InvalidArgumentError("Known units are ms, s, m, h and d, such as in 250ms, 5s or 2m.");
    }
    if (duration < minMs || duration > maxMs) {
      throw new InvalidArgumentError(`Expected a time from ${ms(minMs)} to ${ms(maxMs)}.`);
    }
    return Math.round(duration);
  };
}

/** For `--latency`: a time, or two with dots between them, in milliseconds. */
export function latencyValue(text: string): readonly [minMs: number, maxMs: number] {
  const time = durationValue(1, 60_000);
  const [from, to = from] = text.split("..", 2) as [string, string | undefined];
  const range = [time(from), time(to ?? from)] as const;
  if (range[0] > range[1]) throw new InvalidArgumentError("Expected the shorter time first, such as 10ms..50ms.");
  return range;
}

/** For `--window`: two times with dots between them, in milliseconds. */
export function windowValue(text: string): readonly [fromMs: number, toMs: number] {
  const time = durationValue(0, 30 * 86_400_000);
  const [from, to] = text.split("..", 2) as [string, string | undefined];
  if (to === undefined) throw new InvalidArgumentError("Expected two times, such as 9.5s..11s.");
  const range = [time(from), time(to)] as const;
  if (range[0] >= range[1]) throw new InvalidArgumentError("Expected the earlier time first, such as 9.5s..11s.");
  return range;
}

/** For `--http`: `port`, or `ip:port`; loopback when there is no IP. */
export function httpValue(text: string): HttpPlace {
  const port = readPort(text);
  if (port !== undefined) return { port };
  // 0 is a port to listen on, though none to dial.
  const [, name = "", last = ""] = /^(.+):(\d+)$/.exec(text) ?? [];
  const host = canonicalIp(name);
  const lastPort = readPort(last);
  if (host === undefined || lastPort === undefined) {
    throw new InvalidArgumentError("Expected a port (0 for any free one), or ip:port.");
  }
  return { host, port: lastPort };
}

/** For `hearsay top`: a URL, `ip:port` or the port of an endpoint on this machine. */
export function endpointValue(text: string): string {
  const port = readPort(text);
  const url = port !== undefined ? `http://127.0.0.1:${port}/` : text.includes("://") ? text : `http://${text}/`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && (port !== undefined || text.includes(":"))) {
    return new URL("/", url).href;
  }
  throw new InvalidArgumentError("Expected a port, ip:port, or http://ip:port/.");
}

/** For `--host`: an IP (IPv6 with or without brackets) or a name. */
export function interfaceValue(text: string): string {
  const ip = canonicalIp(text);
  if (ip === undefined) throw new InvalidArgumentError("Expected an IP or a name, without a port.");
  return ip;
}

/** For `--advertise`: what others can dial, so no wildcard. */
export function advertiseValue(text: string): string {
  const ip = interfaceValue(text);
  if (ip === "0.0.0.0" || ip === "::") throw new InvalidArgumentError("Nobody can reach a peer by that address.");
  return ip;
}

/** An address that can be dialed. */
export function addressValue(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined || isWildcard(address)) {
    throw new InvalidArgumentError("Expected ip:port, [ipv6]:port or name:port.");
  }
  return address;
}

/** For `--seed` and `--peer`, which may be given several times: addresses that can be dialed. */
export function addressValues(text: string, others: readonly Address[] = []): readonly Address[] {
  const address = addressValue(text);
  return others.includes(address) ? others : [...others, address];
}

/** For `--network`: 1 to 255 bytes of UTF-8. */
export function networkValue(text: string): string {
  if (text === "" || Buffer.byteLength(text) > maxNetworkBytes) {
    throw new InvalidArgumentError(`A network's name has 1 to ${maxNetworkBytes} bytes.`);
  }
  return text;
}

/** For a topic: 1 to 255 bytes of UTF-8. */
export function topicValue(text: string): string {
  try {
    checkTopic(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof HearsayError ? `${error.message}.` : String(error));
  }
  return text;
}

/** For topics that may be given several times. */
export function topicValues(text: string, others: readonly string[] = []): readonly string[] {
  const topic = topicValue(text);
  return others.includes(topic) ? others : [...others, topic];
}

/** For `--tag`, which may be given several times: `name=value`. */
export function tagValues(text: string, others: Tags = {}): Tags {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Expected name=value.");
  const tags = { ...others, [text.slice(0, at)]: text.slice(at + 1) };
  const fault = tagsFault(tags);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}.`);
  return tags;
}

/** For `--peer` of a trace, which may be given several times: a peer's number. */
export function numberValues(text: string, others: readonly number[] = []): readonly number[] {
  return [...others, countValue(0, 10_000_000)(text)];
}

/** For texts that may be given several times. */
export function textValues(text: string, others: readonly string[] = []): readonly string[] {
  return [...others, text];
}

/** For `--message`: `3#12`, the twelfth message of peer 3; or the first digits of the origin's id, and the number. */
export function messageValue(text: string): { readonly origin: string; readonly seq: number } {
  const match = /^(\d{1,7}|[0-9a-f]{8,32})#(\d{1,15})$/.exec(text);
  if (match === null) throw new InvalidArgumentError("Expected an origin and a number, such as 3#12 or c38e92e5#12.");
  return { origin: match[1]!, seq: Number(match[2]) };
}
