/**
 * Messages on their way, drawn over the graph. Their ways are those that they really went; in truth a hop takes a
 * millisecond, so what is drawn is slower: each hop takes a third of a second, and begins when the one before has ended.
 */
import type { Palette } from "./palette.js";

/** One hop. */
export interface PulseHop {
  readonly message: string;
  readonly from: string | null;
  readonly to: string;
}

/** Where a point is on the screen, in CSS pixels; undefined when it is not drawn. */
export type Locate = (key: string) => { readonly x: number; readonly y: number } | undefined;

interface Pulse {
  readonly from: string | null;
  readonly to: string;
  readonly startAt: number;
}

const hopMs = 330;
/** The way stays visible for so long after the message has passed. */
const trailMs = 1_800;
/** More at once cannot be told apart, and would cost frames. */
const pulsesMax = 3_000;
/** More than so many are drawn as plain lines and dots, many in one go. */
const fineMax = 250;
/** Steps in which plain lines fade. */
const shades = 4;
const arrivalsMax = 20_000;

/** Draws on a canvas that lies over the graph. */
export class Pulses {
  readonly #canvas: HTMLCanvasElement;
  readonly #locate: Locate;
  #palette: Palette;
  #pulses: Pulse[] = [];
  /** When, as it is drawn, a message comes to a peer: by message and peer. */
  readonly #arrivals = new Map<string, number>();
  #path: readonly PulseHop[] = [];
  #isEmpty = true;
  #drawn = 0;

  constructor(canvas: HTMLCanvasElement, palette: Palette, locate: Locate) {
    this.#canvas = canvas;
    this.#palette = palette;
    this.#locate = locate;
  }

  /** Hops drawn since the start. */
  get drawn(): number {
    return this.#drawn;
  }

  /** Whether there is anything that moves or fades. */
  get isBusy(): boolean {
    return this.#pulses.length > 0;
  }

  /** Draws in these colours from now on. */
  set palette(palette: Palette) {
    this.#palette = palette;
  }

  /** A hop has happened. */
  add({ message, from, to }: PulseHop, now: number): void {
    if (this.#pulses.length >= pulsesMax) return;
    const before = from === null ? now : (this.#arrivals.get(`${message} ${from}`) ?? now);
    const startAt = Math.max(now, before);
    if (this.#arrivals.size >= arrivalsMax) this.#arrivals.clear();
    this.#arrivals.set(`${message} ${to}`, from === null ? startAt : startAt + hopMs);
    this.#pulses.push({ from, to, startAt });
    this.#drawn++;
  }

  /** Draws the whole way of one message, until told otherwise. */
  trace(hops: readonly PulseHop[]): void {
    this.#path = hops;
  }

  /** Draws everything as it is now. */
  draw(now: number): void {
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    if (!this.#isEmpty) context.clearRect(0, 0, width, height);
    this.#pulses = this.#pulses.filter(({ startAt }) => now - startAt < hopMs + trailMs);
    this.#isEmpty = this.#pulses.length === 0 && this.#path.length === 0;
    if (this.#isEmpty) return;
    const ratio = globalThis.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.strokeStyle = this.#palette.pulse;
    context.fillStyle = this.#palette.pulse;
    context.lineCap = "round";
    for (const hop of this.#path) this.#drawHop(context, hop);
    if (this.#pulses.length > fineMax) this.#drawMany(context, now);
    else for (const pulse of this.#pulses) this.#drawPulse(context, pulse, now);
    context.globalAlpha = 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** One path for each shade: thousands of small ones would cost more than all the rest of the page. */
  #drawMany(context: CanvasRenderingContext2D, now: number): void {
    const trails = Array.from({ length: shades }, () => new Path2D());
    const heads = new Path2D();
    for (const { from, to, startAt } of this.#pulses) {
      const end = now < startAt ? undefined : this.#locate(to);
      const start = from === null ? end : this.#locate(from);
      if (start === undefined || end === undefined) continue;
      const share = Math.min(1, (now - startAt) / hopMs);
      const x = start.x + (end.x - start.x) * share;
      const y = start.y + (end.y - start.y) * share;
      const fading = 1 - Math.max(0, now - startAt - hopMs) / trailMs;
      const trail = trails[Math.min(shades - 1, Math.floor(fading * shades))]!;
      trail.moveTo(start.x, start.y);
      trail.lineTo(x, y);
      if (share < 1) heads.rect(x - 2, y - 2, 4, 4);
    }
    context.lineWidth = 1;
    trails.forEach((trail, at) => {
      context.globalAlpha = (0.8 * (at + 1)) / shades;
      context.stroke(trail);
    });
    context.globalAlpha = 1;
    context.fill(heads);
  }

  #drawPulse(context: CanvasRenderingContext2D, { from, to, startAt }: Pulse, now: number): void {
    if (now < startAt) return;
    const end = this.#locate(to);
    const start = from === null ? end : this.#locate(from);
    if (start === undefined || end === undefined) return;
    const share = from === null ? 1 : Math.min(1, (now - startAt) / hopMs);
    const fading = Math.max(0, 1 - Math.max(0, now - startAt - hopMs) / trailMs);
    const x = start.x + (end.x - start.x) * share;
    const y = start.y + (end.y - start.y) * share;
    context.globalAlpha = 0.8 * fading;
    if (from !== null) {
      context.lineWidth = 2.5;
      context.beginPath();
      context.moveTo(start.x, start.y);
      context.lineTo(x, y);
      context.stroke();
    }
    if (share < 1) {
      context.globalAlpha = 1;
      context.beginPath();
      context.arc(x, y, 4.5, 0, 2 * Math.PI);
      context.fill();
    } else if (fading > 0.5) {
      context.globalAlpha = fading;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(end.x, end.y, 10 + 8 * (1 - fading), 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /** A line with an arrow in its middle. */
  #drawHop(context: CanvasRenderingContext2D, { from, to }: PulseHop): void {
    const end = this.#locate(to);
    if (end === undefined) return;
    context.globalAlpha = 0.95;
    context.lineWidth = 2.5;
    context.beginPath();
    if (from === null) {
      context.arc(end.x, end.y, 15, 0, 2 * Math.PI);
      context.stroke();
      return;
    }
    const start = this.#locate(from);
    if (start === undefined) return;
    context.moveTo(start.x, start.y);
    context.lineTo(end.x, end.y);
    context.stroke();
    const angle = Math.atan2(end.y - start.y, end.x - start.x);
    const tip = { x: start.x + (end.x - start.x) * 0.58, y: start.y + (end.y - start.y) * 0.58 };
    context.beginPath();
    context.moveTo(tip.x, tip.y);
    context.lineTo(tip.x - 9 * Math.cos(angle - 0.45), tip.y - 9 * Math.sin(angle - 0.45));
    context.lineTo(tip.x - 9 * Math.cos(angle + 0.45), tip.y - 9 * Math.sin(angle + 0.45));
    context.closePath();
    context.fill();
  }
}
