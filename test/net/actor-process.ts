/** An actor in a process of its own, told what to do over the channel to its parent. */
import { Actor, type ActorCommand } from "./actor.js";

interface Call {
  readonly call: number;
  readonly command: ActorCommand;
  readonly argument: unknown;
}

const actor = new Actor();
process.on("message", ({ call, command, argument }: Call) => {
  const does = actor[command] as (argument: unknown) => Promise<unknown>;
  does.call(actor, argument).then(
    (value) => process.send!({ call, value }),
    (error) => process.send!({ call, error: String(error?.stack ?? error) }),
  );
});
process.on("disconnect", () => process.exit());
