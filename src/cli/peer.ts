/** `hearsay peer`: one peer, until it is asked to leave. */
import { type ClassicPeerEvent, PeerError } from "../core/classic/peer.js";
import { ClassicPeer } from "../net/peer.js";
import { readSeedsFile } from "../net/seeds-file.js";
import { Departure } from "./departure.js";
import { exitFine } from "./exit-codes.js";
import { Output, type OutputOptions } from "./output.js";
import { peerPace } from "./pace.js";
import { askPort, StandardInput } from "./standard-input.js";

/** The options of `hearsay peer`. */
export interface PeerCommandOptions extends OutputOptions {
  /** Asked for on standard input when left out. */
  readonly port?: number;
  /** All interfaces when left out. */
  readonly host?: string;
  /** The IP or name that others reach this peer by; what the seeds see when left out. */
  readonly advertise?: string;
  readonly config: string;
  /** GOSSIP messages to generate. */
  readonly messages: number;
  /** From one generated message to the next, in milliseconds. */
  readonly every: number;
  /** From one liveness round to the next, in milliseconds. */
  readonly liveness: number;
  /** Gossip what comes on standard input. */
  readonly chat?: boolean;
  readonly logDir: string;
}

/** Runs a peer. Resolves with the exit code when it has left. */
export async function runPeer(options: PeerCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const seeds = await readSeedsFile(options.config);
  const input = new StandardInput();
  const port = options.port ?? (await Promise.race([askPort(input, "peer", output), departure.requested]));
  if (port === undefined) {
    input.close();
    return exitFine;
  }
  let joined = () => {};
  const joining = new Promise<void>((resolve) => {
    joined = resolve;
  });
  const peer = await ClassicPeer.start({
    port,
    host: options.host,
    advertiseIp: options.advertise,
    seeds,
    logDir: options.logDir,
    config: { ...peerPace(options.liveness), messages: options.messages, messageIntervalMs: options.every },
    onLine: (line) => output.line(line),
    onEvent: (event) => {
      output.event(event.type, peerFields(event));
      if (event.type === "joined") joined();
    },
    onWarning: (line) => {
      output.warning(line);
      output.event("warning", { text: line });
    },
  });
  output.line(`Peer is listening on port ${peer.port}`);
  output.event("listening", { port: peer.port });
  if (options.chat) void joining.then(() => chat(input, peer, output));
  else input.close();
  await departure.requested;
  input.close();
  await peer.close();
  output.event("left");
  await output.flush();
  return exitFine;
}

/** Gossips line after line. Begins when the peer has joined: before, there is nobody to hear it. */
async function chat(input: StandardInput, peer: ClassicPeer, output: Output): Promise<void> {
  for (let line = await input.next(); line !== undefined; line = await input.next()) {
    if (line.trim() === "") continue;
    try {
      peer.say(line);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      output.warning(`not said: ${error.message}`);
    }
  }
}

function peerFields(event: ClassicPeerEvent): object {
  const { type: _type, ...fields } = event;
  if ("gossip" in fields) {
    const { gossip, ...rest } = fields;
    return { origin: gossip.origin, body: gossip.body, text: gossip.text, ...rest };
  }
  if ("report" in fields) return { peer: fields.peer, timestamp: fields.report.timestamp };
  return fields;
}
