import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { SeedsFileError } from "../../src/net/errors.js";
import { parseSeeds, readSeedsFile } from "../../src/net/seeds-file.js";

const folder = mkdtempSync(join(tmpdir(), "hearsay-seeds-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const two = ["127.0.0.1:5001", "127.0.0.1:5002"];

test.each([
  ["as the original's, with no last newline", "127.0.0.1:5001\n127.0.0.1:5002"],
  ["with a last newline", "127.0.0.1:5001\n127.0.0.1:5002\n"],
  ["with Windows line ends", "127.0.0.1:5001\r\n127.0.0.1:5002\r\n"],
  ["with old Mac line ends", "127.0.0.1:5001\r127.0.0.1:5002\r"],
  ["with a byte order mark", "\uFEFF127.0.0.1:5001\n127.0.0.1:5002\n"],
  ["with blank lines", "\n\n127.0.0.1:5001\n \t \n127.0.0.1:5002\n\n\n"],
  ["with comments", "# seeds\n127.0.0.1:5001 # the first\n#127.0.0.1:5003\n127.0.0.1:5002#last"],
  ["with white space around", "  127.0.0.1:5001\t\n\t127.0.0.1:5002  "],
  ["with duplicates, which count once", "127.0.0.1:5001\n127.0.0.1:5002\n127.0.0.1:5001\n127.0.0.1:5001"],
])("a list of seeds %s", async (what, text) => {
  const path = join(folder, `${what}.txt`);
  writeFileSync(path, text);
  expect(await readSeedsFile(path)).toEqual(two);
});

test("seeds may be named by IPv6 and by name, and two spellings of one place are one seed", () => {
  const text = "[::1]:5001\n[0:0:0:0:0:0:0:1]:5001\nSeed-1.Example.:5001\nseed-1.example:5001\n[::ffff:127.0.0.1]:5001";
  expect(parseSeeds(text, "x")).toEqual(["[::1]:5001", "seed-1.example:5001", "127.0.0.1:5001"]);
});

test.each([
  ["no port", "127.0.0.1"],
  ["no ip", ":5001"],
  ["port 0", "127.0.0.1:0"],
  ["port 65536", "127.0.0.1:65536"],
  ["two on one line", "127.0.0.1:5001 127.0.0.1:5002"],
  ["two with a comma", "127.0.0.1:5001,127.0.0.1:5002"],
  ["a bad octet", "127.0.0.256:5001"],
  ["a wildcard, which nobody can dial", "0.0.0.0:5001"],
  ["IPv6 without brackets", "fe80::5001"],
  ["a URL", "http://127.0.0.1:5001"],
  ["a name with a blank", "seed one:5001"],
  ["a letter in the port", "127.0.0.1:50O1"],
])("a line with %s is refused, and the message says which line and what stands there", (_what, line) => {
  const text = `# seeds\r\n\r\n127.0.0.1:5001\n${line}\n127.0.0.1:5002`;
  expect(failureOf(() => parseSeeds(text, "config.txt"))).toEqual([
    "bad-line",
    `config.txt:4: ${JSON.stringify(line)} is no address of a seed; expected ip:port, [ipv6]:port or name:port`,
  ]);
});

test("a long garbled line is shown cut, and its control characters as escapes", () => {
  const [code, message] = failureOf(() => parseSeeds(`\u001b[31m${"x".repeat(10_000)}`, "config.txt"));
  expect(code).toBe("bad-line");
  expect(message).toMatch(/^config\.txt:1: "\\u001b\[31mx{55}…" is no address/);
});

test.each(["", "\n", "# nothing\n\n", "\uFEFF", "\r\n \r\n"])(
  "a file that names nobody (%j) is refused",
  async (text) => {
    const path = join(folder, "empty.txt");
    writeFileSync(path, text);
    await expect(readSeedsFile(path)).rejects.toThrow(
      new SeedsFileError("empty", `${path}: names no seed; expected one ip:port a line`),
    );
  },
);

test("a missing file, a folder and a huge file are unreadable, and the message says why", async () => {
  const missing = join(folder, "missing.txt");
  await expect(readSeedsFile(missing)).rejects.toThrow(new SeedsFileError("unreadable", `${missing}: no such file`));
  await expect(readSeedsFile(folder)).rejects.toThrow(
    new SeedsFileError("unreadable", `${folder}: is a folder, not a file`),
  );
  const huge = join(folder, "huge.txt");
  writeFileSync(huge, "");
  truncateSync(huge, 2_000_000);
  await expect(readSeedsFile(huge)).rejects.toThrow(/huge\.txt: more than 1048576 bytes is no list of seeds$/);
});

test.skipIf(isRoot)("a file that is not ours to read", async () => {
  const path = join(folder, "secret.txt");
  writeFileSync(path, "127.0.0.1:5001");
  chmodSync(path, 0o000);
  await expect(readSeedsFile(path)).rejects.toThrow(
    new SeedsFileError("unreadable", `${path}: not allowed to read it`),
  );
});

test.skipIf(process.platform === "win32")("a device that never ends is not read to its end", async () => {
  const before = process.memoryUsage().rss;
  await expect(readSeedsFile("/dev/zero")).rejects.toThrow(/^\/dev\/zero: more than 1048576 bytes/);
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
});

test.skipIf(process.platform === "win32")("a pipe is read as a file is", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const [seeds] = await Promise.all([readSeedsFile(pipe), writeFile(pipe, two.join("\n"))]);
  expect(seeds).toEqual(two);
});

test("whatever a file holds, it gives seeds or says which line is wrong", () => {
  const line = fc.oneof(fc.constantFrom(...two, "", "# x", "[::1]:1"), fc.string({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      try {
        expect(parseSeeds(lines.join("\n"), "config.txt").length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as SeedsFileError).message).toMatch(/^config\.txt(:\d+)?: /);
      }
    }),
    { numRuns: 500 },
  );
});

function failureOf(attempt: () => unknown): [code: string, message: string] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SeedsFileError) return [error.code, error.message];
    throw error;
  }
  throw new Error("it was taken");
}
