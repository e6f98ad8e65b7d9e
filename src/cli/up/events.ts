/** What a local network tells whoever shows it. Peers and seeds go by their names (`p1`, `s1`). */
import type { Address } from "../../core/address.js";
import type { PeerState, PeerStatus } from "../../core/directory/record.js";
import type { Evidence } from "../../core/seed/seed.js";
import type { StatusChange } from "./local-peer.js";

/** Something that happened in a local network. */
export type NetworkEvent =
  | { readonly type: "seed-started"; readonly seed: string; readonly address: Address }
  | { readonly type: "peer-started"; readonly peer: string; readonly address: Address }
  /** The peer is part of the network. */
  | { readonly type: "joined"; readonly peer: string }
  /** One side of a link; the other side tells its own. `reason` is the dialect's, or `killed`. */
  | { readonly type: "linked"; readonly peer: string; readonly neighbor: string }
  | { readonly type: "unlinked"; readonly peer: string; readonly neighbor: string; readonly reason: string }
  /** `expected`: how many other peers should hear it. */
  | {
      readonly type: "published";
      readonly peer: string;
      readonly id: string;
      readonly topic: string;
      readonly body: string;
      readonly expected: number;
      /** In milliseconds since 1970. */
      readonly at: number;
    }
  /** `complete`: that was the last of them. `extra`: the peer joined later, so it was not counted on. */
  | {
      readonly type: "delivered";
      readonly peer: string;
      readonly origin: string;
      readonly id: string;
      readonly body: string;
      readonly outcome: "counted" | "complete" | "extra" | "duplicate";
      /** The neighbor that brought it, and the hops from the origin; null where it cannot be told. */
      readonly from: string | null;
      readonly round: number | null;
      /** In milliseconds since 1970. */
      readonly at: number;
    }
  /** The directory of `observer` says something else of `peer` than before; `isFirst`: nobody had said so yet. */
  | {
      readonly type: "status";
      readonly peer: string;
      readonly observer: string;
      readonly status: PeerStatus;
      readonly isFirst: boolean;
      /** What has happened to it there, and all that the directory says. */
      readonly change: StatusChange;
      readonly state: PeerState;
    }
  /** All native peers that were there say that a killed peer is dead, so long after its end. */
  | { readonly type: "dead"; readonly peer: string; readonly afterMs: number }
  /** `observer` got no answer from `peer`, `silences` times in a row. */
  | { readonly type: "silent"; readonly peer: string; readonly observer: string; readonly silences: number }
  /** `observer` takes `peer` for dead, and tells the seeds. */
  | { readonly type: "reported"; readonly peer: string; readonly observer: string }
  /** A seed has taken a peer off its list. */
  | { readonly type: "removed"; readonly seed: string; readonly peer: string; readonly evidence: Evidence }
  /** A seed has tested a reported peer, and it answered. */
  | { readonly type: "kept"; readonly seed: string; readonly peer: string }
  /** A peer was ended as SIGKILL would, on request. */
  | { readonly type: "killed"; readonly peer: string }
  /** A peer was stopped as SIGSTOP would, or goes on, or has said goodbye and ended, on request. */
  | { readonly type: "frozen" | "thawed" | "left"; readonly peer: string }
  /** The path between two peers or seeds was cut. */
  | { readonly type: "cut"; readonly a: string; readonly b: string }
  /** All paths between these groups were cut. */
  | { readonly type: "partitioned"; readonly groups: readonly (readonly string[])[] }
  /** All paths are whole again. */
  | { readonly type: "healed" }
  /** What a peer or seed has to complain about. */
  | { readonly type: "warning"; readonly source: string; readonly line: string };

/** One line for people; undefined for what happens all the time. */
export function eventLine(event: NetworkEvent): string | undefined {
  switch (event.type) {
    case "seed-started":
      return `${event.seed} is listening on ${event.address}`;
    case "peer-started":
      return `${event.peer} is listening on ${event.address}`;
    case "joined":
      return `${event.peer} joined`;
    case "unlinked":
      return unlinkedLine(event);
    case "status":
      return event.status === "dead" && event.isFirst ? `${event.observer} says that ${event.peer} is dead` : undefined;
    case "dead":
      return `${event.peer} is dead to all, ${(event.afterMs / 1_000).toFixed(1)} s after it was killed`;
    case "silent":
      return `${event.observer} hears nothing from ${event.peer} (${event.silences} of 3)`;
    case "reported":
      return `${event.observer} reports ${event.peer} dead`;
    case "removed": {
      const why = event.evidence === "refused" ? "it refuses connections" : "it does not answer";
      return `${event.seed} removed ${event.peer} from its list: ${why}`;
    }
    case "kept":
      return `${event.seed} kept ${event.peer} on its list: it answers`;
    case "killed":
      return `${event.peer} was killed`;
    case "frozen":
      return `${event.peer} was frozen`;
    case "thawed":
      return `${event.peer} goes on`;
    case "left":
      return `${event.peer} has left`;
    case "cut":
      return `the path between ${event.a} and ${event.b} was cut`;
    case "partitioned":
      return `the network was parted in ${event.groups.length}`;
    case "healed":
      return "all paths are whole";
    case "delivered":
      return event.outcome === "duplicate"
        ? `${event.peer} was given ${event.body} of ${event.origin} twice`
        : undefined;
    case "linked":
    case "published":
      return undefined;
    case "warning":
      return `${event.source}: ${event.line}`;
  }
}

/** Neighbors are exchanged all the time, and deaths have lines of their own. */
function unlinkedLine({ peer, neighbor, reason }: Extract<NetworkEvent, { type: "unlinked" }>): string | undefined {
  if (reason === "gone" || reason === "dead" || reason === "left" || reason === "killed") return undefined;
  return `${peer} unlinked ${neighbor} (${reason})`;
}
