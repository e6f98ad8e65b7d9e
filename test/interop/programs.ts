/**
 * Seeds and peers as processes: Hearsay's through its command line, and stand-ins for the originals (see
 * ../stand-ins/README.md). Each has a folder of its own, and none outlives its test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, joinAddress } from "../../src/core/address.js";
import { until } from "../net/scene.js";

const loopback = "127.0.0.1";
const ownProgram = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));

/** How long a process may take to start: twenty at once on a busy machine are slow. */
const startLimitMs = 30_000;

/** Whose program runs. */
export type Make = "ours" | "theirs";

/** How fast a peer lives. Originals have the same three, as variables of the stand-ins. */
export interface Pace {
  readonly messages: number;
  readonly everyMs: number;
  readonly livenessMs: number;
}

/** One event of our programs' `--json`. */
export interface ToldEvent {
  readonly time: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A text that a peer has logged or told as gossip. */
export interface HeardGossip {
  readonly text: string;
  readonly origin: string;
  /** When it was published, by its own timestamp. */
  readonly publishedAt: number;
}

/** One running program. */
export class Program {
  readonly make: Make;
  readonly kind: "seed" | "peer";
  readonly port: number;
  readonly child: ChildProcess;
  /** When it was first seen to listen. */
  listensSince = 0;
  readonly #folder: string;
  #stdout = "";
  #stderr = "";
  readonly #events: ToldEvent[] = [];
  #eventsEnd = 0;

  constructor(make: Make, kind: "seed" | "peer", port: number, child: ChildProcess, folder: string) {
    this.make = make;
    this.kind = kind;
    this.port = port;
    this.child = child;
    this.#folder = folder;
    child.stdout?.on("data", (piece) => {
      this.#stdout += String(piece);
    });
    child.stderr?.on("data", (piece) => {
      this.#stderr += String(piece);
    });
  }

  get address(): Address {
    return joinAddress(loopback, this.port)!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Lines on stdout. */
  printed(): string[] {
    return linesOf(this.#stdout);
  }

  /** Lines on stderr. */
  complaints(): string[] {
    return linesOf(this.#stderr);
  }

  /** Lines of the log file. */
  log(): string[] {
    const name =
      this.kind === "peer" ? `peerlog_${this.port}` : this.make === "ours" ? `seedlog_${this.port}` : "seedlog";
    const path = join(this.#folder, `${name}.txt`);
    return existsSync(path) ? linesOf(readFileSync(path, "utf8")) : [];
  }

  /** What our program has told with `--json`. */
  events(): readonly ToldEvent[] {
    const end = this.#stdout.lastIndexOf("\n") + 1;
    for (const line of linesOf(this.#stdout.slice(this.#eventsEnd, end))) this.#events.push(JSON.parse(line));
    this.#eventsEnd = end;
    return this.#events;
  }

  /** Events of one type. */
  told(event: string): ToldEvent[] {
    return this.events().filter((told) => told.event === event);
  }

  /** Gossip this peer has heard from others, as often as it has logged it; of ours, its own as well. */
  heard(): HeardGossip[] {
    return this.log().flatMap((line) => {
      const [, seconds, origin] = /^(\d{10,}(?:\.\d*)?):([\d.]+:\d+):GOSSIP/.exec(line) ?? [];
      return seconds === undefined ? [] : [{ text: line, origin: origin!, publishedAt: Number(seconds) * 1_000 }];
    });
  }

  /** A seed's list, as its log says it must be; for an original with every double entry. */
  listed(): string[] {
    const list: string[] = [];
    for (const line of this.log()) {
      const added = /^Received Connection -- (.*)$/.exec(line)?.[1];
      if (added !== undefined) list.push(added);
      const removal = this.make === "ours" ? /^Removed -- ([\d.]+:\d+) / : /^Dead Node:([\d.]+:\d+):/;
      const removed = removal.exec(line)?.[1];
      if (removed !== undefined && list.includes(removed)) list.splice(list.indexOf(removed), 1);
    }
    return list;
  }

  /** Sends a signal. SIGKILL, unless told otherwise: no goodbye. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.child.kill(signal);
  }
}

/** All programs of one test. */
export class Programs {
  readonly all: Program[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "hearsay-programs-"));
  readonly #endAll = () => {
    for (const { child } of this.all) child.kill("SIGKILL");
  };

  constructor() {
    process.once("exit", this.#endAll);
  }

  /** Starts a seed, and waits until it listens. */
  seed(make: Make, port: number): Promise<Program> {
    return this.#start(make, "seed", port, {});
  }

  /** Starts a peer, and waits until it listens. */
  peer(make: Make, port: number, seeds: readonly { readonly address: Address }[], pace: Pace): Promise<Program> {
    return this.#start(make, "peer", port, { config: seeds.map(({ address }) => address).join("\n"), pace });
  }

  /** Ends them all. */
  async end(): Promise<void> {
    this.#endAll();
    process.off("exit", this.#endAll);
    await until(() => this.all.every(({ isRunning }) => !isRunning), "all programs have ended");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #start(
    make: Make,
    kind: "seed" | "peer",
    port: number,
    order: { readonly config?: string; readonly pace?: Pace },
  ): Promise<Program> {
    const folder = join(this.#folder, `${kind}-${port}`);
    mkdirSync(folder);
    if (order.config !== undefined) writeFileSync(join(folder, "config.txt"), order.config);
    const [file, variables] =
      make === "ours" ? ownCommand(kind, port, order.pace) : theirCommand(kind, port, order.pace);
    const child = spawn(process.execPath, file, {
      cwd: folder,
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const program = new Program(make, kind, port, child, folder);
    this.all.push(program);
    const listens = () =>
      make === "ours"
        ? program.told("listening").length > 0
        : program.printed().some((line) => line.endsWith(`is listening on port ${port}`));
    await until(
      () => listens() || !program.isRunning,
      () => `${make} ${kind} ${port} listens; ${program.complaints().join("\n")}`,
      startLimitMs,
    );
    program.listensSince = Date.now();
    if (!program.isRunning) throw new Error(`${make} ${kind} ${port} has ended: ${program.complaints().join("\n")}`);
    return program;
  }
}

function ownCommand(kind: "seed" | "peer", port: number, pace: Pace | undefined): [string[], Record<string, string>] {
  if (!existsSync(ownProgram)) throw new Error("lib/ is missing: run `npm run build` first (`npm test` does)");
  const command = [ownProgram, kind, "--port", String(port), "--host", loopback, "--json"];
  if (pace === undefined) return [command, {}];
  const { messages, everyMs, livenessMs } = pace;
  command.push("--dialect", "classic");
  command.push("--messages", String(messages), "--every", `${everyMs}ms`, "--liveness", `${livenessMs}ms`);
  return [command, {}];
}

function theirCommand(kind: "seed" | "peer", port: number, pace: Pace | undefined): [string[], Record<string, string>] {
  const program = fileURLToPath(new URL(`../stand-ins/${kind}.mjs`, import.meta.url));
  const variables: Record<string, string> = { STANDIN_PORT: String(port) };
  if (pace !== undefined) {
    variables.STANDIN_MESSAGES = String(pace.messages);
    variables.STANDIN_EVERY_MS = String(pace.everyMs);
    variables.STANDIN_LIVENESS_MS = String(pace.livenessMs);
  }
  return [[program], variables];
}

/**
 * Ports free a moment ago, in ascending order. Below those that systems give to outgoing connections (32768 and up on
 * Linux), or one of the programs' own connections may take a port before its listener does; all of five digits, so that
 * the order of the addresses is that of the ports.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1_000) throw new Error("no free ports");
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

export { until };
