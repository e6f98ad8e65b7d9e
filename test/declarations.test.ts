import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const compiler = resolve("node_modules/.bin/tsc");

/** Programs of users. What must not compile shows that the types are there, and are no `any`. */
const programs = {
  hearsay: `
    import { createPeer, createSeed, createTestNetwork } from "hearsay";
    await using seed = await createSeed();
    await using peer = await createPeer({ seeds: [seed.address], signal: new AbortController().signal });
    await using news = peer.subscribe("news");
    for await (const message of news) message.text().toUpperCase();
    await using network = await createTestNetwork({ peers: 3 });
    // @ts-expect-error
    network.now.toUpperCase();
    // @ts-expect-error
    peer.address = 1;`,
  "hearsay/sim": `
    import { at, crash, runScenario, scenario, these } from "hearsay/sim";
    const report = runScenario(scenario({ peers: 3, steps: [at(1_000, crash(these(2)))] }));
    report.violations.map(({ promise, message }) => [promise, message.toUpperCase()]);
    // @ts-expect-error
    scenario({ peers: "three" });`,
};

/** What goes with `strict`, in modules as Node.js has them. */
interface Options {
  readonly lib?: readonly string[];
  readonly types?: readonly string[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hearsay-declarations-"));
  // As it is installed, and far from this project's own packages. Only what is asked for has the types of Node.js.
  const installed = join(folder, "node_modules/hearsay");
  await cp("dist", join(installed, "dist"), { recursive: true, filter: (path) => !/\.(?:js|map)$/.test(path) });
  await cp("package.json", join(installed, "package.json"));
  await mkdir(join(folder, "node_modules/@types"));
  await symlink(resolve("node_modules/@types/node"), join(folder, "node_modules/@types/node"));
});
afterAll(() => rm(folder, { recursive: true }));

/** All that the compiler says of users' programs; nothing, when all is well. */
async function complaints(names: readonly (keyof typeof programs)[], options: Options): Promise<string> {
  const own = await mkdtemp(join(folder, "user-"));
  const modules = { module: "nodenext", moduleResolution: "nodenext" };
  // The compiler's own libraries need no check: that is most of the time it takes.
  const compilerOptions = { strict: true, ...modules, noEmit: true, skipDefaultLibCheck: true, ...options };
  const files = names.map((name) => `${name.replace("/", "-")}.ts`);
  await writeFile(join(own, "package.json"), '{ "type": "module" }');
  await writeFile(join(own, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  for (const [at, file] of files.entries()) await writeFile(join(own, file), programs[names[at]!]);
  const { stdout } = await run(compiler, ["-p", own]).catch((error: { readonly stdout: string }) => error);
  return stdout;
}

describe("a user's program, checked by the compiler", () => {
  // One at a time: what one entry brings along must not help the other.
  test.each(["hearsay", "hearsay/sim"] as const)(
    "that imports %s needs no types of Node.js, and no setting",
    async (name) => {
      expect(await complaints([name], {})).toBe("");
    },
  );

  test("is content with the types of Node.js, where those of browsers are left out", async () => {
    expect(await complaints(["hearsay", "hearsay/sim"], { lib: ["es2023"], types: ["node"] })).toBe("");
  });
});
