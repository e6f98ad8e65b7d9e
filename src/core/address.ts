/**
 * Where a peer or a seed can be reached: `ip:port`, in one canonical spelling, so that two spellings of the same
 * place are the same map key.
 *
 * An address is not an identity: a peer that restarts elsewhere is the same peer at another address.
 */

declare const addressBrand: unique symbol;

/**
 * A canonical `host:port`: dotted IPv4 (`127.0.0.1:5001`), bracketed IPv6 (`[::1]:5001`) or a lower-case host name
 * (`seed-1.example:5001`). The port is 1–65535 without leading zeros. Made by {@link parseAddress} and
 * {@link joinAddress} only.
 */
export type Address = string & { readonly [addressBrand]: true };

/** The parts of an {@link Address}. */
export interface AddressParts {
  /** IPv4, IPv6 without brackets, or a host name. */
  readonly ip: string;
  /** 1–65535. */
  readonly port: number;
}

const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
// A name of digits alone is none: it would be taken for a timestamp, or for the beginning of an IPv4 address.
const hostNamePattern =
  /^(?=.{1,253}$)(?=.*[a-z_-])(?!.*\.\d+$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/;
const portPattern = /^[1-9]\d{0,4}$/;

/** Whether the text is a dotted IPv4 address, without leading zeros. */
export function isIPv4(text: string): boolean {
  return ipv4Pattern.test(text);
}

/**
 * Reads `ip:port`, `[ipv6]:port` or `name:port`; undefined when the text is none of them. White space around it is not
 * ignored: callers trim what their format allows.
 */
export function parseAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(":");
  if (colon <= 0) return undefined;
  const portText = text.slice(colon + 1);
  if (!portPattern.test(portText)) return undefined;
  return joinAddress(text.slice(0, colon), Number(portText));
}

/**
 * The canonical address of an IP (IPv6 with or without brackets) or host name, and a port; undefined when either is
 * impossible. An IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`, RFC 4291 §2.5.5.2) becomes plain IPv4: a dual-stack
 * socket reports that form, and the same peer must not stand under two names.
 */
export function joinAddress(ip: string, port: number): Address | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const host = canonicalIp(ip);
  if (host === undefined) return undefined;
  return `${host.includes(":") ? `[${host}]` : host}:${port}` as Address;
}

/** The IP (without brackets) or host name, and the port, of an address. */
export function splitAddress(address: Address): AddressParts {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon);
  return { ip: host.startsWith("[") ? host.slice(1, -1) : host, port: Number(address.slice(colon + 1)) };
}

/** The same address with another IP or host name; undefined when that is impossible. */
export function withIp(address: Address, ip: string): Address | undefined {
  return joinAddress(ip, splitAddress(address).port);
}

/** Whether the address stands for "any": `0.0.0.0` or `::`, which nobody can dial. */
export function isWildcard(address: Address): boolean {
  return address.startsWith("0.0.0.0:") || address.startsWith("[::]:");
}

/**
 * Canonical spelling of an IP or host name: IPv6 compressed after RFC 5952, mapped IPv4 unwrapped, names in lower case
 * without the root dot. Undefined when the text is neither.
 */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (bare.includes(":")) {
    const groups = expandIPv6(bare);
    return groups === undefined ? undefined : compressIPv6(groups);
  }
  const name = text.toLowerCase();
  return hostNamePattern.test(name) ? name.replace(/\.$/, "") : undefined;
}

function expandIPv6(text: string): number[] | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? readGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Reads colon-separated groups; only the last piece of an address may be dotted IPv4. */
function readGroups(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const pieces = text.split(":");
  for (const [index, piece] of pieces.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(piece)) groups.push(Number.parseInt(piece, 16));
    else if (mayEndInIPv4 && index === pieces.length - 1 && isIPv4(piece)) {
      const octets = piece.split(".").map(Number);
      groups.push(octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!);
    } else return undefined;
  }
  return groups;
}

function compressIPv6(groups: number[]): string {
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join(".");
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) [bestStart, bestLength] = [start, length];
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}
