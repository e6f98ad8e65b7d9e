/** Endpoints of real peers, seeds and networks, for tests. */
import { LocalNetwork } from "../../src/cli/up/local-network.js";
import { NetworkSubject } from "../../src/cli/up/network-subject.js";
import { peerSubject } from "../../src/http/peer-subject.js";
import { SeedSubject } from "../../src/http/seed-subject.js";
import { type Endpoint, type EndpointOptions, startEndpoint } from "../../src/http/server.js";
import { type StartedPeer, startPeer } from "../../src/net/create-peer.js";
import { createSeed } from "../../src/net/seed.js";

type Options = Partial<EndpointOptions>;

/** An endpoint, and what is to be closed with it. */
export interface Scene {
  readonly endpoint: Endpoint;
  /** Asks for a path, from `/` on. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Sends JSON to a path. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** Two peers that are linked, and the endpoint of the first. */
export interface PeerScene extends Scene {
  readonly first: StartedPeer;
  readonly second: StartedPeer;
}

export async function peerScene(options: Options = {}): Promise<PeerScene> {
  const listen = { host: "127.0.0.1" };
  const first = await startPeer({ listen, tags: { role: "worker", zone: "a" } });
  await first.join();
  const second = await startPeer({ listen, peers: [first.peer.address] });
  await second.join();
  await first.peer.ready();
  const scene = await sceneOf(peerSubject(first, { isJoined: () => true }), options, async () => {
    await first.peer.close();
    await second.peer.close();
  });
  return { ...scene, first, second };
}

/** A seed with one registered peer, and its endpoint. */
export async function seedScene(options: Options = {}): Promise<Scene> {
  let subject: SeedSubject | undefined;
  const seed = await createSeed({ listen: { host: "127.0.0.1" }, onEvent: (event) => subject?.event(event) });
  subject = new SeedSubject(seed);
  const { peer, join } = await startPeer({ listen: { host: "127.0.0.1" }, seeds: [seed.address] });
  await join();
  return sceneOf(subject, options, async () => {
    await peer.close();
    await seed.close();
  });
}

/** A network in this process, and its endpoint. */
export interface NetworkScene extends Scene {
  readonly network: LocalNetwork;
}

export async function networkScene(peers: number, options: Options = {}): Promise<NetworkScene> {
  const network = await LocalNetwork.start({ seeds: 1, peers, dialect: "native", livenessMs: 200 });
  while (!network.connected) await new Promise((resolve) => setTimeout(resolve, 10));
  const subject = new NetworkSubject(network, { dialect: "native", onAdded: () => {} });
  const scene = await sceneOf(subject, options, () => network.close());
  return { ...scene, network };
}

async function sceneOf(
  subject: Parameters<typeof startEndpoint>[0],
  options: Options,
  end: () => Promise<void>,
): Promise<Scene> {
  const endpoint = await startEndpoint(subject, {
    port: 0,
    onError: (error) => console.error(error),
    ...options,
  });
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, endpoint.url), init);
  return {
    endpoint,
    get,
    post: (path, body = {}, headers = {}) =>
      get(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    async close() {
      await endpoint.close();
      await end();
    },
  };
}

/** The JSON of an answer. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
export async function json(response: Response): Promise<any> {
  return response.json();
}

/** Reads a stream of events until it has seen what is wanted; ends it then. */
export async function eventsUntil(
  response: Response,
  isEnough: (events: readonly StreamedEvent[]) => boolean,
): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  let text = "";
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  while (!isEnough(events)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended after ${events.map(({ type }) => type).join(", ")}`);
    text += decoder.decode(value, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop()!;
    for (const frame of frames) {
      const line = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(frame)?.[1];
      const body = line("data");
      if (body !== undefined) events.push({ type: line("event")!, id: line("id"), body: JSON.parse(body) });
    }
  }
  await reader.cancel();
  return events;
}

/** An event as it came. */
export interface StreamedEvent {
  readonly type: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  readonly body: any;
}
