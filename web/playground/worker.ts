/** The simulator, beside the page: it may take all the time it needs. */
import type { Answer, Order } from "./frames.js";
import { Player } from "./player.js";

/** Between two turns, in real milliseconds: the page's orders have theirs. */
const pauseMs = 4;

const player = new Player(
  (answer: Answer, transfer: Transferable[]) => self.postMessage(answer, { transfer }),
  () => performance.now(),
);
let isTurning = false;

self.addEventListener("message", (event: MessageEvent<Order>) => {
  void player.obey(event.data).then(keepTurning);
});

function keepTurning(): void {
  if (isTurning || !player.isBusy) return;
  isTurning = true;
  setTimeout(() => {
    isTurning = false;
    player.turn();
    keepTurning();
  }, pauseMs);
}
