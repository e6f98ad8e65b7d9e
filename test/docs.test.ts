import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { classicSideDefaults } from "../src/core/bridge/classic-side.js";
import * as api from "../src/index.js";
import * as sim from "../src/sim/index.js";
import { misdeeds } from "../src/sim/scenario/model.js";

const page = readFileSync("docs/api.md", "utf8");

/** The lines of one section, its subsections included. */
function section(title: string): string {
  const lines = page.split("\n");
  const from = lines.findIndex((line) => line.startsWith("#") && line.includes(title));
  expect(from, title).toBeGreaterThanOrEqual(0);
  const depth = /^#+/.exec(lines[from]!)![0].length;
  const length = lines.slice(from + 1).findIndex((line) => new RegExp(`^#{1,${depth}} `).test(line));
  return lines.slice(from, length < 0 ? undefined : from + 1 + length).join("\n");
}

/** The names that a union in the source tells apart. */
function namesIn(path: string, pattern: RegExp, from = ""): string[] {
  const source = readFileSync(path, "utf8");
  return [...source.slice(source.indexOf(from)).matchAll(pattern)].map(([, name]) => name!);
}

/** Defaults that the section has no row for, or another number. */
function wrong(title: string, defaults: object): string[] {
  const text = section(title);
  return Object.entries(defaults)
    .map(
      ([name, value]) =>
        `| \`${name}\` | ${typeof value === "number" ? value.toLocaleString("en-US") : `\`${value}\``} |`,
    )
    .filter((row) => !text.includes(row));
}

describe("docs/api.md", () => {
  test("names every function, class and constant of the package", () => {
    const names = Object.keys(api);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  test("names everything that hearsay/sim exports, every deed, promise and misdeed", () => {
    const text = section("Scenarios");
    const deeds = namesIn("src/sim/scenario/model.ts", /do: "([a-z]+)"/g);
    const promises = namesIn("src/sim/scenario/promises.ts", /^ {2}\| "([a-z ,]+)"/gm);
    expect(deeds.length).toBeGreaterThan(18);
    expect(promises).toHaveLength(7);
    expect(misdeeds).toHaveLength(4);
    const names = [...Object.keys(sim), ...deeds, ...promises, ...misdeeds];
    expect(names.filter((name) => !text.includes(`\`${name}`))).toEqual([]);
  });

  test("has every status and every trait of a peer, and the codes of the other errors", () => {
    const states = namesIn("src/core/directory/record.ts", /"(\w+)"/g, "export type PeerStatus").slice(0, 4);
    const fields = namesIn("src/core/directory/record.ts", /^ {2}readonly (\w+):/gm, "export interface PeerState");
    const traits = namesIn("src/api/peer-choice.ts", /^ {2}readonly (\w+)\?:/gm);
    expect(states).toContain("left");
    expect(fields).toContain("isSelf");
    expect(traits).toContain("tags");
    const who = section("Who is there");
    expect([...states, ...fields, ...traits].filter((name) => !who.includes(`\`${name}\``))).toEqual([]);
    const classes = section("Errors");
    const codes = namesIn("src/net/errors.ts", /^ {3}\* - `([a-z-]+)`:/gm, "export class IdentityError");
    expect(codes).toHaveLength(4);
    expect(codes.filter((code) => !classes.includes(`\`${code}\``))).toEqual([]);
  });

  test("has every error code and every event", () => {
    const codes = namesIn("src/api/errors.ts", /^\s+\| "([a-z-]+)"/gm);
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !section("Errors").includes(`| \`${code}\` |`))).toEqual([]);
    const told = namesIn("src/core/peer-events.ts", /type: "([a-z-]+)"/g, "export type PeerEvent =");
    const events = [...told, "overflow"].filter((name) => !["published", "publish-failed"].includes(name));
    expect(events.length).toBeGreaterThan(10);
    expect(events.filter((name) => !section("Events").includes(`| \`${name}\` |`))).toEqual([]);
  });

  test("has every preset with all that it changes", () => {
    const text = section("Presets");
    for (const [name, tuning] of Object.entries(api.presets)) {
      const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      const changes = Object.values(tuning).flatMap((part) => Object.entries<number>(part));
      const words = changes.map(([tunable, value]) => `\`${tunable}\` ${value.toLocaleString("en-US")}`);
      expect(row?.split(" | ").at(-1), name).toBe(`${words.join(", ") || "none"} |`);
    }
  });

  test("has every tunable with its default", () => {
    const { maxPayloadBytes, classic, ...parts } = api.peerDefaults;
    for (const [name, defaults] of Object.entries(parts)) expect(wrong(`\`${name}\`:`, defaults), name).toEqual([]);
    expect(wrong("Tunables of a peer", { maxPayloadBytes })).toEqual([]);
    expect(wrong("Tunables of a seed", api.seedDefaults)).toEqual([]);
    expect(wrong("Tunables of a classic peer", api.classicPeerDefaults)).toEqual([]);
    const { messages: _messages, messageIntervalMs: _messageIntervalMs, ...shared } = api.classicPeerDefaults;
    expect(classic).toEqual({ ...shared, retryMinMs: 1_000, retryMaxMs: 600_000 });
    expect(classicSideDefaults).toBe(classic);
  });
});
