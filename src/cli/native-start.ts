/** A peer of Hearsay's own protocol, as the options of a command want it. */
import type { Tags } from "../core/directory/record.js";
import type { PresetName } from "../core/presets.js";
import { type PeerOptions, type StartedPeer, startPeer } from "../net/create-peer.js";
import type { ToldEvent } from "../net/peer-journal.js";
import type { Contacts } from "./contacts.js";

/** The options of a command that say where a peer is, and what of. */
export interface NativeOptions {
  readonly port?: number;
  readonly host?: string;
  readonly advertise?: string;
  readonly network?: string;
  readonly history?: "retained" | "none";
  readonly tag?: Tags;
  readonly identity?: string;
  readonly preset?: PresetName;
}

/** Starts to listen; nobody is told yet. Throws as {@link startPeer} does. */
export function startNative(contacts: Contacts, options: NativeOptions, more: PeerOptions = {}): Promise<StartedPeer> {
  const { port, host, advertise, network, history, tag: tags, identity, preset } = options;
  const listen = given({ port, host });
  return startPeer({ ...contacts, listen, ...given({ advertise, network, history, tags, identity, preset }), ...more });
}

/** The fields of an event for programs: flat, a neighbor by its address and id. */
export function eventFields(event: ToldEvent): object {
  const { type: _type, ...fields } = event;
  if ("peer" in fields) {
    const { id, address, dialect, status, epoch, incarnation, tags } = fields.peer;
    return { peer: address, id, dialect, status, epoch, incarnation, tags };
  }
  if (!("neighbor" in fields)) return fields;
  const { neighbor, ...rest } = fields;
  const { id, address, dialect } = neighbor;
  return { peer: address, id, dialect, ...rest };
}

type Given<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

/** What is not undefined: an option that is left out has its default. */
function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
