import { describe, expect, test } from "vitest";
import type { NetworkAnswer, NetworkPeer } from "../../src/http/schemas.js";
import { lineKey, pictureOfNetwork, piecesOf } from "../../web/graph/picture.js";

const peer = (name: string, change: Partial<NetworkPeer> = {}): NetworkPeer => ({
  name,
  id: null,
  address: "127.0.0.1:1",
  dialect: "native",
  status: "joined",
  startedAt: 0,
  endedAt: null,
  neighbors: [],
  published: 0,
  expected: 0,
  delivered: 0,
  liveness: { type: "ok", roundTripMs: 1 },
  group: null,
  ...change,
});
const link = (a: string, b: string, isCut = false): NetworkAnswer["links"][number] => {
  return { a, b, kind: "eager", roots: [], isTwoWay: true, isCut };
};
const network = (peers: NetworkPeer[], links: NetworkAnswer["links"], change: Partial<NetworkAnswer> = {}) => {
  const rest = {
    at: 0,
    network: "n",
    dialect: "native",
    seeds: [],
    cuts: [],
    isPartitioned: false,
    messages: [],
  } as const;
  return pictureOfNetwork({ ...rest, seeds: [], cuts: [], messages: [], peers, links, ...change });
};
const statusOf = (change: Partial<NetworkPeer>) => network([peer("p1", change)], []).points[0]!.status;

describe("the picture of a network", () => {
  test("a killed peer is dead when most say so; whoever lives is at most suspected", () => {
    const dead = (by: number | null, of: number | null) => ({ type: "dead", by, of }) as const;
    expect(statusOf({ status: "killed", endedAt: 1, liveness: { type: "suspect" } })).toBe("killed");
    expect(statusOf({ status: "killed", endedAt: 1, liveness: dead(3, 6) })).toBe("killed");
    expect(statusOf({ status: "killed", endedAt: 1, liveness: dead(4, 6) })).toBe("dead");
    expect(statusOf({ status: "killed", endedAt: 1, liveness: dead(null, null) })).toBe("dead");
    expect(statusOf({ liveness: dead(4, 6) })).toBe("suspect");
    expect(statusOf({ status: "frozen", liveness: dead(4, 6) })).toBe("frozen");
  });

  test("falls into pieces where nothing gets through; the ended are no pieces", () => {
    const peers = ["p1", "p2", "p3", "p4"].map((name) => peer(name));
    expect(piecesOf(network(peers, []))).toBe(4);
    expect(piecesOf(network(peers, [link("p1", "p2"), link("p3", "p4"), link("p2", "p3", true)]))).toBe(2);
    expect(piecesOf(network(peers, [link("p1", "p2"), link("p3", "p4"), link("p2", "p3")]))).toBe(1);
    const ended = peer("p5", { status: "left", endedAt: 1 });
    expect(piecesOf(network([...peers, ended], [link("p1", "p2"), link("p3", "p4"), link("p2", "p3")]))).toBe(1);
  });

  test("of the ended only the latest stay, and lines to others go with them", () => {
    const ended = Array.from({ length: 30 }, (_, at) => peer(`x${at}`, { status: "killed", endedAt: at }));
    const { points, lines } = network([peer("p1"), ...ended], [link("p1", "x0"), link("p1", "x29")]);
    expect(points.length).toBe(21);
    expect(points.some(({ key }) => key === "x9")).toBe(false);
    expect(lines.map(({ key }) => key)).toEqual([lineKey("x29", "p1")]);
  });

  test("a path that was cut is drawn when there is no link on it", () => {
    const { lines } = network([peer("p1"), peer("p2")], [], { cuts: [{ a: "p2", b: "p1" }] });
    expect(lines).toMatchObject([{ key: "p1 p2", isCut: true }]);
  });
});
