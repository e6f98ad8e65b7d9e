import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, until, Workshop } from "./running.js";

const workshop = new Workshop();
let seed: Running & { readonly port: number };
let seedAddress = "";
let relay: Running;
afterAll(() => workshop.close());

beforeAll(async () => {
  seed = await workshop.listening(["seed", "--port", "0"]);
  seedAddress = `127.0.0.1:${seed.port}`;
  relay = workshop.run(["peer", "--seed", seedAddress, "--json", "--messages", "3", "--every", "100ms"]);
  await until(() => relay.stdout().includes('"joined"'), "the first peer joins", relay);
});

describe("hearsay peer", () => {
  test("is the first one when there is nobody to ask, and says how others join it; they chat", async () => {
    const first = await workshop.listening(["peer", "--chat", "--log-dir", "logs", "--network", "two"]);
    // A line of its own, and it may come in a piece of its own.
    const invitation = new RegExp(`Others join it with --peer \\S+:${first.port}\n`);
    await until(() => invitation.test(first.stderr()), "it says how others join it", first);
    const other = workshop.run(["peer", "--peer", `127.0.0.1:${first.port}`, "--chat", "--network", "two"]);
    await until(() => /Linked -- /.test(first.stderr()), "they are linked", first);
    other.child.stdin.write("hello, \u001b[31mall of you\n");
    await until(() => first.stdout() !== "", "the chat is heard", first);
    expect(first.stdout()).toMatch(/^\S+:\d+: hello, \\x1b\[31mall of you\n$/);
    other.child.kill("SIGTERM");
    expect(await other.exit()).toBe(0);
    expect(other.stdout()).toBe("");
    await until(() => /Unlinked -- /.test(first.stderr()), "the other has left", first);
    first.child.kill("SIGINT");
    expect(await first.exit()).toBe(0);
    expect(workshop.read(`logs/peerlog_${first.port}.txt`)).toMatch(/^Joined, the first here\nLinked -- /);
  });

  test("--json: its life as events, its own demo messages among them", async () => {
    await until(() => relay.stdout().includes("message 3"), "its messages", relay);
    const events = relay.events();
    const named = (name: string) => events.filter(({ event }) => event === name);
    expect(events[0]).toMatchObject({ event: "listening", port: expect.any(Number), network: "hearsay" });
    expect(named("registered")[0]).toMatchObject({ seed: seedAddress, contacts: 0 });
    expect(named("joined")).toEqual([{ time: expect.any(String), event: "joined", alone: true }]);
    expect(named("message").map(({ text, topic, own }) => [text, topic, own])).toEqual(
      [1, 2, 3].map((count) => [`message ${count}`, "demo", true]),
    );
    expect(named("published")[0]).toMatchObject({ id: named("message")[0]!.id, topic: "demo" });
  });

  test("prints the topics it subscribes to, and registers with the seeds of config.txt", async () => {
    writeFileSync(join(workshop.folder, "config.txt"), `${seedAddress}\n`);
    const peer = workshop.run(["peer", "--subscribe", "demo", "--subscribe", "other"]);
    await until(() => peer.stdout().includes("message 3"), "what was said before it came", peer);
    expect(peer.stdout()).toMatch(/^\[demo\] \S+:\d+: message 1\n/);
    peer.child.kill("SIGINT");
    expect(await peer.exit()).toBe(0);
  });
});

describe("hearsay publish and hearsay subscribe", () => {
  test("what is published is heard as it is, and later again by whoever comes late; the id goes to stdout", async () => {
    const early = workshop.run(["subscribe", "news", "--seed", seedAddress, "--count", "2"]);
    const first = workshop.run(["publish", "news", "all is well", "--seed", seedAddress]);
    expect(await first.exit()).toBe(0);
    expect(first.stdout()).toMatch(/^\d{10}\.\d{3}:\S+:\d+:#1\n$/);
    const second = workshop.run(["publish", "news", "-", "--seed", seedAddress, "--json"], "two\nlines\n");
    expect(await second.exit()).toBe(0);
    const [published] = second.events();
    expect(published).toEqual({ id: expect.stringMatching(/:#1$/), neighbors: expect.any(Number) });
    expect([first.stderr(), second.stderr()].join("")).not.toMatch(/error|warning/);
    expect(await early.exit()).toBe(0);
    expect(early.stdout()).toBe("all is well\ntwo\nlines\n");
    const late = workshop.run(["subscribe", "news", "--seed", seedAddress, "--count", "2", "--json"]);
    expect(await late.exit()).toBe(0);
    const heard = late.events().filter(({ event }) => event === "message");
    // They are of two origins, whose messages come in any order.
    expect(heard.find(({ id }) => id === published!.id)).toEqual({
      time: expect.any(String),
      event: "message",
      id: published!.id,
      topic: "news",
      origin: expect.stringMatching(/^[0-9a-f]{32}$/),
      address: expect.stringMatching(/:\d+$/),
      publishedAt: expect.any(Number),
      text: "two\nlines\n",
    });
  });

  test("--lines: one message a line, in order; --history none: nothing from before", async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index + 1}`);
    const subscriber = workshop.run(["subscribe", "--seed", seedAddress, "--history", "none", "--json"]);
    await until(() => subscriber.stdout().includes('"joined"'), "it joins", subscriber);
    const publisher = workshop.run(["publish", "log", "--lines", "--seed", seedAddress], `${lines.join("\n")}\n`);
    expect(await publisher.exit()).toBe(0);
    expect(publisher.stdout().trimEnd().split("\n")).toHaveLength(300);
    const heard = () => subscriber.events().filter(({ event }) => event === "message");
    await until(() => heard().length >= 300, "all lines", subscriber);
    expect(heard().map(({ text }) => text)).toEqual(lines);
    subscriber.child.kill("SIGTERM");
    expect(await subscriber.exit()).toBe(0);
  });

  test("bytes that are no text come in base64, with a note; several topics at once", async () => {
    const topics = ["bytes", "words"];
    const plain = workshop.run(["subscribe", ...topics, "--seed", seedAddress, "--count", "2"]);
    const json = workshop.run(["subscribe", ...topics, "--seed", seedAddress, "--count", "2", "--json"]);
    const bytes = workshop.run(["publish", "bytes", "-", "--seed", seedAddress]);
    bytes.child.stdin.end(Buffer.from([0xff, 0xfe, 0]));
    expect(await bytes.exit()).toBe(0);
    expect(await workshop.run(["publish", "words", "a word", "--seed", seedAddress]).exit()).toBe(0);
    expect([await plain.exit(), await json.exit()]).toEqual([0, 0]);
    expect(plain.stdout().split("\n").sort()).toEqual(["", "//4A", "a word"]);
    expect(plain.stderr()).toContain("is no UTF-8: printed in base64\n");
    const payloads = json.events().flatMap(({ base64, text }) => base64 ?? text ?? []);
    expect(payloads.sort()).toEqual(["//4A", "a word"]);
  });

  test("a reader that goes away ends a subscription quietly", async () => {
    const subscriber = workshop.run(["subscribe", "pipe", "--seed", seedAddress]);
    subscriber.child.stdout.destroy();
    expect(await workshop.run(["publish", "pipe", "anybody?", "--seed", seedAddress]).exit()).toBe(0);
    expect(await subscriber.exit()).toBe(0);
    expect(subscriber.stderr()).not.toMatch(/EPIPE|error/);
  });

  test("too little within --for: 8", async () => {
    const subscriber = workshop.run(["subscribe", "silence", "--seed", seedAddress, "--count", "1", "--for", "500ms"]);
    expect(await subscriber.exit()).toBe(8);
    expect(subscriber.stderr()).toMatch(/error: only 0 of 1 messages have come\n$/);
  });

  test("nobody there: 7, with the reasons, and a word meanwhile", async () => {
    const gone = await workshop.listening(["seed", "--port", "0"]);
    gone.child.kill("SIGKILL");
    await gone.exit();
    const address = `127.0.0.1:${gone.port}`;
    const publisher = workshop.run(["publish", "news", "x", "--seed", address, "--timeout", "1500ms"]);
    expect(await publisher.exit()).toBe(7);
    expect(publisher.stdout()).toBe("");
    expect(publisher.stderr()).toBe(
      `joining through ${address} …\nerror: no other peer was found in time: seed ${address} refuses connections\n`,
    );
  });

  test("a peer that can't be reached is named when it was the only one to ask", async () => {
    const publisher = workshop.run(["publish", "news", "x", "--peer", "127.0.0.1:1", "--timeout", "500ms"]);
    expect(await publisher.exit()).toBe(7);
    expect(publisher.stderr()).toMatch(/error: no other peer was found in time: no link to 127\.0\.0\.1:1\n$/);
  });

  test("Ctrl-C before anybody has it: 130; with --lines it ends the reading, and what was read has gone out", async () => {
    const alone = workshop.run(["publish", "news", "x", "--peer", "127.0.0.1:1"]);
    await until(() => alone.stderr().includes("joining through"), "it looks for others", alone);
    alone.child.kill("SIGINT");
    expect(await alone.exit()).toBe(130);
    expect(alone.stderr()).toMatch(/error: asked to leave before another peer has acknowledged it\n$/);
    const reading = workshop.run(["publish", "log", "--lines", "--seed", seedAddress]);
    reading.child.stdin.write("one\ntwo\n");
    await until(() => reading.stdout().split("\n").length === 3, "two ids", reading);
    reading.child.kill("SIGINT");
    expect(await reading.exit()).toBe(0);
  });

  test("another network: 9, both named, whether a seed or a peer tells", async () => {
    const { port } = relay.events()[0]!;
    for (const where of [
      ["--seed", seedAddress],
      ["--peer", `127.0.0.1:${port}`],
    ]) {
      for (const command of [["publish", "news", "x"], ["subscribe"], ["peer"]]) {
        const stranger = workshop.run([...command, ...where, "--network", "other"], "");
        expect(await stranger.exit()).toBe(9);
        expect(stranger.stderr()).toMatch(/error: \S+ belongs to the network "hearsay", and this peer to "other"\n$/);
      }
    }
    expect(seed.stderr()).toContain('it belongs to the network "other", and this seed to "hearsay"');
  });

  test("a seed of a network of its own name serves that network", async () => {
    const own = await workshop.listening(["seed", "--port", "0", "--network", "own"]);
    const where = ["--seed", `127.0.0.1:${own.port}`, "--network", "own"];
    const subscriber = workshop.run(["subscribe", ...where, "--count", "1"]);
    expect(await workshop.run(["publish", "news", "here", ...where]).exit()).toBe(0);
    expect(await subscriber.exit()).toBe(0);
    expect(subscriber.stdout()).toBe("here\n");
  });
});
