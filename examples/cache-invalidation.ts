/** Two servers, each with a cache of one database: a write at one makes the other forget. Ends by itself. */
import { setTimeout as pause } from "node:timers/promises";
import { createPeer, createSeed, type Peer } from "hearsay";

const database = new Map([["price", 3]]);
class Server {
  readonly #peer: Peer;
  readonly #cache = new Map<string, number>();

  constructor(peer: Peer) {
    this.#peer = peer;
    // Messages that can't be had any more: nobody knows which keys they named.
    peer.on("gap", () => this.#cache.clear());
    void this.#forgetWhatChanges();
  }

  read(key: string): number {
    const value = this.#cache.get(key) ?? database.get(key)!;
    this.#cache.set(key, value);
    return value;
  }

  async write(key: string, value: number): Promise<void> {
    database.set(key, value);
    await this.#peer.publish("changed", key, { allowAlone: true });
  }

  async #forgetWhatChanges(): Promise<void> {
    for await (const change of this.#peer.subscribe("changed")) this.#cache.delete(change.text());
  }
}

await using seed = await createSeed();
await using one = await createPeer({ seeds: [`127.0.0.1:${seed.port}`] });
await using other = await createPeer({ seeds: [`127.0.0.1:${seed.port}`] });
const [writer, reader] = [new Server(one), new Server(other)];
console.log(`before: ${reader.read("price")}`);
await writer.write("price", 4);
while (reader.read("price") !== 4) await pause(10);
console.log(`after: ${reader.read("price")}`);
