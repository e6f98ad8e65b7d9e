/** Settings are pushed to all workers, and each says what it runs with. One that comes late hears both. Ends by itself. */
import { createPeer, createSeed, json, type Peer } from "hearsay";

/** Follows the settings, and tells everyone what this worker runs with. */
async function work(name: string, peer: Peer): Promise<void> {
  let version = 0;
  // The newest wins, whatever the order: a newcomer is told what was said before, too.
  for await (const message of peer.subscribe("settings", { order: "any" })) {
    const settings = message.json<{ version: number; color: string }>();
    if (settings.version <= version) continue;
    version = settings.version;
    await peer.publish("workers", json({ name, version }), { allowAlone: true });
  }
}

await using seed = await createSeed();
const seeds = [`127.0.0.1:${seed.port}`];
await using operator = await createPeer({ seeds });
await using first = await createPeer({ seeds });
// A loop whose peer is closed while it publishes ends with an error, `closed`: no news here.
work("first", first).catch(() => {});
await operator.publish("settings", json({ version: 1, color: "red" }));
await operator.publish("settings", json({ version: 2, color: "green" }));
await using late = await createPeer({ seeds });
work("late", late).catch(() => {});

const present = new Map<string, number>();
for await (const message of operator.subscribe("workers")) {
  const { name, version } = message.json<{ name: string; version: number }>();
  console.log(`${name} runs with ${version}`);
  present.set(name, version);
  if (present.get("first") === 2 && present.get("late") === 2) break;
}
