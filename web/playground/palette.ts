/**
 * Colours of the picture. Those of statuses are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which people who see
 * few colours can tell apart as well; every status has a shape of its own besides.
 */
import type { Status } from "./frames.js";

/** Which of the two looks. */
export type Theme = "dark" | "light";

/** The colours of one look. */
export interface Palette {
  readonly ink: string;
  readonly faintInk: string;
  readonly status: Readonly<Record<Status, string>>;
  /** Links over which the last message went, and the others. */
  readonly eager: string;
  readonly lazy: string;
  readonly pulse: string;
  /** Messages under way, by the number of their kind. */
  readonly flight: readonly string[];
}

/** Both looks. */
export const palettes: Readonly<Record<Theme, Palette>> = {
  dark: {
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
    eager: "#7fa7c9",
    lazy: "#2b3744",
    pulse: "#f0e442",
    flight: ["#f0e442", "#cc79a7", "#56b4e9", "#8a97a6"],
  },
  light: {
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
    eager: "#5d8fb8",
    lazy: "#d5dde6",
    pulse: "#0072b2",
    flight: ["#0072b2", "#b3568a", "#2b8fc9", "#7a8796"],
  },
};
