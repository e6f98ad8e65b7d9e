/**
 * The file that names the seeds: one `ip:port` a line. Blank lines, comments (`#`), Windows line ends, a byte order mark
 * and a missing last newline are fine; anything else is refused with its line number, because a peer that silently
 * leaves a seed out counts a wrong majority.
 */
import { createReadStream } from "node:fs";
import { type Address, isWildcard, parseAddress } from "../core/address.js";
import { SeedsFileError } from "./errors.js";

/** Largest file read. */
const maxFileBytes = 1_048_576;

/**
 * The distinct seeds of a file, in its order.
 *
 * @throws {@link SeedsFileError} `unreadable`, `empty`, or `bad-line`
 */
export async function readSeedsFile(path: string): Promise<Address[]> {
  const pieces: Buffer[] = [];
  try {
    // One byte more than is allowed: a pipe or a device has no size to ask for, and may never end.
    for await (const piece of createReadStream(path, { end: maxFileBytes })) pieces.push(piece as Buffer);
  } catch (error) {
    throw new SeedsFileError("unreadable", `${path}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
  const bytes = Buffer.concat(pieces);
  if (bytes.length > maxFileBytes) {
    throw new SeedsFileError("unreadable", `${path}: more than ${maxFileBytes} bytes is no list of seeds`);
  }
  return parseSeeds(bytes.toString("utf8"), path);
}

/**
 * The distinct seeds of a text. `name` stands before the line number in errors.
 *
 * @throws {@link SeedsFileError} `empty` or `bad-line`
 */
export function parseSeeds(text: string, name: string): Address[] {
  const seeds = new Set<Address>();
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  for (const [index, line] of lines.entries()) {
    const content = line.replace(/#.*$/, "").trim();
    if (content === "") continue;
    const address = parseAddress(content);
    if (address === undefined || isWildcard(address)) {
      const shown = JSON.stringify(content.length > 60 ? `${content.slice(0, 60)}…` : content);
      throw new SeedsFileError(
        "bad-line",
        `${name}:${index + 1}: ${shown} is no address of a seed; expected ip:port, [ipv6]:port or name:port`,
      );
    }
    seeds.add(address);
  }
  if (seeds.size === 0) throw new SeedsFileError("empty", `${name}: names no seed; expected one ip:port a line`);
  return [...seeds];
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such file";
  if (error.code === "EACCES") return "not allowed to read it";
  if (error.code === "EISDIR") return "is a folder, not a file";
  return error.message;
}
