import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, until, Workshop } from "./running.js";

const workshop = new Workshop();
let seedAddress = "";
let worker: Running & { readonly port: number };
let operator: Running & { readonly port: number };
let address = "";
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  workshop.close();
});

beforeAll(async () => {
  const seed = await workshop.listening(["seed", "--port", "0"]);
  seedAddress = `127.0.0.1:${seed.port}`;
  const identity = ["--identity", "worker.pem", "--preset", "wan"];
  worker = await workshop.listening([
    "peer",
    "--seed",
    seedAddress,
    "--tag",
    "role=worker",
    "--tag",
    "q=a b",
    ...identity,
  ]);
  operator = await workshop.listening(["peer", "--seed", seedAddress, "--tag", "name=\u001b[2J"]);
  address = `127.0.0.1:${worker.port}`;
  await until(() => /Join -- /.test(worker.stderr()), "they know each other", worker);
});

/** Runs to the end. */
async function peers(...args: string[]): Promise<Running & { readonly code: number | null }> {
  const running = workshop.run(["peers", ...args]);
  const code = await running.exit();
  return { ...running, code };
}

/** A server that says this to whoever connects, and closes. */
async function serverThatSays(bytes: string | Uint8Array | undefined): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (bytes !== undefined) socket.end(bytes);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe("hearsay peers", () => {
  test("prints a table: who was asked, who else is there, what they say of themselves, and how many", async () => {
    const { stdout, stderr, code } = await peers(address);
    expect([stderr(), code]).toEqual(["", 0]);
    const [head, ...lines] = stdout().trimEnd().split("\n");
    expect(head).toMatch(/^ADDRESS +ID +STATUS +RTT +SEEN +TAGS$/);
    expect(lines.at(-1)).toBe("2 alive");
    const line = (port: number) => lines.find((text) => text.startsWith(`127.0.0.1:${port} `));
    expect(line(worker.port)).toMatch(/ {2}[0-9a-f]{8} {2}alive +– +itself {2}q=a b role=worker$/);
    expect(line(operator.port)).toMatch(/ {2}[0-9a-f]{8} {2}alive +\d+ ms +(now|\d+s ago) {2}name=\\x1b\[2J$/);
    expect(lines).toHaveLength(3);
  });

  test("--json: one object for each", async () => {
    const { events, code } = await peers("--json", "--peer", address);
    expect(code).toBe(0);
    const asked = events().find(({ isAsked }) => isAsked === true);
    expect(asked).toEqual({
      time: expect.any(String),
      event: "peer",
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      address,
      dialect: "native",
      status: "alive",
      epoch: expect.any(Number),
      incarnation: expect.any(Number),
      tags: { role: "worker", q: "a b" },
      since: expect.any(Number),
      isAsked: true,
    });
    expect(Math.abs(Date.now() - (asked!.since as number))).toBeLessThan(60_000);
    expect(events().filter(({ isAsked }) => isAsked === false)).toMatchObject([{ rttMs: expect.any(Number) }]);
  });

  test("--seed: who is registered there; the first of several who answers is enough", async () => {
    const { stdout, code } = await peers("127.0.0.1:1", "--seed", seedAddress);
    expect(code).toBe(0);
    expect(stdout()).toContain("2 alive");
    expect(stdout()).not.toContain("role=worker");
  });

  test("--watch in a pipe: all that there is, then what changes, until Ctrl-C: a peer that comes, dies, and one that leaves", async () => {
    const watch = workshop.run(["peers", address, "--watch", "--every", "100ms"]);
    await until(() => watch.stdout().split("\n").length > 2, "the first answer", watch);
    const guests = [];
    for (const name of ["one", "two"]) {
      const guest = await workshop.listening(["peer", "--seed", seedAddress, "--tag", `guest=${name}`]);
      await until(() => watch.stdout().includes(`guest=${name}\n`), "the guest is seen", watch);
      guests.push(guest);
    }
    const [victim, leaver] = guests;
    victim!.child.kill("SIGKILL");
    await until(() => new RegExp(`^dead {7}127.0.0.1:${victim!.port} `, "m").test(watch.stdout()), "a death", watch);
    leaver!.child.kill("SIGTERM");
    await until(() => new RegExp(`^left {7}127.0.0.1:${leaver!.port} `, "m").test(watch.stdout()), "a leave", watch);
    watch.child.kill("SIGINT");
    expect(await watch.exit()).toBe(0);
    expect(watch.stderr()).toBe("");
    const told = watch
      .stdout()
      .split("\n")
      .filter((line) => line.includes(`:${leaver!.port} `));
    expect(told.map((line) => line.split(" ")[0])).toEqual(["alive", "left"]);
    const { stdout } = await peers(address);
    expect(stdout()).toMatch(/^2 alive, 1 dead, 1 left$/m);
    expect(stdout()).toMatch(new RegExp(`^127.0.0.1:${victim!.port} .* dead +– +(now|\\d+s ago) {2}guest=one$`, "m"));
  });

  test("--watch --json goes on when nobody answers, says so once, and leaves on SIGTERM", async () => {
    const guest = await workshop.listening(["peer", "--peer", address]);
    const watch = workshop.run(["peers", `127.0.0.1:${guest.port}`, "--watch", "--every", "100ms", "--json"]);
    await until(() => watch.stdout().split("\n").length > 2, "the first answer", watch);
    guest.child.kill("SIGKILL");
    await until(() => watch.stderr() !== "", "a warning", watch);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(watch.stderr()).toBe(`warning: 127.0.0.1:${guest.port} refuses connections\n`);
    expect(watch.events().every(({ event }) => event === "peer")).toBe(true);
    watch.child.kill("SIGTERM");
    expect(await watch.exit()).toBe(0);
  });

  test.each<[string, () => Promise<string[]>, number, RegExp]>([
    ["nobody is there", async () => ["127.0.0.1:1"], 7, /^error: 127\.0\.0\.1:1 refuses connections\n$/],
    [
      "it belongs to another network",
      async () => [address, "--network", "staging"],
      9,
      /^error: \S+ belongs to the network "hearsay", and not to "staging"\n$/,
    ],
    [
      "something else answers",
      async () => [await serverThatSays("HTTP/1.1 400 Bad Request\r\n\r\n")],
      7,
      /^error: \S+ does not speak this protocol\n$/,
    ],
    ["what answers hangs up", async () => [await serverThatSays("")], 7, /^error: \S+ does not speak this protocol\n$/],
    [
      "it says nothing",
      async () => [await serverThatSays(undefined), "--timeout", "300ms"],
      8,
      /^error: \S+ does not answer\n$/,
    ],
    ["nobody is named", async () => [], 2, /^error: whom to ask\? /],
    ["the name is none", async () => ["nonsense"], 2, /^error: .*'nonsense'.*Expected ip:port.*\n$/],
    ["too many are named", async () => [address, address], 2, /^error: too many arguments.*\n$/],
    ["a time has no unit", async () => [address, "--every", "5"], 2, /^error: .*--every.*\n$/],
  ])("one line, and an exit code: %s", async (_name, args, code, message) => {
    const run = await peers(...(await args()));
    expect(run.stderr()).toMatch(message);
    expect([run.stdout(), run.code]).toEqual(["", code]);
  });

  test("Ctrl-C while it waits for an answer ends it in good order", async () => {
    const waiting = workshop.run(["peers", await serverThatSays(undefined), "--timeout", "1m"]);
    await until(() => /asking 127/.test(waiting.stderr()), "it says that it waits", waiting);
    waiting.child.kill("SIGINT");
    expect(await waiting.exit()).toBe(0);
    expect(waiting.stdout()).toBe("");
  });
});

describe("hearsay peer", () => {
  test.each([
    [["--tag", "role"], /^error: .*--tag.*\n$/],
    [["--tag", "=x"], /^error: .*--tag.*\n$/],
    [["--tag", `a=${"x".repeat(256)}`], /^error: .*256 bytes.*\n$/],
    [["--preset", "moon"], /^error: .*--preset.*lan, wan, local, classic.*\n$/],
    [["--dialect", "classic", "--port", "0", "--tag", "a=b"], /^error: --tag is for --dialect native.*\n$/],
  ])("wrong use is one line and exit code 2: %j", async (args, message) => {
    const run = workshop.run(["peer", ...args]);
    expect(await run.exit()).toBe(2);
    expect(run.stderr()).toMatch(message);
  });

  test("an identity that is none is told with its file: exit code 5", async () => {
    const run = workshop.run(["peer", "--identity", "."]);
    expect(await run.exit()).toBe(5);
    expect(run.stderr()).toMatch(/^error: the identity file \. cannot be read: .*\n$/);
  });

  test("comes back as who it was, with --identity, and the others are told of its new life", async () => {
    const before = (await peers(address, "--json")).events().find(({ isAsked }) => isAsked === true);
    const identity = ["--identity", "guest.pem"];
    const first = await workshop.listening(["peer", "--seed", seedAddress, ...identity]);
    const joins = () => worker.stderr().split(`Join -- 127.0.0.1:${first.port}\n`).length - 1;
    await until(() => joins() === 1, "it comes", worker);
    first.child.kill("SIGKILL");
    await until(() => worker.stderr().includes(`Dead -- 127.0.0.1:${first.port}\n`), "it dies", worker);
    const second = await workshop.listening(["peer", "--seed", seedAddress, ...identity, "--port", `${first.port}`]);
    await until(() => joins() === 2, "it comes again", worker);
    const same = (await peers(address, "--json"))
      .events()
      .filter(({ address: at }) => at === `127.0.0.1:${second.port}`);
    expect(same).toMatchObject([{ status: "alive" }]);
    expect(before!.id).not.toBe(same[0]!.id);
  });
});
