/** Topics: names that publishers and subscribers agree on. */
import { HearsayError } from "./errors.js";

/** The most bytes of a topic, in UTF-8. */
export const topicBytesMax = 255;

const plainTopic = /^[\x20-\x7e]{1,255}$/;
const halfPair = /\p{Surrogate}/u;

/**
 * Checks that a topic can travel.
 *
 * @throws HearsayError `bad-topic` unless it is a text of 1 to 255 bytes of UTF-8. Half a surrogate pair would arrive as
 *   another topic, so it is refused too
 */
export function checkTopic(topic: string): void {
  if (typeof topic !== "string") throw badTopic(`a topic is a string, not ${topic === null ? "null" : typeof topic}`);
  if (plainTopic.test(topic)) return;
  if (topic === "") throw badTopic("a topic needs at least one character");
  if (halfPair.test(topic)) throw badTopic("the topic holds half of a surrogate pair");
  const bytes = new TextEncoder().encode(topic).length;
  if (bytes > topicBytesMax) throw badTopic(`a topic of ${bytes} bytes of UTF-8, of at most ${topicBytesMax}`);
}

function badTopic(message: string): HearsayError {
  return new HearsayError("bad-topic", message);
}
