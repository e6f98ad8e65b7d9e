/** A seed and three peers in one process: one of them says hello, the others hear it. Ends by itself. */
import { ClassicPeer, parseAddress, Seed } from "hearsay";

const seed = await Seed.start({ port: 0, host: "127.0.0.1" });
const seeds = [parseAddress(`127.0.0.1:${seed.port}`)!];
let heard = 0;
const peers = await Promise.all(
  [1, 2, 3].map((n) =>
    ClassicPeer.start({
      port: 0,
      host: "127.0.0.1",
      seeds,
      config: { messages: 0 },
      onEvent: (event) => {
        if (event.type !== "gossip") return;
        console.log(`peer ${n} heard ${event.gossip.text}`);
        heard++;
      },
    }),
  ),
);
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
while (!peers.every((peer) => peer.joined)) await pause();
peers[0]!.say("hello, everybody");
while (heard < 3) await pause();
await Promise.all([...peers, seed].map((running) => running.close()));
