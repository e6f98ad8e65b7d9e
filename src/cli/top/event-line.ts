/** One line for people of an event of the stream. */
import type { Someone, StreamEvent } from "../../http/schemas.js";

/** The line; undefined for what happens all the time. */
export function streamEventLine(event: StreamEvent): string | undefined {
  switch (event.type) {
    case "hello":
    case "hop":
      return undefined;
    case "dropped":
      return event.count === null ? "some events were missed" : `${event.count} events were missed`;
    case "join":
    case "update":
    case "suspect":
    case "alive":
    case "dead":
    case "leave":
      return `${event.type} ${called(event.peer)}${event.observer.name === null ? "" : `, says ${event.observer.name}`}`;
    case "link":
      return `link ${called(event.observer)} to ${called(event.neighbor)}`;
    case "unlink":
      return `unlink ${called(event.observer)} from ${called(event.neighbor)} (${event.reason})`;
    case "slow":
      return `${called(event.neighbor)} ${event.isSlow ? "reads too slowly" : "has caught up"}`;
    case "message":
      return `message of ${called(event.origin)} on ${event.topic}: ${event.preview}`;
    case "gap":
      return `${event.count} messages of ${event.origin.id} are lost`;
    case "joined":
      return `${called(event.observer)} joined${event.isAlone ? ", the first here" : ""}`;
    case "notice":
      return `${event.code}: ${event.text}`;
    case "registration":
      return `${called(event.seed)} ${event.change} ${called(event.peer)}${event.reason === null ? "" : ` (${event.reason})`}`;
    case "started":
    case "killed":
    case "frozen":
    case "thawed":
    case "left":
      return `${event.type} ${called(event.peer)}`;
    case "mourned":
      return `${called(event.peer)} is dead to all, ${(event.afterMs / 1_000).toFixed(1)} s after it was killed`;
    case "cut":
      return `cut ${event.a} from ${event.b}`;
    case "partitioned":
      return `parted in ${event.groups.length}`;
    case "healed":
      return "all paths are whole";
  }
}

function called({ name, address }: Someone): string {
  return name ?? address;
}
