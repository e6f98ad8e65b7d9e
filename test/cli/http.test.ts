import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import pc from "picocolors";
import stringWidth from "string-width";
import { afterAll, describe, expect, test } from "vitest";
import { ratesOf } from "../../src/cli/top/snapshot.js";
import { renderTop, type TopState } from "../../src/cli/top/view.js";
import { type Running, until, Workshop } from "./running.js";

const workshop = new Workshop();
afterAll(() => workshop.close());

const token = "0123456789abcdef-token";

async function urlOf(running: Running): Promise<string> {
  const url = () => /https?:\/\/[^\s"]+/.exec(running.stdout() + running.stderr())?.[0];
  await until(() => url() !== undefined, "an endpoint", running);
  return url()!;
}

describe("--http", () => {
  test("on an address of others refuses to start without a token, and says what to do", async () => {
    for (const command of ["peer", "seed", "up"]) {
      const port = command === "seed" ? ["--port", "0"] : [];
      const running = workshop.run([command, ...port, "--http", "0.0.0.0:0"], "");
      expect(await running.exit()).toBe(10);
      expect(running.stderr()).toBe(
        "error: --http 0.0.0.0: other machines could reach it, so it needs a token; give --http-token-file or HEARSAY_HTTP_TOKEN\n",
      );
      expect(running.stdout()).toBe("");
    }
  });

  test("takes a token from a file or the environment, and none that can be guessed", async () => {
    const file = join(workshop.folder, "token");
    writeFileSync(file, `${token}\n`);
    const peer = workshop.run(["peer", "--http", "0.0.0.0:0", "--http-token-file", file], "");
    const url = await urlOf(peer);
    expect((await fetch(`${url}api/v1/self`)).status).toBe(401);
    const asked = await fetch(`${url}api/v1/self`, { headers: { Authorization: `Bearer ${token}` } });
    expect(await asked.json()).toMatchObject({ kind: "peer", isReady: false, actions: ["publish"] });
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    const top = workshop.run(["top", url, "--count", "1"], "", { HEARSAY_HTTP_TOKEN: token });
    expect(await top.exit()).toBe(0);
    expect(top.stdout()).toMatch(/^hearsay top · peer \S+ of hearsay · up /);
    const refused = workshop.run(["top", url, "--count", "1"], "");
    expect(await refused.exit()).toBe(10);
    expect(refused.stderr()).toContain("needs its token");
    peer.child.kill("SIGINT");
    expect(await peer.exit()).toBe(0);
    writeFileSync(file, "short\n");
    const short = workshop.run(["peer", "--http", "0", "--http-token-file", file], "");
    expect(await short.exit()).toBe(10);
    expect(short.stderr()).toContain("shorter than 16 characters");
    const missing = workshop.run(["peer", "--http", "0", "--http-token-file", "nowhere"], "");
    expect(await missing.exit()).toBe(10);
    expect(missing.stderr()).toContain("there is no such file");
  });

  test("of a seed shows who is registered; a port that is taken is said", async () => {
    const seed = await workshop.listening(["seed", "--port", "0", "--http", "0"]);
    const url = await urlOf(seed);
    expect(await (await fetch(`${url}api/v1/registrations`)).json()).toMatchObject({ total: 0, registrations: [] });
    const { port } = new URL(url);
    const second = workshop.run(["seed", "--port", "0", "--http", port], "");
    expect(await second.exit()).toBe(3);
    const wrong = workshop.run(["peer", "--http", "nonsense:x"], "");
    expect(await wrong.exit()).toBe(2);
    const classic = workshop.run(["peer", "--dialect", "classic", "--http", "0", "--port", "0"], "");
    expect(await classic.exit()).toBe(2);
    expect(classic.stderr()).toContain("--http is for --dialect native");
  });
});

describe("hearsay up", () => {
  test("has an endpoint without being asked, which acts on it, and which top shows; none with --no-http", async () => {
    const up = workshop.run(["up", "--peers", "3", "--seeds", "1", "--messages", "0", "--json"], "");
    const url = await urlOf(up);
    await until(() => up.stdout().includes('"ready"'), "all are linked", up);
    const top = workshop.run(["top", new URL(url).port, "--json", "--every", "100ms"], "");
    await until(() => top.events().length >= 2, "two looks", top);
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${url}api/v1/peers/p2/freeze`, { method: "POST", headers });
    expect(await answer.json()).toEqual({ done: true });
    const statusOf = () => (top.events().at(-1) as unknown as Shown).network.peers[1]!.status;
    await until(() => statusOf() === "frozen", "top shows it", top);
    top.child.kill("SIGINT");
    expect(await top.exit()).toBe(0);
    expect(top.stderr()).toBe("");
    up.child.kill("SIGINT");
    expect(await up.exit()).toBe(0);
    expect(up.events().map(({ event }) => event)).toContain("frozen");
    const without = workshop.run(["up", "--peers", "2", "--for", "100ms", "--messages", "0", "--no-http"], "");
    expect(await without.exit()).toBe(0);
    expect(without.stdout()).not.toContain("http://");
  });
});

interface Shown {
  readonly network: { readonly peers: readonly { readonly status: string }[] };
}

describe("hearsay top", () => {
  test("says when nothing answers, or something else does", async () => {
    const nothing = workshop.run(["top", "127.0.0.1:9"], "");
    expect(await nothing.exit()).toBe(1);
    expect(nothing.stderr()).toMatch(/^error: nothing answers at http:\/\/127\.0\.0\.1:9\/: /);
    const other = createServer((_request, response) => response.writeHead(404).end("what?"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const top = workshop.run(["top", String((other.address() as AddressInfo).port)], "");
    expect(await top.exit()).toBe(1);
    expect(top.stderr()).toContain("does not answer as an admin endpoint does: status 404");
    other.close();
  });

  test("fits into any terminal", () => {
    const someone = { id: "ab".repeat(16), name: null, address: "127.0.0.1:5000" };
    const counters = {
      kind: "peer",
      at: 2_000,
      upMs: 61_000,
      delivered: 30,
      published: 2,
      duplicates: 1,
      gaps: 0,
      neighbors: 1,
      connections: 1,
      directory: { alive: 50, suspect: 0, dead: 0, left: 0 },
      historyMessages: 3,
      historyBytes: 300,
    } as const;
    const entry = { ...someone, dialect: "native", status: "alive", epoch: 1, incarnation: 1, since: 1 } as const;
    const state: TopState = {
      url: "http://127.0.0.1:1/",
      failure: undefined,
      events: ["join \u001b[2J 名前".repeat(20)],
      hasKeys: true,
      snapshot: {
        self: {
          kind: "peer",
          version: "1",
          id: someone.id,
          address: someone.address,
          network: "hearsay",
          dialect: "native",
          tags: {},
          startedAt: 1,
          now: 2_000,
          isReady: true,
          notReady: [],
          actions: [],
        },
        counters,
        rates: ratesOf(counters, { ...counters, at: 1_000, delivered: 10 }),
        neighbors: { observer: someone, neighbors: [] },
        directory: {
          observer: someone,
          counts: counters.directory,
          matching: 50,
          next: null,
          peers: Array.from({ length: 50 }, () => ({
            ...entry,
            tags: { role: "名前".repeat(40) },
            seenAt: null,
            rttMs: 3,
            isSelf: false,
          })),
        },
      },
    };
    for (const columns of [1, 20, 80, 200]) {
      for (const rows of [1, 5, 24, 100]) {
        const lines = renderTop(state, { columns, rows }, pc.createColors(false));
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
        for (const one of lines) expect(stringWidth(one)).toBeLessThanOrEqual(columns);
        expect(lines.join("")).not.toContain("\u001b");
      }
    }
    const text = renderTop(state, { columns: 100, rows: 24 }, pc.createColors(false)).join("\n");
    expect(text).toContain("30 delivered (20.0/s)");
    expect(text).toContain("… and ");
  });
});
