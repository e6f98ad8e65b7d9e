/** The order in which an application is given what is remembered. */
import type { Envelope } from "./message.js";

/**
 * The same messages, each life's in the order of their numbers. Between lives the order of arrival stays: a life's messages
 * take the places that its messages had.
 *
 * @param arrived - in order of arrival. What was repaired late stands behind what came after it
 */
export function inReleaseOrder(arrived: readonly Envelope[]): Envelope[] {
  const lives = new Map<string, Envelope[]>();
  for (const envelope of arrived) {
    const key = lifeOf(envelope);
    const life = lives.get(key);
    if (life === undefined) lives.set(key, [envelope]);
    else life.push(envelope);
  }
  for (const life of lives.values()) life.sort((a, b) => b.seq - a.seq);
  return arrived.map((envelope) => lives.get(lifeOf(envelope))!.pop()!);
}

function lifeOf({ origin, epoch }: Envelope): string {
  return `${origin}/${epoch}`;
}
