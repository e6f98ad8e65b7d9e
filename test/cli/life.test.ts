import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { until, Workshop } from "./running.js";

const quick = ["--dialect", "classic", "--port", "0", "--every", "200ms", "--liveness", "300ms"];

describe("seeds and classic peers as processes", () => {
  const workshop = new Workshop();
  afterAll(() => workshop.close());

  test("a seed takes its port from a pipe, and leaves with 0 on SIGTERM", async () => {
    const seed = await workshop.listening(["seed"], "0\n");
    expect(seed.stdout()).toMatch(/^Enter port number for seed: \nSeed is listening on port \d+\n$/);
    seed.child.kill("SIGTERM");
    expect(await seed.exit()).toBe(0);
    expect(seed.stderr()).toBe("");
  });

  test("with --json the question goes to stderr, and stdout is JSON alone", async () => {
    const seed = workshop.run(["seed", "--json"], "0\n");
    await until(() => seed.stdout().includes("listening"), "the seed listens", seed);
    seed.child.kill("SIGINT");
    expect(await seed.exit()).toBe(0);
    expect(seed.stderr()).toContain("Enter port number for seed: ");
    expect(seed.events().map(({ event }) => event)).toEqual(["listening", "left"]);
    expect(seed.events()[0]).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      event: "listening",
      port: expect.any(Number),
    });
  });

  test("a seed that its config does not name says so", async () => {
    writeFileSync(join(workshop.folder, "others.txt"), "127.0.0.1:1\n");
    const seed = await workshop.listening(["seed", "--port", "0", "--config", "others.txt"]);
    await until(() => seed.stderr() !== "", "a warning", seed);
    expect(seed.stderr()).toMatch(/^warning: others\.txt names no seed with port \d+: .*\n$/);
  });

  test("two peers live their classic life, chat included; a killed one is reported and removed", async () => {
    const seed = await workshop.listening(["seed", "--port", "0", "--log-dir", "logs"]);
    writeFileSync(join(workshop.folder, "config.txt"), `127.0.0.1:${seed.port}\n`);
    const peer = await workshop.listening(["peer", ...quick, "--messages", "2", "--log-dir", "logs"]);
    await until(() => peer.stdout().includes("the first here"), "the first peer joins", peer);
    const chat = await workshop.listening(
      ["peer", "--dialect", "classic", ...quick.slice(4), "--messages", "0", "--chat"],
      `0\n${"too long ".repeat(150)}\n\nhello, all of you\n`,
    );
    const said = `:127.0.0.1:${chat.port}:GOSSIP hello, all of you\n`;
    await until(() => peer.stdout().includes(said), "the chat is heard", peer);
    await until(() => /:GOSSIP2\n/.test(peer.stdout()), "the messages of the first peer", peer);
    await until(() => /not said: the text is too long\n/.test(chat.stderr()), "a refused line", chat);
    expect(peer.stdout()).toContain(`Linked -- 127.0.0.1:${chat.port}`);
    chat.child.kill("SIGKILL");
    await until(() => seed.stdout().includes(`Removed -- 127.0.0.1:${chat.port}`), "the seed removes it", seed);
    peer.child.kill("SIGINT");
    seed.child.kill("SIGINT");
    expect(await peer.exit()).toBe(0);
    expect(await seed.exit()).toBe(0);
    const log = workshop.read(`logs/peerlog_${peer.port}.txt`);
    expect(log).toContain(said);
    expect(log).toMatch(/Message List: 1 [0-9a-f]{64}\n/);
    expect(log).toContain(`Dead Node:127.0.0.1:${chat.port}:`);
    const seedLog = workshop.read(`logs/seedlog_${seed.port}.txt`);
    expect(seedLog).toContain(`Received Connection -- 127.0.0.1:${peer.port}\n`);
    expect(seedLog).toContain(`Dead Node:127.0.0.1:${chat.port}:`);
  });

  test("a peer whose seeds are away, or have no address, says so and joins when one appears", async () => {
    const probe = await workshop.listening(["seed", "--port", "0", "--host", "::1"]);
    probe.child.kill("SIGKILL");
    await probe.exit();
    writeFileSync(join(workshop.folder, "away.txt"), `no-such-name.invalid:5001\n[::1]:${probe.port}\n`);
    const peer = workshop.run(["peer", ...quick, "--config", "away.txt", "--json"]);
    const warned = (text: string) => () => peer.stderr().includes(text);
    await until(warned(`seed [::1]:${probe.port} refuses connections; no seed answers so far`), "a warning", peer);
    await until(warned("seed no-such-name.invalid:5001 "), "a warning of the other", peer);
    expect(peer.events().some(({ event }) => event === "joined")).toBe(false);
    await workshop.listening(["seed", "--port", String(probe.port), "--host", "::1"]);
    await until(() => peer.stdout().includes('"joined"'), "it joins", peer);
    await until(() => peer.stdout().includes('"GOSSIP1"'), "it gossips", peer);
    expect(peer.events().find(({ event }) => event === "gossip")).toMatchObject({
      body: "GOSSIP1",
      own: true,
      seen: 1,
    });
  });

  test("a reader that goes away is no reason to crash", async () => {
    const up = workshop.run(["up", "--for", "500ms", "--seeds", "1", "--peers", "2"]);
    up.child.stdout.destroy();
    expect(await up.exit()).not.toBeNull();
    expect(up.stderr()).not.toMatch(/ at .*\(|EPIPE/);
  });
});
