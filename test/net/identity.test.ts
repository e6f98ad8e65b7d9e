import { createHash, createPublicKey, sign, verify } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createIdentity, loadIdentity } from "../../src/net/identity.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hearsay-identity-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("an id is the first half of the hash of the public key, and the private key signs for it", () => {
  const { id, publicKey, privateKey } = createIdentity();
  expect(publicKey).toHaveLength(32);
  expect(id).toBe(createHash("sha256").update(publicKey).digest("hex").slice(0, 32));
  const words = Buffer.from("it is me");
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") };
  expect(verify(null, words, createPublicKey({ key: jwk, format: "jwk" }), sign(null, words, privateKey))).toBe(true);
  expect(createIdentity().id).not.toBe(id);
});

test("an identity that was saved is the same the next time, and nobody else may read the file", async () => {
  const path = join(folder, "identity.pem");
  const first = await loadIdentity(path);
  expect((await loadIdentity(path)).id).toBe(first.id);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["identity.pem"]);
  expect(await readFile(path, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});

test("processes that start at the same time agree on one identity", async () => {
  const path = join(folder, "identity.pem");
  const all = await Promise.all(Array.from({ length: 10 }, () => loadIdentity(path)));
  expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  expect(await readdir(folder)).toEqual(["identity.pem"]);
});

test("what cannot be used is said, with a code", async () => {
  const path = join(folder, "identity.pem");
  await writeFile(path, "what is this?", { mode: 0o600 });
  await expect(loadIdentity(path)).rejects.toMatchObject({ code: "not-a-key", message: expect.stringContaining(path) });
  await chmod(path, 0o644);
  await expect(loadIdentity(path)).rejects.toMatchObject({
    code: "exposed",
    message: expect.stringContaining("chmod"),
  });
  await expect(loadIdentity(join(folder, "none", "key"))).rejects.toMatchObject({ code: "unwritable" });
  await expect(loadIdentity(folder)).rejects.toMatchObject({ code: "unreadable" });
});
