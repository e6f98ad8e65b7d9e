/** What has been asked to be published and is not answered yet. */
import type { PeerEvent, PublishFailure } from "../core/peer-events.js";
import { abortError, closedError, HearsayError } from "./errors.js";
import { printMessageId } from "./received-message.js";

/** A message that has been published. */
export interface Published {
  /** Its name, the same that subscribers see: {@link printMessageId}. */
  readonly id: string;
  /** To how many neighbors it was sent; one of them at least has acknowledged it. 0 only with `allowAlone`. */
  readonly neighbors: number;
}

interface Publication {
  resolve(published: Published): void;
  reject(error: HearsayError): void;
}

/** Promises of a peer's core, by token. The core bounds how many there are. */
export class Publications {
  readonly #open = new Map<number, Publication>();
  #lastToken = 0;

  /** How many wait for their answer. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Publishes, and waits for the answer.
   *
   * @param request - passes the wish on to the core, which may answer before this returns
   * @throws HearsayError as the core answers, or `aborted`, or `closed`; and whatever `request` throws
   */
  make(request: (token: number) => void, signal: AbortSignal | undefined): Promise<Published> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      const token = ++this.#lastToken;
      if (signal === undefined) this.#open.set(token, { resolve, reject });
      else this.#open.set(token, this.#abortable(token, signal, { resolve, reject }));
      try {
        request(token);
      } catch (error) {
        this.#take(token)?.reject(error as HearsayError);
      }
    });
  }

  /** The core's answer. */
  published({ token, id, address, publishedAt, neighbors }: Extract<PeerEvent, { type: "published" }>): void {
    this.#take(token)?.resolve({ id: printMessageId({ publishedAt, address, seq: id.seq }), neighbors });
  }

  /** The core's refusal. */
  failed({ token, code, message }: Extract<PeerEvent, { type: "publish-failed" }>): void {
    this.#take(token)?.reject(errorOf(code, message));
  }

  /** No more answers will come. */
  end(): void {
    for (const token of [...this.#open.keys()]) this.#take(token)?.reject(closedError());
  }

  #take(token: number): Publication | undefined {
    const publication = this.#open.get(token);
    this.#open.delete(token);
    return publication;
  }

  #abortable(token: number, signal: AbortSignal, publication: Publication): Publication {
    const abort = () => this.#take(token)?.reject(abortError(signal));
    signal.addEventListener("abort", abort, { once: true });
    const settle = () => signal.removeEventListener("abort", abort);
    return {
      resolve(published) {
        settle();
        publication.resolve(published);
      },
      reject(error) {
        settle();
        publication.reject(error);
      },
    };
  }
}

function errorOf(code: PublishFailure, message: string): HearsayError {
  return code === "left" ? closedError() : new HearsayError(code, message);
}
