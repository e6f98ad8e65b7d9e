/** `hearsay playground`, as commander reads it. */
import { Command } from "commander";
import { portValue } from "../values.js";

/** The command, without what it does. */
export function playgroundCommand(): Command {
  return new Command("playground")
    .summary("the simulator in a browser")
    .description(
      "Serves the playground, the simulator as a page, to a browser on this machine, and prints its address.",
    )
    .option("--port <number>", "port to listen on, 0 for any free one", portValue, 0);
}
