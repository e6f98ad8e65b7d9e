/**
 * Many peers under test: all in the test's own process, or each in a process of its own. A scenario is written once, for
 * {@link Actors}, and played with both.
 */
import { type ChildProcess, execFileSync, fork, type StdioOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import {
  Actor,
  type ActorCommand,
  type ActorStart,
  type Report,
  type Sayings,
  type Stream,
  type Streamed,
} from "./actor.js";
import { Crossing, type Crossings } from "./crossings.js";

/** Where peers live. */
export type Kind = "in one process" | "as processes";

/** One peer under test, wherever it lives. */
export interface Played {
  readonly id: string;
  /** Where others reach it: its crossing, if it has one. */
  readonly address: string;
  join(): Promise<void>;
  stream(stream: Stream): Promise<Streamed>;
  beginPhase(): Promise<void>;
  report(): Promise<Report>;
  /** What it says of the others. */
  sayings(): Promise<Sayings>;
  /** Leaves its process no time for anything else for so long. */
  block(ms: number): Promise<void>;
  /** Leaves in good order. */
  close(): Promise<void>;
  /** What its process holds after a collection of garbage. */
  usedBytes(): Promise<number>;
  /** Of one origin only: how many messages a new subscription gets from history. */
  readAgain(): Promise<number>;
  /** Ends it without a goodbye: SIGKILL, for a process. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT; only for processes. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
}

type Tell = <Value>(command: ActorCommand, argument?: unknown) => Promise<Value>;

/** All peers of one test. */
export class Actors {
  readonly #kind: Kind;
  readonly #endings: (() => unknown)[] = [];

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /**
   * Starts a peer, which joins through these. With `crossings`, all that reach it do so through a crossing of its own; with
   * `namespace`, its process is in that network namespace.
   */
  async start(
    peers: readonly string[],
    options: Partial<ActorStart> & { readonly crossings?: Crossings; readonly namespace?: string } = {},
  ): Promise<Played> {
    const { crossings, namespace, ...rest } = options;
    const port = crossings === undefined ? (rest.port ?? 0) : await freePort();
    const crossing = crossings === undefined ? undefined : await Crossing.open(crossings, port);
    const { tell, kill, signal } = this.#kind === "as processes" ? this.#process(namespace) : this.#here();
    const advertise = crossing === undefined ? {} : { advertise: crossing.address };
    const start: ActorStart = {
      ...rest,
      port,
      peer: { peers, ...rest.peer, ...advertise },
    };
    const { id, address } = await tell<{ id: string; address: string }>("start", start);
    return {
      id,
      address,
      join: () => tell("join"),
      stream: (stream) => tell("stream", stream),
      beginPhase: () => tell("beginPhase"),
      report: () => tell("report"),
      sayings: () => tell("sayings"),
      block: (ms) => tell("block", ms),
      close: () => tell("close"),
      usedBytes: () => tell("usedBytes"),
      readAgain: () => tell("readAgain"),
      kill,
      signal,
    };
  }

  /** Ends all. */
  async clear(): Promise<void> {
    await Promise.all(this.#endings.splice(0).map((end) => end()));
  }

  #here(): { tell: Tell } & Pick<Played, "kill" | "signal"> {
    const actor = new Actor();
    let isOver = false;
    const kill = async () => {
      if (!isOver) await actor.crash();
      isOver = true;
    };
    this.#endings.push(kill);
    return {
      tell: (command, argument) => (actor[command] as (argument: unknown) => Promise<never>).call(actor, argument),
      kill,
      signal: () => {
        throw new Error("signals are for processes");
      },
    };
  }

  #process(namespace?: string): { tell: Tell } & Pick<Played, "kill" | "signal"> {
    const stdio: StdioOptions = ["ignore", "inherit", "inherit", "ipc"];
    const inside = ["netns", "exec", namespace ?? "", process.execPath, actorProgram()];
    const child =
      namespace === undefined ? fork(actorProgram(), { stdio, execArgv: [] }) : spawn("ip", inside, { stdio });
    const kill = async () => {
      child.kill("SIGKILL");
    };
    this.#endings.push(kill);
    return { tell: tellerOf(child), kill, signal: (signal) => void child.kill(signal) };
  }
}

/** Ports that peers will listen on in a moment. */
const promisedPorts = new Set<number>();

/**
 * A port that is free, and still will be when a process has started. Not one that the system would choose: it might give
 * that to somebody else in the meantime.
 */
async function freePort(): Promise<number> {
  while (true) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (promisedPorts.has(port)) continue;
    promisedPorts.add(port);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen({ port, host: "127.0.0.1" }, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: string;
}

function tellerOf(child: ChildProcess): Tell {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  child.on("message", ({ call, value, error }: Answer) => {
    const waiting = open.get(call);
    open.delete(call);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  });
  child.on("exit", () => {
    for (const { reject } of open.values()) reject(new Error("the process has ended"));
  });
  return <Value>(command: ActorCommand, argument?: unknown) =>
    new Promise<Value>((resolve, reject) => {
      const call = ++calls;
      open.set(call, { resolve: resolve as (value: unknown) => void, reject });
      child.send({ call, command, argument }, (error) => {
        if (error !== null) reject(error);
      });
    });
}

let program: string | undefined;
let programFolder: string | undefined;

afterAll(() => {
  if (programFolder !== undefined) rmSync(programFolder, { recursive: true, force: true, maxRetries: 3 });
});

/** Compiles the actor, with a copy of all it needs: processes start faster so, and whoever builds meanwhile is no harm. */
function actorProgram(): string {
  if (program !== undefined) return program;
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "hearsay-actor-"));
  programFolder = folder;
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    outDir: folder,
    rootDir: root,
    typeRoots: [join(root, "node_modules/@types")],
  };
  const files = [join(root, "test/net/actor-process.ts")];
  const project = join(folder, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", project], { stdio: "inherit" });
  program = join(folder, "test/net/actor-process.js");
  return program;
}
