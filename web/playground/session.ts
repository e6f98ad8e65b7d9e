/** The worker, as the page sees it. */
import { scenarioFragment, scenarioOfFragment } from "../../src/sim/scenario/fragment.js";
import type { Deed, Scenario } from "../../src/sim/scenario/scenario.js";
import type { Answer, Frame, Order } from "./frames.js";

/** What the page is told. */
export interface SessionOwner {
  /** There is a frame to be drawn. */
  frame(frame: Frame): void;
  /** Something else has changed. */
  changed(): void;
}

/** One worker, and what it plays. */
export class Session {
  /** Undefined while a trace is played. */
  scenario: Scenario | undefined;
  name = "";
  failure: string | undefined;
  frame: Frame | undefined;
  readonly #worker: Worker;
  readonly #owner: SessionOwner;

  constructor(worker: Worker, owner: SessionOwner) {
    this.#worker = worker;
    this.#owner = owner;
    worker.addEventListener("message", (event: MessageEvent<Answer>) => this.#hear(event.data));
    worker.addEventListener("error", () => this.#fail("the simulator could not be started in this browser"));
  }

  /** Begins a scenario. */
  run(scenario: Scenario, isPlaying: boolean): void {
    this.failure = undefined;
    this.order({ type: "run", scenario, isPlaying });
  }

  /** Begins what the address of the page says. Returns whether it says anything. */
  runAddress(fragment: string): boolean {
    if (!fragment.startsWith("#run=")) return false;
    try {
      this.run(scenarioOfFragment(fragment), true);
      return true;
    } catch (error) {
      this.#fail((error as Error).message);
      return false;
    }
  }

  /** Does something to the network that is played. */
  do(...deeds: readonly Deed[]): void {
    this.failure = undefined;
    this.order({ type: "do", deeds });
  }

  /** Asks for something. */
  order(order: Order): void {
    this.#worker.postMessage(order);
  }

  #hear(answer: Answer): void {
    if (answer.type === "frame") {
      this.frame = answer;
      this.#owner.frame(answer);
      return;
    }
    if (answer.type === "failed") {
      this.#fail(answer.message);
      return;
    }
    this.scenario = answer.scenario;
    this.name = answer.name;
    const fragment = answer.scenario === undefined ? "" : `#${scenarioFragment(answer.scenario)}`;
    // The address always repeats what is seen, and the button that goes back is left alone.
    history.replaceState(null, "", `${location.pathname}${location.search}${fragment}`);
    this.#owner.changed();
  }

  #fail(message: string): void {
    this.failure = message;
    this.#owner.changed();
  }
}
