/** The four bytes that both sides of a connection of Hearsay's own protocol send before anything else. */

/**
 * What the preamble begins with. 0xF6 is in no UTF-8 text, so it begins no classic text, no HTTP and no SSH; nor does it
 * begin TLS (0x16), SOCKS (4, 5), a proxy header (0x0D, `P`), MQTT (0x10), telnet (0xFF) or a byte-order mark (0xFE, 0xFF).
 */
export const preambleMagic: readonly number[] = [0xf6, 0x48, 0x53];

/** The version of the frames themselves. What travels inside of them is settled by the version in a hello. */
export const framingVersion = 1;

/** The preamble that this program sends and expects. */
export const preamble: readonly number[] = [...preambleMagic, framingVersion];
