/** Draws frames: links on one canvas, which change seldom, and peers with the messages between them on another above it. */
import { outlined, outlineWidth, shapes } from "../graph/marks.js";
import { type Palette, palettes, type Theme } from "../graph/palette.js";
import { type Frame, flightFields, linkFields, statuses } from "./frames.js";
import { placesOf } from "./places.js";

const marginPx = 32;
/** Peers move to new places within so many real milliseconds. */
const moveMs = 450;
/** What is drawn is at most so many real milliseconds behind the frame. */
const lagMaxMs = 150;
/** A click so far from a peer still means it, in CSS pixels. */
const nearPx = 22;
/** A number takes so much room. */
const numberPx = 17;
/** So many peers are numbered. */
const numberedMax = 80;
/** So many messages are drawn at once, at most. */
const drawnFlightsMax = 6_000;

/** One picture of a network. */
export class Drawing {
  /** Frames drawn since the start. */
  drawn = 0;
  /** Whether messages other than those of the application are drawn. */
  showsAll = false;
  readonly #links: HTMLCanvasElement;
  readonly #points: HTMLCanvasElement;
  #palette: Palette;
  #frame: Frame | undefined;
  #linked: Int32Array = new Int32Array(0);
  #flights: number[] = [];
  #turn = -1;
  /** The moment that is drawn: frames may come seldom, and messages move evenly between them. */
  #shownAt = 0;
  #drawnAt = 0;
  #width = 1;
  #height = 1;
  #ratio = 1;
  #places = new Float32Array(0);
  #from = new Float32Array(0);
  #to = new Float32Array(0);
  #spacingPx = 1;
  #isSplit = false;
  #movedAt = Number.NEGATIVE_INFINITY;
  #placedFor = "";
  #areLinksStale = true;
  #marked: readonly number[] = [];

  constructor(links: HTMLCanvasElement, points: HTMLCanvasElement, theme: Theme) {
    this.#links = links;
    this.#points = points;
    this.#palette = palettes[theme];
  }

  /** Changes the colours. */
  set theme(theme: Theme) {
    this.#palette = palettes[theme];
    this.#areLinksStale = true;
  }

  /** Peers with a ring around them. */
  set marked(numbers: readonly number[]) {
    this.#marked = numbers;
  }

  /** What is to be drawn from now on. */
  show(frame: Frame): void {
    if (frame.turn !== this.#turn) {
      this.#flights = [];
      this.#shownAt = frame.at;
    }
    this.#turn = frame.turn;
    this.#frame = frame;
    if (frame.links !== undefined) {
      this.#linked = frame.links;
      this.#areLinksStale = true;
    }
    for (const number of frame.flights) this.#flights.push(number);
    this.#forgetArrived(Math.min(this.#shownAt, frame.at));
  }

  /** Fits the canvases to the room they have. Returns whether that has changed. */
  fit(width: number, height: number, ratio: number): void {
    if (width === this.#width && height === this.#height && ratio === this.#ratio) return;
    [this.#width, this.#height, this.#ratio] = [width, height, ratio];
    for (const canvas of [this.#links, this.#points]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.#placedFor = "";
    this.#areLinksStale = true;
  }

  /** Draws, at a time in real milliseconds. Returns whether it is not at rest yet. */
  draw(now: number): boolean {
    const frame = this.#frame;
    if (frame === undefined) return false;
    this.#advance(frame, now);
    const isMoving = this.#place(frame, now);
    if (this.#areLinksStale || isMoving) this.#drawLinks(frame);
    this.#drawPoints(frame);
    this.drawn++;
    return isMoving;
  }

  /** The number of the peer at a place in CSS pixels; undefined where none is near. */
  peerAt(x: number, y: number): number | undefined {
    let nearest: number | undefined;
    let best = nearPx ** 2;
    for (let i = 0; 2 * i < this.#places.length; i++) {
      const distance = (this.#places[2 * i]! - x) ** 2 + (this.#places[2 * i + 1]! - y) ** 2;
      if (distance < best) [best, nearest] = [distance, i + 1];
    }
    return nearest;
  }

  /** Where a peer is, in CSS pixels. */
  placeOf(number: number): { readonly x: number; readonly y: number } | undefined {
    const x = this.#places[2 * number - 2];
    return x === undefined ? undefined : { x, y: this.#places[2 * number - 1]! };
  }

  #advance({ at, isPlaying, pace }: Frame, now: number): void {
    const passedMs = now - this.#drawnAt;
    this.#drawnAt = now;
    const next = this.#shownAt + pace * passedMs;
    this.#shownAt = isPlaying ? Math.min(at, Math.max(next, at - pace * lagMaxMs)) : at;
  }

  #forgetArrived(at: number): void {
    const kept: number[] = [];
    const all = this.#flights;
    for (let i = 0; i < all.length; i += flightFields) {
      if (all[i + 3]! < at) continue;
      for (let field = 0; field < flightFields; field++) kept.push(all[i + field]!);
    }
    this.#flights = kept;
  }

  #place({ sides: known, planned }: Frame, now: number): boolean {
    const key = `${this.#width}/${this.#height}/${planned}/${known.indexOf(1) < 0 ? "" : known.join("")}`;
    if (key !== this.#placedFor) {
      this.#placedFor = key;
      const sides = new Uint8Array(planned);
      sides.set(known);
      const { places: unit, spacing, isSplit } = placesOf(sides, this.#width / this.#height);
      const radius = Math.max(20, Math.min(this.#width, this.#height) / 2 - marginPx);
      this.#to = unit.map((value, i) => (i % 2 === 0 ? this.#width : this.#height) / 2 + value * radius);
      this.#spacingPx = spacing * radius;
      this.#isSplit = isSplit;
      const isFirst = this.#places.length !== this.#to.length;
      this.#from = isFirst ? this.#to : this.#places.slice();
      this.#places = isFirst ? this.#to.slice() : this.#places;
      this.#movedAt = now;
      this.#areLinksStale = true;
    }
    if (this.#from === this.#to) return false;
    const part = Math.min(1, (now - this.#movedAt) / moveMs);
    const eased = part * part * (3 - 2 * part);
    for (let i = 0; i < this.#to.length; i++) {
      this.#places[i] = this.#from[i]! + eased * (this.#to[i]! - this.#from[i]!);
    }
    if (part < 1) return true;
    this.#from = this.#to;
    this.#areLinksStale = true;
    return true;
  }

  #drawLinks(frame: Frame): void {
    this.#areLinksStale = false;
    const pen = this.#penOf(this.#links);
    const many = frame.statuses.length > 250;
    for (const isCarrying of [false, true]) {
      pen.strokeStyle = isCarrying ? this.#palette.line.eager : this.#palette.line.lazy;
      pen.lineWidth = isCarrying ? (many ? 1 : 1.8) : many ? 0.5 : 1;
      pen.beginPath();
      for (let i = 0; i < this.#linked.length; i += linkFields) {
        if ((this.#linked[i + 2] === 1) !== isCarrying) continue;
        const a = this.placeOf(this.#linked[i]!);
        const b = this.placeOf(this.#linked[i + 1]!);
        if (a === undefined || b === undefined) continue;
        pen.moveTo(a.x, a.y);
        pen.lineTo(b.x, b.y);
      }
      pen.stroke();
    }
  }

  #drawPoints(frame: Frame): void {
    const pen = this.#penOf(this.#points);
    const total = frame.statuses.length;
    const size = Math.max(2.2, Math.min(9, 0.3 * this.#spacingPx));
    this.#drawHalos(pen, frame, size);
    for (const [code, status] of statuses.entries()) {
      pen.fillStyle = this.#palette.status[status];
      pen.strokeStyle = this.#palette.status[status];
      pen.beginPath();
      let isAny = false;
      for (let i = 0; i < total; i++) {
        if (frame.statuses[i] !== code) continue;
        const place = this.placeOf(i + 1);
        if (place === undefined) continue;
        isAny = true;
        shapes[status](pen, place.x, place.y, size);
      }
      if (!isAny) continue;
      pen.lineWidth = outlineWidth(status, size);
      if (outlined.has(status)) pen.stroke();
      else pen.fill();
    }
    this.#drawFlights(pen, this.#shownAt, size);
    this.#drawMarks(pen, size);
    if (total <= numberedMax && this.#spacingPx >= numberPx && !this.#isSplit) this.#drawNumbers(pen, total, size);
  }

  /** Who has the last message. */
  #drawHalos(pen: CanvasRenderingContext2D, { hadMs }: Frame, size: number): void {
    pen.strokeStyle = this.#palette.pulse;
    pen.lineWidth = Math.max(1.2, size * 0.28);
    pen.beginPath();
    for (let i = 0; i < hadMs.length; i++) {
      const place = hadMs[i]! >= 0 ? this.placeOf(i + 1) : undefined;
      if (place === undefined) continue;
      const radius = size + Math.max(1.5, size * 0.4);
      pen.moveTo(place.x + radius, place.y);
      pen.arc(place.x, place.y, radius, 0, 2 * Math.PI);
    }
    pen.stroke();
  }

  #drawFlights(pen: CanvasRenderingContext2D, at: number, size: number): void {
    const all = this.#flights;
    const first = Math.max(0, all.length - drawnFlightsMax * flightFields);
    for (let kind = 3; kind >= 0; kind--) {
      if (kind > 0 && !this.showsAll) continue;
      pen.fillStyle = this.#palette.flight[kind]!;
      const dot = kind === 0 ? Math.max(2, size * 0.42) : Math.max(1.2, size * 0.22);
      pen.beginPath();
      for (let i = first; i < all.length; i += flightFields) {
        if (all[i + 4] !== kind) continue;
        const [sentAt, arrivesAt] = [all[i + 2]!, all[i + 3]!];
        const a = this.placeOf(all[i]!);
        const b = this.placeOf(all[i + 1]!);
        if (a === undefined || b === undefined || at < sentAt || at > arrivesAt || arrivesAt <= sentAt) continue;
        const part = (at - sentAt) / (arrivesAt - sentAt);
        const x = a.x + part * (b.x - a.x);
        const y = a.y + part * (b.y - a.y);
        if (kind > 0) pen.rect(x - dot, y - dot, 2 * dot, 2 * dot);
        else {
          pen.moveTo(x + dot, y);
          pen.arc(x, y, dot, 0, 2 * Math.PI);
        }
      }
      pen.fill();
    }
  }

  #drawMarks(pen: CanvasRenderingContext2D, size: number): void {
    pen.strokeStyle = this.#palette.ink;
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    for (const number of this.#marked) {
      const place = this.placeOf(number);
      if (place === undefined) continue;
      pen.beginPath();
      pen.arc(place.x, place.y, size + 7, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  #drawNumbers(pen: CanvasRenderingContext2D, total: number, size: number): void {
    pen.fillStyle = this.#palette.faintInk;
    pen.font = '11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let number = 1; number <= total; number++) {
      const place = this.placeOf(number)!;
      // Away from the middle, where the links are.
      const [dx, dy] = [place.x - this.#width / 2, place.y - this.#height / 2];
      const distance = Math.hypot(dx, dy) || 1;
      const away = size + 11;
      pen.fillText(String(number), place.x + (dx / distance) * away, place.y + (dy / distance) * away);
    }
  }

  #penOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const pen = canvas.getContext("2d")!;
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    pen.clearRect(0, 0, this.#width, this.#height);
    return pen;
  }
}
