/** Listens on a port. */
import type { Server } from "node:net";
import type { DriverOptions } from "./driver-options.js";
import { ListenError } from "./errors.js";

/** Resolves when the server listens. Throws a {@link ListenError}, as a rejection, when it cannot. */
export function listen(server: Server, options: Pick<DriverOptions, "host" | "port">): Promise<void> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(ListenError.from(error, host, port));
    server.once("error", failed);
    server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1_024 }, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
