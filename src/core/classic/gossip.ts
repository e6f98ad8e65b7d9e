/**
 * The text of a classic message, `ts:ip:port:GOSSIP…`: how it is put together, and how one is read that did not come
 * straight from a classic connection. (Those have no frames and are read by the wire.)
 */
import { type Address, joinAddress, splitAddress } from "../address.js";
import { type Gossip, ipField } from "./message.js";

/** The longest text in UTF-8 bytes: what one read of the original takes. A longer one would be cut. */
export const maxGossipBytes = 1_024;

/** How the fourth field begins: the original takes nothing else. */
export const gossipMark = "GOSSIP";

const encoder = new TextEncoder();

/** Puts a text together. Checks neither its length nor its body, which begins with `GOSSIP`. */
export function composeGossip(timestamp: string, origin: Address, body: string): Gossip {
  const { ip, port } = splitAddress(origin);
  return { type: "gossip", text: `${timestamp}:${ipField(ip)}:${port}:${body}`, timestamp, origin, body };
}

/** The length of a text in UTF-8. */
export function gossipBytes(text: string): number {
  return encoder.encode(text).length;
}

const gossipPattern = /^(\d+(?:\.\d*)?):(\[[^\]]{1,64}\]|[^:[\]]{1,255}):([1-9]\d{0,4}):(GOSSIP.*)$/s;

/**
 * Reads a text that is one classic message and nothing else; undefined when it is none, is too long for one, or would
 * be read as several by whoever gets it.
 */
export function parseGossip(text: string): Gossip | undefined {
  const [, timestamp, ip, port, body] = gossipPattern.exec(text) ?? [];
  if (timestamp === undefined || timestamp.length > 64 || gossipBytes(text) > maxGossipBytes) return undefined;
  const origin = joinAddress(ip!, Number(port));
  if (origin === undefined || !staysWhole(body!)) return undefined;
  return { type: "gossip", text, timestamp, origin, body: body! };
}

/** The texts that are told apart by their beginning, whatever follows. */
const heads = ["New Connect Request From:", "Liveness Request:", "Dead Node:"];
const numberPattern = /^GOSSIP\d*[\0\n\r~]*/;
const otherPattern = /\d{10}(?:\.\d*)?:(\[[^\]]{1,64}\]|[^:[\]]{1,255}):([1-9]\d{0,4})(?=:GOSSIP)/g;

/**
 * Whether readers take this body as it is. Classic texts have no frames: the beginning of another gossip inside ends
 * this one, and so does a message with a fixed beginning directly after `GOSSIP` or its number.
 */
export function staysWhole(body: string): boolean {
  const afterNumber = numberPattern.exec(body)?.[0].length ?? 0;
  if (heads.some((head) => body.startsWith(head, afterNumber))) return false;
  for (const [, ip, port] of body.matchAll(otherPattern)) {
    if (joinAddress(ip!, Number(port)) !== undefined) return false;
  }
  return true;
}
