/**
 * Who may ask. On loopback everybody on this machine may, and so a web page must not be able to: it could ask through a
 * browser on this machine, as a request to another site, or by giving its own name the address of this machine (DNS
 * rebinding). With a token, whoever has it may ask; the dashboard's files, which hold no secrets, anybody may have, since
 * their page is where people enter the token.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { RequestFailure } from "./request-failure.js";

/** What a request says of itself. */
export interface Asking {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Needs no token: it tells nothing but that there is a process. */
const openPath = "/healthz";

/** Lets requests through, or refuses them. */
export class Guard {
  readonly #digest: Buffer | undefined;
  readonly #isPublic: (path: string) => boolean;

  /**
   * @param token - undefined: none is needed, and names other than this machine's are refused
   * @param isPublic - whether what is at this path may be read without the token
   */
  constructor(token: string | undefined, isPublic: (path: string) => boolean) {
    this.#digest = token === undefined ? undefined : digestOf(token);
    this.#isPublic = isPublic;
  }

  /**
   * Does nothing when the request may be served.
   *
   * @throws {@link RequestFailure} when it may not
   */
  check(asking: Asking): void {
    if (this.#digest !== undefined) this.#checkToken(asking, this.#digest);
    else checkName(asking.headers.host);
    checkSite(asking);
  }

  #checkToken({ method, path, headers }: Asking, digest: Buffer): void {
    if (path === openPath || (isReading(method) && this.#isPublic(path))) return;
    const given = tokenOf(headers.authorization);
    // Digests have one length, and comparing them takes one time, whatever was given.
    if (given !== undefined && timingSafeEqual(digestOf(given), digest)) return;
    // Basic as well, where people follow an address: browsers ask them for it. A page that asks has a form of its own.
    const mode = headers["sec-fetch-mode"];
    const basic = mode === undefined || mode === "navigate" ? ', Basic realm="hearsay", charset="UTF-8"' : "";
    throw new RequestFailure(401, "unauthorized", "this endpoint needs its token", {
      "WWW-Authenticate": `Bearer realm="hearsay"${basic}`,
    });
  }
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** Whether an IP or name stands for this machine alone. */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** `Bearer <token>`, or `Basic` with the token for a password. */
function tokenOf(authorization: string | undefined): string | undefined {
  const [, scheme, value] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (value === undefined || scheme === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function checkName(header: string | undefined): void {
  const name = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d+)?$/i.exec(header ?? "");
  if (name !== null && isLoopbackName((name[1] ?? name[2])!.toLowerCase())) return;
  throw new RequestFailure(421, "wrong-host", "without a token this endpoint answers to localhost and 127.0.0.1 only");
}

/** Requests that a page of another site makes; a browser says where they come from. */
function checkSite({ method, headers }: Asking): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const isNavigation = headers["sec-fetch-mode"] === "navigate" && isReading(method);
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none" && !isNavigation;
  const isFromElsewhere = origin !== undefined && !isSame(origin, host);
  if (isForeign || isFromElsewhere) {
    throw new RequestFailure(403, "cross-site", "pages of other sites may not ask this endpoint anything");
  }
}

function isSame(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host?.toLowerCase();
  } catch {
    return false;
  }
}
