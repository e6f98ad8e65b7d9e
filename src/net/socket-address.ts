/** Between the addresses of sockets and ours. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { type Address, canonicalIp, joinAddress } from "../core/address.js";
import type { DownReason } from "../core/effects.js";

/** The address at the other end of a socket; undefined when the socket has lost it already. */
export function remoteAddress(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): Address | undefined {
  const { remoteAddress: ip, remotePort: port } = socket;
  if (ip === undefined || port === undefined) return undefined;
  // A link-local IPv6 address carries its interface (fe80::1%eth0), which means nothing to anybody else.
  return joinAddress(ip.replace(/%.*$/, ""), port);
}

/** An IP of this machine that others can probably reach: the first that is not loopback, else loopback. */
export function likelyIp(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { internal, address, family } of addresses ?? []) if (!internal && family === "IPv4") return address;
  }
  return "127.0.0.1";
}

/** Whether the IP belongs to one of this machine's interfaces, so that connections can be made from it. */
export function isLocalIp(ip: string): boolean {
  const wanted = canonicalIp(ip);
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) if (canonicalIp(address.replace(/%.*$/, "")) === wanted) return true;
  }
  return wanted?.startsWith("127.") ?? false;
}

/** What an error of the operating system says about the other side, and what only about this one. */
export function downReasonOf(error: NodeJS.ErrnoException): DownReason {
  switch (error.code) {
    case "ECONNREFUSED":
      return "refused";
    case "EMFILE":
    case "ENFILE":
    case "ENOBUFS":
    case "ENOMEM":
    case "EAGAIN":
    case "EADDRNOTAVAIL":
      return "local";
    case "ETIMEDOUT":
      return "timeout";
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return "reset";
    default:
      return "unreachable";
  }
}

/** The option that dials from a local IP: the one that was asked for, if the target is of the same family. */
export function localAddressFor(ip: string, localIp: string | undefined): { readonly localAddress?: string } {
  if (localIp === undefined || (isIP(ip) !== 0 && isIP(ip) !== isIP(localIp))) return {};
  return { localAddress: localIp };
}
