/**
 * The vocabulary of the classic network: every message that its programs exchange.
 *
 * On the wire these are bare texts without frames or terminators, one per connection (`wire/classic.ts`). Fields are
 * kept as the text had them wherever they travel on: a timestamp is a decimal fraction with any number of digits, and
 * a gossip text is relayed byte for byte, because its identity is the hash of all of it.
 */
import type { Address } from "../address.js";

/** Peer → seed: `ip:port`. "I am here; who else is?" The seed goes by the connection's source IP and this port. */
export interface Registration {
  readonly type: "registration";
  readonly address: Address;
}

/** Seed → peer, the answer to a registration: `a:p,b:p,…,own:p`. The asker stands last. */
export interface PeerList {
  readonly type: "peer-list";
  /** Never empty. The last one is the asker, as the seed sees it. */
  readonly peers: readonly Address[];
}

/** Peer → peer: `New Connect Request From:ip:port`. */
export interface ConnectRequest {
  readonly type: "connect-request";
  readonly from: Address;
}

/** Peer → peer, the answer to a connect request: `New Connect Accepted`. A refusal has no text: it is a plain close. */
export interface ConnectAccepted {
  readonly type: "connect-accepted";
}

/** Peer or seed → peer: `Liveness Request:ts:ip`. */
export interface LivenessRequest {
  readonly type: "liveness-request";
  /** Seconds since 1970, as text. */
  readonly timestamp: string;
  /** The asker's IP. */
  readonly ip: string;
}

/** The answer to a liveness request: `Liveness Reply:ts:ip:own-ip`, the first two as they were asked. */
export interface LivenessReply {
  readonly type: "liveness-reply";
  readonly timestamp: string;
  readonly ip: string;
  /** The IP of the one that answers. */
  readonly ownIp: string;
}

/** Peer → peer: `ts:ip:port:GOSSIPn`. */
export interface Gossip {
  readonly type: "gossip";
  /** The whole text, as it came, byte for byte. Its identity, and what is relayed. */
  readonly text: string;
  /** Seconds since 1970, as text. */
  readonly timestamp: string;
  /** The peer that first sent it. */
  readonly origin: Address;
  /** From the fourth field on: `GOSSIP1` … `GOSSIP10`, or `GOSSIP ` and what a person typed. */
  readonly body: string;
}

/** Peer → seed: `Dead Node:ip:port:ts:reporter-ip`. */
export interface DeathReport {
  readonly type: "death-report";
  readonly dead: Address;
  /** Seconds since 1970, as text. */
  readonly timestamp: string;
  readonly reporterIp: string;
}

/** Every message of the classic protocol. */
export type ClassicMessage =
  | Registration
  | PeerList
  | ConnectRequest
  | ConnectAccepted
  | LivenessRequest
  | LivenessReply
  | Gossip
  | DeathReport;

/** Seconds since 1970 with six decimals, as the original writes them. `sequence` (0–999) tells texts of one millisecond apart. */
export function classicTimestamp(now: number, sequence = 0): string {
  const seconds = Math.floor(now / 1000);
  return `${seconds}.${String(now % 1000).padStart(3, "0")}${String(sequence % 1000).padStart(3, "0")}`;
}

/** How an IP stands inside a colon-separated text: IPv6 in brackets, so that its colons are not field separators. */
export function ipField(ip: string): string {
  return ip.includes(":") ? `[${ip}]` : ip;
}
