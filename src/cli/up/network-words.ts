/** What happens in a local network, in the words of an endpoint's stream of events. */
import { previewText } from "../../http/message-preview.js";
import { entryOf } from "../../http/peer-pages.js";
import type { Someone, StreamEvent } from "../../http/schemas.js";
import { now } from "../../net/clock.js";
import { eventLine, type NetworkEvent } from "./events.js";
import type { LocalNetwork } from "./local-network.js";
import type { StatusChange } from "./local-peer.js";

type Status = Extract<NetworkEvent, { readonly type: "status" }>;

/**
 * Turns the events of one network. Hundreds of peers say the same of each other: what is told is the first word of each
 * kind, and that somebody is alive only when nobody doubts it any more.
 */
export class NetworkWords {
  readonly #network: LocalNetwork;
  /** What was told last of each peer. */
  readonly #told = new Map<string, StatusChange>();

  constructor(network: LocalNetwork) {
    this.#network = network;
  }

  /** One event; undefined for what is not told. */
  streamedOf(event: NetworkEvent): StreamEvent | undefined {
    const at = now();
    switch (event.type) {
      case "seed-started":
        return { type: "started", at, peer: this.#who(event.seed) };
      case "peer-started":
        return { type: "started", at, peer: this.#who(event.peer) };
      case "joined":
        return { type: "joined", at, observer: this.#who(event.peer), isAlone: false };
      case "linked":
        return { type: "link", at, ...this.#link(event.peer, event.neighbor) };
      case "unlinked":
        return { type: "unlink", at, ...this.#link(event.peer, event.neighbor), reason: event.reason };
      case "published":
        return this.#published(event);
      case "delivered":
        return delivered(event);
      case "status":
        return this.#status(at, event);
      case "dead":
        return { type: "mourned", at, peer: this.#who(event.peer), afterMs: event.afterMs };
      case "removed":
        return { type: "registration", at, ...this.#registration(event), change: "removed", reason: event.evidence };
      case "kept":
        return { type: "registration", at, ...this.#registration(event), change: "kept", reason: null };
      case "killed":
      case "frozen":
      case "thawed":
      case "left":
        return { type: event.type, at, peer: this.#who(event.peer) };
      case "cut":
        return { type: "cut", at, a: event.a, b: event.b };
      case "partitioned":
        return { type: "partitioned", at, groups: event.groups.map((names) => [...names]) };
      case "healed":
        return { type: "healed", at };
      case "silent":
      case "reported":
        return {
          type: "notice",
          at,
          observer: this.#who(event.observer),
          code: event.type,
          text: eventLine(event) ?? "",
        };
      case "warning":
        return { type: "notice", at, observer: this.#who(event.source), code: "warning", text: event.line };
    }
  }

  #status(at: number, { peer, observer, isFirst, change, state }: Status): StreamEvent | undefined {
    const isNews =
      change === "alive" ? !this.#network.isDoubted(peer) : change === "join" ? !this.#told.has(peer) : isFirst;
    const before = this.#told.get(peer);
    if (!isNews || before === change || (change === "alive" && (before === undefined || before === "join"))) {
      return undefined;
    }
    this.#told.set(peer, change);
    const entry = entryOf(state, (address) => this.#nameAt(address));
    return { type: change, at, observer: this.#who(observer), peer: entry };
  }

  #published({ peer, id, topic, body, expected, at }: Extract<NetworkEvent, { type: "published" }>): StreamEvent {
    const origin = this.#who(peer);
    const size = { bytes: Buffer.byteLength(body), preview: previewText(body) };
    return { type: "message", at, observer: origin, id, origin, topic, publishedAt: at, ...size, expected };
  }

  #link(peer: string, neighbor: string): { observer: Someone; neighbor: Someone; dialect: "native" | "classic" } {
    const isNative = (name: string) => {
      const found = this.#network.find(name);
      return found !== undefined && "peer" in found && found.isNative;
    };
    const dialect = isNative(peer) && isNative(neighbor) ? "native" : "classic";
    return { observer: this.#who(peer), neighbor: this.#who(neighbor), dialect };
  }

  #registration({ seed, peer }: { readonly seed: string; readonly peer: string }): { seed: Someone; peer: Someone } {
    return { seed: this.#who(seed), peer: this.#who(peer) };
  }

  /** Whoever has no name is called by its address. */
  #who(name: string): Someone {
    const found = this.#network.find(name);
    if (found === undefined) return { id: null, name: null, address: name };
    const id = "peer" in found ? (found.peer.native?.peer.id ?? null) : null;
    return { id, name, address: found.address };
  }

  #nameAt(address: Parameters<LocalNetwork["nameOf"]>[0]): string | null {
    const name = this.#network.nameOf(address);
    return name === address ? null : name;
  }
}

function delivered(event: Extract<NetworkEvent, { type: "delivered" }>): StreamEvent | undefined {
  const { id: message, origin, peer: to, from, round, at, outcome } = event;
  if (outcome === "duplicate") return undefined;
  return { type: "hop", at, message, origin, from, to, round, isLast: outcome === "complete" };
}
