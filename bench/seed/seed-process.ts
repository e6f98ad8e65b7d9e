/** A seed in a process of its own, so that what is measured is the seed and not the load. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ended } from "../ending.js";

/** What a seed process has used and holds. */
export interface Usage {
  /** User and system time since its start. */
  readonly cpuMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** TCP connections open now. */
  readonly sockets: number;
  /** Registered peers. */
  readonly size: number;
}

/** Whose seed runs in the process. */
export type Maker = "ours" | "naive";

/** How to run it. */
export interface SeedProcessOptions {
  /** Options of `Seed.start`, for ours. */
  readonly seed?: Record<string, unknown>;
  /** Folder for a CPU profile, written at the end. */
  readonly profileDir?: string | undefined;
}

/** A running seed process. It ends with this one, however this one ends: its channel closes. */
export class SeedProcess {
  static readonly #running = new Set<SeedProcess>();
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts a seed on a free port of 127.0.0.1. */
  static async start(maker: Maker, options: SeedProcessOptions = {}): Promise<SeedProcess> {
    const program = fileURLToPath(new URL(`./${maker}.mjs`, import.meta.url));
    const profile = options.profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profileDir}`];
    const seed = JSON.stringify({ port: 0, host: "127.0.0.1", ...options.seed });
    const child = spawn(process.execPath, ["--expose-gc", ...profile, program, seed], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const { port } = await answer<{ port: number }>(child, maker);
    const started = new SeedProcess(child, port);
    SeedProcess.#running.add(started);
    return started;
  }

  /** Ends all of them. */
  static async endAll(): Promise<void> {
    await Promise.all([...SeedProcess.#running].map((running) => running.end()));
  }

  /** What it has used so far. Costs it next to nothing. */
  usage(): Promise<Usage> {
    return this.#ask("usage");
  }

  /** The same, when it has collected its garbage. */
  memory(): Promise<Usage> {
    return this.#ask("memory");
  }

  /** Ends it. */
  async end(): Promise<void> {
    SeedProcess.#running.delete(this);
    await ended(this.#child);
  }

  #ask(question: "usage" | "memory"): Promise<Usage> {
    const usage = answer<Usage>(this.#child, "seed");
    this.#child.send(question);
    return usage;
  }
}

/** The next message of the child; an error when it exits, or says nothing for 20 s. */
function answer<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(limit);
      child.off("message", came).off("exit", exited);
      then();
    };
    const came = (message: unknown) => settle(() => resolve(message as T));
    const exited = (code: number | null) => settle(() => reject(new Error(`${name} exited with code ${code}`)));
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      settle(() => reject(new Error(`${name} does not answer`)));
    }, 20_000);
    child.on("message", came).on("exit", exited);
  });
}
