/** What can be wrong with the use of the virtual network, or with a core that runs in it. */
export type SimulationErrorCode =
  /** A live process listens at this address. */
  | "address-taken"
  /** An input for a process that has crashed. */
  | "process-dead"
  /** An input for a process that is frozen: its application does not run either. */
  | "process-frozen"
  /** An input for a core that is in the middle of another one: an effect must not call back into the core. */
  | "core-busy"
  /** The core sent on a link, or ended it, while it was still being dialed. */
  | "link-not-up"
  /** The core sent on a link after it had ended its half. */
  | "link-ended"
  /** The core spoke of a link that never existed. */
  | "link-unknown"
  /** What a test waited for has not come in the virtual time allowed. */
  | "out-of-time"
  /** The core asks to be woken again and again within one millisecond, or at a time that is no number. */
  | "wake-loop";

/** A mistake in a test or in a core, found by the virtual network. Never the result of a fault that was asked for. */
export class SimulationError extends Error {
  /** Which mistake. */
  readonly code: SimulationErrorCode;

  constructor(code: SimulationErrorCode, message: string) {
    super(message);
    this.name = "SimulationError";
    this.code = code;
  }
}
