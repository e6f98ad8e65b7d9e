/** What can be wrong with the file of an identity. Apart from what reads it, so that who only knows the error loads no files. */

/** Thrown when the file that keeps the identity cannot be used. */
export class IdentityError extends Error {
  /**
   * - `unreadable`: the file is there, and cannot be read.
   * - `not-a-key`: it holds something else than an Ed25519 private key in PEM.
   * - `exposed`: others on this machine may read it, or write to it.
   * - `unwritable`: there is no file yet, and none can be made there.
   */
  readonly code: "unreadable" | "not-a-key" | "exposed" | "unwritable";

  /** Takes what programs and what people are told. */
  constructor(code: IdentityError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "IdentityError";
    this.code = code;
  }
}
