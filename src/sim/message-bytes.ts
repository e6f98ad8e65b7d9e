/** How many bytes a message takes on a link, as the real driver writes it. */
import type { ClassicMessage } from "../core/classic/message.js";
import type { Message } from "../core/message.js";
import { encodeClassic } from "../wire/classic.js";
import { codecs } from "../wire/native/messages.js";
import { FrameWriter } from "../wire/native.js";
import type { AnyMessage } from "./virtual-peer.js";

const writer = new FrameWriter();

/**
 * The bytes of a message's frame, or of its text if it is a classic one. Costs about what writing it costs: an envelope is
 * written once, however many links it travels on.
 */
export function messageBytes(message: AnyMessage): number {
  if (!isNative(message)) return encodeClassic(message as ClassicMessage).length;
  writer.add(message);
  return writer.take().reduce((sum, piece) => sum + piece.length, 0);
}

/** Both dialects have a gossip: only that of the native one has an envelope. */
function isNative(message: AnyMessage): message is Message {
  return message.type in codecs && (message.type !== "gossip" || "envelope" in message);
}
