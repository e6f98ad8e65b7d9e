/**
 * What it costs two peers to find and repair what one of them lacks, in bytes of frames, both ways together.
 *
 * Two histories, with nothing but the reconciliation between them, on a link of 20 ms.
 */
import { historyDefaults, reconcileDefaults } from "../../core/config.js";
import { History } from "../../core/history.js";
import { parsePeerId } from "../../core/identity.js";
import type { Digest, Envelope, Marks, Repair, Want } from "../../core/message.js";
import { type Random, sample, seededRandom } from "../../core/random.js";
import { Reconciler } from "../../core/reconcile.js";
import { encodeNative } from "../../wire/native.js";
import type { Values } from "./broadcast.js";
import type { Goal } from "./rows.js";

type ReconcileMessage = Digest | Marks | Want | Repair;

const latencyMs = 20;
const payloadBytes = 256;
const historyMax = 10_000;
/** What the search itself may cost, for each doubling of the history: three parts of a digest. */
const bytesPerDoubling = 32;

/** What the figures are held against. */
export function reconcileGoalOf(figure: string): Goal {
  return { goal: figure === "reconcile-equal-bytes" ? 64 : 1.5 };
}

/** One run: equal histories, and such that differ in some messages, of one origin and of 5,000. */
export function reconcileRun(randomSeed: number): Values {
  const values: Record<string, number> = {};
  for (const origins of [1, 5_000]) {
    for (const missing of [0, 1, 10, 100, 1_000]) {
      const { bytes, repairBytes } = compare(randomSeed, origins, missing);
      if (missing === 0) values["reconcile-equal-bytes"] = Math.max(values["reconcile-equal-bytes"] ?? 0, bytes);
      else {
        const search = bytesPerDoubling * Math.log2(historyMax);
        values[`reconcile-ratio-${missing}-of-${origins}-origins`] = (bytes - search) / repairBytes;
      }
    }
  }
  return values;
}

/** Two peers, the second of which lacks some messages at random; until they are the same. */
function compare(randomSeed: number, origins: number, missing: number): { bytes: number; repairBytes: number } {
  const random = seededRandom(randomSeed);
  const envelopes = published(random, origins);
  // A few here and there, as losses leave them; many in a row, as an absence does.
  const isAbsence = missing >= 1_000;
  const lacking = new Set(isAbsence ? envelopes.slice(-missing) : sample(random, envelopes, missing));
  const pipe = new Pipe(random);
  for (const envelope of envelopes) {
    pipe.sides[0].history.add(pipe.now, envelope, 1, -1);
    if (!lacking.has(envelope)) pipe.sides[1].history.add(pipe.now, envelope, 1, -1);
  }
  const repairBytes = [...lacking]
    .map((envelope) => encodeNative({ type: "repair", ageMs: 1_000, round: 2, envelope }).length)
    .reduce((sum, length) => sum + length, 0);
  // What has just come is given time to come by itself: it is not what this is about.
  pipe.now += 10_000;
  pipe.link();
  pipe.run(1_400);
  if (pipe.sides[1].history.size !== envelopes.length) throw new Error("the histories are not the same in the end");
  return { bytes: pipe.bytes, repairBytes };
}

function published(random: Random, origins: number): Envelope[] {
  const envelopes: Envelope[] = [];
  for (let origin = 0; origin < origins; origin++) {
    const digits = Array.from({ length: 8 }, () => random.below(0x1_0000).toString(16).padStart(4, "0")).join("");
    const id = parsePeerId(digits)!;
    for (let seq = 1; seq <= historyMax / origins; seq++) {
      const payload = new Uint8Array(payloadBytes);
      const address = "10.0.0.1:5000" as Envelope["address"];
      envelopes.push({
        origin: id,
        epoch: 1_704_067_200_000,
        seq,
        publishedAt: 1_704_067_200_000,
        address,
        topic: "t",
        payload,
      });
    }
  }
  return envelopes;
}

interface Side {
  readonly history: History;
  readonly reconciler: Reconciler;
}

/** The link between the two. */
class Pipe {
  readonly sides: readonly [Side, Side];
  now = 1_704_067_200_000;
  bytes = 0;
  /** Probes and their acks, as one. */
  readonly #onTheWayBack: { readonly at: number; readonly askedAt: number; readonly reconciler: Reconciler }[] = [];
  readonly #onTheWay: { readonly at: number; readonly to: Side; readonly message: ReconcileMessage }[] = [];

  constructor(random: Random) {
    this.sides = [this.#side(random, 1), this.#side(random, 0)];
  }

  link(): void {
    for (const { reconciler } of this.sides) reconciler.neighborUp(this.now, { slot: 0, link: 1 });
  }

  run(forMs: number): void {
    const end = this.now + forMs;
    while (this.now < end) {
      while (this.#onTheWay[0] !== undefined && this.#onTheWay[0].at <= this.now) {
        const { to, message } = this.#onTheWay.shift()!;
        to.reconciler.receive(this.now, 0, message);
      }
      while (this.#onTheWayBack[0] !== undefined && this.#onTheWayBack[0].at <= this.now) {
        const { reconciler, askedAt } = this.#onTheWayBack.shift()!;
        reconciler.confirmed(this.now, 0, askedAt);
      }
      for (const { reconciler } of this.sides) if (reconciler.nextWake <= this.now) reconciler.wake(this.now);
      this.now++;
    }
  }

  #side(random: Random, other: 0 | 1): Side {
    const history = new History(historyDefaults);
    const reconciler: Reconciler = new Reconciler(reconcileDefaults, history, random, {
      send: (_link, message) => {
        this.bytes += encodeNative(message).length;
        this.#onTheWay.push({ at: this.now + latencyMs, to: this.sides[other], message });
      },
      probe: (now) => {
        this.bytes += encodeNative({ type: "probe", nonce: 1 }).length + encodeNative({ type: "ack", nonce: 1 }).length;
        this.#onTheWayBack.push({ at: now + 2 * latencyMs, askedAt: now, reconciler });
      },
      repaired: (now, slot, { envelope, round, ageMs }) => history.add(now, envelope, round, slot, ageMs),
      gap: () => {},
      skipped: () => {},
    });
    return { history, reconciler };
  }
}
