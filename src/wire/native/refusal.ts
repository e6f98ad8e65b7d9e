/** How bytes are refused: one kind of error on the inside, a plain value for those who read a connection. */

/** Why bytes were not read. The connection has nothing more to say: close it, and log this. */
export interface NativeRefusal {
  /**
   * - `no-preamble`: the connection does not begin with the preamble.
   * - `other-version`: it begins with the preamble of another version of the frames.
   * - `unknown-type`: a type below 128 that this version does not have.
   * - `too-long`: a frame or a payload beyond its limit; nothing was allocated for it.
   * - `truncated`: a body ends in the middle of a field.
   * - `trailing-bytes`: a body goes on after its last field.
   * - `bad-number`: not in its shortest form, or beyond what the field may hold.
   * - `bad-text`: not UTF-8.
   * - `bad-address`: of no known kind, at port 0, or not in its one spelling.
   * - `bad-value`: a byte that stands for nothing in its place.
   * - `too-many`: a list longer than its limit.
   * - `incomplete`: the remote side ended in the middle of a frame.
   */
  readonly reason:
    | "no-preamble"
    | "other-version"
    | "unknown-type"
    | "too-long"
    | "truncated"
    | "trailing-bytes"
    | "bad-number"
    | "bad-text"
    | "bad-address"
    | "bad-value"
    | "too-many"
    | "incomplete";
  /** One sentence for a log line. Holds nothing that the remote side chose, numbers apart. */
  readonly message: string;
}

/** Thrown by the readers of fields, and caught where a frame is read: a field in a field in a list just stops. */
export class Malformed extends Error {
  /** Which of the refusals this is. */
  readonly reason: NativeRefusal["reason"];

  /** Takes the reason, and the sentence that is logged. */
  constructor(reason: NativeRefusal["reason"], message: string) {
    super(message);
    this.name = "Malformed";
    this.reason = reason;
  }
}
