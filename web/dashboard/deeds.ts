/** What people can have done: asks the endpoint, and tells them how it went. */
import type {
  ActionName,
  AddedPeersAnswer,
  DoneAnswer,
  PartitionRequest,
  PublishedAnswer,
} from "../../src/http/schemas.js";
import type { Endpoint } from "./endpoint.js";
import { ending, selected, tell } from "./state.js";
import { some } from "./words.js";

/** Everything that can be done to one peer. */
export type PeerDeed = Extract<ActionName, "kill" | "freeze" | "thaw" | "leave">;

const done: Readonly<Record<PeerDeed, string>> = {
  kill: "was killed: nobody is told",
  freeze: "is frozen",
  thaw: "goes on",
  leave: "says goodbye",
};

/** Actions of the page. Each resolves when it is over, however it went: failures are told. */
export class Deeds {
  readonly #endpoint: Endpoint;
  readonly #afterwards: () => void;

  /** @param afterwards - called when something was changed */
  constructor(endpoint: Endpoint, afterwards: () => void) {
    this.#endpoint = endpoint;
    this.#afterwards = afterwards;
  }

  /** Has a peer say something: of a network any, or this one. */
  async publish(topic: string, text: string, peer: string | undefined): Promise<boolean> {
    const body = { topic, text, ...(peer === undefined ? {} : { peer }) };
    return this.#attempt("publish", body, ({ neighbors, peer: by }: PublishedAnswer) => {
      const who = by === null ? "Published" : `${by} has said it`;
      return neighbors === 0 ? `${who}; it has no neighbor.` : `${who}; ${some(neighbors, "neighbor")} sent it first.`;
    });
  }

  /** Starts peers. */
  async addPeers(count: number): Promise<boolean> {
    return this.#attempt("peers", { count }, ({ peers }: AddedPeersAnswer) => `${peers.join(", ")} started.`);
  }

  /** Does something to one peer. */
  async peer(deed: PeerDeed, name: string): Promise<boolean> {
    const isEnd = deed === "kill" || deed === "leave";
    if (isEnd) ending.value = new Set([...ending.value, name]);
    const path = `peers/${encodeURIComponent(name)}/${deed}`;
    const hasWorked = await this.#attempt(path, {}, ({ done: isDone }: DoneAnswer) =>
      isDone ? `${name} ${done[deed]}.` : `${name}: there was nothing to do.`,
    );
    if (isEnd && !hasWorked) ending.value = new Set([...ending.value].filter((one) => one !== name));
    return hasWorked;
  }

  /** Lets nothing through between two. */
  async cut(a: string, b: string): Promise<boolean> {
    return this.#attempt("links/cut", { a, b }, ({ done: isDone }: DoneAnswer) =>
      isDone ? `The path between ${a} and ${b} is cut.` : `It was cut already.`,
    );
  }

  /** Cuts all paths between groups. */
  async partition(request: PartitionRequest): Promise<boolean> {
    return this.#attempt("partition", request, () => "The network is partitioned.");
  }

  /** Mends all paths. */
  async heal(): Promise<boolean> {
    return this.#attempt("heal", {}, ({ done: isDone }: DoneAnswer) =>
      isDone ? "All paths are mended." : "There was nothing to mend.",
    );
  }

  async #attempt<Answer>(path: string, body: object, words: (answer: Answer) => string): Promise<boolean> {
    try {
      tell("good", words(await this.#endpoint.act<Answer>(path, body)));
      this.#afterwards();
      return true;
    } catch (error) {
      tell("bad", error instanceof Error ? sentence(error.message) : String(error));
      return false;
    }
  }
}

/** Opens somebody's panel. */
export function open(key: string | undefined): void {
  selected.value = key;
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
