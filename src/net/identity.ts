/**
 * Who this peer is: an Ed25519 key (RFC 8032). The id that others know follows from the public half, so nobody can pass
 * for another peer without its private half.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { link, open, readFile, stat, unlink } from "node:fs/promises";
import { type PeerId, parsePeerId, peerIdBytes } from "../core/identity.js";
import { IdentityError } from "./errors.js";

/** A peer's key and what follows from it. */
export interface Identity {
  /** The first 16 bytes of the SHA-256 of the public key, in hex. */
  readonly id: PeerId;
  /** The 32 bytes of the public key. */
  readonly publicKey: Uint8Array;
  /** For signing; stays in this process, and in the file that it was loaded from. */
  readonly privateKey: KeyObject;
}

/** A new identity, which nobody else has. */
export function createIdentity(): Identity {
  return identityOf(generateKeyPairSync("ed25519").privateKey);
}

/**
 * The identity that a file keeps; when there is no file, a new one, that is kept there from now on (PEM, PKCS #8, for
 * the owner's eyes only). Two processes that make the file at the same time get the same identity. They should not run
 * at the same time: to the network they are one peer in two lives.
 *
 * @throws {@link IdentityError}
 */
export async function loadIdentity(path: string): Promise<Identity> {
  const kept = await read(path);
  if (kept !== undefined) return kept;
  const identity = createIdentity();
  const isMine = await save(path, identity);
  if (isMine) return identity;
  const theirs = await read(path);
  if (theirs === undefined)
    throw new IdentityError("unreadable", `the identity file ${path} is made and removed by others`);
  return theirs;
}

async function read(path: string): Promise<Identity | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new IdentityError("exposed", `the identity file ${path} is open to others: run chmod 600 on it`);
  }
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType !== "ed25519") throw new TypeError(`a key of type ${key.asymmetricKeyType}`);
    return identityOf(key);
  } catch (error) {
    throw new IdentityError(
      "not-a-key",
      `the identity file ${path} does not hold an Ed25519 private key in PEM`,
      error,
    );
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new IdentityError(
      "unreadable",
      `the identity file ${path} cannot be read: ${(error as Error).message}`,
      error,
    );
  }
}

/** Whether the file was made; false when somebody else has made it meanwhile. It is never seen half written. */
async function save(path: string, { privateKey }: Identity): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(privateKey.export({ format: "pem", type: "pkcs8" }));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new IdentityError("unwritable", `the identity file ${path} cannot be made: ${message}`, error);
  } finally {
    await unlink(draft).catch(() => {});
  }
}

function identityOf(privateKey: KeyObject): Identity {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = new Uint8Array(Buffer.from(x!, "base64url"));
  const hash = createHash("sha256").update(publicKey).digest("hex");
  return { id: parsePeerId(hash.slice(0, 2 * peerIdBytes))!, publicKey, privateKey };
}
