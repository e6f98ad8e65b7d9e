/** `hearsay subscribe`: prints what is said on topics, until it is asked to leave or has had enough. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ReceivedMessage } from "../api/received-message.js";
import type { Subscription } from "../api/subscription.js";
import { journalOf } from "../net/peer-journal.js";
import { type ContactOptions, contactsText, readSomeContacts } from "./contacts.js";
import { Departure } from "./departure.js";
import { exitFine, exitTimeout } from "./exit-codes.js";
import { Failure } from "./failure.js";
import { messageFields, payloadText, textOf } from "./message-print.js";
import { eventFields, startNative } from "./native-start.js";
import { Output, type OutputOptions } from "./output.js";
import { withProgress } from "./progress.js";

/** The options of `hearsay subscribe`. */
export interface SubscribeCommandOptions extends OutputOptions, ContactOptions {
  readonly port?: number;
  readonly host?: string;
  readonly advertise?: string;
  readonly network?: string;
  readonly history?: "retained" | "none";
  /** Leaves after so many messages. */
  readonly count?: number;
  /** Leaves after so many milliseconds. */
  readonly for?: number;
}

/**
 * Subscribes to the topics, or to all when none is named. Resolves with the exit code when it has left.
 *
 * @throws {@link Failure} when `--count` messages have not come within `--for`; HearsayError `wrong-network`
 */
export async function runSubscribe(topics: readonly string[], options: SubscribeCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const contacts = await readSomeContacts(options);
  const started = await startNative(contacts, options);
  const { peer } = started;
  const journal = journalOf(peer, {
    onEvent: (event) => output.event(event.type, eventFields(event)),
    onWarning: (line) => output.warning(line),
  });
  const wanted = topics.length === 0 ? [undefined] : [...new Set(topics)];
  const printer = new Printer(output, options.count);
  for (const topic of wanted) void printer.print(peer.subscribe(topic, { overflow: "drop-oldest" }));
  const joining = withProgress(output, `joining through ${contactsText(contacts)}`, started.join());
  const timeIsUp = options.for === undefined ? departure.requested : sleep(options.for, undefined, { ref: false });
  await Promise.race([
    departure.requested,
    printer.enough,
    timeIsUp,
    // A join that fails ends the command; one that succeeds is only the beginning.
    joining.then(() => departure.requested),
  ]);
  await peer.close();
  await journal.close();
  await output.flush();
  const { count } = options;
  if (count === undefined || printer.printed >= count || departure.isRequested) return exitFine;
  throw new Failure(`only ${printer.printed} of ${count} messages have come`, exitTimeout);
}

/** Prints the messages of all subscriptions. */
class Printer {
  readonly #output: Output;
  readonly #count: number;
  readonly #isTerminal = process.stdout.isTTY === true;
  #resolve: () => void = () => {};
  /** Resolves when as many messages as were wanted have been printed. */
  readonly enough = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });
  printed = 0;

  constructor(output: Output, count = Number.POSITIVE_INFINITY) {
    this.#output = output;
    this.#count = count;
  }

  /** As fast as stdout takes it; what waits beyond its limit is given up, and told. */
  async print(subscription: Subscription): Promise<void> {
    for await (const message of subscription) {
      if (this.printed >= this.#count) return;
      this.#print(message);
      if (++this.printed === this.#count) this.#resolve();
      await this.#output.room();
    }
  }

  #print(message: ReceivedMessage): void {
    if (this.#output.json) {
      this.#output.event("message", messageFields(message));
      return;
    }
    if (textOf(message) === undefined) this.#output.note(`${message.id} is no UTF-8: printed in base64`);
    this.#output.text(payloadText(message, this.#isTerminal));
  }
}
