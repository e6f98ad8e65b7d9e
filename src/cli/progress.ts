/** A word about what takes long. */
import type { Output } from "./output.js";

/** What is done within this time needs no words. */
const shortMs = 1_000;

/** The same promise; says on stderr what is going on when it takes longer than a second. */
export async function withProgress<T>(output: Output, text: string, promise: Promise<T>): Promise<T> {
  const timer = setTimeout(() => output.note(`${text} …`), shortMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
