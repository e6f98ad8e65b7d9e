/**
 * Who a peer is, apart from where it can be reached.
 */
import type { Address } from "./address.js";

declare const peerIdBrand: unique symbol;

/**
 * A peer's identity: the first 16 bytes of the SHA-256 of its Ed25519 public key, as 32 lower-case hex digits. In the
 * simulator any 32 hex digits will do. Made by {@link parsePeerId} only.
 */
export type PeerId = string & { readonly [peerIdBrand]: true };

/** Bytes of a {@link PeerId} on the wire. */
export const peerIdBytes = 16;

/** Reads 32 lower-case hex digits; undefined when the text is anything else. */
export function parsePeerId(text: string): PeerId | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? (text as PeerId) : undefined;
}

/** A peer, and where it can be reached today. */
export interface Contact {
  readonly id: PeerId;
  readonly address: Address;
}
