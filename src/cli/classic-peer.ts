/** `hearsay peer --dialect classic`: a peer as the original programs know it, until it is asked to leave. */
import type { Address } from "../core/address.js";
import { classicPeerDefaults } from "../core/classic/config.js";
import { type ClassicPeerEvent, PeerError } from "../core/classic/peer.js";
import { ClassicPeer } from "../net/peer.js";
import { readSeedsFile } from "../net/seeds-file.js";
import { Departure } from "./departure.js";
import { exitFine } from "./exit-codes.js";
import { Output } from "./output.js";
import { peerPace } from "./pace.js";
import type { PeerCommandOptions } from "./peer-options.js";
import { askPort, StandardInput } from "./standard-input.js";

const { messages: messagesDefault, messageIntervalMs, probeIntervalMs } = classicPeerDefaults;

/** Runs a peer. Resolves with the exit code when it has left. */
export async function runClassicPeer(options: PeerCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const seeds = await seedsOf(options);
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
    logDir: options.logDir ?? ".",
    config: {
      ...peerPace(options.liveness ?? probeIntervalMs),
      messages: options.messages ?? messagesDefault,
      messageIntervalMs: options.every ?? messageIntervalMs,
    },
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

/** A classic peer has nobody else to turn to, so a list that is missing is an error. */
async function seedsOf(options: PeerCommandOptions): Promise<readonly Address[]> {
  const { config, seed = [] } = options;
  if (config === undefined && seed.length > 0) return seed;
  return [...new Set([...(await readSeedsFile(config ?? "config.txt")), ...seed])];
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
