/** Errors of the public API, each with a code that programs can switch on and a message that says what to do. */

/** What went wrong. */
export type HearsayErrorCode =
  /** The caller's AbortSignal. The error's name is `AbortError`, its `cause` the signal's reason. */
  | "aborted"
  /** There is no neighbor to tell. */
  | "alone"
  /** An option, or another argument that is neither topic nor payload, is impossible. */
  | "bad-option"
  /** A payload is not what it was read as (text, JSON), or can't be published. */
  | "bad-payload"
  /** A topic is empty, longer than 255 bytes of UTF-8, or no well-formed text. */
  | "bad-topic"
  /** Too much is waiting to be published. */
  | "busy"
  /** The peer has been closed. */
  | "closed"
  /** A subscriber was slower than its messages came in for longer than its buffer could bridge. */
  | "overflow"
  /** Nobody has acknowledged a message in time. Some may have it all the same. */
  | "timeout"
  /** A payload has more bytes than this network allows. */
  | "too-large"
  /** The seeds or peers that were found belong to a network of another name. */
  | "wrong-network";

/** Thrown by whatever an application asks of a peer. */
export class HearsayError extends Error {
  readonly code: HearsayErrorCode;

  /** Takes the cause as `Error` does. */
  constructor(code: HearsayErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    // Programs recognize aborts by this name, whatever library they come from.
    this.name = code === "aborted" ? "AbortError" : "HearsayError";
    this.code = code;
  }
}

/** The error for a signal that has fired: like Node's own, an `AbortError` with the signal's reason as its cause. */
export function abortError(signal: AbortSignal): HearsayError {
  return new HearsayError("aborted", "the operation was aborted", { cause: signal.reason });
}

/** The error for whatever is asked of a peer after its end. */
export function closedError(): HearsayError {
  return new HearsayError("closed", "this peer has been closed; create another one");
}
