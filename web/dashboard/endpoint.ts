/** Requests to the endpoint that this page came from. */
import type { ErrorAnswer } from "../../src/http/schemas.js";

/** A request that was answered with an error, or not at all (`status` 0). */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.code = code;
  }
}

/** What may stand in a query: lists and what is undefined are left to the caller. */
export type Query = Readonly<Record<string, string | number | undefined>>;

const answerLimitMs = 10_000;

/** Asks, and is answered in JSON. */
export class Endpoint {
  /** Sent with every request once it is there. */
  token: string | undefined;
  readonly #base: string;

  /** @param base - ends with a slash: where `api/v1/` is found */
  constructor(base: string, token: string | undefined) {
    this.#base = base;
    this.token = token;
  }

  /** `path` is what follows `/api/v1/`. */
  async read<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
    const response = await this.#send(this.#address(path, query), { method: "GET" }, signal);
    return (await response.json()) as Answer;
  }

  /** Has something done. Rejects with a {@link RequestError} that says why it was not. */
  async act<Answer>(path: string, body: object = {}): Promise<Answer> {
    const headers = { "Content-Type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await this.#send(this.#address(path, {}), request, undefined);
    return (await response.json()) as Answer;
  }

  /** The stream of events, from after the event of that id. The signal ends it. */
  async listen(lastEventId: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["Last-Event-ID"] = lastEventId;
    const response = await this.#fetch(this.#address("events", {}), { method: "GET", headers, signal });
    if (response.body === null) throw new RequestError(response.status, "no-stream", "the endpoint sent no stream");
    return response.body;
  }

  async #send(address: URL, request: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    const limit = AbortSignal.timeout(answerLimitMs);
    return this.#fetch(address, {
      ...request,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  }

  async #fetch(address: URL, request: RequestInit): Promise<Response> {
    const headers = new Headers(request.headers);
    if (this.token !== undefined) headers.set("Authorization", `Bearer ${this.token}`);
    let response: Response;
    try {
      response = await fetch(address, { ...request, headers, cache: "no-store" });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new RequestError(0, "unreachable", "the endpoint does not answer");
    }
    if (!response.ok) throw await failureOf(response);
    return response;
  }

  #address(path: string, query: Query): URL {
    const address = new URL(`api/v1/${path}`, this.#base);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(key, String(value));
    }
    return address;
  }
}

async function failureOf(response: Response): Promise<RequestError> {
  try {
    const { error } = (await response.json()) as ErrorAnswer;
    return new RequestError(response.status, error.code, error.message);
  } catch {
    return new RequestError(response.status, "no-answer", `the endpoint answered ${response.status} without a reason`);
  }
}
