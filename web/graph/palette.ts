/**
 * Colours of the drawings. Those of statuses are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which people who
 * see few colours can tell apart as well; every status has a shape of its own besides.
 */
import type { Line, PointStatus } from "./picture.js";

/** How a peer looks: slow ones are known to the simulator only. */
export type MarkStatus = PointStatus | "slow";

/** Which of the two looks. */
export type Theme = "dark" | "light";

/** The colours of one look. */
export interface Palette {
  readonly ground: string;
  readonly ink: string;
  readonly faintInk: string;
  readonly status: Readonly<Record<MarkStatus, string>>;
  readonly seed: string;
  readonly line: Readonly<Record<Line["kind"] | "cut", string>>;
  readonly pulse: string;
  /** Messages under way in the simulator, by the number of their kind. */
  readonly flight: readonly string[];
}

/** The colours of both looks. */
export const palettes: Readonly<Record<Theme, Palette>> = {
  dark: {
    ground: "#10151c",
    ink: "#e8edf3",
    faintInk: "#9aa7b6",
    status: {
      joining: "#cc79a7",
      alive: "#2fb98f",
      suspect: "#f0b429",
      frozen: "#56b4e9",
      killed: "#f0743e",
      dead: "#f0743e",
      left: "#8a97a6",
      slow: "#56b4e9",
    },
    seed: "#e8edf3",
    line: { eager: "#7fa7c9", lazy: "#3a495a", classic: "#8d7aa8", registered: "#3f4f61", cut: "#f0743e" },
    pulse: "#f0e442",
    flight: ["#f0e442", "#cc79a7", "#56b4e9", "#8a97a6"],
  },
  light: {
    ground: "#f7f9fb",
    ink: "#17202b",
    faintInk: "#566373",
    status: {
      joining: "#b3568a",
      alive: "#009e73",
      suspect: "#c77f00",
      frozen: "#2b8fc9",
      killed: "#d55e00",
      dead: "#d55e00",
      left: "#7a8796",
      slow: "#2b8fc9",
    },
    seed: "#17202b",
    line: { eager: "#5d8fb8", lazy: "#c9d3dd", classic: "#9a83b8", registered: "#c3ced9", cut: "#d55e00" },
    pulse: "#0072b2",
    flight: ["#0072b2", "#b3568a", "#2b8fc9", "#7a8796"],
  },
};
