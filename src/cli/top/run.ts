/** `hearsay top`: what a running peer, seed or network does, in the terminal. */
import { setTimeout as sleep } from "node:timers/promises";
import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { Departure } from "../departure.js";
import { exitFine } from "../exit-codes.js";
import { Failure } from "../failure.js";
import { readToken } from "../http-options.js";
import { Output, type OutputOptions, wantsColor } from "../output.js";
import { Keyboard } from "../up/keyboard.js";
import { streamEventLine } from "./event-line.js";
import { Remote } from "./remote.js";
import { type Snapshot, takeSnapshot } from "./snapshot.js";
import { renderTop, type TopState } from "./view.js";

/** The options of `hearsay top`. */
export interface TopCommandOptions extends OutputOptions {
  /** From one snapshot to the next, in milliseconds. */
  readonly every: number;
  /** So many snapshots, and no more. */
  readonly count?: number;
  readonly httpTokenFile?: string;
}

const eventsMax = 200;

/**
 * Shows an endpoint until it is asked to leave. Resolves with the exit code.
 *
 * @throws {@link Failure} when nothing answers at the beginning; later it is shown, and tried again
 */
export async function runTop(url: string, options: TopCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const remote = new Remote(url, await readToken(options.httpTokenFile));
  const first = await takeSnapshot(remote, undefined);
  const stop = new AbortController();
  const isLive = !output.json && process.stdout.isTTY && process.env.TERM !== "dumb";
  const screen = isLive ? new Screen(url, options, departure) : undefined;
  const listening = isLive ? remote.listen((event) => screen!.heard(streamEventLine(event)), stop.signal) : undefined;
  try {
    await refresh(remote, first, options, departure, (snapshot, failure) => {
      if (screen !== undefined) screen.show(snapshot, failure);
      else if (failure !== undefined) output.warning(failure);
      else if (output.json) output.event("snapshot", snapshot);
      else output.text(`${plainLines(url, snapshot).join("\n")}\n`);
    });
  } finally {
    stop.abort();
    screen?.close();
    await listening;
    await output.flush();
  }
  return exitFine;
}

async function refresh(
  remote: Remote,
  first: Snapshot,
  { every, count = Number.POSITIVE_INFINITY }: TopCommandOptions,
  departure: Departure,
  show: (snapshot: Snapshot, failure: string | undefined) => void,
): Promise<void> {
  let snapshot = first;
  show(snapshot, undefined);
  for (let taken = 1; taken < count && !departure.isRequested; taken++) {
    await Promise.race([departure.requested, sleep(every)]);
    if (departure.isRequested) return;
    try {
      snapshot = await takeSnapshot(remote, snapshot);
      show(snapshot, undefined);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      show(snapshot, error.message);
    }
  }
}

function plainLines(url: string, snapshot: Snapshot): string[] {
  const state = { url, snapshot, failure: undefined, events: [], hasKeys: false };
  const lines = renderTop(state, { columns: 120, rows: 60 }, pc.createColors(false));
  return lines.slice(0, lines.indexOf("") + 1);
}

/** The terminal, from the first frame until it is closed. */
class Screen {
  readonly #draw = createLogUpdate(process.stdout, { showCursor: true });
  readonly #keyboard: Keyboard;
  readonly #colors: ReturnType<typeof pc.createColors>;
  readonly #restore = () => this.close();
  readonly #resized = () => this.#startOver();
  readonly #events: string[] = [];
  #state: TopState;
  #isOpen = true;

  constructor(url: string, options: TopCommandOptions, departure: Departure) {
    this.#colors = pc.createColors(wantsColor(process.stdout, options));
    this.#keyboard = new Keyboard((key) => {
      if (key === "q" || key === "ctrl-c") departure.request();
    });
    process.on("exit", this.#restore);
    departure.onAtOnce = this.#restore;
    process.stdout.write("\u001b[?25l");
    process.stdout.on("resize", this.#resized);
    const hasKeys = this.#keyboard.open();
    this.#state = { url, snapshot: undefined, failure: undefined, events: this.#events, hasKeys };
  }

  heard(text: string | undefined): void {
    if (text === undefined) return;
    this.#events.push(text);
    if (this.#events.length > eventsMax) this.#events.shift();
  }

  show(snapshot: Snapshot, failure: string | undefined): void {
    this.#state = { ...this.#state, snapshot, failure };
    this.#redraw();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off("exit", this.#restore);
    process.stdout.off("resize", this.#resized);
    this.#keyboard.close();
    this.#draw.done();
    process.stdout.write("\u001b[?25h");
  }

  #redraw(): void {
    if (!this.#isOpen) return;
    const { columns, rows } = process.stdout;
    this.#draw(renderTop(this.#state, { columns: columns || 80, rows: rows || 24 }, this.#colors).join("\n"));
  }

  #startOver(): void {
    this.#draw.clear();
    process.stdout.write("\u001b[2J\u001b[H");
    this.#redraw();
  }
}
