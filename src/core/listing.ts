/**
 * Cuts what is to be listed to a neighbor into messages that the wire takes, and no more of them than it deserves: a few
 * bytes of question can ask for everything there is.
 */
import type { ReconcileConfig } from "./config.js";
import { hexDigits } from "./digests.js";
import type { LifeView } from "./history.js";
import type { Bounds, Digest, DigestPart, LifeMarks, Marks, MarksPart } from "./message.js";

/** The most parts of one message. */
const partsMax = 256;
/** The most lives of one part. */
const livesMax = 256;
/** How large a message may grow, of 65,536 bytes that the wire takes. */
const messageMaxBytes = 32_768;
/** What a frame costs before its parts. */
const frameBytes = 8;
/** One part of a digest, at the most. */
const digestPartBytes = 13;
/** The longest prefix that travels. */
const prefixMax = 8;

/** Whether the prefixes of a message are hex digits, ascending, and none lies within another. */
export function arePrefixes(parts: readonly { readonly prefix: string }[]): boolean {
  if (parts.length > partsMax) return false;
  if (parts.length === 1 && parts[0]!.prefix === "") return true;
  let before: string | undefined;
  for (const { prefix } of parts) {
    if (!/^[0-9a-f]{0,8}$/.test(prefix)) return false;
    if (before !== undefined && (prefix <= before || prefix.startsWith(before))) return false;
    before = prefix;
  }
  return true;
}

/** What others are told of these lives: as many as fit into one message. */
export function listedLives(lives: readonly LifeView[]): LifeMarks[] {
  const listed: LifeMarks[] = [];
  let bytes = 0;
  for (const life of lives) {
    bytes += marksBytes(life);
    if (bytes > messageMaxBytes || listed.length === livesMax) break;
    listed.push(marksOf(life));
  }
  return listed;
}

/** What is listed to one neighbor. */
export class Listing {
  readonly #config: ReconcileConfig;
  readonly #send: (message: Digest | Marks) => void;
  #sentBytes = 0;

  constructor(config: ReconcileConfig, send: (message: Digest | Marks) => void) {
    this.#config = config;
    this.#send = send;
  }

  /** A new interval: as much as ever may be listed again. */
  allow(): void {
    this.#sentBytes = 0;
  }

  /** Sends these sums; the children of one prefix, which are one group, stay together. */
  digest(groups: readonly (readonly DigestPart[])[]): void {
    let parts: DigestPart[] = [];
    for (const group of groups) {
      if (parts.length + group.length > partsMax) {
        this.#out({ type: "digest", parts }, parts.length * digestPartBytes);
        parts = [];
      }
      parts.push(...group);
    }
    this.#out({ type: "digest", parts }, parts.length * digestPartBytes);
  }

  /** Sends these parts. Each must fit into a message. */
  marks(isQuestion: boolean, all: readonly MarksPart[]): void {
    let parts: MarksPart[] = [];
    let bytes = 0;
    for (const part of all) {
      const partBytes = part.lives.reduce((sum, life) => sum + lifeBytes(life.seen, life.kept), digestPartBytes);
      if (parts.length === partsMax || (parts.length > 0 && bytes + partBytes > messageMaxBytes)) {
        this.#out({ type: "marks", isQuestion, parts }, bytes);
        parts = [];
        bytes = 0;
      }
      parts.push(part);
      bytes += partBytes;
    }
    this.#out({ type: "marks", isQuestion, parts }, bytes);
  }

  /** These lives as parts that cover the prefix: one, or one for each longer prefix, empty ones included. */
  split(prefix: string, lives: readonly LifeView[]): MarksPart[] {
    const bytes = lives.reduce((sum, life) => sum + marksBytes(life), 0);
    if (prefix.length === prefixMax || (lives.length <= livesMax && bytes <= messageMaxBytes)) {
      return [{ prefix, lives: listedLives(lives) }];
    }
    return [...hexDigits].flatMap((digit) => {
      const child = prefix + digit;
      return this.split(
        child,
        lives.filter(({ origin }) => origin.startsWith(child)),
      );
    });
  }

  #out(message: Digest | Marks, bytes: number): void {
    if (this.#sentBytes > this.#config.listedMaxBytes) return;
    this.#sentBytes += bytes + frameBytes;
    this.#send(message);
  }
}

/** Copied: what travels does not change with what is remembered. */
function marksOf({ origin, epoch, seen, kept }: LifeView): LifeMarks {
  return { origin, epoch, seen: seen.bounds.slice(), kept: kept.bounds.slice() };
}

function marksBytes({ seen, kept }: LifeView): number {
  return lifeBytes(seen.bounds, kept.bounds);
}

/** Roughly: an id of 16, an epoch of 6, and what the ranges take. */
function lifeBytes(seen: Bounds, kept: Bounds): number {
  return 26 + boundsBytes(seen) + boundsBytes(kept);
}

function boundsBytes(bounds: Bounds): number {
  let bytes = 0;
  for (let i = 0; i < bounds.length; i++) {
    const step = bounds[i]! - (i === 0 ? 0 : bounds[i - 1]!);
    bytes += step < 0x80 ? 1 : step < 0x4000 ? 2 : step < 0x1000_0000 ? 4 : 8;
  }
  return bytes;
}
