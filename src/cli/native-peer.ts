/** `hearsay peer`: a peer of Hearsay's own protocol, until it is asked to leave. */
import { setTimeout as sleep } from "node:timers/promises";
import { HearsayError } from "../api/errors.js";
import type { Peer } from "../api/peer.js";
import type { Subscription } from "../api/subscription.js";
import { splitAddress } from "../core/address.js";
import { journalOf } from "../net/peer-journal.js";
import { contactsText, readContacts } from "./contacts.js";
import { Departure } from "./departure.js";
import { exitFine } from "./exit-codes.js";
import { endpointPlace, openEndpoint, tellEndpoint } from "./http-options.js";
import { messageFields, messageLine } from "./message-print.js";
import { eventFields, startNative } from "./native-start.js";
import { Output } from "./output.js";
import type { PeerCommandOptions } from "./peer-options.js";
import { withProgress } from "./progress.js";
import { StandardInput } from "./standard-input.js";

const chatTopic = "chat";
const demoTopic = "demo";
const everyDefaultMs = 5_000;

/** Runs a peer. Resolves with the exit code when it has left. */
export async function runNativePeer(options: PeerCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const place = await endpointPlace(options);
  const contacts = await readContacts(options);
  const started = await startNative(contacts, options);
  const { peer } = started;
  const { port } = splitAddress(peer.address);
  let isJoined = false;
  const journal = journalOf(peer, {
    logDir: options.logDir,
    onEvent(event) {
      if (event.type === "joined") isJoined = true;
      output.event(event.type, eventFields(event));
    },
    onLine: (line) => output.note(line),
    onWarning: (line) => output.warning(line),
  });
  try {
    await journal.open(`peerlog_${port}.txt`);
  } catch (error) {
    started.crash();
    throw error;
  }
  output.note(`Peer is listening on port ${port}, others reach it at ${peer.address}`);
  output.event("listening", { port, address: peer.address, id: peer.id, network: peer.network });
  const isFirst = contacts.seeds.length + contacts.peers.length === 0;
  if (isFirst) output.note(`Nobody to ask: this is the first peer here. Others join it with --peer ${peer.address}`);
  for (const topic of topicsOf(options)) void print(peer, peer.subscribe(topic, { overflow: "drop-oldest" }), output);
  const joining = withProgress(output, `joining through ${contactsText(contacts)}`, started.join());
  const endpoint = await openEndpoint(place, output, async () => {
    const { peerSubject } = await import("../http/peer-subject.js");
    return peerSubject(started, { isJoined: () => isJoined });
  });
  tellEndpoint(endpoint, output);
  const input = new StandardInput();
  void joining.then(
    () => talk(peer, input, options, output),
    () => {
      // It is thrown below.
    },
  );
  await Promise.race([departure.requested, joining.then(() => departure.requested)]);
  input.close();
  await endpoint?.close();
  await peer.close();
  await journal.close();
  output.event("left");
  await output.flush();
  return exitFine;
}

function topicsOf({ subscribe = [], chat = false, messages = 0 }: PeerCommandOptions): Set<string> {
  return new Set([...subscribe, ...(chat ? [chatTopic] : []), ...(messages > 0 ? [demoTopic] : [])]);
}

/** What others say; programs get its own messages as well. */
async function print(peer: Peer, subscription: Subscription, output: Output): Promise<void> {
  for await (const message of subscription) {
    const own = message.origin === peer.id;
    output.event("message", { ...messageFields(message), own });
    if (!own) output.line(messageLine(message, message.topic === chatTopic));
    await output.room();
  }
}

async function talk(peer: Peer, input: StandardInput, options: PeerCommandOptions, output: Output): Promise<void> {
  const { messages = 0, every = everyDefaultMs, chat = false } = options;
  const demo = async () => {
    for (let count = 1; count <= messages; count++) {
      await say(peer, demoTopic, `message ${count}`, output);
      await sleep(every);
    }
  };
  const chatting = async () => {
    for (let line = await input.next(); line !== undefined; line = await input.next()) {
      if (line.trim() !== "") await say(peer, chatTopic, line, output);
    }
  };
  await Promise.all([demo(), ...(chat ? [chatting()] : [])]);
}

/** A demo's message is kept for those who come; a person wants to know that there is nobody to hear. */
async function say(peer: Peer, topic: string, text: string, output: Output): Promise<void> {
  try {
    const { id, neighbors } = await peer.publish(topic, text, { allowAlone: topic === demoTopic });
    output.event("published", { id, topic, neighbors });
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    if (error.code === "closed") return;
    output.warning(`not said: ${error.message}`);
    output.event("not-published", { topic, code: error.code });
  }
}
