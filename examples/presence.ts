/** Three workers share jobs, and ask nobody. One is killed, and the others take over. In virtual time; ends by itself. */
import { createHash } from "node:crypto";
import { createTestNetwork, type Peer } from "hearsay";

const jobs = ["invoices", "mails", "reports", "thumbnails"];

/** Who does a job, as this peer sees it: all come to the same. One that is merely suspect keeps its jobs. */
function workerFor(job: string, peer: Peer): string | undefined {
  const workers = peer.peers({ where: { status: ["alive", "suspect"], tags: { role: "worker" } } });
  const score = (name: string) => createHash("sha256").update(`${job} for ${name}`).digest("hex");
  return workers.map(({ tags }) => tags.name!).sort((a, b) => (score(a) < score(b) ? -1 : 1))[0];
}

/** A worker's code: the same over real sockets, with a peer of `createPeer({ seeds, tags: { role: "worker", name } })`. */
function work(name: string, peer: Peer): void {
  let mine: string[] = [];
  const look = () => {
    const before = mine;
    mine = jobs.filter((job) => workerFor(job, peer) === name);
    for (const job of mine) if (!before.includes(job)) console.log(`${name} does ${job}`);
  };
  // For a moment two may do the same job, or nobody: where that must not be, a lock is needed, and not a directory.
  for (const event of ["join", "alive", "dead", "leave"] as const) peer.on(event, look);
  look();
}

await using network = await createTestNetwork({ peers: 1 });
const [operator] = network.peers as [Peer];
const workers = new Map(
  ["ann", "bob", "cleo"].map((name) => [name, network.addPeer({ tags: { role: "worker", name } })]),
);
for (const peer of workers.values()) await network.until(peer.ready({ atLeast: 4 }));
for (const [name, peer] of workers) work(name, peer);

const victim = workerFor("mails", operator)!;
const dead = operator.once("dead");
const killedAt = network.now;
network.crash(workers.get(victim)!);
console.log(`${(await network.until(dead)).peer.tags.name} is dead, after ${network.now - killedAt} virtual ms`);
await network.advance(1_000);
