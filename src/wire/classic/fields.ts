/**
 * What the texts of the classic network are made of: fields between colons, addresses, timestamps, and the bytes that
 * some writers put between messages.
 */
import { type Address, canonicalIp, joinAddress, parseAddress, splitAddress } from "../../core/address.js";

/** How a connect request begins. */
export const connectHead = "New Connect Request From:";
/** How a liveness request begins. */
export const livenessHead = "Liveness Request:";
/** How a death report is recognised: by these nine characters, whatever else its first field holds. */
export const deathMark = "Dead Node";
/** How a death report begins. */
export const deathHead = `${deathMark}:`;
/** The beginnings that are fixed texts. Gossip and registrations begin with a number or a name. */
export const heads: readonly string[] = [connectHead, livenessHead, deathHead];
/** How the fourth field of a gossip begins. */
export const gossipMark = "GOSSIP";

/** The most characters of a timestamp; the original writes 17 or so. */
const maxTimestampLength = 64;
/** The most characters of a field that is only passed on: enough for every host name. */
const maxPlainLength = 255;
/** The most characters between brackets: an IPv6 address has 45 at most; some spare, since it is checked afterwards. */
const maxBracketLength = 64;

const timestampPattern = /^\d+(?:\.\d*)?$/;
const portPattern = /^[1-9]\d{0,4}$/;
const digitsPattern = /^\d+$/;

/** NUL, CR, LF and `~`: what writers put between or after messages. */
export function isSeparator(code: number): boolean {
  return code === 0 || code === 10 || code === 13 || code === 126;
}

/** The first place from `at` on that is no separator, space or tab. */
export function skipSeparators(text: string, at: number): number {
  let index = at;
  while (index < text.length && (isSeparator(text.charCodeAt(index)) || isBlank(text.charCodeAt(index)))) index++;
  return index;
}

/** The text without the separators at its end. */
export function stripSeparators(text: string): string {
  let end = text.length;
  while (end > 0 && isSeparator(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/**
 * The fields between colons; colons inside `[…]` do not count, so that an IPv6 address is one field. At most `limit`
 * fields: the last one holds the rest of the text, colons and all. A bracket still open at the end reaches to the end:
 * the rest of an address cut in two must not be taken for further fields.
 */
export function splitFields(text: string, limit: number): string[] {
  const fields: string[] = [];
  let start = 0;
  let index = 0;
  while (index < text.length && fields.length < limit - 1) {
    const code = text.charCodeAt(index);
    if (code === 58) {
      fields.push(text.slice(start, index));
      start = index + 1;
    }
    index = code === 91 ? bracketEnd(text, index) : index + 1;
  }
  fields.push(text.slice(start));
  return fields;
}

/** Whether the text is seconds since 1970: a decimal number of at most 64 characters. */
export function isTimestamp(text: string): boolean {
  return text.length <= maxTimestampLength && timestampPattern.test(text);
}

/** Whether the text is a port's number, 1–99999 without leading zeros; {@link readAddress} checks the upper limit. */
export function looksLikePort(text: string): boolean {
  return portPattern.test(text);
}

/** Whether the text is only passed on and safe to: short, no commas (they separate list elements), no control characters. */
export function isPlain(text: string): boolean {
  if (text.length > maxPlainLength) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x2c || (code >= 0x7f && code < 0xa0)) return false;
  }
  return true;
}

/** The address of two fields; undefined when they are none. IPv6 stands in brackets. */
export function readAddress(ip: string, port: string): Address | undefined {
  if (!looksLikePort(port) || !isIpOrName(ip)) return undefined;
  return joinAddress(ip, Number(port));
}

/** The address of an element of a peer list. */
export function readListElement(text: string): Address | undefined {
  const address = parseAddress(text);
  return address !== undefined && isIpOrName(splitAddress(address).ip) ? address : undefined;
}

/** Whether a field can name a place. A bare number is no name here: it is the beginning of a gossip's timestamp. */
export function isIpOrName(text: string): boolean {
  const ip = canonicalIp(text);
  return ip !== undefined && !digitsPattern.test(ip);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** The place after the bracket that opens here and what it holds; the next place when it is an ordinary character. */
function bracketEnd(text: string, open: number): number {
  for (let index = open + 1; index <= open + maxBracketLength; index++) {
    if (index >= text.length) return text.length;
    const code = text.charCodeAt(index);
    if (code === 93) return index + 1;
    const hex = (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
    if (!hex && code !== 58 && code !== 46) return open + 1;
  }
  return open + 1;
}
