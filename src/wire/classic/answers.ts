/**
 * What may arrive on a connection that we opened ourselves: the one answer that our message asked for, or nothing. What
 * follows an answer is nobody's business: the connection is about to be closed.
 */
import { type Address, splitAddress } from "../../core/address.js";
import type { ClassicMessage } from "../../core/classic/message.js";
import { isPlain, isSeparator, isTimestamp, readListElement, skipSeparators, splitFields } from "./fields.js";
import type { Moment, TextRefusal } from "./requests.js";

/** The whole text of the answer to a connect request. */
export const connectAccepted = "New Connect Accepted";
/** How the answer to a liveness request begins. */
export const replyHead = "Liveness Reply:";

/** An answer, or why it is none, or that more bytes may decide. */
export type AnswerReading = ClassicMessage | TextRefusal | "wait";

/** Reads `New Connect Accepted`: decided as soon as it stands there. */
export function readConnectAccepted(text: string, moment: Moment): AnswerReading {
  const answer = text.slice(skipSeparators(text, 0));
  if (answer.startsWith(connectAccepted)) return { type: "connect-accepted" };
  if (!connectAccepted.startsWith(answer)) return "not-a-message";
  // Closed without a word: refused, which is an answer too, but no message.
  return moment === "ended" && answer !== "" ? "incomplete" : "wait";
}

/** Reads `Liveness Reply:ts:ip:own-ip`: decided with the first character of the last field, since no one goes by that field. */
export function readLivenessReply(text: string, moment: Moment): AnswerReading {
  const start = skipSeparators(text, 0);
  let end = start;
  while (end < text.length && !isSeparator(text.charCodeAt(end))) end++;
  const answer = text.slice(start, end);
  if (!answer.startsWith(replyHead)) {
    if (end < text.length || !replyHead.startsWith(answer)) return "not-a-message";
    return moment === "ended" && answer !== "" ? "incomplete" : "wait";
  }
  const [, timestamp = "", ip, ownIp = ""] = splitFields(answer, 5).map((field) => field.trimEnd());
  const known = end < text.length ? "ended" : moment;
  if (timestamp !== "" && !isTimestamp(timestamp)) return "not-a-message";
  if (ip === undefined) return known === "ended" ? "incomplete" : "wait";
  if (timestamp === "" || !isPlain(ip)) return "not-a-message";
  if (ownIp === "" && known === "open") return "wait";
  return { type: "liveness-reply", timestamp, ip, ownIp: isPlain(ownIp) ? ownIp : "" };
}

/**
 * Reads `a:p,b:p,…,own:p`. Nothing marks its end: a list that breaks off is taken for whole when the connection is
 * quiet only if its last element is the asker, who stands last.
 */
export function readPeerList(text: string, moment: Moment, ownPort: number | undefined): AnswerReading {
  if (moment === "open") return "wait";
  const elements = text.split(/[,\s~\0]+/).filter((element) => element !== "");
  if (elements.length === 0) return moment === "ended" && text !== "" ? "not-a-message" : "wait";
  const last = readListElement(elements.at(-1)!);
  if (moment === "quiet" && !isAsker(last, ownPort)) return "wait";
  const peers = elements.flatMap((element) => readListElement(element) ?? []);
  return peers.length > 0 ? { type: "peer-list", peers } : "not-a-message";
}

function isAsker(last: Address | undefined, ownPort: number | undefined): boolean {
  return last !== undefined && (ownPort === undefined || splitAddress(last).port === ownPort);
}
