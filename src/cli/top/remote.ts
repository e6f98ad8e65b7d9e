/** A running endpoint, as `hearsay top` asks it. */
import type { ErrorAnswer, StreamEvent } from "../../http/schemas.js";
import { exitFailed, exitToken } from "../exit-codes.js";
import { Failure } from "../failure.js";

/** How long an answer may take. */
const answerMs = 5_000;
/** From one attempt to listen to the next. */
const againMs = 1_000;

/** Asks one endpoint. */
export class Remote {
  /** Where it is, with a slash at the end. */
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, token: string | undefined) {
    this.url = url;
    this.#headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  /**
   * Reads one path, without its first slash.
   *
   * @throws {@link Failure} when nobody answers, or not so
   */
  async get<Answer>(path: string): Promise<Answer> {
    const response = await this.#ask(path, AbortSignal.timeout(answerMs));
    if (response.ok) return (await response.json()) as Answer;
    throw await this.#refusal(response);
  }

  /** Tells events, connection after connection, until the signal fires. */
  async listen(tell: (event: StreamEvent) => void, signal: AbortSignal): Promise<void> {
    let lastEventId: string | undefined;
    while (!signal.aborted) {
      try {
        const more = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
        const response = await this.#ask("api/v1/events", signal, more);
        if (response.body === null || !response.ok) throw await this.#refusal(response);
        for await (const frame of framesOf(response.body)) {
          lastEventId = /^id: (.*)$/m.exec(frame)?.[1] ?? lastEventId;
          const body = /^data: (.*)$/m.exec(frame)?.[1];
          if (body !== undefined) tell(JSON.parse(body) as StreamEvent);
        }
      } catch {
        // Whether anybody answers is found out, and said, by those who ask for figures.
      }
      await new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : againMs).unref());
    }
  }

  async #ask(path: string, signal: AbortSignal, more: Readonly<Record<string, string>> = {}): Promise<Response> {
    try {
      return await fetch(new URL(path, this.url), { headers: { ...this.#headers, ...more }, signal });
    } catch (error) {
      throw new Failure(`nothing answers at ${this.url}: ${reasonOf(error)}`, exitFailed, error);
    }
  }

  async #refusal(response: Response): Promise<Failure> {
    if (response.status === 401) {
      return new Failure(`${this.url} needs its token: give --http-token-file or HEARSAY_HTTP_TOKEN`, exitToken);
    }
    let message = `status ${response.status}`;
    try {
      message = ((await response.json()) as ErrorAnswer).error.message;
    } catch {
      // It is somebody else's server.
    }
    return new Failure(`${this.url} does not answer as an admin endpoint does: ${message}`, exitFailed);
  }
}

async function* framesOf(body: ReadableStream<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop()!;
    yield* frames;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer in ${answerMs / 1_000} s`;
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly message?: string } };
  if (cause?.code === "ECONNREFUSED") return "connection refused";
  return cause?.code ?? cause?.message ?? error.message;
}
