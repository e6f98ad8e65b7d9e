/** Starts a peer of Hearsay's own protocol on a real port. */
import { setTimeout as pause } from "node:timers/promises";
import { abortError, HearsayError } from "../api/errors.js";
import { PeerInbox } from "../api/inbox.js";
import { Peer } from "../api/peer.js";
import { checkedTags } from "../api/peer-choice.js";
import type { PeerRunner } from "../api/runner.js";
import { type Address, isWildcard, joinAddress, parseAddress, splitAddress } from "../core/address.js";
import type { Tags } from "../core/directory/record.js";
import { PeerCore } from "../core/peer.js";
import { type PeerConfig, type PeerTuning, peerConfig } from "../core/peer-config.js";
import type { PeerEvent } from "../core/peer-events.js";
import { type PresetName, presetNames, withPreset } from "../core/presets.js";
import { now } from "./clock.js";
import { Driver, type Turned } from "./driver.js";
import { createIdentity, type Identity, loadIdentity } from "./identity.js";
import { defaultNetwork } from "./network-name.js";
import { checkNames, checkNetwork, checkPort, checkSignal } from "./option-checks.js";
import type { PeerWatch, WatchOptions } from "./peer-watch.js";
import { systemRandom } from "./random.js";
import { likelyIp } from "./socket-address.js";

/** How long a peer that leaves waits for its seeds. */
const partingMaxMs = 500;
const partingStepMs = 10;

/** The longest a timer can run, some 24 days; one that is given more fires at once. */
const timerMaxMs = 2_147_483_647;

/** How to run a peer. Everything may be left out. */
export interface PeerOptions {
  /** Seeds, as `ip:port` or `name:port`: the peer registers with more than half of them, and learns there who else is. */
  readonly seeds?: readonly string[];
  /** Peers that may be asked without any seed. With neither, this is the first peer, and others come to it. */
  readonly peers?: readonly string[];
  /** Where to listen. Default: any free port of all interfaces. */
  readonly listen?: { readonly port?: number; readonly host?: string };
  /**
   * Where others reach this peer: an IP or a name, with a port or without. Default: the IP it listens on; when that is all of
   * them, loopback if the seeds and peers are on this machine, else the first other one.
   */
  readonly advertise?: string;
  /** The network's name: at most 255 bytes of UTF-8. Peers of different names never exchange anything. Default: `hearsay`. */
  readonly network?: string;
  /** What this peer gets of the messages before its time: all that the others still keep (default), or nothing. Goes before `config`. */
  readonly history?: "retained" | "none";
  /** What this peer says of itself to all others: short texts by name, at most 64, and 1,024 bytes in all. */
  readonly tags?: Tags;
  /**
   * How patient peers are with each other: `lan` (default), `wan`, `local` for one machine, `classic` for the pace of the
   * original programs. All peers of a network should have the same.
   */
  readonly preset?: PresetName;
  /** `full` (default): everybody knows everybody. `neighbors`: only their neighbors. All peers must have the same. Goes before `config`. */
  readonly directory?: "full" | "neighbors";
  /**
   * A file that keeps this peer's identity: made when there is none, so that a restarted peer is known again. Of processes
   * that run at the same time each needs its own. Default: a new identity for each start.
   */
  readonly identity?: string;
  /** Changes to the tunables. They go before those of the preset. */
  readonly config?: PeerTuning;
  /** How long to wait for a first neighbor. After that the peer is returned as it is, and goes on trying. Default: 5,000. */
  readonly joinTimeoutMs?: number;
  /** Stops the start. */
  readonly signal?: AbortSignal;
  /** Makes the peer's random choices repeat. */
  readonly randomSeed?: number;
}

/**
 * Starts a peer, and waits until it is part of the network, or has found that there is nobody else yet.
 *
 * @throws HearsayError `bad-option` for an address, a name or a number that is none; `wrong-network` when all it found belongs to
 *   another network; `aborted`. {@link IdentityError} when the identity's file can't be used; {@link ListenError} when it can't
 *   listen there
 */
export async function createPeer(options: PeerOptions = {}): Promise<Peer> {
  const { peer, join } = await startPeer(options);
  await join();
  return peer;
}

/** A peer that listens, and has told nobody yet that it is there. */
export interface StartedPeer {
  /** For listeners and subscriptions that must not miss anything. */
  readonly peer: Peer;
  /** Joins, once, as {@link createPeer} does, and throws what it throws; the peer is closed then. */
  join(): Promise<void>;
  /** Ends the peer as a killed process ends: nobody is told, and the peer is of no use any more. */
  crash(): void;
  /** The peer, for those who watch it from outside of its application. */
  readonly watch: PeerWatch;
}

const optionNames = {
  seeds: true,
  peers: true,
  listen: true,
  advertise: true,
  network: true,
  history: true,
  tags: true,
  preset: true,
  directory: true,
  identity: true,
  config: true,
  joinTimeoutMs: true,
  signal: true,
  randomSeed: true,
} as const satisfies Record<keyof PeerOptions, true>;

/**
 * The first half of {@link createPeer}.
 *
 * @param watching - for somebody who watches the peer from outside of its application
 * @throws HearsayError `bad-option`; {@link IdentityError}; {@link ListenError}
 */
export async function startPeer(options: PeerOptions = {}, watching: WatchOptions = {}): Promise<StartedPeer> {
  const { listen = {}, network = defaultNetwork, signal, joinTimeoutMs = 5_000 } = options;
  checkNames(options, optionNames);
  checkSignal(signal);
  const seeds = addressesOf("seeds", options.seeds);
  const peers = addressesOf("peers", options.peers);
  const { port: listenPort = 0, host } = listen;
  checkPort(listenPort);
  if (!(joinTimeoutMs >= 0)) {
    throw new HearsayError("bad-option", `joinTimeoutMs is a number from 0 on, not ${joinTimeoutMs}`);
  }
  // Here for what it throws: nothing is open yet.
  ownAddress(options, listenPort || 1, []);
  checkNetwork(network);
  const config = configOf(options);
  const { maxPayloadBytes } = config;
  const tags = checkedTags(options.tags ?? {});
  const { id: ownId } = await identityOf(options.identity);
  const inbox = new PeerInbox();
  const joining = new Joining();
  const driver = await Driver.start<PeerCore, PeerEvent>(
    { port: listenPort, host, dialects: ["native", "classic"], maxPayloadBytes, wires: watching.wires },
    {
      event(event) {
        joining.heard(event);
        inbox.notify(event);
      },
      turned: (turned) => inbox.notify(turnedEvent(turned)),
    },
    (effects, port) => {
      const address = ownAddress(options, port, [...seeds, ...peers]);
      const self = { contact: { id: ownId, address }, epoch: now(), network, tags };
      const { onArrival } = watching;
      return new PeerCore(self, config, systemRandom(options.randomSeed), {
        ...effects,
        arrived:
          onArrival === undefined
            ? (envelope) => inbox.arrived(envelope)
            : (envelope, round) => {
                onArrival({ envelope, round, from: driver.core.inspection.bringer(envelope) });
                inbox.arrived(envelope);
              },
        ordered: (envelope) => inbox.ordered(envelope),
      });
    },
  );
  const { id, address } = driver.core.self.contact;
  const runner: PeerRunner = {
    address,
    call: (input) => driver.call(input),
    async settle(isSettled) {
      for (let left = partingMaxMs / partingStepMs; !isSettled() && left > 0; left--) await pause(partingStepMs);
    },
    async close() {
      // The seeds are being told: dials take a moment.
      await runner.settle(() => !driver.core.isParting);
      await driver.close();
    },
  };
  const peer = new Peer({ id, network, maxPayloadBytes }, runner, inbox);
  const join = async () => {
    try {
      const outcome = joining.wait(joinTimeoutMs, signal);
      driver.call((core, at) => core.start(at, { seeds, peers }));
      await outcome;
    } catch (error) {
      await peer.close();
      throw error;
    }
  };
  const crash = () => {
    driver.crash();
    inbox.end();
  };
  return { peer, join, crash, watch: watchOf(driver) };
}

function watchOf(driver: Driver<PeerCore, PeerEvent>): PeerWatch {
  return {
    epoch: driver.core.self.epoch,
    get connections() {
      return driver.connections;
    },
    get inspection() {
      return driver.core.inspection;
    },
    queuedBytes(neighbor) {
      const link = driver.core.inspection.links().find(({ contact }) => contact.id === neighbor)?.link;
      return link === undefined ? undefined : driver.queuedBytes(link);
    },
    freeze: () => driver.freeze(),
    thaw: () => driver.thaw(),
  };
}

/** The time from the start to the first neighbor. */
class Joining {
  #mismatch: string | undefined;
  #settle: ((error?: HearsayError) => void) | undefined;

  heard(event: PeerEvent): void {
    if (event.type === "mismatched") {
      this.#mismatch = `${event.address} belongs to the network "${event.theirs}", and this peer to "${event.ours}"`;
    } else if (event.type === "joined") {
      const isWrong = event.alone && this.#mismatch !== undefined;
      this.#settle?.(isWrong ? new HearsayError("wrong-network", this.#mismatch!) : undefined);
    }
  }

  wait(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => this.#settle?.(abortError(signal!));
      const timer = setTimeout(() => this.#settle?.(), Math.min(limitMs, timerMaxMs));
      this.#settle = (error) => {
        this.#settle = undefined;
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (error === undefined) resolve();
        else reject(error);
      };
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
    });
  }
}

function configOf(options: PeerOptions): PeerConfig {
  const { config = {}, preset = "lan" } = options;
  const history = choice("history", options.history ?? config.reconcile?.history ?? "retained", ["retained", "none"]);
  const directory = choice("directory", options.directory ?? config.directory?.directory ?? "full", [
    "full",
    "neighbors",
  ]);
  const tuning = withPreset(choice("preset", preset, presetNames), config);
  try {
    return peerConfig({
      ...tuning,
      reconcile: { ...tuning.reconcile, history },
      directory: { ...tuning.directory, directory },
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HearsayError("bad-option", error.message, { cause: error });
  }
}

function choice<Word extends string>(name: string, given: Word, words: readonly Word[]): Word {
  if (words.includes(given)) return given;
  throw new HearsayError("bad-option", `${name} is one of ${words.join(", ")}; not ${JSON.stringify(given)}`);
}

async function identityOf(path: string | undefined): Promise<Identity> {
  if (path === undefined) return createIdentity();
  if (typeof path !== "string" || path === "") throw new HearsayError("bad-option", "identity is the path of a file");
  return loadIdentity(path);
}

function addressesOf(name: string, texts: readonly string[] = []): Address[] {
  if (!Array.isArray(texts)) throw new HearsayError("bad-option", `${name} is a list of addresses: ["ip:port"]`);
  return texts.map(addressOf);
}

function addressOf(text: string): Address {
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  if (address !== undefined) return address;
  throw new HearsayError("bad-option", `"${text}" is no address: write ip:port or name:port`);
}

function ownAddress({ advertise, listen }: PeerOptions, port: number, others: readonly Address[]): Address {
  if (advertise !== undefined) {
    const address = parseAddress(advertise) ?? joinAddress(advertise, port);
    if (address === undefined || isWildcard(address)) {
      throw new HearsayError("bad-option", `"${advertise}" is no address that others could reach`);
    }
    return address;
  }
  const bound = listen?.host === undefined ? undefined : joinAddress(listen.host, port);
  if (bound !== undefined && !isWildcard(bound)) return bound;
  const isLocal = others.length > 0 && others.every((other) => isLoopback(splitAddress(other).ip));
  return joinAddress(isLocal ? "127.0.0.1" : likelyIp(), port)!;
}

function isLoopback(ip: string): boolean {
  return ip.startsWith("127.") || ip === "::1" || ip === "localhost";
}

function turnedEvent({ remote, refusal, nativeRefusal, why, error }: Turned): PeerEvent {
  const reason = why ?? nativeRefusal?.reason ?? refusal?.reason ?? "unknown";
  const message = error?.message ?? nativeRefusal?.message ?? refusal?.preview ?? reason;
  return { type: "turned-away", remote, reason, message };
}
