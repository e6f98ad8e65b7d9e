/** `hearsay up`: a whole network on this machine, from its start to the summary. */
import { setTimeout as sleep } from "node:timers/promises";
import { classicPeerDefaults } from "../../core/classic/config.js";
import type { Endpoint } from "../../http/server.js";
import { Departure } from "../departure.js";
import { exitFailed, exitFine } from "../exit-codes.js";
import { Failure } from "../failure.js";
import { type EndpointPlace, endpointPlace, type HttpOptions, openEndpoint } from "../http-options.js";
import { Output, type OutputOptions } from "../output.js";
import { messagesThatFit, publishInterval } from "../pace.js";
import type { NetworkEvent } from "./events.js";
import { JsonShow } from "./json-show.js";
import { LiveShow } from "./live-show.js";
import { LocalNetwork, type NetworkDialect } from "./local-network.js";
import { PlainShow } from "./plain-show.js";
import { Publisher } from "./publisher.js";
import { settle } from "./settle.js";
import type { Show } from "./show.js";
import { summaryLine, summaryOf } from "./summary.js";

/** The options of `hearsay up`. Times are in milliseconds. */
export interface UpCommandOptions extends OutputOptions, HttpOptions {
  readonly seeds: number;
  readonly peers: number;
  readonly basePort?: number;
  readonly for?: number;
  readonly messages: number;
  readonly every?: number;
  readonly dialect: NetworkDialect;
  readonly liveness?: number;
  readonly logDir?: string;
  readonly randomSeed?: number;
}

/** Peers need a second or two to find each other; a machine that takes this long for it is in trouble. */
const startLimitMs = 15_000;
/** What is still on the way at the end gets this long. What was lost natively is repaired, in a round or two. */
const settleQuietMs = { classic: 2_000, native: 6_000, mixed: 6_000 };
const settleLimitMs = 30_000;

/** Runs a network. Resolves with the exit code: fine only when nothing is missing. */
export async function runUp(options: UpCommandOptions): Promise<number> {
  const { seeds, peers, basePort } = options;
  if (basePort !== undefined && basePort + seeds + peers - 1 > 65_535) {
    const last = basePort + seeds + peers - 1;
    throw new Failure(`--base-port ${basePort} with ${seeds + peers} programs would need ports up to ${last}`, 2);
  }
  const place =
    options.http === false ? undefined : await endpointPlace({ ...options, http: options.http ?? { port: 0 } });
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const show = showFor(options, output, departure);
  try {
    return await runNetwork(options, place, output, departure, show);
  } finally {
    show.close();
    await output.flush();
  }
}

async function runNetwork(
  options: UpCommandOptions,
  place: EndpointPlace | undefined,
  output: Output,
  departure: Departure,
  show: Show,
): Promise<number> {
  const { seeds, peers, messages, basePort, dialect, logDir, randomSeed } = options;
  show.starting(seeds, peers);
  const network = await LocalNetwork.start({
    seeds,
    peers,
    basePort,
    logDir,
    randomSeed,
    dialect,
    livenessMs: options.liveness,
    onEvent: (event: NetworkEvent) => show.event(event),
  });
  let endpoint: Endpoint | undefined;
  try {
    const intervalMs = publishInterval({
      everyMs: options.every,
      defaultMs: classicPeerDefaults.messageIntervalMs,
      messages,
      forMs: options.for,
    });
    const publisher = new Publisher(network, { messages, intervalMs });
    show.open(network, publisher);
    endpoint = await openEndpoint(place, output, async () => {
      const { NetworkSubject } = await import("./network-subject.js");
      return new NetworkSubject(network, { dialect, onAdded: (name) => publisher.add(name) });
    });
    if (endpoint !== undefined) show.endpoint(endpoint.url);
    if (await allLinked(network, show, departure)) {
      const fitting = messagesThatFit({ intervalMs, messages, peers, forMs: options.for });
      if (fitting < messages) {
        output.warning(`--for is too short for --every: ${fitting} of ${messages} messages of each peer will fit`);
      }
      show.linked(intervalMs);
      publisher.start();
      await Promise.race([departure.requested, ...(options.for === undefined ? [] : [waitFor(options.for)])]);
      publisher.stop();
      if (network.counts().missing > 0) show.settling();
      await settle(network, settleQuietMs[dialect], settleLimitMs);
    }
    const summary = summaryOf(seeds, network);
    show.close();
    output.line(summaryLine(summary, network));
    output.jsonLine({ summary });
    return summary.missing === 0 ? exitFine : exitFailed;
  } finally {
    show.close();
    await endpoint?.close();
    await network.close();
  }
}

function showFor(options: UpCommandOptions, output: Output, departure: Departure): Show {
  if (output.json) return new JsonShow(output);
  const live = process.stdout.isTTY && process.env.TERM !== "dumb";
  return live ? new LiveShow(options, output, departure) : new PlainShow(output);
}

/**
 * Waits for all peers to join and link. False when leaving was asked for first.
 *
 * @throws {@link Failure} when it takes too long
 */
async function allLinked(network: LocalNetwork, show: Show, departure: Departure): Promise<boolean> {
  const startedAt = performance.now();
  while (!network.connected) {
    if (departure.isRequested) return false;
    const living = network.living();
    const joined = living.filter((name) => network.joined(name)).length;
    show.linking(joined, network.reachable(), living.length);
    if (performance.now() - startedAt > startLimitMs) {
      const missing = living.filter((name) => !network.joined(name));
      const what =
        missing.length > 0 ? `not joined: ${missing.slice(0, 10).join(", ")}` : `only ${network.reachable()} linked`;
      throw new Failure(`the network did not form in ${startLimitMs / 1000} s; of ${living.length} peers, ${what}`, 1);
    }
    await sleep(50);
  }
  return !departure.isRequested;
}

/** Does not keep the process running. */
function waitFor(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false });
}
