import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEndpoint } from "../../src/http/server.js";
import { json, type PeerScene, peerScene } from "./scene.js";

const token = "correct-horse-battery-staple";
let open: PeerScene;
let closed: PeerScene;
beforeAll(async () => {
  [open, closed] = await Promise.all([peerScene(), peerScene({ token })]);
});
afterAll(async () => {
  await Promise.all([open?.close(), closed?.close()]);
});

/** With headers that fetch would not send. */
function asked(port: number, path: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode!));
    });
    asking.on("error", reject);
    asking.end();
  });
}

describe("with a token", () => {
  test("every request but /healthz needs it: pages, streams, figures and actions", async () => {
    const paths = ["/", "/readyz", "/metrics", "/api/v1/self", "/api/v1/events", "/api/v1/openapi.json", "/nothing"];
    for (const path of paths) {
      const answer = await closed.get(path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      expect(await json(answer)).toEqual({ error: { code: "unauthorized", message: expect.any(String) } });
    }
    expect((await closed.post("/api/v1/publish", { text: "x" })).status).toBe(401);
    expect((await closed.get("/healthz")).status).toBe(200);
  });

  test("a page that asks is not asked for a password by the browser: it has a form of its own", async () => {
    const challenge = (mode: string) => {
      return new Promise<string | undefined>((resolve, reject) => {
        const { port } = closed.endpoint;
        const asking = request({ host: "127.0.0.1", port, path: "/api/v1/self", headers: { "Sec-Fetch-Mode": mode } });
        asking.on("response", (response) => {
          response.resume();
          resolve(response.headers["www-authenticate"]);
        });
        asking.on("error", reject);
        asking.end();
      });
    };
    expect(await challenge("navigate")).toContain("Basic");
    for (const mode of ["cors", "same-origin"]) expect(await challenge(mode)).toBe('Bearer realm="hearsay"');
  });

  test("it is taken as a bearer's, or as a password, and no other is", async () => {
    const status = async (authorization: string) =>
      (await closed.get("/api/v1/self", { headers: { Authorization: authorization } })).status;
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    expect(await status(`Bearer ${token}`)).toBe(200);
    expect(await status(basic(`anybody:${token}`))).toBe(200);
    for (const wrong of [
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      "Bearer ",
      token,
      basic(token),
      basic(`${token}:`),
      `Digest ${token}`,
    ]) {
      expect([wrong, await status(wrong)]).toEqual([wrong, 401]);
    }
    const headers = { Authorization: `Bearer ${token}` };
    expect((await closed.post("/api/v1/publish", { text: "x" }, headers)).status).toBe(200);
  });
});

describe("without a token", () => {
  test("an endpoint that others could reach is not started", async () => {
    const nobody = {} as Parameters<typeof startEndpoint>[0];
    await expect(startEndpoint(nobody, { host: "0.0.0.0", port: 0 })).rejects.toThrow("needs a token");
  });

  test("only names of this machine are answered to: a name that somebody else gave it is not", async () => {
    const { port } = open.endpoint;
    const status = (name: string) => asked(port, "/api/v1/self", { Host: name });
    for (const name of [`127.0.0.1:${port}`, `localhost:${port}`, "LOCALHOST", `[::1]:${port}`, "127.1.2.3"]) {
      expect([name, await status(name)]).toEqual([name, 200]);
    }
    for (const name of [`evil.example:${port}`, "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example"]) {
      expect([name, await status(name)]).toEqual([name, 421]);
    }
  });

  test("pages of other sites can neither ask nor do anything", async () => {
    const { port } = open.endpoint;
    const own = { Host: `127.0.0.1:${port}`, "Content-Type": "application/json" };
    const status = (headers: Record<string, string>, method = "POST") =>
      asked(port, method === "POST" ? "/api/v1/publish" : "/api/v1/self", { ...own, ...headers }, method);
    expect(await status({ Origin: "http://evil.example" })).toBe(403);
    expect(await status({ Origin: `http://localhost:${port + 1}` })).toBe(403);
    expect(await status({ Origin: "null" })).toBe(403);
    expect(await status({ "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await status({ "Sec-Fetch-Site": "same-site" }, "GET")).toBe(403);
    // What a form can send without being asked.
    expect(await status({ "Content-Type": "text/plain" })).toBe(415);
    // 400: served, and the body is empty.
    expect(await status({ Origin: `http://127.0.0.1:${port}`, "Sec-Fetch-Site": "same-origin" })).toBe(400);
    expect(await status({ "Sec-Fetch-Site": "none" }, "GET")).toBe(200);
    // A link on another site may be followed, to look.
    expect(await status({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" }, "GET")).toBe(200);
    expect(await status({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" })).toBe(403);
  });
});

describe("every answer", () => {
  test("has headers that leave nothing to a browser's guess", async () => {
    for (const path of ["/", "/api/v1/self", "/nothing", "/metrics"]) {
      const { headers } = await open.get(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
    const page = await open.get("/");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/);
    expect(await page.text()).toContain('<a href="/api/v1/directory">');
  });

  test("to an unknown path is 404, and to a wrong method 405 with those that there are", async () => {
    const answer = async (method: string, path: string) => {
      const { status, headers } = await open.get(path, { method });
      return [status, headers.get("allow")];
    };
    expect(await answer("GET", "/api/v1/nothing")).toEqual([404, null]);
    expect(await answer("GET", "/api/v2/self")).toEqual([404, null]);
    expect(await answer("POST", "/nothing")).toEqual([404, null]);
    // A peer is no network.
    expect(await answer("GET", "/api/v1/network")).toEqual([404, null]);
    expect(await answer("DELETE", "/api/v1/self")).toEqual([405, "GET, HEAD"]);
    expect(await answer("GET", "/api/v1/publish")).toEqual([405, "POST"]);
    expect(await answer("PUT", "/")).toEqual([405, "GET, HEAD"]);
    expect(await answer("HEAD", "/api/v1/self")).toEqual([200, null]);
    expect((await open.get("/api/v1/self?x=1")).status).toBe(400);
  });

  test("comes even to what is no request", async () => {
    const { port } = open.endpoint;
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () =>
        socket.write(`GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
      );
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes.toString();
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    expect(said).toMatch(/^HTTP\/1\.1 431 /);
    expect((await open.get("/healthz")).status).toBe(200);
  });
});
