// The wires between network namespaces, in user space: a kernel without netem has no delay and no loss of its own.
//
// Every namespace has one end, a TUN device whose file this process has inherited: the numbers of these files are its
// arguments, in the order of the namespaces' addresses, 10.77.0.1, 10.77.0.2, … Whole IP packets come and go here, so TCP
// meets loss, delay and another order of its packets as it does anywhere, and repeats what was lost by itself.
import { read, writeSync } from "node:fs";

const ends = process.argv.slice(2).map(Number);
/** `cuts`: pairs of numbers, from and to; nothing goes that way. */
let state = { delayMs: 0, jitterMs: 0, lossShare: 0, cuts: [] };
let isCut = new Set();
const counts = { carried: 0, lost: 0, cut: 0 };

process.on("message", ({ call, next }) => {
  if (next !== undefined) {
    state = next;
    isCut = new Set(next.cuts.map(([from, to]) => from * ends.length + to));
  }
  process.send({ call, counts });
});
process.on("disconnect", () => process.exit());
for (const from of ends.keys()) listen(from, Buffer.alloc(65_536));
process.send({ call: 0, counts });

/** Each open read has a thread of its own: see UV_THREADPOOL_SIZE where this is started. */
function listen(from, buffer) {
  read(ends[from], buffer, 0, buffer.length, null, (error, length) => {
    if (error === null) carry(from, Uint8Array.prototype.slice.call(buffer, 0, length));
    else if (error.code !== "EAGAIN" && error.code !== "EINTR" && error.code !== "EBADFD") throw error;
    // A device that is not up yet has nothing to read.
    if (error === null) listen(from, buffer);
    else setTimeout(() => listen(from, buffer), 20);
  });
}

function carry(from, packet) {
  const to = packet[0] >> 4 === 4 ? packet[19] - 1 : -1;
  if (ends[to] === undefined) return;
  if (isCut.has(from * ends.length + to)) counts.cut++;
  else if (Math.random() < state.lossShare) counts.lost++;
  else {
    counts.carried++;
    const { delayMs, jitterMs } = state;
    setTimeout(deliver, delayMs + jitterMs * (2 * Math.random() - 1), to, packet);
  }
}

function deliver(to, packet) {
  try {
    writeSync(ends[to], packet);
  } catch {
    // Its queue is full, or it is not up: packets get lost.
  }
}
