/** Whom a peer turns to in the beginning, as the options say: the same for every command that runs a peer. */
import { existsSync } from "node:fs";
import type { Address } from "../core/address.js";
import { readSeedsFile } from "../net/seeds-file.js";
import { usageFailure } from "./failure.js";

/** The options that name seeds and peers. */
export interface ContactOptions {
  /** A list of seeds. `config.txt` is taken when nothing else is named and there is one. */
  readonly config?: string;
  readonly seed?: readonly Address[];
  readonly peer?: readonly Address[];
}

/** Seeds, and peers that may be asked without any seed. */
export interface Contacts {
  readonly seeds: readonly Address[];
  readonly peers: readonly Address[];
}

const usualConfig = "config.txt";

/**
 * Reads the options.
 *
 * @throws {@link SeedsFileError} when the list of seeds is of no use
 */
export async function readContacts({ config, seed = [], peer = [] }: ContactOptions): Promise<Contacts> {
  const isNamed = seed.length > 0 || peer.length > 0;
  const path = config ?? (!isNamed && existsSync(usualConfig) ? usualConfig : undefined);
  const listed = path === undefined ? [] : await readSeedsFile(path);
  return { seeds: [...new Set([...listed, ...seed])], peers: peer };
}

/**
 * The same for a command that is of no use without anybody.
 *
 * @throws {@link SeedsFileError}; {@link Failure} when nobody is named
 */
export async function readSomeContacts(options: ContactOptions): Promise<Contacts> {
  const contacts = await readContacts(options);
  if (contacts.seeds.length + contacts.peers.length > 0) return contacts;
  throw usageFailure(
    `whom to ask? name a seed (--seed ip:port), a peer (--peer ip:port), or a list of seeds (--config; there is no ${usualConfig} here)`,
  );
}

/** For people: the first three, and how many more. */
export function contactsText({ seeds, peers }: Contacts): string {
  const all = [...seeds, ...peers];
  const shown = all.slice(0, 3).join(", ");
  return all.length > 3 ? `${shown} and ${all.length - 3} more` : shown;
}
