/**
 * Machines that are none: network namespaces of this one, each with an address of its own, and between them wires with
 * loss and delay that can be cut in either direction. Nothing of it can be reached from outside.
 *
 * Needs Linux, root, `ip` (iproute2), and TUN devices. The wires are a process of ours (`wires.mjs`) rather than `tc netem`,
 * which many kernels are built without.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the wires do to what goes over them. */
export interface Weather {
  /** One way. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Of all packets, those that get lost. */
  readonly lossShare: number;
  /** Nothing gets from the first to the second of these numbers. */
  readonly cuts: readonly (readonly [from: number, to: number])[];
}

/** Packets so far. */
export interface PacketCounts {
  readonly carried: number;
  /** By chance … */
  readonly lost: number;
  /** … and where the wire was cut. */
  readonly cut: number;
}

const answerLimitMs = 10_000;

/** Opens TUN devices of the names given, and becomes the process that has their other ends. Node.js has no ioctl. */
const opener = `
  use Fcntl;
  $^F = 255;
  my ($runtime, $program, @names) = @ARGV;
  my (@files, @numbers);
  for my $name (@names) {
    sysopen(my $file, "/dev/net/tun", O_RDWR) or die "no /dev/net/tun: $!\\n";
    # TUNSETIFF; whole IP packets, with nothing before them.
    ioctl($file, 0x400454ca, pack("a16 S x22", $name, 0x1001)) or die "no device $name: $!\\n";
    push @files, $file;
    push @numbers, fileno($file);
  }
  exec $runtime, $program, @numbers or die "no $runtime: $!\\n";
`;

/** Namespaces, numbered from 0, and the wires between them. */
export class Land {
  /** Their names. */
  readonly namespaces: readonly string[];
  readonly #wires: ChildProcess;
  #weather: Weather = { delayMs: 0, jitterMs: 0, lossShare: 0, cuts: [] };
  #calls = 0;

  private constructor(namespaces: readonly string[], wires: ChildProcess) {
    this.namespaces = namespaces;
    this.#wires = wires;
  }

  /** Why there can be none here; undefined when there can. */
  static obstacle(): string | undefined {
    if (process.platform !== "linux") return "network namespaces are a part of Linux";
    if (process.getuid?.() !== 0) return "network namespaces need root";
    const name = namesOf(1)[0]!;
    try {
      ip("netns", "add", name);
      ip("netns", "del", name);
      execFileSync("perl", ["-e", `${opener.replace(/exec [^;]*;/, "")}`, "", "", name], { stdio: "pipe" });
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: Buffer };
      return String(stderr ?? message).trim() || message;
    }
    return undefined;
  }

  /** Makes so many, at most 16. */
  static async make(count: number): Promise<Land> {
    removeLeftOvers();
    const names = namesOf(count);
    const program = fileURLToPath(new URL("./wires.mjs", import.meta.url));
    const wires = spawn("perl", ["-e", opener, process.execPath, program, ...names], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(count + 4) },
    });
    const land = new Land(names, wires);
    try {
      await land.#answer(0);
      for (const [number, name] of names.entries()) {
        ip("netns", "add", name);
        ip("link", "set", name, "netns", name);
        ip("-n", name, "link", "set", "lo", "up");
        ip("-n", name, "addr", "add", `${land.ipOf(number)}/24`, "dev", name);
        ip("-n", name, "link", "set", name, "up");
      }
    } catch (error) {
      land.remove();
      throw error;
    }
    return land;
  }

  /** The address of a namespace. */
  ipOf(number: number): string {
    return `10.77.0.${number + 1}`;
  }

  /** Changes some of what the wires do. @returns what they have done so far */
  async change(weather: Partial<Weather>): Promise<PacketCounts> {
    this.#weather = { ...this.#weather, ...weather };
    const call = ++this.#calls;
    const answer = this.#answer(call);
    this.#wires.send({ call, next: this.#weather });
    return answer;
  }

  /** Takes it all away. What runs in the namespaces is to be ended before. */
  remove(): void {
    this.#wires.kill("SIGKILL");
    for (const name of this.namespaces) removed(name);
  }

  #answer(call: number): Promise<PacketCounts> {
    const wires = this.#wires;
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(limit);
        wires.off("message", came).off("exit", exited).off("error", reject);
        then();
      };
      const came = (message: unknown) => {
        const answer = message as { call: number; counts: PacketCounts };
        if (answer.call === call) settle(() => resolve(answer.counts));
      };
      const exited = () => settle(() => reject(new Error("the wires have broken")));
      const limit = setTimeout(() => settle(() => reject(new Error("the wires do not answer"))), answerLimitMs);
      wires.on("message", came).on("exit", exited).on("error", reject);
    });
  }
}

/** They say which process made them, so that those of a killed one can be told. A device's name has 15 letters at most. */
function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_none, number) => `hs${process.pid}-${number}`);
}

/** A test that was killed could not clean up. */
function removeLeftOvers(): void {
  for (const line of ip("netns", "list").split("\n")) {
    const [name, pid] = /^hs(\d+)-\d+/.exec(line) ?? [];
    if (name !== undefined && !isRunning(Number(pid))) removed(name);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function removed(name: string): void {
  try {
    ip("netns", "del", name);
  } catch {
    // There was none.
  }
}

function ip(...words: string[]): string {
  return execFileSync("ip", words, { stdio: "pipe", encoding: "utf8", timeout: answerLimitMs });
}
