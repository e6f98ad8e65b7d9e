/** A local network's run as plain lines, for output that is no terminal. */
import ms from "ms";
import { now } from "../../net/clock.js";
import type { Output } from "../output.js";
import { eventLine, type NetworkEvent } from "./events.js";
import type { LocalNetwork } from "./local-network.js";
import type { Show } from "./show.js";

const progressMs = 3_000;
const linkingMs = 1_000;

/** Steps, joins, deaths and warnings, and a line of progress every three seconds. */
export class PlainShow implements Show {
  readonly #output: Output;
  readonly #startedAt = now();
  #network: LocalNetwork | undefined;
  #timer: NodeJS.Timeout | undefined;
  #saidAt = now();

  constructor(output: Output) {
    this.#output = output;
  }

  starting(seeds: number, peers: number): void {
    this.#output.line(`starting ${counted(seeds, "seed")} and ${counted(peers, "peer")} on 127.0.0.1`);
  }

  event(event: NetworkEvent): void {
    const line = eventLine(event);
    if (line === undefined) return;
    if (event.type === "warning") this.#output.warning(line);
    else this.#output.line(line);
  }

  open(network: LocalNetwork): void {
    this.#network = network;
  }

  endpoint(url: string): void {
    this.#output.line(`to look at it: ${url}`);
  }

  linking(joined: number, linked: number, living: number): void {
    if (now() - this.#saidAt < linkingMs) return;
    this.#saidAt = now();
    this.#output.line(`waiting: ${joined} of ${living} joined, ${linked} linked`);
  }

  linked(intervalMs: number): void {
    const network = this.#network!;
    const links = counted(network.links().length, "link");
    const pace = `each publishes every ${ms(intervalMs)}`;
    this.#output.line(`all ${counted(network.living().length, "peer")} are linked (${links}); ${pace}`);
    this.#timer = setInterval(() => this.#progress(network), progressMs);
  }

  settling(): void {
    this.#output.line("waiting for deliveries on the way");
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #progress(network: LocalNetwork): void {
    const { messages, delivered, expected } = network.counts();
    const seconds = Math.round((now() - this.#startedAt) / 1000);
    this.#output.line(`${seconds} s · ${counted(messages, "message")} · ${delivered} of ${expected} deliveries`);
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
