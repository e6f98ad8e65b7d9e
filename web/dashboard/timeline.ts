/** What happened, in words; what several peers say at about the same time of the same peer is one line. */
import type { Someone, StreamEvent } from "../../src/http/schemas.js";

/** What a line of the timeline is about. */
export type TimelineKind = "join" | "suspicion" | "death" | "leave" | "link" | "action" | "notice";

/** One line. */
export interface TimelineLine {
  readonly number: number;
  readonly at: number;
  readonly kind: TimelineKind;
  /** Whom it is about, as the picture calls it; null when it is nobody. */
  readonly subject: string | null;
  readonly text: string;
  /** Who says so; empty for what is simply so. */
  readonly observers: readonly string[];
}

interface Told {
  readonly kind: TimelineKind;
  readonly subject: string | null;
  readonly text: string;
  readonly observer: string | null;
}

/** So many lines are remembered. */
export const linesMax = 1_000;
/** Within this time, the same said by another is the same line. */
const sameMs = 5_000;

/** Collects lines. */
export class Timeline {
  readonly #lines: TimelineLine[] = [];
  /** Index into `#lines` from its end would shift: lines are found by their number. */
  readonly #open = new Map<string, number>();
  #number = 0;

  /** Newest first. */
  get latest(): TimelineLine[] {
    return [...this.#lines].reverse();
  }

  /** Something that happened; false when it is not worth a line. */
  happen(event: StreamEvent): boolean {
    const told = toldBy(event);
    if (told === undefined) return false;
    const { kind, subject, text, observer } = told;
    const key = `${kind} ${text}`;
    const open = this.#open.get(key);
    const index = open === undefined ? -1 : open - (this.#number - this.#lines.length);
    const line = this.#lines[index];
    if (line !== undefined && observer !== null && event.at - line.at < sameMs) {
      if (line.observers.includes(observer)) return false;
      this.#lines[index] = { ...line, observers: [...line.observers, observer] };
      return true;
    }
    this.#open.set(key, this.#number);
    const observers = observer === null ? [] : [observer];
    this.#lines.push({ number: this.#number++, at: event.at, kind, subject, text, observers });
    if (this.#lines.length > linesMax) this.#lines.shift();
    if (this.#open.size > 4 * linesMax) this.#open.clear();
    return true;
  }
}

function toldBy(event: StreamEvent): Told | undefined {
  switch (event.type) {
    case "join":
      return about("join", event.peer, "is there", event.observer);
    case "joined":
      return about("join", event.observer, event.isAlone ? "has started, alone" : "has joined", null);
    case "suspect":
      return about("suspicion", event.peer, "is suspected", event.observer);
    case "alive":
      return about("suspicion", event.peer, "is alive after all", event.observer);
    case "dead":
      return about("death", event.peer, "is dead", event.observer);
    case "leave":
      return about("leave", event.peer, "has left", event.observer);
    case "link":
    case "unlink": {
      // Both ends tell of it: the names in one order make one line of it.
      const [a, b] = [nameOf(event.observer), nameOf(event.neighbor)].sort() as [string, string];
      const text = event.type === "link" ? `${a} and ${b} are linked` : `${a} and ${b} are linked no more`;
      return { kind: "link", subject: a, text, observer: nameOf(event.observer) };
    }
    case "slow":
      return about("notice", event.neighbor, event.isSlow ? "reads too slowly" : "keeps up again", event.observer);
    case "gap": {
      const text = `${event.count} ${event.count === 1 ? "message" : "messages"} of ${nameOf(event.origin)} lost for good`;
      return { kind: "notice", subject: nameOf(event.observer), text, observer: nameOf(event.observer) };
    }
    case "notice":
      return { kind: "notice", subject: nameOf(event.observer), text: event.text, observer: nameOf(event.observer) };
    case "registration": {
      if (event.change === "added") return about("join", event.peer, "is registered", event.seed);
      const why = event.reason === null ? "" : ` (${event.reason})`;
      if (event.change === "removed") return about("leave", event.peer, `is registered no more${why}`, event.seed);
      return about("suspicion", event.peer, `was reported dead, and answered${why}`, event.seed);
    }
    case "started":
      return about("action", event.peer, "was started", null);
    case "killed":
      return about("action", event.peer, "was killed", null);
    case "frozen":
      return about("action", event.peer, "was frozen", null);
    case "thawed":
      return about("action", event.peer, "goes on", null);
    case "left":
      return about("action", event.peer, "was told to leave", null);
    case "mourned": {
      const after = (event.afterMs / 1_000).toFixed(1);
      return about("death", event.peer, `is dead, say all, ${after} s after it was killed`, null);
    }
    case "cut":
      return {
        kind: "action",
        subject: event.a,
        text: `the path between ${event.a} and ${event.b} was cut`,
        observer: null,
      };
    case "partitioned": {
      const text = `partitioned into groups of ${event.groups.map((group) => group.length).join(" and ")}`;
      return { kind: "action", subject: null, text, observer: null };
    }
    case "healed":
      return { kind: "action", subject: null, text: "all paths were mended", observer: null };
    case "dropped": {
      const text =
        event.count === null ? "some events were missed" : `${event.count} events were missed: too many at once`;
      return { kind: "notice", subject: null, text, observer: null };
    }
    default:
      return undefined;
  }
}

function about(
  kind: TimelineKind,
  one: Pick<Someone, "name" | "address">,
  says: string,
  observer: Someone | null,
): Told {
  const subject = nameOf(one);
  return { kind, subject, text: `${subject} ${says}`, observer: observer === null ? null : nameOf(observer) };
}

function nameOf({ name, address }: Pick<Someone, "name" | "address">): string {
  return name ?? (address === "" ? "a peer unknown here" : address);
}
