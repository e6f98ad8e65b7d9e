/** Runs the built command line as people do: as a process of its own, in a folder of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));

/** How long anything here may take to happen. */
const patienceMs = 15_000;

/** One running command. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** The parsed lines of `--json`. */
  events(): Record<string, unknown>[];
  /** Resolves with the exit code; SIGKILL ends whatever takes too long. */
  exit(): Promise<number | null>;
}

/** A folder and the commands running in it. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), "hearsay-cli-"));
  readonly #children: ChildProcessWithoutNullStreams[] = [];

  /** Runs `hearsay` with these arguments; `input` is written to its standard input, which then ends. */
  run(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(process.execPath, [entry, ...args], { cwd: this.folder, env: { ...process.env, ...env } });
    this.#children.push(child);
    child.stdin.on("error", () => {});
    if (input !== undefined) child.stdin.end(input);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const closed = once(child, "close");
    return {
      child,
      stdout: () => stdout,
      stderr: () => stderr,
      events: () =>
        stdout
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      exit: async () => {
        const limit = setTimeout(() => child.kill("SIGKILL"), patienceMs);
        await closed;
        clearTimeout(limit);
        return child.exitCode;
      },
    };
  }

  /** Runs a seed or peer and waits until it listens. */
  async listening(args: readonly string[], input?: string): Promise<Running & { readonly port: number }> {
    const running = this.run(args, input);
    // Native peers keep stdout for messages.
    const port = () => /is listening on port (\d+)/.exec(running.stdout() + running.stderr())?.[1];
    await until(() => port() !== undefined, `${args.join(" ")} listens`, running);
    return { ...running, port: Number(port()) };
  }

  /** The text of a file in the folder. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** Ends everything, and removes the folder. */
  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Waits for something to be so. */
export async function until(condition: () => boolean, what: string, running?: Running): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`waited in vain: ${what}\n${running?.stdout() ?? ""}\n${running?.stderr() ?? ""}`);
    }
    await sleep(20);
  }
}
