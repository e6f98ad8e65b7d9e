/** Errors of the real network, each with a code that programs can switch on and a message made for people. */
import { joinAddress } from "../core/address.js";

/** Thrown when a seed or peer cannot listen where it was told to. */
export class ListenError extends Error {
  /**
   * - `port-taken`: another program listens there.
   * - `port-forbidden`: ports below 1,024 need privileges that this process has not got.
   * - `no-such-interface`: the IP or name is none of this machine's.
   * - `listen-failed`: anything else; see `cause`.
   */
  readonly code: "port-taken" | "port-forbidden" | "no-such-interface" | "listen-failed";

  constructor(code: ListenError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ListenError";
    this.code = code;
  }

  /** The error for what the operating system said. Its type is written out: users have this one, and need no types of Node.js. */
  static from(
    error: Error & { readonly code?: string | undefined },
    host: string | undefined,
    port: number,
  ): ListenError {
    const where = formatListen(host, port);
    switch (error.code) {
      case "EADDRINUSE":
        return new ListenError("port-taken", `${where} is taken: another program listens there`, error);
      case "EACCES":
        return new ListenError("port-forbidden", `${where} is not allowed: ports below 1024 need privileges`, error);
      case "EADDRNOTAVAIL":
      case "ENOTFOUND":
      case "EAI_AGAIN":
        return new ListenError("no-such-interface", `${where}: this machine has no such address`, error);
      default:
        return new ListenError("listen-failed", `cannot listen on ${where}: ${error.message}`, error);
    }
  }
}

/** Thrown when the file that names the seeds cannot be used. */
export class SeedsFileError extends Error {
  /** `unreadable`, `empty`, or `bad-line` (the message names the line). */
  readonly code: "unreadable" | "empty" | "bad-line";

  constructor(code: SeedsFileError["code"], message: string) {
    super(message);
    this.name = "SeedsFileError";
    this.code = code;
  }
}

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

/** Where something listens, for people: no host means every interface. */
function formatListen(host: string | undefined, port: number): string {
  if (host === undefined) return `port ${port}`;
  return joinAddress(host, port) ?? `${host}:${port}`;
}
