/** A local network's run as NDJSON. */
import { now } from "../../net/clock.js";
import type { Output } from "../output.js";
import type { NetworkEvent } from "./events.js";
import type { LocalNetwork } from "./local-network.js";
import type { Show } from "./show.js";

const progressMs = 2_000;

/** One event a line, and the counts every two seconds. */
export class JsonShow implements Show {
  readonly #output: Output;
  readonly #startedAt = now();
  #network: LocalNetwork | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  starting(seeds: number, peers: number): void {
    this.#output.event("starting", { seeds, peers });
  }

  event(event: NetworkEvent): void {
    const { type, ...fields } = event;
    if (event.type !== "status") {
      this.#output.event(type, fields);
      return;
    }
    const { peer, observer, status, isFirst } = event;
    this.#output.event(type, { peer, observer, status, isFirst });
  }

  open(network: LocalNetwork): void {
    this.#network = network;
    this.#timer = setInterval(() => {
      this.#output.event("progress", { upMs: now() - this.#startedAt, ...network.counts() });
    }, progressMs);
  }

  endpoint(url: string): void {
    this.#output.event("http", { url });
  }

  linking(): void {}

  linked(intervalMs: number): void {
    const links = this.#network?.links() ?? [];
    this.#output.event("ready", { links, publishIntervalMs: intervalMs });
  }

  settling(): void {}

  close(): void {
    clearInterval(this.#timer);
  }
}
