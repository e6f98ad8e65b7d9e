/** What a click on a peer does. */
import { crash, cut, type Deed, freeze, leave, publish, these } from "../../src/sim/scenario/scenario.js";

/** One of the things that a click can do. */
export interface Tool {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** How many peers have to be chosen. */
  readonly wants: 1 | 2;
  deeds(first: number, second: number): readonly Deed[];
}

const frozenMs = 5_000;
const rumorBytes = 64;

/** All of them; their keys are 1, 2, 3 … */
export const tools: readonly Tool[] = [
  {
    name: "infect",
    label: "Infect",
    hint: "Click a peer: it says something new to all",
    wants: 1,
    deeds: (peer) => [publish(these(peer), 1, rumorBytes)],
  },
  {
    name: "kill",
    label: "Kill",
    hint: "Click a peer: its process ends at once",
    wants: 1,
    deeds: (peer) => [crash(these(peer))],
  },
  {
    name: "freeze",
    label: "Freeze",
    hint: "Click a peer: it stops for 5 s, and goes on",
    wants: 1,
    deeds: (peer) => [freeze(these(peer), frozenMs)],
  },
  {
    name: "cut",
    label: "Cut",
    hint: "Click two peers: nothing gets from one to the other any more",
    wants: 2,
    deeds: (one, other) => [cut(these(one), these(other)), cut(these(other), these(one))],
  },
  {
    name: "leave",
    label: "Leave",
    hint: "Click a peer: it says goodbye and ends",
    wants: 1,
    deeds: (peer) => [leave(these(peer))],
  },
];
