import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { LogFile } from "../../src/net/log-file.js";
import { Scene, until } from "./scene.js";

const folder = mkdtempSync(join(tmpdir(), "hearsay-log-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const scene = new Scene();
afterEach(() => scene.clear());

const hasFullDisk = existsSync("/dev/full");
const isRoot = process.getuid?.() === 0;

describe("a log file", () => {
  test("is appended to, in order, and survives a restart of its writer", async () => {
    const path = join(folder, "appended.txt");
    writeFileSync(path, "before\n");
    for (const start of [0, 1_000]) {
      const log = await LogFile.open(path, unexpected);
      for (let i = 0; i < 1_000; i++) log.line(`line ${start + i}`);
      await log.close();
    }
    const lines = Array.from({ length: 2_000 }, (_, i) => `line ${i}\n`);
    expect(readFileSync(path, "utf8")).toBe(`before\n${lines.join("")}`);
  });

  test("makes its folder, and those above", async () => {
    const path = join(folder, "a", "b", "c", "log.txt");
    const log = await LogFile.open(path, unexpected);
    log.line("Grüße 🎉");
    await log.close();
    expect(readFileSync(path, "utf8")).toBe("Grüße 🎉\n");
  });

  test("can be closed twice, and takes lines after that without a word", async () => {
    const path = join(folder, "closed.txt");
    const log = await LogFile.open(path, unexpected);
    log.line("one");
    await log.close();
    await log.close();
    log.line("two");
    expect(readFileSync(path, "utf8")).toBe("one\n");
  });

  test.skipIf(!hasFullDisk)("on a full disk says so once, drops lines, and never throws", async () => {
    const troubles: string[] = [];
    const log = await LogFile.open("/dev/full", (message) => troubles.push(message));
    for (let i = 0; i < 1_000; i++) log.line("x".repeat(1_000));
    await until(() => troubles.length > 0, "the trouble is told");
    for (let i = 0; i < 1_000; i++) log.line("y");
    await log.close();
    expect(troubles).toEqual([
      expect.stringMatching(/^\/dev\/full: .*ENOSPC.*; going on without it, next try in 5 s$/),
    ]);
  });

  test.skipIf(!hasFullDisk)("on a full disk that is closed at once, says so and ends", async () => {
    const troubles: string[] = [];
    const log = await LogFile.open("/dev/full", (message) => troubles.push(message));
    log.line("x");
    const startedAt = performance.now();
    await log.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test.skipIf(!hasFullDisk)("writes on when the disk has room again, and says how many lines are missing", async () => {
    const path = join(folder, "recovered.txt");
    symlinkSync("/dev/full", path);
    const troubles: string[] = [];
    const log = await LogFile.open(path, (message) => troubles.push(message));
    log.line("lost");
    await until(() => troubles.length > 0, "the trouble is told");
    for (let i = 0; i < 3; i++) log.line("dropped");
    rmSync(path);
    await until(() => {
      log.line("again");
      try {
        return readFileSync(path, "utf8") !== "";
      } catch {
        return false;
      }
    }, "lines are written again");
    await log.close();
    expect(readFileSync(path, "utf8")).toMatch(/^\n\(\d+ lines are missing here\)\n(again\n)+$/);
    expect(troubles).toEqual([
      expect.stringContaining("going on without it"),
      expect.stringContaining("can be written again"),
    ]);
  });

  test("in place of a folder, or below a file, can't be opened", async () => {
    await expect(LogFile.open(folder, unexpected)).rejects.toThrow(/EISDIR/);
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(LogFile.open(join(file, "log.txt"), unexpected)).rejects.toThrow(/ENOTDIR|EEXIST/);
  });

  test.skipIf(!existsSync("/sys/kernel"))("where not even root may write, can't be opened", async () => {
    await expect(LogFile.open("/sys/no-folder/log.txt", unexpected)).rejects.toThrow(/EPERM|EACCES|EROFS/);
  });

  test.skipIf(isRoot)("in a folder that is not ours, can't be opened", async () => {
    const closed = mkdtempSync(join(folder, "closed-"));
    chmodSync(closed, 0o500);
    await expect(LogFile.open(join(closed, "log.txt"), unexpected)).rejects.toThrow(/EACCES/);
  });
});

describe("a program whose log can't be opened", () => {
  test("does not start, and leaves its port free", async () => {
    const file = join(folder, "no-folder");
    writeFileSync(file, "");
    const { port } = await scene.seed();
    scene.clear();
    await expect(scene.seed({ port, logDir: file })).rejects.toThrow(/ENOTDIR|EEXIST/);
    await expect(scene.peer([], { port, logDir: file })).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect((await scene.seed({ port })).port).toBe(port);
  });
});

describe("what stands in the logs", () => {
  test("a seed: every new peer once, and death reports with what came of them", async () => {
    const { port, seed } = await scene.seed({ logDir: folder });
    const living = await scene.listenAsPeer();
    const dead = await scene.listenAsPeer();
    for (const asker of [living.port, dead.port, living.port]) await scene.ask(port, `0.0.0.0:${asker}`);
    const { address } = dead;
    dead.close();
    await scene.ask(port, `Dead Node:${address}:1731234567.5:127.0.0.1`);
    await scene.ask(port, `Dead Node:${living.address}:1731234567.5:127.0.0.1`);
    await until(() => living.texts().some((text) => text.startsWith("Liveness")), "the accused is asked");
    await until(() => seed.size === 1 && seed.connections === 0, "the dead one is removed");
    await seed.close();
    const lines = readFileSync(join(folder, `seedlog_${port}.txt`), "utf8").split("\n");
    expect(lines.slice(0, 2)).toEqual([
      `Received Connection -- ${living.address}`,
      `Received Connection -- ${address}`,
    ]);
    expect(lines).toContain(`Dead Node:${address}:1731234567.5:127.0.0.1`);
    expect(lines).toContain(`Removed -- ${address} (1 report; it refuses connections)`);
    expect(lines).toContain(`Dead Node:${living.address}:1731234567.5:127.0.0.1`);
    expect(lines.join("\n")).toMatch(new RegExp(`Kept -- ${living.address} \\(1 report; it answered the seed in`));
    expect(lines.filter((line) => line.startsWith("Received"))).toHaveLength(2);
  });

  test("a peer: the list bare line by line, gossip beginning with its time, the Message List, death reports", async () => {
    const neighbor = await scene.listenAsPeer();
    const seed = await scene.listenAsSeed([neighbor.address]);
    const { peer, port } = await scene.peer([seed.address], {
      logDir: folder,
      config: { probeIntervalMs: 100, probeTimeoutMs: 50, messages: 1, messageIntervalMs: 50 },
    });
    await until(() => peer.neighbors().length === 1, "they are linked");
    await scene.ask(port, "1731234567.8901:127.0.0.1:6001:GOSSIP1\n");
    await scene.ask(port, "1731234567.8901:127.0.0.1:6001:GOSSIP \u001b[31mred");
    const own = await neighbor.hears(new RegExp(`:${port}:GOSSIP1$`));
    const { address } = neighbor;
    neighbor.close();
    const report = await seed.hears("Dead");
    await peer.close();
    const lines = readFileSync(join(folder, `peerlog_${port}.txt`), "utf8").split("\n");
    expect(lines).toContain(address);
    expect(lines).toContain("1731234567.8901:127.0.0.1:6001:GOSSIP1");
    expect(lines).toContain("1731234567.8901:127.0.0.1:6001:GOSSIP \\x1b[31mred");
    expect(lines).toContain(own);
    expect(lines).toContain(report);
    const list = lines.filter((line) => line.startsWith("Message List: "));
    expect(list.map((line) => /^Message List: (\d+) [\da-f]{64}$/.exec(line)?.[1])).toEqual(["1", "2", "3"]);
  });
});

function unexpected(message: string): never {
  throw new Error(message);
}
