/**
 * The dashboard's files, as they were built. What may be had is what lay in the folder when the endpoint was started, each
 * file under its own path: whatever else a path says, there is no such file.
 */
import { createHash } from "node:crypto";
import { type Dirent, existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { getMimeType } from "hono/utils/mime";

/** A file as it is sent. */
export interface WebFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  /** For the header of that name. */
  readonly cacheControl: string;
}

/** Files that are looked at; a folder with more is not the dashboard's. */
const filesMax = 5_000;
/** `app.3f9c1a2b.js`, `app-3f9c1a2b.js`: another content would have another name. */
const hashedName = /[.-][0-9A-Za-z_-]{8,}\.\w+$/;

/** The files of one folder. */
export class WebFiles {
  /** By path, from `/` on. */
  readonly #files = new Map<string, string>();
  readonly #read = new Map<string, Promise<WebFile>>();

  /** Looks what is there; nothing when there is no such folder. */
  constructor(folder: string) {
    if (!existsSync(folder)) return;
    const entries: Dirent[] = readdirSync(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.slice(0, filesMax)) {
      // No links: they might lead out of the folder.
      if (!entry.isFile() || entry.name.startsWith(".")) continue;
      const file = join(entry.parentPath, entry.name);
      this.#files.set(`/${relative(folder, file).split(sep).join("/")}`, file);
    }
  }

  /** Whether there is a page to begin with. */
  get hasIndex(): boolean {
    return this.#files.has("/index.html");
  }

  /** Whether there is a file at a path, as it stands in a URL. */
  has(path: string): boolean {
    const name = nameOf(path);
    return name !== undefined && this.#files.has(name);
  }

  /** The file of a path, as it stands in a URL; undefined when there is none. Read once. */
  async get(path: string): Promise<WebFile | undefined> {
    const name = nameOf(path);
    const file = name === undefined ? undefined : this.#files.get(name);
    if (name === undefined || file === undefined) return undefined;
    let reading = this.#read.get(name);
    if (reading === undefined) {
      reading = readWebFile(file, name);
      this.#read.set(name, reading);
    }
    return reading;
  }
}

async function readWebFile(file: string, name: string): Promise<WebFile> {
  const bytes = new Uint8Array(await readFile(file));
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  const isHashed = hashedName.test(name) && /\d/.test(name);
  const cacheControl = isHashed ? "public, max-age=31536000, immutable" : "no-cache";
  return { bytes, type: getMimeType(name) ?? "application/octet-stream", etag, cacheControl };
}

/** The file of a path: of a folder, its page. */
function nameOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.endsWith("/") ? `${path}index.html` : path);
  } catch {
    return undefined;
  }
}
