/** Requests that are not served: a status, a word for programs, a sentence for people. */
import type { ErrorAnswer } from "./schemas.js";

/** Statuses that are answered in place of what was asked for. */
export type FailureStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 421 | 500 | 503;

/** Thrown to answer a request with an error. */
export class RequestFailure extends Error {
  /** The status of the answer. */
  readonly status: FailureStatus;
  /** One word for programs. */
  readonly code: string;
  /** Headers of the answer, by name. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: FailureStatus, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "RequestFailure";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** The body of the answer. */
  get answer(): ErrorAnswer {
    return { error: { code: this.code, message: this.message } };
  }
}

/** There is nobody of that name. */
export function nobodyCalled(name: string): RequestFailure {
  return new RequestFailure(404, "unknown-peer", `there is no peer or seed called ${JSON.stringify(name)} here`);
}
