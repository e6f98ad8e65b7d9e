/** `hearsay seed`: one seed, until it is asked to leave. */
import type { Address } from "../core/address.js";
import { splitAddress } from "../core/address.js";
import type { SeedEvent } from "../core/seed/seed.js";
import { Seed } from "../net/seed.js";
import { readSeedsFile } from "../net/seeds-file.js";
import { Departure } from "./departure.js";
import { exitFine } from "./exit-codes.js";
import { endpointPlace, type HttpOptions, openEndpoint, tellEndpoint } from "./http-options.js";
import { Output, type OutputOptions } from "./output.js";
import { askPort, StandardInput } from "./standard-input.js";

/** The options of `hearsay seed`. */
export interface SeedCommandOptions extends OutputOptions, HttpOptions {
  /** Asked for on standard input when left out. */
  readonly port?: number;
  /** All interfaces when left out. */
  readonly host?: string;
  /** `hearsay` when left out. */
  readonly network?: string;
  /** Read only to warn a seed that is not in it. */
  readonly config?: string;
  readonly logDir: string;
}

/** Runs a seed. Resolves with the exit code when it has left. */
export async function runSeed(options: SeedCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const place = await endpointPlace(options);
  const listed = options.config === undefined ? undefined : await readSeedsFile(options.config);
  const port = options.port ?? (await askedPort(output, departure));
  if (port === undefined) return exitFine;
  let told: (event: SeedEvent) => void = () => {};
  const seed = await Seed.start({
    port,
    host: options.host,
    ...(options.network === undefined ? {} : { network: options.network }),
    logDir: options.logDir,
    onLine: (line) => output.line(line),
    onEvent(event) {
      output.event(event.type, seedFields(event));
      told(event);
    },
    onWarning: (line) => {
      output.warning(line);
      output.event("warning", { text: line });
    },
  });
  output.line(`Seed is listening on port ${seed.port}`);
  output.event("listening", { port: seed.port });
  if (listed !== undefined && !names(listed, seed.port)) {
    output.warning(`${options.config} names no seed with port ${seed.port}: peers that go by it will not come here`);
  }
  const endpoint = await openEndpoint(place, output, async () => {
    const { SeedSubject } = await import("../http/seed-subject.js");
    const subject = new SeedSubject(seed);
    told = (event) => subject.event(event);
    return subject;
  });
  tellEndpoint(endpoint, output);
  await departure.requested;
  await endpoint?.close();
  await seed.close();
  output.event("left");
  await output.flush();
  return exitFine;
}

async function askedPort(output: Output, departure: Departure): Promise<number | undefined> {
  const input = new StandardInput();
  const port = await Promise.race([askPort(input, "seed", output), departure.requested]);
  input.close();
  return port ?? undefined;
}

function names(seeds: readonly Address[], port: number): boolean {
  return seeds.some((address) => splitAddress(address).port === port);
}

function seedFields(event: SeedEvent): object {
  const { type: _type, ...fields } = event;
  if (!("report" in fields)) return fields;
  const { report, ...rest } = fields;
  return { peer: report.dead, reporter: report.reporterIp, timestamp: report.timestamp, ...rest };
}
