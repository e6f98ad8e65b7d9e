/** What the page shows, as signals: written by `follow.ts` and by what people do, read by the views. */
import { computed, signal } from "@preact/signals";
import type {
  ActionName,
  CountersAnswer,
  DirectoryEntryAnswer,
  NeighborsAnswer,
  NetworkAnswer,
  RegistrationsAnswer,
  SelfAnswer,
  Someone,
} from "../../src/http/schemas.js";
import { emptyPicture, type Picture, pictureOfNetwork, pictureOfPeer, pictureOfSeed } from "../graph/picture.js";
import type { Message } from "./messages.js";
import type { TimelineLine } from "./timeline.js";

/** How it stands between this page and the endpoint. */
export type Connection =
  | { readonly type: "loading" }
  | { readonly type: "token-wanted"; readonly wasRefused: boolean }
  | { readonly type: "live" }
  | { readonly type: "lost"; readonly reason: string; readonly retryAt: number }
  | { readonly type: "failed"; readonly reason: string };

/** Parts of the page; narrow screens show one of them at a time. */
export type View = "graph" | "messages" | "directory" | "timeline" | "actions";

/** Something to tell whoever is at the keyboard, for a while. */
export interface Note {
  readonly number: number;
  readonly tone: "good" | "bad";
  readonly text: string;
}

/** The directory of the endpoint's peer (of a network: of one of its peers). */
export interface DirectoryState {
  readonly observer: Someone;
  readonly entries: readonly DirectoryEntryAnswer[];
}

/** How it stands with the endpoint. */
export const connection = signal<Connection>({ type: "loading" });
/** Whose endpoint this is. */
export const self = signal<SelfAnswer | undefined>(undefined);
/** Of a network in one process: all of it. */
export const network = signal<NetworkAnswer | undefined>(undefined);
/** Of a single peer: its neighbors. */
export const neighbors = signal<NeighborsAnswer | undefined>(undefined);
/** Of a seed: who is registered. */
export const registrations = signal<RegistrationsAnswer | undefined>(undefined);
/** Whom the endpoint’s peer knows; undefined until it is read, and where nobody keeps one. */
export const directory = signal<DirectoryState | undefined>(undefined);
/** What was done since the start. */
export const counters = signal<CountersAnswer | undefined>(undefined);
/** The latest messages, newest first. */
export const messages = signal<readonly Message[]>([]);
/** What happened since the page was opened, newest first. */
export const timeline = signal<readonly TimelineLine[]>([]);

/** Whose panel is open: the key of a point. */
export const selected = signal<string | undefined>(undefined);
/** Whose way is drawn: the id of a message. */
export const traced = signal<string | undefined>(undefined);
/** On narrow screens, the part that is shown. */
export const view = signal<View>("graph");
/** On wide screens, what stands under the graph. */
export const dock = signal<"directory" | "timeline">("directory");
/** Whether the keys are shown. */
export const isHelpOpen = signal(false);
/** What people are told just now. */
export const notes = signal<readonly Note[]>([]);

/** Peers that were told to end from this page: nobody asks them any more. */
export const ending = signal<ReadonlySet<string>>(new Set());

/** What the graph draws. */
export const picture = computed<Picture>(() => {
  if (network.value !== undefined) return pictureOfNetwork(network.value);
  if (registrations.value !== undefined) return pictureOfSeed(registrations.value);
  if (self.value !== undefined && neighbors.value !== undefined) return pictureOfPeer(self.value, neighbors.value);
  return emptyPicture;
});

/** What this endpoint takes. */
export const actions = computed<ReadonlySet<ActionName>>(() => new Set(self.value?.actions ?? []));

/** Why an action cannot be had here; undefined when it can. */
export function whyNot(action: ActionName): string | undefined {
  if (connection.value.type !== "live") return "There is no connection to the endpoint.";
  if (actions.value.has(action)) return undefined;
  const kind = self.value?.kind;
  if (kind === "network") return "This network does not take that.";
  const what = kind === "seed" ? "a seed" : "a single peer";
  return action === "publish"
    ? "Seeds say nothing themselves: publish at a peer."
    : `This is the endpoint of ${what}. Networks started by “hearsay up” take this.`;
}

let noteNumber = 0;
const noteMs = 6_000;

/** Tells whoever is there, for six seconds. */
export function tell(tone: Note["tone"], text: string): void {
  const note = { number: noteNumber++, tone, text };
  notes.value = [...notes.value.slice(-2), note];
  setTimeout(() => {
    notes.value = notes.value.filter(({ number }) => number !== note.number);
  }, noteMs);
}
