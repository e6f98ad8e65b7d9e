/** `hearsay playground`: gives the simulator to a browser on this machine. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ListenError } from "../../net/errors.js";
import { Departure } from "../departure.js";
import { exitFine } from "../exit-codes.js";
import { Output, type OutputOptions } from "../output.js";
import { fileServer, readServedFiles } from "./files.js";

/** The options of `hearsay playground`. */
export interface PlaygroundCommandOptions extends OutputOptions {
  readonly port: number;
}

const loopback = "127.0.0.1";
/** Beside this module, or beside the folder of the built one: both stand one folder deep in `lib`. */
const folders = { built: "../playground/", source: "../../../lib/playground/" };

/** Serves until it is asked to leave. Resolves with the exit code. */
export async function runPlayground(options: PlaygroundCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const isSource = import.meta.url.endsWith(".ts");
  const server = fileServer(readServedFiles(new URL(isSource ? folders.source : folders.built, import.meta.url)));
  server.listen(options.port, loopback);
  try {
    await once(server, "listening");
  } catch (error) {
    throw ListenError.from(error as NodeJS.ErrnoException, loopback, options.port);
  }
  const { port } = server.address() as AddressInfo;
  const address = `http://${loopback}:${port}/`;
  output.line(`The playground is at ${address}`);
  output.event("listening", { address, port });
  await departure.requested;
  server.close();
  server.closeAllConnections();
  output.event("left");
  await output.flush();
  return exitFine;
}
