/**
 * Who is not worth asking for a while: peers that refused a link, and peers that were not there.
 */
import type { Address } from "../address.js";
import type { ClassicPeerConfig } from "./config.js";

/** What is remembered of one address. */
export interface Mark {
  /** `full`: it refused. `gone`: it could not be reached, or fell silent. */
  readonly kind: "full" | "gone";
  readonly until: number;
  /** It was asked a second time in spite of its refusal. */
  insisted: boolean;
}

/** Addresses remembered; the oldest mark goes first, and at worst its peer is asked once more. */
const marksMax = 2_000;

/** The marks of one peer. */
export class Marks {
  readonly #config: ClassicPeerConfig;
  readonly #marks = new Map<Address, Mark>();

  constructor(config: ClassicPeerConfig) {
    this.#config = config;
  }

  /** The mark of an address, as long as it counts. */
  get(now: number, address: Address): Mark | undefined {
    const mark = this.#marks.get(address);
    if (mark === undefined || mark.until > now) return mark;
    this.#marks.delete(address);
    return undefined;
  }

  /** Marks an address from now on, for as long as the config says. */
  set(now: number, address: Address, kind: Mark["kind"]): void {
    const { refusalMemoryMs, absenceMemoryMs } = this.#config;
    const until = now + (kind === "full" ? refusalMemoryMs : absenceMemoryMs);
    this.#marks.delete(address);
    if (this.#marks.size >= marksMax) this.#marks.delete(this.#marks.keys().next().value!);
    this.#marks.set(address, { kind, until, insisted: false });
  }

  /** Forgets one mark. */
  delete(address: Address): void {
    this.#marks.delete(address);
  }

  /** Forgets all of them. */
  clear(): void {
    this.#marks.clear();
  }
}
