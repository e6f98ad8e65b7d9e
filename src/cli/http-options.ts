/** The admin endpoint of a command: where it is, who may ask, and its start. Its code is loaded only when there is one. */
import { readFile } from "node:fs/promises";
import type { Endpoint } from "../http/server.js";
import type { Subject } from "../http/subject.js";
import { exitToken } from "./exit-codes.js";
import { Failure, usageFailure } from "./failure.js";
import type { Output } from "./output.js";

/** What `--http` says. */
export interface HttpPlace {
  /** Loopback when left out. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** The options of the endpoint. A token on the command line could be read by every user of the machine: it is not one. */
export interface HttpOptions {
  /** False after `--no-http`. */
  readonly http?: HttpPlace | false;
  /** A file with the token. */
  readonly httpTokenFile?: string;
}

/** Where an endpoint is to be, and its token. */
export interface EndpointPlace extends HttpPlace {
  readonly token: string | undefined;
}

/** The shortest token: what is shorter can be guessed. */
const tokenMin = 16;
const tokenVariable = "HEARSAY_HTTP_TOKEN";

/**
 * Where the endpoint is to be; undefined when there is to be none.
 *
 * @throws {@link Failure} when others could reach it and there is no token, or the token can't be used
 */
export async function endpointPlace({ http, httpTokenFile }: HttpOptions): Promise<EndpointPlace | undefined> {
  if (http === undefined || http === false) {
    if (httpTokenFile !== undefined) throw usageFailure("--http-token-file is for an endpoint: give --http as well");
    return undefined;
  }
  const token = await readToken(httpTokenFile);
  if (token === undefined && !isLoopback(http.host)) {
    const message = `--http ${http.host}: other machines could reach it, so it needs a token; give --http-token-file or ${tokenVariable}`;
    throw new Failure(message, exitToken);
  }
  // Now, and not when there is a peer that has better things to do.
  await import("../http/server.js");
  return { ...http, token };
}

/** Starts the endpoint and tells where it is; undefined when there is to be none. Throws what listening throws. */
export async function openEndpoint(
  place: EndpointPlace | undefined,
  output: Output,
  subjectOf: () => Promise<Subject>,
): Promise<Endpoint | undefined> {
  if (place === undefined) return undefined;
  const { startEndpoint } = await import("../http/server.js");
  const onError = (error: unknown) => output.warning(`the admin endpoint failed: ${String(error)}`);
  return startEndpoint(await subjectOf(), { ...place, onError });
}

/** Says where an endpoint is. */
export function tellEndpoint(endpoint: Endpoint | undefined, output: Output): void {
  if (endpoint === undefined) return;
  output.note(`Admin endpoint: ${endpoint.url}`);
  output.event("http", { url: endpoint.url });
}

/**
 * The token of a file, or else of the environment; undefined when there is neither.
 *
 * @throws {@link Failure} when it can't be used
 */
export async function readToken(file: string | undefined): Promise<string | undefined> {
  const given = file === undefined ? process.env[tokenVariable] : await readTokenFile(file);
  if (given === undefined || (file === undefined && given === "")) return undefined;
  const token = given.trim();
  const where = file ?? `the variable ${tokenVariable}`;
  if (token.length < tokenMin)
    throw new Failure(`the token in ${where} is shorter than ${tokenMin} characters`, exitToken);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure(`the token in ${where} has other characters than printable ASCII without spaces`, exitToken);
  }
  return token;
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "not allowed" : String(code);
    throw new Failure(`cannot read the token ${file}: ${why}`, exitToken, error);
  }
}

function isLoopback(host: string | undefined): boolean {
  return host === undefined || host === "localhost" || host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}
