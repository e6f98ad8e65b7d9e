/** An address in few bytes: its kind, what stands for the IP or the name, and the port. Each address has one form. */
import { type Address, isIPv4, joinAddress, splitAddress } from "../../core/address.js";
import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { RecentTexts } from "./texts.js";

const nameKind = 0;
const ipv4Kind = 4;
const ipv6Kind = 6;

const octets = 4;
const portBytes = 2;

/** IPv4 addresses with their ports: the same few come with every message. */
const recentIPv4 = new RecentTexts((bytes) => {
  const [a, b, c, d, high, low] = bytes;
  return joinAddress(`${a}.${b}.${c}.${d}`, high! * 256 + low!) ?? "";
});

/** Where a peer can be reached. */
export const address = {
  /** Writes an address. */
  write(to: ByteWriter, value: Address): void {
    writeSpelled(to, value);
  },

  /** Reads an address; refuses one at port 0, and every spelling but the canonical one. */
  read(from: ByteReader): Address {
    const kind = from.u8();
    if (kind === ipv4Kind) {
      const known = from.known(recentIPv4, octets + portBytes);
      return known === "" ? from.fail("bad-address", "port 0") : (known as Address);
    }
    const spelled = readSpelled(from, kind);
    const joined = joinAddress(spelled, from.u16());
    // A name must not be an IP or have a second spelling, and an IPv6 address must not be an IPv4 one in disguise.
    if (joined === undefined || (kind === ipv6Kind ? !joined.startsWith("[") : splitAddress(joined).ip !== spelled)) {
      return from.fail("bad-address", "an address that is impossible, or not in its one form");
    }
    if (kind === nameKind && (isIPv4(spelled) || joined.startsWith("["))) {
      return from.fail("bad-address", "an IP in the place of a name");
    }
    return joined;
  },
};

function writeSpelled(to: ByteWriter, value: Address): void {
  const { ip, port } = splitAddress(value);
  if (ip.includes(":")) {
    to.u8(ipv6Kind);
    for (const group of groupsOf(ip)) to.u16(group);
  } else if (isIPv4(ip)) {
    to.u8(ipv4Kind);
    for (const octet of ip.split(".")) to.u8(Number(octet));
  } else {
    to.u8(nameKind);
    to.text(ip);
  }
  to.u16(port);
}

function readSpelled(from: ByteReader, kind: number): string {
  switch (kind) {
    case ipv6Kind: {
      const groups = Array.from({ length: 8 }, () => from.u16().toString(16));
      return groups.join(":");
    }
    case nameKind:
      return from.text();
    default:
      return from.fail("bad-address", `an address of kind ${kind}`);
  }
}

/** The eight groups of an IPv6 address in canonical spelling: no dotted end, one `::` at most. */
function groupsOf(ip: string): number[] {
  const [head, tail] = ip.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const before = head!.map((group) => Number.parseInt(group, 16));
  const after = (tail ?? []).map((group) => Number.parseInt(group, 16));
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
