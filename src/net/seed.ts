// For the compilers of users, too: none loads `Symbol.asyncDispose` by itself.
/// <reference lib="esnext.disposable" preserve="true" />
/** A seed on a real port, with its log. */
import { randomBytes } from "node:crypto";
import { type Address, isWildcard, joinAddress } from "../core/address.js";
import type { Dialect, Effects } from "../core/effects.js";
import { parsePeerId } from "../core/identity.js";
import { type SeedConfig, seedDefaults } from "../core/seed/config.js";
import { type RegisteredView, SeedCore, type SeedEvent } from "../core/seed/seed.js";
import { now } from "./clock.js";
import { type AnyMessage, Driver } from "./driver.js";
import type { DriverOptions } from "./driver-options.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./journal-options.js";
import { seedLines, seedWarning } from "./log-lines.js";
import { defaultNetwork } from "./network-name.js";
import { checkNetwork, checkPort } from "./option-checks.js";
import { systemRandom } from "./random.js";
import { likelyIp } from "./socket-address.js";

/** Connections that have said nothing yet. Registrations come in storms, when a network starts. */
const undecidedMax = 1_024;

/** How long they may say nothing; or the life of a connection, when that is shorter. */
const undecidedLifeMs = 3_000;

/** No seed takes a payload. */
const maxPayloadBytes = 1;

/** How to run a seed. Its log is `seedlog_<port>.txt`. */
export interface SeedOptions extends DriverOptions, JournalOptions<SeedEvent> {
  /** The network's name, at most 255 bytes of UTF-8; native peers of another one are turned away. `hearsay` if left out. */
  readonly network?: string;
  /** What is spoken on the port. Both, if left out. */
  readonly dialects?: readonly Dialect[];
  /** Overrides of {@link seedDefaults}. */
  readonly config?: Partial<SeedConfig>;
  /** Makes the seed's random choices repeat. */
  readonly randomSeed?: number;
}

/** How {@link createSeed} runs a seed. */
export interface CreateSeedOptions extends Omit<SeedOptions, "port" | "host" | "dialects"> {
  /** Where to listen. A free port of all interfaces if left out. */
  readonly listen?: { readonly port?: number; readonly host?: string };
}

/**
 * Starts a seed: the place where peers of one network find each other. It speaks both dialects on one port, and keeps
 * nothing on disk unless `logDir` says so.
 *
 * @throws {@link ListenError} when it can't listen there; HearsayError `bad-option` for a port or a
 * network's name that is none
 */
export function createSeed(options: CreateSeedOptions = {}): Promise<Seed> {
  const { listen, ...rest } = options;
  return Seed.start({ ...rest, port: listen?.port ?? 0, host: listen?.host });
}

/** A running seed. */
export class Seed {
  readonly #driver: Driver<SeedCore, SeedEvent>;
  readonly #journal: Journal<SeedEvent>;

  private constructor(driver: Driver<SeedCore, SeedEvent>, journal: Journal<SeedEvent>) {
    this.#driver = driver;
    this.#journal = journal;
  }

  /**
   * Starts to listen.
   *
   * @throws {@link ListenError} when it can't listen there; the file system's error when the log can't be opened;
   * HearsayError `bad-option` for a port or a network's name that is none
   */
  static async start(options: SeedOptions): Promise<Seed> {
    const { network = defaultNetwork, dialects = ["native", "classic"], randomSeed } = options;
    checkNetwork(network);
    checkPort(options.port);
    const journal = new Journal<SeedEvent>(options, { linesOf: seedLines, warningOf: seedWarning });
    const config = { ...seedDefaults, ...options.config };
    const { connectionLifeMs: life = undecidedLifeMs } = options;
    const make = (effects: Effects<AnyMessage, SeedEvent>, port: number) => {
      const id = parsePeerId(randomBytes(16).toString("hex"))!;
      const contact = { id, address: ownAddress(options.host, port) };
      return new SeedCore({ contact, epoch: now(), network }, config, systemRandom(randomSeed), effects);
    };
    const driver = await Driver.start<SeedCore, SeedEvent>(
      { ...options, dialects, maxPayloadBytes, undecidedMax, undecidedLifeMs: Math.min(life, undecidedLifeMs) },
      journal,
      make,
    );
    try {
      await journal.open(`seedlog_${driver.port}.txt`);
    } catch (error) {
      driver.crash();
      throw error;
    }
    return new Seed(driver, journal);
  }

  /** The network that it serves. */
  get network(): string {
    return this.#driver.core.self.network;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#driver.port;
  }

  /** Registered peers of both dialects, in order of arrival. */
  peers(): Address[] {
    return this.#driver.core.peers();
  }

  /** What is known of each registered peer, in order of arrival. */
  registrations(): RegisteredView[] {
    return [...this.#driver.core.registrations()];
  }

  /** Where this seed says that it can be reached. */
  get address(): Address {
    return this.#driver.core.self.contact.address;
  }

  /** The tunables in force. */
  get config(): SeedConfig {
    return this.#driver.core.config;
  }

  /** How many peers are registered. */
  get size(): number {
    return this.#driver.core.size;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#driver.connections;
  }

  /** Stops in good order. */
  async close(): Promise<void> {
    this.#driver.call((core) => core.leave());
    await this.#driver.close();
    await this.#journal.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Stops as a killed process does. */
  crash(): void {
    this.#driver.crash();
    void this.#journal.close();
  }
}

/** What the seed calls itself. */
function ownAddress(host: string | undefined, port: number): Address {
  const bound = host === undefined ? undefined : joinAddress(host, port);
  return bound === undefined || isWildcard(bound) ? joinAddress(likelyIp(), port)! : bound;
}
