/** Errors that end a command: one line for a person, one exit code for a script. */
import { HearsayError, type HearsayErrorCode } from "../api/errors.js";
import { IdentityError, ListenError, SeedsFileError } from "../net/errors.js";
import {
  exitAlone,
  exitConfig,
  exitFailed,
  exitLog,
  exitPortForbidden,
  exitPortTaken,
  exitTimeout,
  exitUsage,
  exitWrongNetwork,
} from "./exit-codes.js";

/** Thrown to end a command with one line on stderr and an exit code. */
export class Failure extends Error {
  /** One of `exit-codes.ts`. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, { cause });
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}

/** Wrong usage. */
export function usageFailure(message: string): Failure {
  return new Failure(message, exitUsage);
}

/** What to tell people about any error that a command may end with. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof SeedsFileError) return new Failure(error.message, exitConfig, error);
  if (error instanceof IdentityError) return new Failure(error.message, exitConfig, error);
  if (error instanceof ListenError) return new Failure(error.message, listenCodes[error.code], error);
  if (error instanceof HearsayError) return new Failure(error.message, peerCodes[error.code] ?? exitFailed, error);
  const logTrouble = logFailure(error);
  if (logTrouble !== undefined) return logTrouble;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure(`unexpected: ${message.replace(/\s*\n\s*/g, " ")}`, exitFailed, error);
}

const listenCodes: Readonly<Record<ListenError["code"], number>> = {
  "port-taken": exitPortTaken,
  "port-forbidden": exitPortForbidden,
  "no-such-interface": exitPortForbidden,
  "listen-failed": exitFailed,
};

const peerCodes: Readonly<Partial<Record<HearsayErrorCode, number>>> = {
  "bad-option": exitUsage,
  "bad-payload": exitUsage,
  "bad-topic": exitUsage,
  "too-large": exitUsage,
  alone: exitAlone,
  timeout: exitTimeout,
  "wrong-network": exitWrongNetwork,
};

/** Log files are the only files that commands open for writing. */
function logFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined || (syscall !== "open" && syscall !== "mkdir")) return undefined;
  return new Failure(`cannot write the log ${path}: ${reasons[code] ?? error.message}`, exitLog, error);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "not allowed",
  EPERM: "not allowed",
  EROFS: "the file system is read-only",
  EISDIR: "there is a folder of that name",
  EEXIST: "there is a file where its folder should be",
  ENOTDIR: "there is a file where its folder should be",
  ENOSPC: "the disk is full",
};
