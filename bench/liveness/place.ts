/** A process with peers in it, seen from the one that measures. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Something that a peer told its application. */
export interface Told {
  /** On the machine's steady clock, in milliseconds, as {@link steadyNow}. */
  readonly at: number;
  /** The id of the peer that tells it … */
  readonly observer: string;
  readonly type: "join" | "suspect" | "alive" | "dead" | "leave";
  /** … and of the one that it is about. */
  readonly subject: string;
  /** How many it now takes for alive, itself included. */
  readonly alive: number;
}

/** What a process has used since its start. */
export interface Usage {
  readonly at: number;
  readonly cpuMs: number;
  /** Over all its sockets, as its code sees them: without the headers of TCP and IP. */
  readonly inBytes: number;
  readonly outBytes: number;
}

interface Answer {
  readonly told?: Told;
  readonly call: number;
  readonly answer?: unknown;
  readonly error?: string;
}

const answerLimitMs = 60_000;
const program = fileURLToPath(new URL("./peers.mjs", import.meta.url));

/** The time on the clock that all processes of one machine share, in milliseconds. */
export function steadyNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A process with peers. It ends with this one: its channel closes, and should it be stopped then, it is killed. */
export class Place {
  static readonly #running = new Set<Place>();
  readonly #child: ChildProcess;
  readonly #open = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #calls = 0;

  constructor(told: (told: Told) => void) {
    killAllAtTheEnd();
    this.#child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] });
    Place.#running.add(this);
    this.#child.on("message", (message: Answer) => {
      if (message.told !== undefined) return told(message.told);
      const waiting = this.#open.get(message.call);
      if (message.error === undefined) waiting?.resolve(message.answer);
      else waiting?.reject(new Error(message.error));
    });
    this.#child.once("exit", () => {
      Place.#running.delete(this);
      for (const { reject } of this.#open.values()) reject(new Error("a process with peers has ended"));
    });
  }

  /** Kills all of them. */
  static killAll(): void {
    for (const place of Place.#running) place.signal("SIGKILL");
  }

  /** Starts a peer that joins through these. */
  start(peers: readonly string[]): Promise<{ readonly id: string; readonly address: string }> {
    return this.#ask("start", { peers });
  }

  /** Ends one peer as a killed process ends. @returns when */
  async crash(id: string): Promise<number> {
    return (await this.#ask<{ at: number }>("crash", { id })).at;
  }

  /** Keeps the event loop busy for so long. */
  async block(ms: number): Promise<void> {
    await this.#ask("block", { ms });
  }

  /** What it has used. */
  usage(): Promise<Usage> {
    return this.#ask("usage");
  }

  /** Sends it a signal. @returns when */
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): number {
    const at = steadyNow();
    this.#child.kill(signal);
    return at;
  }

  #ask<T>(question: string, plan: object = {}): Promise<T> {
    const call = ++this.#calls;
    return new Promise<unknown>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no answer to "${question}"`)), answerLimitMs);
      const settle = (then: () => void) => {
        clearTimeout(limit);
        this.#open.delete(call);
        then();
      };
      this.#open.set(call, {
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (error) => settle(() => reject(error)),
      });
      if (this.#child.connected) this.#child.send({ call, question, plan });
      else this.#open.get(call)!.reject(new Error("a process with peers has ended"));
    }) as Promise<T>;
  }
}

let isSeenTo = false;

/** A stopped process does not notice that its parent is gone. */
function killAllAtTheEnd(): void {
  if (isSeenTo) return;
  isSeenTo = true;
  process.on("exit", () => Place.killAll());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
}
