/** What the graph draws: points and lines, made of whatever the endpoint tells. */
import type {
  LivenessAnswer,
  NeighborsAnswer,
  NetworkAnswer,
  NetworkPeer,
  RegistrationsAnswer,
  SelfAnswer,
  Someone,
} from "../../src/http/schemas.js";

/** How a point is: a killed peer is one whose death most have not noticed yet. */
export type PointStatus = "joining" | "alive" | "suspect" | "frozen" | "killed" | "dead" | "left";

/** A peer or a seed. */
export interface Point {
  /** Its name where there are names, else its address. */
  readonly key: string;
  readonly role: "peer" | "seed";
  readonly status: PointStatus;
  /** What is known of its life beyond its status, in words; empty when nothing is. */
  readonly remark: string;
}

/** A link, or a registration with a seed. */
export interface Line {
  readonly key: string;
  readonly a: string;
  readonly b: string;
  readonly kind: "eager" | "lazy" | "classic" | "registered";
  readonly isCut: boolean;
}

/** All that is to be drawn. */
export interface Picture {
  readonly points: readonly Point[];
  readonly lines: readonly Line[];
}

/** Nothing. */
export const emptyPicture: Picture = { points: [], lines: [] };

/** So many peers that have ended stay on the picture: a network that loses peers all day must not become a graveyard. */
const endedShownMax = 20;

/** What somebody is called on the picture. */
export function keyOf({ name, address }: Pick<Someone, "name" | "address">): string {
  return name ?? address;
}

/** The key of the line between two points, in either order. */
export function lineKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** Everything that runs in one process. */
export function pictureOfNetwork(network: NetworkAnswer): Picture {
  const ended = network.peers.filter(({ endedAt }) => endedAt !== null);
  const forgotten = new Set(
    [...ended]
      .sort((a, b) => b.endedAt! - a.endedAt!)
      .slice(endedShownMax)
      .map(({ name }) => name),
  );
  const peers = network.peers.filter(({ name }) => !forgotten.has(name));
  const points = [
    ...network.seeds.map(({ name, registered }): Point => {
      return { key: name, role: "seed", status: "alive", remark: `${registered} registered` };
    }),
    ...peers.map((peer): Point => {
      return { key: peer.name, role: "peer", status: statusOf(peer), remark: remarkOf(peer) };
    }),
  ];
  const known = new Set(points.map(({ key }) => key));
  const lines = network.links
    .filter(({ a, b }) => known.has(a) && known.has(b))
    .map(({ a, b, kind, isCut }): Line => ({ key: lineKey(a, b), a, b, kind, isCut }));
  const drawn = new Set(lines.map(({ key }) => key));
  const cuts = network.cuts
    .filter(({ a, b }) => known.has(a) && known.has(b) && !drawn.has(lineKey(a, b)))
    .map(({ a, b }): Line => ({ key: lineKey(a, b), a, b, kind: "lazy", isCut: true }));
  return { points, lines: [...lines, ...cuts] };
}

/** One peer and its neighbors. */
export function pictureOfPeer(self: SelfAnswer, { observer, neighbors }: NeighborsAnswer): Picture {
  const center = keyOf(observer);
  const remark = self.isReady ? "" : self.notReady.join("; ");
  const points: Point[] = [{ key: center, role: "peer", status: self.isReady ? "alive" : "joining", remark }];
  const lines: Line[] = [];
  for (const neighbor of neighbors) {
    const key = keyOf(neighbor);
    const how = neighbor.isCongested ? "reads too slowly" : "";
    points.push({ key, role: "peer", status: "alive", remark: how });
    const kind = neighbor.dialect === "classic" ? "classic" : neighbor.eager.length > 0 ? "eager" : "lazy";
    lines.push({ key: lineKey(center, key), a: center, b: key, kind, isCut: false });
  }
  return { points, lines };
}

/** A seed and who is registered with it. */
export function pictureOfSeed({ seed, registrations }: Pick<RegistrationsAnswer, "seed" | "registrations">): Picture {
  const center = keyOf(seed);
  const others = registrations.map(keyOf).filter((key) => key !== center);
  return {
    points: [
      { key: center, role: "seed", status: "alive", remark: `${others.length} registered` },
      ...others.map((key): Point => ({ key, role: "peer", status: "alive", remark: "" })),
    ],
    lines: others.map((key) => ({ key: lineKey(center, key), a: center, b: key, kind: "registered", isCut: false })),
  };
}

/** Into how many pieces the living peers fall, going by links through which something gets. */
export function piecesOf({ points, lines }: Picture): number {
  const living = points.filter(({ role, status }) => role === "peer" && !isEnded(status));
  const parent = new Map(living.map(({ key }) => [key, key]));
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = parent.get(root)!; next !== root; next = parent.get(root)!) root = next;
    for (let at = key; at !== root; ) {
      const next = parent.get(at)!;
      parent.set(at, root);
      at = next;
    }
    return root;
  };
  let pieces = living.length;
  for (const { a, b, isCut } of lines) {
    if (isCut || !parent.has(a) || !parent.has(b)) continue;
    const [one, other] = [rootOf(a), rootOf(b)];
    if (one === other) continue;
    parent.set(one, other);
    pieces--;
  }
  return pieces;
}

/** Whether its process is gone. */
export function isEnded(status: PointStatus): boolean {
  return status === "killed" || status === "dead" || status === "left";
}

function statusOf({ status, liveness }: NetworkPeer): PointStatus {
  if (status === "killed") return isHeldForDead(liveness) ? "dead" : "killed";
  if (status !== "joined") return status;
  // Its process runs: whoever holds it for dead is cut off from it.
  return liveness.type === "untested" || liveness.type === "ok" ? "alive" : "suspect";
}

/** Most say so: those who joined later have never heard of it, and cannot. */
function isHeldForDead(liveness: LivenessAnswer): boolean {
  if (liveness.type !== "dead") return false;
  return liveness.by === null || liveness.of === null || 2 * liveness.by > liveness.of;
}

function remarkOf({ status, liveness }: NetworkPeer): string {
  switch (liveness.type) {
    case "ok":
      return status === "joined" ? `answers in ${roundedMs(liveness.roundTripMs)}` : "";
    case "silent":
      return `${liveness.silences} silent ${liveness.silences === 1 ? "test" : "tests"}`;
    case "suspect":
      return "suspected";
    case "dead":
      return liveness.of === null || liveness.by === null ? "dead" : `dead, say ${liveness.by} of ${liveness.of}`;
    default:
      return "";
  }
}

function roundedMs(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
