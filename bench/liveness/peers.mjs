// Hearsay as it is shipped: the built code in plain Node, all defaults. One peer, or all of them, in a process that does as
// its parent says, and tells it what its peers tell, with the time of the machine's one steady clock.
import { subscribe } from "node:diagnostics_channel";
import { startPeer } from "../../dist/net/create-peer.js";

const types = ["join", "suspect", "alive", "dead", "leave"];
const started = new Map();
const sockets = new Set();
const closed = { in: 0, out: 0 };

for (const name of ["net.client.socket", "net.server.socket"]) {
  subscribe(name, ({ socket }) => {
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      closed.in += socket.bytesRead;
      closed.out += socket.bytesWritten;
    });
  });
}

const answers = {
  async start({ peers }) {
    const one = await startPeer({ listen: { host: "127.0.0.1" }, peers, network: "bench" });
    const { peer } = one;
    started.set(peer.id, one);
    for (const type of types) {
      peer.on(type, (event) => {
        const at = now();
        process.send({ told: { at, observer: peer.id, type, subject: event.peer.id, alive: aliveOf(peer) } });
      });
    }
    await one.join();
    return { id: peer.id, address: peer.address };
  },
  crash({ id }) {
    const at = now();
    started.get(id).crash();
    started.delete(id);
    return { at };
  },
  block({ ms }) {
    for (const until = now() + ms; now() < until; );
    return {};
  },
  usage() {
    const { user, system } = process.cpuUsage();
    const sum = { in: closed.in, out: closed.out };
    for (const { bytesRead, bytesWritten } of sockets) {
      sum.in += bytesRead;
      sum.out += bytesWritten;
    }
    return { at: now(), cpuMs: (user + system) / 1_000, inBytes: sum.in, outBytes: sum.out };
  },
};

process.on("disconnect", () => process.exit(0));
process.on("message", async ({ call, question, plan }) => {
  try {
    process.send({ call, answer: await answers[question](plan) });
  } catch (error) {
    process.send({ call, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

function aliveOf(peer) {
  return peer.peers({ where: { status: "alive" } }).length;
}

function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
