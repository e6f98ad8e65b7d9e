/** A seed on a real port, with its log. */
import type { Address } from "../core/address.js";
import { type SeedConfig, seedDefaults } from "../core/classic/config.js";
import type { ClassicMessage } from "../core/classic/message.js";
import { SeedCore, type SeedEvent } from "../core/classic/seed.js";
import type { Effects } from "../core/effects.js";
import { Driver, type DriverOptions } from "./driver.js";
import { Journal, type JournalOptions } from "./journal.js";
import { seedLines, seedWarning } from "./log-lines.js";
import { systemRandom } from "./random.js";
import { likelyIp } from "./socket-address.js";

/** How to run a seed. Its log is `seedlog_<port>.txt`. */
export interface SeedOptions extends DriverOptions, JournalOptions<SeedEvent> {
  /** Overrides of {@link seedDefaults}. */
  readonly config?: Partial<SeedConfig>;
  /** Makes the seed's random choices repeat. */
  readonly randomSeed?: number;
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
   * @throws {@link ListenError} when it can't listen there; the file system's error when the log can't be opened
   */
  static async start(options: SeedOptions): Promise<Seed> {
    const journal = new Journal<SeedEvent>(options, { linesOf: seedLines, warningOf: seedWarning });
    const config = { ...seedDefaults, ...options.config };
    const ip = options.host ?? likelyIp();
    const make = (effects: Effects<ClassicMessage, SeedEvent>) =>
      new SeedCore({ ip }, config, systemRandom(options.randomSeed), effects);
    const driver = await Driver.start<SeedCore, SeedEvent>(options, journal, make);
    try {
      await journal.open(`seedlog_${driver.port}.txt`);
    } catch (error) {
      driver.crash();
      throw error;
    }
    return new Seed(driver, journal);
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#driver.port;
  }

  /** Registered peers, in order of arrival. */
  peers(): Address[] {
    return this.#driver.core.peers();
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

  /** Stops as a killed process does. */
  crash(): void {
    this.#driver.crash();
    void this.#journal.close();
  }
}
