/**
 * What is to be seen of a run, from the lines of its trace: the same for a run under way and for a file that was written
 * long ago. All times are virtual milliseconds since the start.
 */
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";
import { type MessageSpread, type Remark, type Status, statuses } from "./frames.js";

interface Seen {
  readonly number: number;
  status: Status;
  /** Frozen or slow until then. */
  troubledUntil: number;
  trouble: Status;
  side: number;
  hadMs: number;
  /** The latest life that anybody spoke of, in milliseconds since 1970. */
  epoch: number;
  readonly suspectedBy: Set<number>;
  readonly deadFor: Set<number>;
}

interface Link {
  readonly a: number;
  readonly b: number;
  /** Which of its ends say that it is there: 1, 2, or both. */
  ends: number;
  /** The last message that went over it. */
  carried: string;
}

type Spread = { -readonly [Field in keyof MessageSpread]: MessageSpread[Field] } & { readonly key: string };

/** Messages that are remembered with how far they came. */
const recentMax = 24;
const remarksMax = 200;

/** Follows one run. */
export class Chronicle {
  readonly reachedMs: number[] = [];
  published = 0;
  delivered = 0;
  /** Peers that ran when each message was published, all together. */
  expected = 0;
  falseDeaths = 0;
  /** Changes whenever links do. */
  linksTurn = 0;
  readonly remarks: Remark[] = [];
  readonly recent: Spread[] = [];
  readonly #peers: Seen[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #links = new Map<number, Link>();
  readonly #falsely = new Set<number>();
  readonly #flooders = new Set<number>();
  readonly #known = new Set<number>();
  #suspicion:
    | { readonly at: number; readonly by: number; count: number; readonly remark: { text: string } }
    | undefined;
  #at = 0;

  /** How many peers there have been. */
  get size(): number {
    return this.#peers.length;
  }

  /** The message that was published last. */
  get last(): Spread | undefined {
    return this.recent.at(-1);
  }

  /** Peers that died, or fell silent, and most others know. */
  get deaths(): number {
    return this.#known.size;
  }

  /** Peers that run. */
  get up(): number {
    let up = 0;
    for (const { status } of this.#peers) if (isUp(status)) up++;
    return up;
  }

  /** The number of the peer at an address, or with an id; undefined for seeds. */
  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** Time has come so far. */
  advance(at: number): void {
    this.#at = at;
  }

  /** A message of the application has left one peer for another. */
  sent(from: number, to: number, key: string): void {
    const spread = this.recent.findLast((one) => one.key === key);
    if (spread !== undefined) spread.sent++;
    const link = this.#links.get(linkKey(from, to));
    if (link === undefined || spread === undefined || link.carried === key) return;
    link.carried = key;
    if (spread === this.last) this.linksTurn++;
  }

  /** One more line has been written. */
  line(line: TraceLine): void {
    this.#at = line.at;
    if (line.peer === 0) this.#deed(line);
    else this.#happened(line, this.#peerOf(line.peer));
  }

  /** Whether a peer floods the network: nobody waits for what it says. */
  isFlooder(number: number): boolean {
    return this.#flooders.has(number);
  }

  /** How each peer is, now. */
  statusesInto(into: Uint8Array, hadMs: Float32Array, sides: Uint8Array): void {
    const up = this.up;
    for (const [index, peer] of this.#peers.entries()) {
      into[index] = statuses.indexOf(this.#shown(peer, up));
      hadMs[index] = peer.hadMs;
      sides[index] = peer.side;
    }
  }

  /** All links, three numbers each. */
  links(): Int32Array {
    const all = new Int32Array(this.#links.size * 3);
    const last = this.last?.key;
    let i = 0;
    for (const { a, b, carried } of this.#links.values()) {
      all[i++] = a;
      all[i++] = b;
      all[i++] = last !== undefined && carried === last ? 1 : 0;
    }
    return all;
  }

  #shown(peer: Seen, up: number): Status {
    if (peer.status === "killed") return 2 * peer.deadFor.size > up ? "dead" : "killed";
    if (peer.status === "left") return "left";
    if (this.#at < peer.troubledUntil && peer.trouble === "frozen") return "frozen";
    if (this.#isDoubted(peer)) return "suspect";
    return this.#at < peer.troubledUntil ? peer.trouble : peer.status;
  }

  /** Whether anybody doubts that it lives, of those that no partition keeps from knowing better. */
  #isDoubted({ side, suspectedBy, deadFor }: Seen): boolean {
    for (const doubters of [suspectedBy, deadFor]) {
      for (const number of doubters) if (this.#peers[number - 1]!.side === side) return true;
    }
    return false;
  }

  #peerOf(number: number): Seen {
    for (let next = this.#peers.length + 1; next <= number; next++) this.#peers.push(newcomer(next));
    return this.#peers[number - 1]!;
  }

  #happened(line: TraceLine, peer: Seen): void {
    switch (line.event) {
      case "started":
        this.#dropLinks(peer.number);
        this.#peers[peer.number - 1] = { ...newcomer(peer.number), side: peer.side };
        this.#numbers.set(String(line.id), peer.number);
        this.#numbers.set(String(line.address), peer.number);
        this.#known.delete(peer.number);
        this.#flooders.delete(peer.number);
        break;
      case "joined":
        peer.status = "alive";
        break;
      case "link":
        this.#link(peer.number, line, true);
        break;
      case "unlink":
        this.#link(peer.number, line, false);
        break;
      case "published":
        this.#publish(line, peer);
        break;
      case "arrived":
        this.#arrive(line, peer);
        break;
      case "join":
      case "alive":
      case "suspect":
      case "dead":
      case "leave":
        this.#judged(line, peer);
        break;
      case "gap":
        this.#remark(`peer ${peer.number} was told that ${line.count} messages are lost`);
        break;
    }
  }

  #judged(line: TraceLine, by: Seen): void {
    const number = this.#numbers.get(String(line.subject));
    if (number === undefined) return;
    const subject = this.#peerOf(number);
    const epoch = Number(line.epoch);
    // The end of a life that was followed by another says nothing of the peer that runs now.
    if (epoch < subject.epoch) return;
    subject.epoch = epoch;
    subject.suspectedBy.delete(by.number);
    if (line.event === "suspect") {
      if (subject.suspectedBy.size === 0 && subject.side === by.side) this.#suspected(by.number, number);
      subject.suspectedBy.add(by.number);
    } else if (line.event === "dead") this.#dead(subject, by);
    else if (line.event === "alive" || line.event === "join") {
      if (subject.deadFor.delete(by.number) || line.event === "alive") {
        const isLast = subject.deadFor.size === 0 && subject.suspectedBy.size === 0 && subject.side === by.side;
        if (isLast && isUp(subject.status)) this.#remark(`peer ${number} is alive to all again`);
      }
    }
  }

  /** One line for all that one peer suspects in one moment. */
  #suspected(by: number, subject: number): void {
    const last = this.#suspicion;
    if (last !== undefined && last.at === this.#at && last.by === by) {
      last.count++;
      last.remark.text = `peer ${by} suspects ${last.count} peers`;
      return;
    }
    const remark = this.#remark(`peer ${by} suspects peer ${subject}`);
    this.#suspicion = { at: this.#at, by, count: 1, remark };
  }

  #dead(subject: Seen, by: Seen): void {
    subject.deadFor.add(by.number);
    const runs = isUp(subject.status) && !(subject.trouble === "frozen" && this.#at < subject.troubledUntil);
    if (runs) {
      if (this.#falsely.has(subject.number) || subject.side !== by.side) return;
      this.#falsely.add(subject.number);
      this.falseDeaths++;
      this.#remark(`peer ${by.number} takes peer ${subject.number} for dead, which runs`);
    } else if (2 * subject.deadFor.size > this.up && !this.#known.has(subject.number)) {
      this.#known.add(subject.number);
      this.#remark(`peer ${subject.number} is dead: most know`);
    }
  }

  #publish({ at, id, epoch, seq }: TraceLine, peer: Seen): void {
    if (this.isFlooder(peer.number)) return;
    this.published++;
    this.expected += this.up;
    const key = `${id}/${epoch}/${seq}`;
    this.recent.push({ key, publishedAt: at, by: peer.number, peers: this.up, reached: 0, sent: 0, lastHop: 0 });
    if (this.recent.length > recentMax) this.recent.shift();
    this.reachedMs.length = 0;
    for (const one of this.#peers) one.hadMs = -1;
    this.linksTurn++;
  }

  #arrive({ at, origin, epoch, seq, round }: TraceLine, peer: Seen): void {
    if (this.#flooders.size > 0 && this.isFlooder(this.#numbers.get(String(origin))!)) return;
    this.delivered++;
    const key = `${origin}/${epoch}/${seq}`;
    const spread = this.recent.findLast((one) => one.key === key);
    if (spread === undefined) return;
    spread.reached++;
    spread.lastHop = Math.max(spread.lastHop, Number(round));
    if (spread !== this.last) return;
    peer.hadMs = at - spread.publishedAt;
    this.reachedMs.push(peer.hadMs);
  }

  #link(number: number, { address, neighbor }: TraceLine, isUp: boolean): void {
    const other = this.#numbers.get(String(address)) ?? this.#numbers.get(String(neighbor));
    if (other === undefined || other === number) return;
    const key = linkKey(number, other);
    const end = number < other ? 1 : 2;
    const link = this.#links.get(key);
    if (isUp) {
      if (link === undefined) {
        this.#links.set(key, { a: Math.min(number, other), b: Math.max(number, other), ends: end, carried: "" });
        this.linksTurn++;
      } else link.ends |= end;
    } else if (link !== undefined) {
      link.ends &= ~end;
      if (link.ends !== 0) return;
      this.#links.delete(key);
      this.linksTurn++;
    }
  }

  #dropLinks(number: number): void {
    for (const [key, { a, b }] of this.#links) if (a === number || b === number) this.#links.delete(key);
    this.linksTurn++;
  }

  #deed(line: TraceLine): void {
    const numbers = Array.isArray(line.peers) ? (line.peers as number[]) : [];
    const peers = numbers.map((number) => this.#peerOf(number));
    this.#remark(wordsOf(line, numbers));
    switch (line.event) {
      case "crash":
      case "leave":
        for (const peer of peers) {
          peer.status = line.event === "crash" ? "killed" : "left";
          peer.suspectedBy.clear();
          this.#dropLinks(peer.number);
          for (const other of this.#peers) {
            other.suspectedBy.delete(peer.number);
            other.deadFor.delete(peer.number);
          }
        }
        break;
      case "freeze":
      case "suspend":
      case "slow":
        for (const peer of peers) {
          peer.trouble = line.event === "slow" ? "slow" : "frozen";
          peer.troubledUntil = line.at + Number(line.forMs);
        }
        break;
      case "corrupt":
        if (line.misdeed === "flooder") for (const peer of peers) this.#flooders.add(peer.number);
        break;
      case "partition":
        for (const peer of this.#peers) peer.side = 0;
        for (const peer of peers) peer.side = 1;
        break;
      case "heal":
        for (const peer of this.#peers) peer.side = 0;
        break;
    }
  }

  #remark(text: string): { text: string } {
    const remark = { at: this.#at, text };
    this.remarks.push(remark);
    if (this.remarks.length > remarksMax) this.remarks.shift();
    return remark;
  }
}

function newcomer(number: number): Seen {
  return {
    number,
    status: "joining",
    troubledUntil: 0,
    trouble: "slow",
    side: 0,
    hadMs: -1,
    epoch: 0,
    suspectedBy: new Set(),
    deadFor: new Set(),
  };
}

function isUp(status: Status): boolean {
  return status !== "killed" && status !== "left" && status !== "dead";
}

function linkKey(a: number, b: number): number {
  return Math.min(a, b) * 0x100_0000 + Math.max(a, b);
}

/** A deed in words. */
function wordsOf(line: TraceLine, numbers: readonly number[]): string {
  const who =
    numbers.length === 0
      ? "nobody"
      : numbers.length <= 4
        ? `peer${numbers.length > 1 ? "s" : ""} ${numbers.join(", ")}`
        : `${numbers.length} peers`;
  const lasting = typeof line.forMs === "number" ? ` for ${line.forMs / 1_000} s` : "";
  switch (line.event) {
    case "crash":
      return `${who} killed`;
    case "freeze":
    case "suspend":
      return `${who} frozen${lasting}`;
    case "slow":
      return `${who} slow${lasting}: ${line.msPerInput} ms for each input`;
    case "partition":
      return numbers.length === 0 ? "the parts are one again" : `${who} cut off from the others`;
    case "cut":
      return "a way is cut";
    case "heal":
      return "all ways are open again";
    case "leave":
      return `${who} left`;
    case "join":
      return `${line.count} more start`;
    case "restart":
      return `${line.count} of those that ended start again`;
    case "publish":
      return `${who} said something`;
    default:
      return `${line.event}${numbers.length > 0 ? `, ${who}` : ""}${lasting}`;
  }
}
