/**
 * Where links between peers can be cut and mended. Each peer has a crossing before its door, whose address it tells to
 * others. The first message on a link says who dials; so a crossing knows whom to let pass while the network is parted.
 * On a cut link nothing moves and nothing breaks, as when packets are lost; what was written goes on when it is mended.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { NativeReader } from "../../src/wire/native.js";

interface Way {
  readonly from: string;
  readonly to: string;
  readonly outer: Socket;
  readonly inner: Socket;
  isCut: boolean;
  /** One end broke while the way was cut, and the other does not know yet. */
  isBroken: boolean;
}

/** All crossings of one test. */
export class Crossings {
  readonly #ways = new Set<Way>();
  readonly #servers: Server[] = [];
  #groups: readonly ReadonlySet<string>[] = [];
  #isTold = false;

  /**
   * From now on nothing passes between these groups of addresses.
   *
   * @param links - `silent`: what is sent gets lost, and nobody is told; `broken`: links are reset, and so are new ones
   */
  part(groups: readonly (readonly string[])[], links: "silent" | "broken" = "silent"): void {
    this.#groups = groups.map((group) => new Set(group));
    this.#isTold = links === "broken";
    for (const way of this.#ways) if (this.#isParted(way)) this.#cut(way);
  }

  /** Everything passes again. */
  mend(): void {
    this.#groups = [];
    for (const way of this.#ways) {
      if (!way.isCut) continue;
      way.isCut = false;
      if (way.isBroken) this.#remove(way);
      else join(way);
    }
  }

  /** Ends everything. */
  clear(): void {
    for (const way of this.#ways) this.#remove(way);
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** Keeps a server, to close it in the end. */
  keep(server: Server): void {
    this.#servers.push(server);
  }

  /** Somebody who says to be `from` wants to go `to`. */
  enter(from: string, to: string, outer: Socket, first: readonly Buffer[], port: number): void {
    const inner = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const way: Way = { from, to, outer, inner, isCut: false, isBroken: false };
    this.#ways.add(way);
    for (const end of [outer, inner]) {
      end.on("error", () => {});
      end.on("close", () => {
        if (way.isCut) way.isBroken = true;
        else if (end.readableEnded && end.writableFinished) end.destroy();
        else this.#remove(way);
        if (outer.destroyed && inner.destroyed) this.#ways.delete(way);
      });
    }
    for (const piece of first.toReversed()) outer.unshift(piece);
    if (this.#isParted(way)) this.#cut(way);
    else join(way);
  }

  #isParted({ from, to }: Way): boolean {
    const groupOf = (address: string) => this.#groups.findIndex((group) => group.has(address));
    return this.#groups.length > 0 && groupOf(from) !== groupOf(to);
  }

  #cut(way: Way): void {
    if (this.#isTold) {
      this.#ways.delete(way);
      way.outer.resetAndDestroy();
      way.inner.resetAndDestroy();
      return;
    }
    way.isCut = true;
    way.outer.unpipe(way.inner).pause();
    way.inner.unpipe(way.outer).pause();
  }

  #remove(way: Way): void {
    this.#ways.delete(way);
    way.outer.destroy();
    way.inner.destroy();
  }
}

/** The way into one peer. */
export class Crossing {
  readonly address: string;
  readonly #port: number;

  private constructor(ownPort: number, port: number) {
    this.address = `127.0.0.1:${ownPort}`;
    this.#port = port;
  }

  /** Opens one that leads to this port. */
  static async open(crossings: Crossings, port: number): Promise<Crossing> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
    crossings.keep(server);
    const crossing = new Crossing((server.address() as { port: number }).port, port);
    server.on("connection", (outer) => crossing.#ask(crossings, outer));
    return crossing;
  }

  /** Waits until it is known who it is. */
  #ask(crossings: Crossings, outer: Socket): void {
    const reader = new NativeReader();
    const first: Buffer[] = [];
    const gone = () => {};
    outer.on("error", gone);
    const hear = (piece: Buffer) => {
      first.push(piece);
      const [hello] = reader.push(Uint8Array.from(piece)).messages;
      if (hello?.type !== "hello") return;
      outer.off("data", hear).off("error", gone).pause();
      crossings.enter(hello.self.address, this.address, outer, first, this.#port);
    };
    outer.on("data", hear);
    outer.on("end", () => {
      if (first.length === 0) outer.end();
    });
  }
}

function join({ outer, inner }: Way): void {
  outer.pipe(inner);
  inner.pipe(outer);
}
