/**
 * Ten thousand peers on one machine: each has a loopback address of its own, and all share one port, where a single
 * listener answers for those that are to be alive. Registering from so many addresses also keeps the load from running
 * out of client ports, which a closed connection holds for a minute. Needs Linux, where all of 127.0.0.0/8 is local.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

/** A registration that takes longer has failed. */
const limitMs = 10_000;

/** The address of one of the peers. */
export function loopbackIp(index: number): string {
  return `127.10.${index >> 8}.${index & 255}`;
}

/** Peers that answer liveness requests, all of them. */
export class LivePeers {
  readonly #server: Server;
  /** Liveness requests answered so far. */
  answered = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#converse(socket));
  }

  /** Listens on any free port of all loopback addresses (and others: there is no narrower way to say it). */
  static start(): Promise<LivePeers> {
    const peers = new LivePeers();
    return new Promise((resolve, reject) => {
      peers.#server.once("error", reject).listen(0, "0.0.0.0", 1_024, () => resolve(peers));
    });
  }

  /** The port of each of them. */
  get port(): number {
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  close(): void {
    this.#server.close();
  }

  #converse(socket: Socket): void {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const [what, timestamp, ip] = bytes.toString().split(":");
      if (what !== "Liveness Request") return;
      this.answered++;
      socket.end(`Liveness Reply:${timestamp}:${ip}:${socket.localAddress}`);
    });
  }
}

/** Registers once, as Hearsay's peers do: text, half-close, answer. The time from opening to the end of the answer. */
export function register(seedPort: number, ip: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const socket = connect({ port: seedPort, host: "127.0.0.1", localAddress: ip, noDelay: true });
    const limit = setTimeout(() => socket.destroy(new Error("the seed does not answer")), limitMs);
    let bytesRead = 0;
    socket.end(`${ip}:${port}`);
    socket.on("data", (bytes) => {
      bytesRead += bytes.length;
    });
    socket.on("error", (error) => {
      clearTimeout(limit);
      reject(error);
    });
    socket.on("end", () => {
      clearTimeout(limit);
      if (bytesRead > 0) resolve(performance.now() - startedAt);
      else reject(new Error("the seed hung up without an answer"));
    });
  });
}

/** Registrations to make, one after another or several at a time. */
export interface Load {
  readonly seedPort: number;
  /** The port that each peer gives as its own. */
  readonly peerPort: number;
  /** Peers take turns: the one with the number `from`, and so on; after `peers` of them, the first again. */
  readonly peers: number;
  readonly from?: number;
  readonly count: number;
  readonly parallel: number;
}

/** What a load took. */
export interface LoadTimes {
  /** Of each registration, in milliseconds, in order of their ends. */
  readonly timesMs: number[];
  readonly perSecond: number;
}

/** Makes the registrations. */
export async function run({ seedPort, peerPort, peers, from = 0, count, parallel }: Load): Promise<LoadTimes> {
  const timesMs: number[] = [];
  const startedAt = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const ip = loopbackIp((from + next++) % peers);
      timesMs.push(await register(seedPort, ip, peerPort));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { timesMs, perSecond: (1000 * count) / (performance.now() - startedAt) };
}
