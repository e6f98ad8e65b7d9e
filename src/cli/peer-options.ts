/** The options of `hearsay peer`, and which of them belong to one dialect only. */
import type { Tags } from "../core/directory/record.js";
import type { Dialect } from "../core/effects.js";
import type { PresetName } from "../core/presets.js";
import type { ContactOptions } from "./contacts.js";
import { usageFailure } from "./failure.js";
import type { HttpOptions } from "./http-options.js";
import type { OutputOptions } from "./output.js";

/** The options of `hearsay peer`. Times are in milliseconds; what is left out is the dialect's to choose. */
export interface PeerCommandOptions extends OutputOptions, ContactOptions, HttpOptions {
  readonly dialect: Dialect;
  readonly port?: number;
  /** All interfaces when left out. */
  readonly host?: string;
  /** The IP or name that others reach this peer by. */
  readonly advertise?: string;
  /** Messages to generate. */
  readonly messages?: number;
  /** From one generated message to the next. */
  readonly every?: number;
  /** Tell everyone what comes on standard input. */
  readonly chat?: boolean;
  readonly logDir?: string;
  /** Classic: from one liveness round to the next. */
  readonly liveness?: number;
  /** Native, as all below. */
  readonly network?: string;
  readonly history?: "retained" | "none";
  /** What this peer says of itself. */
  readonly tag?: Tags;
  /** The file that keeps its identity. */
  readonly identity?: string;
  readonly preset?: PresetName;
  /** Topics whose messages are printed. */
  readonly subscribe?: readonly string[];
}

const onlyClassic = ["liveness"] as const;
const onlyNative = ["peer", "network", "history", "subscribe", "tag", "identity", "preset", "http"] as const;

/**
 * Refuses what the dialect has no use for: an option that does nothing would be a promise that is not kept.
 *
 * @throws {@link Failure}
 */
export function checkDialect(options: PeerCommandOptions): void {
  const [names, other] =
    options.dialect === "native" ? ([onlyClassic, "classic"] as const) : ([onlyNative, "native"] as const);
  const wrong = names.find((name) => options[name] !== undefined);
  if (wrong !== undefined) throw usageFailure(`--${wrong} is for --dialect ${other}; see hearsay peer --help`);
}
