/** Ends processes that measure. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Ends a child: gently, so that a profile is written, and after two seconds in any case. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  const limit = setTimeout(() => child.kill("SIGKILL"), 2_000);
  await exited;
  clearTimeout(limit);
}
