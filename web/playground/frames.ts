/** What the page and the worker say to each other. All times are virtual milliseconds since the start of the run. */
import type { Deed, Scenario } from "../../src/sim/scenario/scenario.js";

/** How a peer is, by number: what stands in a frame. Killed ones are dead when most of the others know. */
export const statuses = ["joining", "alive", "suspect", "frozen", "killed", "dead", "left", "slow"] as const;

/** One of them. */
export type Status = (typeof statuses)[number];

/** What a message under way is about. */
export const flightKinds = ["gossip", "tree", "probe", "other"] as const;

/** So many numbers stand in a frame for each message under way: from, to, sent at, arrives at, kind. */
export const flightFields = 5;

/** So many for each link: one end, the other, and whether the last message went over it. */
export const linkFields = 3;

/** How far one message has come. */
export interface MessageSpread {
  readonly publishedAt: number;
  /** The number of its peer. */
  readonly by: number;
  /** Peers that were there when it was published. */
  readonly peers: number;
  readonly reached: number;
  /** Times that it was sent; 0 where that is not known. */
  readonly sent: number;
  readonly lastHop: number;
}

/** What is counted. What a trace does not tell is undefined. */
export interface Counts {
  readonly up: number;
  readonly published: number;
  readonly delivered: number;
  /** Peers that each message should have come to, all together. */
  readonly expected: number;
  readonly messages: number | undefined;
  readonly duplicates: number | undefined;
  readonly deaths: number;
  /** Peers that somebody took for dead while they ran, with no partition between the two. */
  readonly falseDeaths: number;
}

/** A promise that was broken. */
export interface Broken {
  readonly promise: string;
  readonly message: string;
}

/** Something worth a line. */
export interface Remark {
  readonly at: number;
  readonly text: string;
}

/** How one network is at one moment. Peers are numbered from 1; what is kept of each stands at its number less one. */
export interface NetworkFrame {
  readonly statuses: Uint8Array;
  /** After how many milliseconds each had the last message; −1: not yet. */
  readonly hadMs: Float32Array;
  /** On which side of a partition each is. */
  readonly sides: Uint8Array;
  /** Undefined: as before. */
  readonly links: Int32Array | undefined;
  /** Messages that departed since the frame before. */
  readonly flights: Float64Array;
  readonly counts: Counts;
  readonly last: MessageSpread | undefined;
  /** The messages before it, and it. */
  readonly recent: readonly MessageSpread[];
}

/** How it is at one moment. */
export interface Frame extends NetworkFrame {
  readonly type: "frame";
  readonly at: number;
  /** When it ends, as far as is known. */
  readonly endAt: number;
  /** Deeds have an effect until then. */
  readonly calmAt: number;
  readonly isOver: boolean;
  readonly isPlaying: boolean;
  /** Whether it is on its way to another moment: what is shown is passed through. */
  readonly isSeeking: boolean;
  /** Virtual milliseconds in a real one, as it went of late. */
  readonly pace: number;
  /** Another number means that time did not simply go on: what was under way is forgotten. */
  readonly turn: number;
  /** Peers that there will be: room is kept for them. */
  readonly planned: number;
  /** The classic network to which the same happens; undefined where there is none. */
  readonly beside: NetworkFrame | undefined;
  readonly remarks: readonly Remark[];
  readonly broken: readonly Broken[];
  /** Of all inputs that the cores have had; empty for a trace. */
  readonly hash: string;
}

/** What the page asks for. */
export type Order =
  | { readonly type: "run"; readonly scenario: Scenario; readonly isPlaying: boolean; readonly seekTo?: number }
  | { readonly type: "trace"; readonly file: Blob; readonly name: string }
  | { readonly type: "play"; readonly isPlaying: boolean }
  | { readonly type: "speed"; readonly speed: number }
  | { readonly type: "step"; readonly by: "event" | "millisecond" }
  | { readonly type: "seek"; readonly at: number }
  | { readonly type: "do"; readonly deeds: readonly Deed[] }
  /** The frame before has been drawn: there is time for another. */
  | { readonly type: "drawn" };

/** What the worker answers. */
export type Answer =
  | Frame
  /** What is run from now on; undefined for a trace. */
  | { readonly type: "scenario"; readonly scenario: Scenario | undefined; readonly name: string }
  | { readonly type: "failed"; readonly message: string };
