/** The playground's files, as a server gives them out. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { exitFailed } from "../exit-codes.js";
import { Failure } from "../failure.js";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing is loaded from elsewhere, and nothing in a page is a script. */
const securityPolicy = "default-src 'self'; worker-src 'self'";

/** By the path that they are asked for with. */
export type ServedFiles = ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array }>;

/**
 * Reads all of a folder. Only what is read here is ever given out, so no path leads anywhere else.
 *
 * @throws {@link Failure} when it is not there
 */
export function readServedFiles(folder: URL): ServedFiles {
  const files = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (error) {
    throw new Failure(`there is no playground in ${fileURLToPath(folder)}: npm run build makes it`, exitFailed, error);
  }
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const path = `/${name.replaceAll("\\", "/")}`;
    files.set(path, { type, bytes: readFileSync(new URL(`.${path}`, folder)) });
  }
  const page = files.get("/index.html");
  if (page === undefined) throw new Failure("the playground has no page: npm run build makes it", exitFailed);
  files.set("/", page);
  return files;
}

/** A server of these files, which does not listen yet. */
export function fileServer(files: ServedFiles): Server {
  return createServer((request, response) => answer(files, request, response));
}

function answer(files: ServedFiles, { method, url = "/" }: IncomingMessage, response: ServerResponse): void {
  response.setHeader("content-security-policy", securityPolicy);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cache-control", "no-cache");
  const file = files.get(url.split("?", 1)[0]!);
  if (method !== "GET" && method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
  } else if (file === undefined) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("there is no such file\n");
  } else {
    response.writeHead(200, { "content-type": file.type, "content-length": file.bytes.length });
    response.end(method === "HEAD" ? undefined : file.bytes);
  }
}
