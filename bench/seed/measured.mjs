// What both seed processes have in common: they tell their parent their port and what they use, and end when it does.
import { setImmediate as turn } from "node:timers/promises";

/**
 * Says that the seed listens, and from then on answers each question of the parent: "usage", or "memory" to collect
 * garbage first. `size` tells how many peers are registered.
 */
export function measured(port, size) {
  process.on("message", async (question) => {
    const { user, system } = process.cpuUsage();
    // A second collection after a turn of the loop: closed sockets hold memory until their callbacks have run.
    for (let i = 0; i < 2 && question === "memory"; i++) {
      globalThis.gc();
      await turn();
    }
    const { rss, heapUsed } = process.memoryUsage();
    const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    process.send({ cpuMs: (user + system) / 1000, rss, heapUsed, sockets, size: size() });
  });
  process.on("disconnect", () => process.exit(0));
  process.send({ port });
}
