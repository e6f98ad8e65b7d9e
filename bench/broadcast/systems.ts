/** What is measured: Hearsay, the floor, and what a user of Node.js would pick instead. Each is a program of its own. */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** In the order of the table, and of measuring. */
export const systemNames = ["hearsay", "bare-tree", "gossipsub", "gossipsub-fast"] as const;

/** One of the systems. */
export type SystemName = (typeof systemNames)[number];

/** How to run a system. */
export interface System {
  readonly name: SystemName;
  readonly program: string;
  readonly args: readonly string[];
  /** The Node.js to run it with. */
  readonly runtime: string;
  /**
   * Deliveries under way at most when it is measured at full speed; the window's size sets no lower limit. A slow system
   * is no faster with more, and would take minutes to come to an end.
   */
  readonly underWayMax: number;
}

/** The oldest Node.js that js-libp2p runs on. */
const rivalsNeed = 22;
const installLimitMs = 300_000;

/** Where the rivals are, with a lock file of their own: an installation of the project doesn't need them. */
const rivalsDir = fileURLToPath(new URL("../rivals/", import.meta.url));

/** A system, ready to run; for a rival, {@link installRivals} has to be done. */
export function system(name: SystemName): System {
  const fast = { runtime: process.execPath, underWayMax: Number.POSITIVE_INFINITY };
  if (name === "hearsay" || name === "bare-tree") {
    const program = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
    return { name, program, args: [], ...fast };
  }
  const args = [name === "gossipsub" ? "defaults" : "fast"];
  return { name, program: `${rivalsDir}gossipsub.mjs`, args, runtime: rivalsRuntime(), underWayMax: 1_024 };
}

/** Whether a system is one of those that have to be installed. */
export function isRival(name: SystemName): boolean {
  return name.startsWith("gossipsub");
}

/**
 * Installs the rivals as their lock file says, unless that is done already.
 *
 * @throws Error when npm fails, or takes more than five minutes
 */
export async function installRivals(progress: (line: string) => void): Promise<void> {
  if (isInstalled()) return;
  progress("installing js-libp2p into bench/rivals (about 160 MB; --no-rivals does without)");
  const flags = ["ci", "--prefix", rivalsDir, "--ignore-scripts", "--no-audit", "--no-fund"];
  const isNewEnough = major(process.version) >= rivalsNeed;
  const npm = spawn("npm", [...flags, ...(isNewEnough ? ["--omit=optional"] : [])], {
    stdio: ["ignore", "ignore", "pipe"],
    signal: AbortSignal.timeout(installLimitMs),
  });
  let complaint = "";
  npm.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const code = await new Promise((resolve, reject) => npm.once("error", reject).once("close", resolve)).catch(
    (error: unknown) => {
      complaint += String(error);
    },
  );
  if (code === 0 && isInstalled()) return;
  throw new Error(`the rivals can't be installed; --no-rivals measures without them. npm says:\n${complaint.trim()}`);
}

/** npm leaves a copy of the lock file behind when it has finished. */
function isInstalled(): boolean {
  const done = `${rivalsDir}node_modules/.package-lock.json`;
  if (!existsSync(done) || statSync(done).mtimeMs < statSync(`${rivalsDir}package-lock.json`).mtimeMs) return false;
  return existsSync(rivalsRuntime());
}

/** This Node.js when it is new enough, else one that was installed with the rivals. */
function rivalsRuntime(): string {
  if (major(process.version) >= rivalsNeed) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  try {
    return createRequire(`${rivalsDir}package.json`).resolve(`${name}/bin/node`);
  } catch {
    return `${rivalsDir}node_modules/${name}/bin/node`;
  }
}

function major(version: string): number {
  return Number.parseInt(version.slice(1), 10);
}
