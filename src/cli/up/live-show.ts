/** A local network's run as a live view in the terminal, with keys to play with it. */
import { createLogUpdate } from "log-update";
import ms from "ms";
import pc from "picocolors";
import { now } from "../../net/clock.js";
import { systemRandom } from "../../net/random.js";
import type { Departure } from "../departure.js";
import { type Output, type OutputOptions, wantsColor } from "../output.js";
import { eventLine, type NetworkEvent } from "./events.js";
import { Keyboard } from "./keyboard.js";
import type { LocalNetwork } from "./local-network.js";
import type { Publisher } from "./publisher.js";
import type { Show } from "./show.js";
import { renderView, type ViewEvent, type ViewState } from "./view.js";

/** What the view goes by. */
export interface LiveShowOptions extends OutputOptions {
  /** How long the network runs, in milliseconds; until stopped when left out. */
  readonly for?: number;
  readonly randomSeed?: number;
}

const redrawMs = 200;
const eventsMax = 200;
/** Peers that the `a` key goes up to: each is real sockets and timers in this one process. */
const peersMax = 500;

const noCounts = { messages: 0, expected: 0, delivered: 0, missing: 0, duplicates: 0 };

/** The live view. Has the terminal from its first frame until it is closed. */
export class LiveShow implements Show {
  readonly #options: LiveShowOptions;
  readonly #output: Output;
  readonly #departure: Departure;
  readonly #colors: ReturnType<typeof pc.createColors>;
  readonly #draw = createLogUpdate(process.stdout, { showCursor: true });
  readonly #keyboard = new Keyboard((key) => this.#key(key));
  readonly #random: ReturnType<typeof systemRandom>;
  readonly #startedAt = now();
  readonly #events: ViewEvent[] = [];
  readonly #restore = () => this.#giveBack();
  readonly #resized = () => this.#startOver();
  #network: LocalNetwork | undefined;
  #publisher: Publisher | undefined;
  #phase = "starting";
  #url: string | undefined;
  #endsAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasTerminal = false;
  #hasKeys = false;

  constructor(options: LiveShowOptions, output: Output, departure: Departure) {
    this.#options = options;
    this.#output = output;
    this.#departure = departure;
    this.#colors = pc.createColors(wantsColor(process.stdout, options));
    this.#random = systemRandom(options.randomSeed);
  }

  starting(): void {
    this.#hasTerminal = true;
    process.on("exit", this.#restore);
    this.#departure.onAtOnce = this.#restore;
    process.stdout.write("\u001b[?25l");
    process.stdout.on("resize", this.#resized);
    this.#output.divertWarnings = (line) => this.#say(line, "bad");
    this.#hasKeys = this.#keyboard.open();
    this.#timer = setInterval(() => this.#redraw(), redrawMs);
    void this.#departure.requested.then(() => {
      this.#phase = "leaving";
    });
    this.#redraw();
  }

  event(event: NetworkEvent): void {
    // Silences stand in the table, and each neighbor counts its own: as lines they would hide everything else.
    if (event.type === "silent" || event.type === "seed-started" || event.type === "peer-started") return;
    const text = eventLine(event);
    if (text !== undefined) this.#say(text, toneOf(event));
  }

  open(network: LocalNetwork, publisher: Publisher): void {
    this.#network = network;
    this.#publisher = publisher;
  }

  endpoint(url: string): void {
    this.#url = url;
  }

  linking(joined: number, linked: number, living: number): void {
    this.#phase = `linking: ${joined} of ${living} joined, ${linked} linked`;
  }

  linked(intervalMs: number): void {
    this.#phase = "running";
    this.#endsAt = this.#options.for === undefined ? undefined : now() + this.#options.for;
    this.#say(`all are linked; each publishes every ${ms(intervalMs)}`, "good");
  }

  settling(): void {
    this.#phase = "waiting for deliveries on the way";
    this.#endsAt = undefined;
  }

  close(): void {
    if (!this.#hasTerminal) return;
    this.#phase = "ended";
    this.#endsAt = undefined;
    this.#hasKeys = false;
    this.#redraw();
    this.#giveBack();
  }

  #key(key: string): void {
    if (key === "q" || key === "ctrl-c") this.#departure.request();
    else if (this.#phase !== "running" || this.#network === undefined) return;
    else if (key === "a") void this.#add(this.#network);
    else if (key === "k") this.#kill(this.#network);
    else if (key === "p") this.#publish(this.#network);
    this.#redraw();
  }

  async #add(network: LocalNetwork): Promise<void> {
    if (network.living().length >= peersMax) {
      this.#say(`${peersMax} peers are as many as one process takes`, "bad");
      return;
    }
    try {
      const peer = await network.addPeer();
      this.#say(`${peer} was added`, "plain");
      this.#publisher?.add(peer);
    } catch (error) {
      this.#say(`no peer was added: ${error instanceof Error ? error.message : String(error)}`, "bad");
    }
  }

  #kill(network: LocalNetwork): void {
    const living = network.living();
    if (living.length < 2) this.#say("the last peer stays: there would be nobody to miss it", "plain");
    else network.kill(living[this.#random.below(living.length)]!);
  }

  #publish(network: LocalNetwork): void {
    const joined = network.living().filter((name) => network.joined(name));
    if (joined.length === 0) return;
    const name = joined[this.#random.below(joined.length)]!;
    if (network.publish(name)) this.#say(`${name} published a message`, "plain");
  }

  #say(text: string, tone: ViewEvent["tone"]): void {
    this.#events.push({ atMs: now() - this.#startedAt, text, tone });
    if (this.#events.length > eventsMax) this.#events.shift();
  }

  #redraw(): void {
    if (!this.#hasTerminal) return;
    const { columns, rows } = process.stdout;
    const lines = renderView(this.#state(), { columns: columns || 80, rows: rows || 24 }, this.#colors);
    this.#draw(lines.join("\n"));
  }

  #state(): ViewState {
    const network = this.#network;
    const at = now();
    const footer = this.#hasKeys ? "keys" : "no-keys";
    return {
      phase: this.#phase,
      url: this.#url,
      upMs: at - this.#startedAt,
      leftMs: this.#endsAt === undefined ? undefined : this.#endsAt - at,
      seeds: network?.seeds() ?? [],
      peers: network?.peers() ?? [],
      linkCount: network?.links().length ?? 0,
      counts: network?.counts() ?? noCounts,
      events: this.#events,
      ...(this.#phase === "ended" ? {} : { footer }),
    };
  }

  /** The terminal has broken the old lines anew, so where they stand now is anybody's guess. */
  #startOver(): void {
    if (!this.#hasTerminal) return;
    this.#draw.clear();
    process.stdout.write("\u001b[2J\u001b[H");
    this.#redraw();
  }

  #giveBack(): void {
    if (!this.#hasTerminal) return;
    this.#hasTerminal = false;
    clearInterval(this.#timer);
    process.off("exit", this.#restore);
    process.stdout.off("resize", this.#resized);
    this.#keyboard.close();
    this.#draw.done();
    process.stdout.write("\u001b[?25h");
    this.#output.divertWarnings = undefined;
  }
}

function toneOf(event: NetworkEvent): ViewEvent["tone"] {
  switch (event.type) {
    case "joined":
    case "thawed":
    case "healed":
    case "kept":
      return "good";
    case "killed":
    case "frozen":
    case "cut":
    case "partitioned":
    case "reported":
    case "dead":
    case "status":
    case "removed":
    case "warning":
      return "bad";
    case "delivered":
      return event.outcome === "duplicate" ? "bad" : "plain";
    default:
      return "plain";
  }
}
