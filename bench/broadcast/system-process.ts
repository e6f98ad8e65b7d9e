/** A network of one system, all its peers in one process of their own, so that what is measured is that system alone. */

import { type ChildProcess, spawn } from "node:child_process";
import { ended } from "../ending.js";
import type { System } from "./systems.js";

/** Bytes in use when all garbage is collected. */
export interface Memory {
  /** The JavaScript heap, and what lies outside of it in buffers. */
  readonly usedBytes: number;
  readonly rssBytes: number;
}

/** How a network started. */
export interface Start {
  /** The version of Node.js. */
  readonly runtime: string;
  /** The process with the code loaded and no peer … */
  readonly before: Memory;
  /** … and with all peers, linked, and a few messages sent. */
  readonly after: Memory;
}

/** What should not happen. */
export interface Faults {
  /** Deliveries that had not happened long after the last message was published. */
  readonly lost: number;
  /** Deliveries of a message to a peer that had it already. */
  readonly doubled: number;
  /** Publishes that the system refused, and the first reason. */
  readonly failed: number;
  readonly problem: string | null;
}

/** A measurement at full speed. */
export interface Throughput extends Faults {
  readonly deliveries: number;
  readonly elapsedMs: number;
  /** User and system time of the whole process. */
  readonly cpuMs: number;
  /** Copies received and thrown away; null when the system doesn't count them. */
  readonly duplicates: number | null;
}

/** A measurement at a low rate. */
export interface Latency extends Faults {
  /** From the call of publish to the delivery at the last peer, for each message. */
  readonly lastMs: readonly number[];
}

/** The longest answer: five minutes cover a measurement and the 40 seconds that the last messages may take. */
const answerLimitMs = 300_000;

/** A running network. It ends with this process, however this one ends: its channel closes. */
export class SystemProcess {
  static readonly #running = new Set<SystemProcess>();
  readonly system: System;
  readonly peers: number;
  readonly #child: ChildProcess;
  #start: Start | undefined;

  private constructor(system: System, peers: number, child: ChildProcess) {
    this.system = system;
    this.peers = peers;
    this.#child = child;
  }

  /** Starts a network and waits until its messages reach everybody. */
  static async start(system: System, peers: number, profileDir?: string): Promise<SystemProcess> {
    const profile = profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`];
    const child = spawn(system.runtime, ["--expose-gc", ...profile, system.program, ...system.args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const started = new SystemProcess(system, peers, child);
    SystemProcess.#running.add(started);
    await started.#answer();
    started.#start = await started.#ask<Start>("start", { peers });
    return started;
  }

  /** Ends all of them. */
  static async endAll(): Promise<void> {
    await Promise.all([...SystemProcess.#running].map((running) => running.end()));
  }

  /** The version of Node.js it runs on. */
  get runtime(): string {
    return this.#start?.runtime ?? "";
  }

  /** What it took to start. */
  get growth(): { readonly before: Memory; readonly after: Memory } {
    return this.#start!;
  }

  /** At most `window` messages are under way, not yet delivered everywhere. */
  throughput(plan: { bytes: number; window: number; warmUpMs: number; lastsMs: number }): Promise<Throughput> {
    const window = Math.max(1, Math.min(plan.window, Math.floor(this.system.underWayMax / this.peers)));
    return this.#ask("throughput", { ...plan, window });
  }

  /** One message every `intervalMs`. */
  latency(plan: { bytes: number; count: number; intervalMs: number }): Promise<Latency> {
    return this.#ask("latency", plan);
  }

  /** What it uses now. */
  memory(): Promise<Memory> {
    return this.#ask("memory");
  }

  /** Ends it. */
  async end(): Promise<void> {
    SystemProcess.#running.delete(this);
    await ended(this.#child);
  }

  #ask<T>(question: string, plan?: object): Promise<T> {
    const answer = this.#answer<T>();
    if (this.#child.connected) this.#child.send({ question, plan });
    return answer;
  }

  #answer<T>(): Promise<T> {
    const { name } = this.system;
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(limit);
        child.off("message", came).off("exit", exited).off("error", failed);
        then();
      };
      const failed = (error: Error) => settle(() => reject(error));
      const came = (message: unknown) => {
        const { answer, error } = message as { answer?: T; error?: string };
        if (error === undefined) settle(() => resolve(answer as T));
        else failed(new Error(`${name}: ${error}`));
      };
      const exited = (code: number | null) => failed(new Error(`${name} exited with code ${code}`));
      const limit = setTimeout(() => {
        child.kill("SIGKILL");
        failed(new Error(`${name} does not answer`));
      }, answerLimitMs);
      if (child.exitCode !== null) exited(child.exitCode);
      else child.on("message", came).on("exit", exited).on("error", failed);
    });
  }
}
