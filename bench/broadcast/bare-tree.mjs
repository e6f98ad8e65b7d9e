// The floor: sockets and a length before each payload, nothing else. No ids, no duplicates to tell, no repair: what a
// broadcast over the same tree costs when nothing ever goes wrong.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { measured } from "./measured.mjs";

/** Links of a peer that is not the root: to its parent, and to four children. Hearsay's active view. */
const linksPerPeer = 5;

measured(async (peers, heard) => {
  const tree = [];
  for (let i = 0; i < peers; i++) {
    const peer = new BarePeer((payload) => heard(i, payload));
    await peer.listen();
    if (i > 0) {
      const parent = tree[parentOf(i)];
      await Promise.all([once(parent.server, "connection"), peer.join(parent.server.address().port)]);
    }
    tree.push(peer);
  }
  const root = tree[0];
  return { publish: (payload) => root.publish(payload), duplicates: () => null };
});

/** The root has five children, the others four: filled from left to right. */
function parentOf(peer) {
  return peer <= linksPerPeer ? 0 : 1 + Math.floor((peer - linksPerPeer - 1) / (linksPerPeer - 1));
}

class BarePeer {
  server;
  #children = [];
  #heard;
  /** The beginning of a frame whose end has not come. */
  #rest = Buffer.alloc(0);
  #isCorked = false;

  constructor(heard) {
    this.#heard = heard;
    this.server = createServer({ noDelay: true }, (socket) => this.#children.push(socket));
  }

  async listen() {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
  }

  async join(port) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.on("data", (bytes) => this.#receive(bytes));
  }

  /** Messages of one turn of the loop leave in one write. */
  publish(payload) {
    const frame = Buffer.allocUnsafe(4 + payload.length);
    frame.writeUInt32LE(payload.length);
    frame.set(payload, 4);
    this.#pass(frame);
  }

  #pass(frame) {
    if (!this.#isCorked) this.#cork();
    for (const child of this.#children) child.write(frame);
  }

  #cork() {
    this.#isCorked = true;
    for (const child of this.#children) child.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      for (const child of this.#children) child.uncork();
    });
  }

  /** Frames are passed on one by one, as anything must that decides about each, and as they came. */
  #receive(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      this.#pass(bytes.subarray(at, end));
      this.#heard(bytes.subarray(at + 4, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
