/** A seed on a real port, with its log. */
import { join } from "node:path";
import type { Address } from "../core/address.js";
import { type SeedConfig, seedDefaults } from "../core/classic/config.js";
import type { ClassicMessage } from "../core/classic/message.js";
import { SeedCore, type SeedEvent } from "../core/classic/seed.js";
import type { Effects } from "../core/effects.js";
import { Driver, type DriverOptions } from "./driver.js";
import { LogFile } from "./log-file.js";
import { seedLines, seedWarning, turnedWarning } from "./log-lines.js";
import { systemRandom } from "./random.js";
import { likelyIp } from "./socket-address.js";
import { Warnings } from "./warnings.js";

/** How to run a seed. */
export interface SeedOptions extends DriverOptions {
  /** Overrides of {@link seedDefaults}. */
  readonly config?: Partial<SeedConfig>;
  /** Folder for `seedlog_<port>.txt`; no log file when left out. */
  readonly logDir?: string | undefined;
  /** Makes the seed's random choices repeat. */
  readonly randomSeed?: number;
  /** Everything that happens. */
  readonly onEvent?: (event: SeedEvent) => void;
  /** The lines that go to the log, for the screen. */
  readonly onLine?: (line: string) => void;
  /** What was refused, and what is wrong; at most some ten lines a second. */
  readonly onWarning?: (line: string) => void;
}

/** A running seed. */
export class Seed {
  readonly #driver: Driver<SeedCore, SeedEvent>;
  readonly #log: LogFile | undefined;
  readonly #warnings: Warnings;

  private constructor(driver: Driver<SeedCore, SeedEvent>, log: LogFile | undefined, warnings: Warnings) {
    this.#driver = driver;
    this.#log = log;
    this.#warnings = warnings;
  }

  /**
   * Starts to listen.
   *
   * @throws {@link ListenError} when it can't listen there; the file system's error when the log can't be opened
   */
  static async start(options: SeedOptions): Promise<Seed> {
    let log: LogFile | undefined;
    const warnings = new Warnings((line) => {
      log?.line(line);
      options.onWarning?.(line);
    });
    const owner = {
      event: (event: SeedEvent) => {
        options.onEvent?.(event);
        for (const line of seedLines(event)) {
          log?.line(line);
          options.onLine?.(line);
        }
        const warning = seedWarning(event);
        if (warning !== undefined) warnings.warn(warning);
      },
      turned: (turned: Parameters<typeof turnedWarning>[0]) => warnings.warn(turnedWarning(turned)),
    };
    const config = { ...seedDefaults, ...options.config };
    const ip = options.host ?? likelyIp();
    const make = (effects: Effects<ClassicMessage, SeedEvent>) =>
      new SeedCore({ ip }, config, systemRandom(options.randomSeed), effects);
    const driver = await Driver.start<SeedCore, SeedEvent>(options, owner, make);
    if (options.logDir !== undefined) {
      const path = join(options.logDir, `seedlog_${driver.port}.txt`);
      log = await LogFile.open(path, (line) => warnings.warn(line)).catch((error: unknown) => {
        driver.crash();
        throw error;
      });
    }
    return new Seed(driver, log, warnings);
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
    this.#warnings.flush();
    await this.#driver.close();
    await this.#log?.close();
  }

  /** Stops as a killed process does. */
  crash(): void {
    this.#driver.crash();
    void this.#log?.close();
  }
}
