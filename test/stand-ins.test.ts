import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** How long anything here may take to happen. */
const patienceMs = 15_000;

interface Running {
  readonly port: number;
  readonly child: ChildProcess;
  /** Its log file's lines. */
  log(): string[];
  /** Everything it has printed. */
  printed(): string;
}

const children: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), "hearsay-stand-ins-"));

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

describe("a network of stand-ins", () => {
  const seeds: Running[] = [];
  const peers: Running[] = [];

  beforeAll(async () => {
    const ports = await freePorts(8);
    for (const port of ports.slice(0, 3)) seeds.push(await start("seed", port, []));
    for (const port of ports.slice(3)) peers.push(await start("peer", port, seeds));
  });

  test("every peer hears gossip of others, each line beginning with its timestamp", async () => {
    for (const peer of peers) {
      const foreign = () =>
        peer
          .log()
          .filter((line) => /^\d+\.\d+:127\.0\.0\.1:\d+:GOSSIP\d+$/.test(line) && !line.includes(`:${peer.port}:`));
      await until(() => foreign().length >= 5, `${peer.port} hears gossip`);
      expect(new Set(foreign()).size).toBe(foreign().length);
    }
  });

  test("the seeds together list all five peers, and each list ends with the asker", async () => {
    const lists = await Promise.all(seeds.map(({ port }) => ask(port, "0.0.0.0:1")));
    for (const list of lists) expect(list).toMatch(/^(?:127\.0\.0\.1:\d+,)*127\.0\.0\.1:1$/);
    const listed = new Set(lists.flatMap((list) => list.split(",").slice(0, -1)));
    expect([...listed].sort()).toEqual(peers.map(addressOf).sort());
  });

  test("a registration that comes twice stands in the list twice, and a glued one poisons it", async () => {
    const seed = seeds[0]!;
    await ask(seed.port, "0.0.0.0:2");
    expect(await ask(seed.port, "0.0.0.0:2")).toMatch(/127\.0\.0\.1:2,127\.0\.0\.1:2$/);
    expect(await ask(seed.port, "127.0.0.1:3127.0.0.1:3")).toMatch(/,127\.0\.0\.1:3127\.0\.0\.1$/);
    expect(seed.log()).toContain("Received Connection -- 127.0.0.1:2");
  });

  test("a liveness request is answered with its own timestamp and address", async () => {
    expect(await ask(peers[0]!.port, "Liveness Request:1700000000.25:10.0.0.9")).toBe(
      "Liveness Reply:1700000000.25:10.0.0.9:127.0.0.1",
    );
  });

  test("a text of three fields ends the connection, not the peer", async () => {
    expect(await ask(peers[0]!.port, "1700000000:127.0.0.1:Msg1")).toBe("");
    expect(await ask(peers[0]!.port, "Liveness Request:1:2")).toBe("Liveness Reply:1:2:127.0.0.1");
  });

  test("a peer that is killed is reported to the seeds, which drop it", async () => {
    const victim = peers[2]!;
    victim.child.kill("SIGKILL");
    const report = `Dead Node:${addressOf(victim)}:`;
    const told = () => seeds.filter((seed) => seed.log().some((line) => line.startsWith(report)));
    // Every reporter tells two seeds.
    await until(() => told().length >= 2, "the seeds hear of the death");
    for (const seed of told()) await until(() => seed.printed().includes(report), "the seed prints it as well");
    for (const seed of told()) expect((await ask(seed.port, "0.0.0.0:1")).split(",")).not.toContain(addressOf(victim));
  });
});

test("the port is asked for on standard input, and a blank line in the config ends the peer", async () => {
  const [port] = await freePorts(1);
  const seed = await start("seed", port!, [], "asked");
  expect(seed.printed()).toMatch(/^Enter port number for seed: /);
  const own = join(folder, "strict");
  mkdirSync(own);
  writeFileSync(join(own, "config.txt"), `127.0.0.1:${port}\n`);
  const child = launch("peer", own, { STANDIN_PORT: "1" });
  const exitCode = await new Promise((resolve) => child.once("exit", resolve));
  expect(exitCode).toBe(1);
});

async function start(kind: "seed" | "peer", port: number, seeds: Running[], how?: "asked"): Promise<Running> {
  const own = join(folder, `${kind}-${port}`);
  mkdirSync(own);
  if (kind === "peer") writeFileSync(join(own, "config.txt"), seeds.map(addressOf).join("\n"));
  const child = launch(kind, own, how === "asked" ? {} : { STANDIN_PORT: String(port) });
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += String(chunk);
  });
  child.stderr?.resume();
  if (how === "asked") child.stdin?.write(`${port}\n`);
  const logFile = join(own, kind === "seed" ? "seedlog.txt" : `peerlog_${port}.txt`);
  await until(() => output.includes(`is listening on port ${port}\n`), `${kind} ${port} listens`);
  return { port, child, log: () => linesOf(logFile), printed: () => output };
}

function launch(kind: "seed" | "peer", cwd: string, variables: Record<string, string>): ChildProcess {
  const program = fileURLToPath(new URL(`stand-ins/${kind}.mjs`, import.meta.url));
  const pace = { STANDIN_EVERY_MS: "300", STANDIN_LIVENESS_MS: "300" };
  const child = spawn(process.execPath, [program], { cwd, env: { ...process.env, ...pace, ...variables } });
  children.push(child);
  return child;
}

/** Says one text on a new connection; the first read of the answer, or nothing when the other side closes. */
async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1", () => socket.write(text));
  try {
    return await new Promise((resolve, reject) => {
      socket.setTimeout(patienceMs, () => reject(new Error(`no answer to ${text}`)));
      socket.once("data", (chunk) => resolve(String(chunk)));
      socket.once("end", () => resolve(""));
      socket.once("error", reject);
    });
  } finally {
    socket.destroy();
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not in ${patienceMs} ms: ${what}`);
    await sleep(20);
  }
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

function addressOf({ port }: Running): string {
  return `127.0.0.1:${port}`;
}
