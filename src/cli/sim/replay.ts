/** `hearsay sim replay`: reads a trace, line by line or step by step. */
import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { Departure } from "../departure.js";
import { exitFine } from "../exit-codes.js";
import { Output, type OutputOptions, wantsColor } from "../output.js";
import { Keyboard } from "../up/keyboard.js";
import { cut } from "../up/text.js";
import { durationValue } from "../values.js";
import { Stepper } from "./stepper.js";
import { readTrace } from "./trace-file.js";
import { isWanted, lineText, type MessageName, TraceNames, type TraceWanted } from "./trace-filter.js";

/** The options of `hearsay sim replay`. Times are virtual milliseconds. */
export interface ReplayOptions extends OutputOptions {
  readonly peer?: readonly number[];
  readonly from?: number;
  readonly to?: number;
  readonly kind?: readonly string[];
  readonly message?: MessageName;
  /** False after `--no-keys`. */
  readonly keys?: boolean;
}

/** Lines between two looks at whether somebody wants to stop. */
const breathEvery = 1_000;
/** Rows of a terminal that the lines leave for the rest. */
const footRows = 3;
const timeValue = durationValue(0, 365 * 86_400_000);

/** Prints a trace, or shows it step by step in a terminal. Resolves with the exit code. */
export async function runReplay(path: string, options: ReplayOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const { peer: peers, from: fromMs, to: toMs, kind: kinds, message } = options;
  const wanted: TraceWanted = { peers, fromMs, toMs, kinds, message };
  const isShown = process.stdout.isTTY && process.stdin.isTTY && !output.json && options.keys !== false;
  if (isShown) return new Show(path, wanted, options, departure).run();
  const names = new TraceNames();
  let read = 0;
  for (const { line } of readTrace(path)) {
    names.note(line);
    if (++read % breathEvery === 0) {
      await output.room();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (departure.isRequested || line.at > (toMs ?? Number.POSITIVE_INFINITY)) break;
    if (!isWanted(line, wanted, names)) continue;
    output.line(lineText(line, names));
    output.jsonLine(line);
  }
  await output.flush();
  return exitFine;
}

/** A trace in a terminal: the present line at the bottom, those before it above. */
class Show {
  readonly #stepper: Stepper;
  readonly #departure: Departure;
  readonly #screen = createLogUpdate(process.stdout);
  readonly #keyboard = new Keyboard((key) => this.#key(key));
  readonly #colors: ReturnType<typeof pc.createColors>;
  /** What has been typed of a time to go to; undefined when none is asked for. */
  #typed: string | undefined;
  #notice = "";
  #failure: unknown;

  constructor(path: string, wanted: TraceWanted, options: ReplayOptions, departure: Departure) {
    this.#stepper = new Stepper(path, wanted);
    this.#departure = departure;
    this.#colors = pc.createColors(wantsColor(process.stdout, options));
    departure.onAtOnce = () => this.#keyboard.close();
  }

  async run(): Promise<number> {
    this.#stepper.forward();
    this.#keyboard.open();
    const redraw = () => this.#draw();
    process.stdout.on("resize", redraw);
    try {
      this.#draw();
      await this.#departure.requested;
    } finally {
      process.stdout.off("resize", redraw);
      this.#keyboard.close();
      this.#screen.done();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return exitFine;
  }

  #key(key: string): void {
    try {
      this.#do(key);
    } catch (error) {
      // A line that is none, further on in the file.
      this.#failure = error;
      this.#departure.request();
    }
  }

  #do(key: string): void {
    this.#notice = "";
    if (key === "ctrl-c" || (key === "q" && this.#typed === undefined)) {
      this.#departure.request();
      return;
    }
    if (this.#typed !== undefined) this.#type(key);
    else if (key === "n" || key === "\r" || key === "\n" || key === "j") this.#stepper.forward();
    else if (key === "p" || key === "k") this.#stepper.back();
    else if (key === " ") this.#stepper.forward(this.#rows());
    else if (key === "b") this.#stepper.back(this.#rows());
    else if (key === "g") this.#typed = "";
    this.#draw();
  }

  #type(key: string): void {
    const typed = this.#typed!;
    if (key === "\u007f" || key === "\b") this.#typed = typed.slice(0, -1);
    else if (key !== "\r" && key !== "\n")
      this.#typed = /^[\d.a-z]$/.test(key) && typed.length < 12 ? typed + key : typed;
    else {
      this.#typed = undefined;
      try {
        // A bare number is seconds here, as they stand in front of the lines.
        if (typed !== "") this.#stepper.toTime(timeValue(/^[\d.]+$/.test(typed) ? `${typed}s` : typed));
      } catch {
        this.#notice = `no time: ${typed}`;
      }
    }
  }

  #rows(): number {
    return Math.max(1, (process.stdout.rows || 24) - footRows - 1);
  }

  #draw(): void {
    const columns = (process.stdout.columns || 80) - 1;
    const { names } = this.#stepper;
    const lines = this.#stepper.view(this.#rows()).map((line) => cut(lineText(line, names), columns));
    const last = lines.length - 1;
    if (last >= 0) lines[last] = this.#colors.inverse(lines[last]!);
    else lines.push("nothing in it is wanted");
    const place = `line ${this.#stepper.number}${this.#stepper.isAtEnd ? ", the last" : ""}`;
    const keys = "n next  p back  space, b a page  g a time  q end";
    const asked = this.#typed === undefined ? keys : `to which second? ${this.#typed}▏`;
    this.#screen([...lines, "", cut(this.#notice || `${place}   ${asked}`, columns)].join("\n"));
  }
}
