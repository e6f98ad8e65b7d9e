/** A classic peer on a real port, with its log. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Address } from "../core/address.js";
import { type ClassicPeerConfig, classicPeerDefaults } from "../core/classic/config.js";
import type { ClassicMessage, Gossip } from "../core/classic/message.js";
import { ClassicPeerCore, type ClassicPeerEvent, PeerError } from "../core/classic/peer.js";
import type { Effects } from "../core/effects.js";
import { ClassicReader, encodeClassic } from "../wire/classic.js";
import { Driver } from "./driver.js";
import type { DriverOptions } from "./driver-options.js";
import { ListenError } from "./errors.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./journal-options.js";
import { PeerLines, peerWarning } from "./log-lines.js";
import { systemRandom } from "./random.js";
import { isLocalIp } from "./socket-address.js";

/** How to run a classic peer. Its log is `peerlog_<port>.txt`. */
export interface ClassicPeerOptions extends Omit<DriverOptions, "localIp">, JournalOptions<ClassicPeerEvent> {
  /** The seeds of the config. */
  readonly seeds: readonly Address[];
  /**
   * The IP by which others reach this peer, or a name for it. Seeds go by where a connection comes from: so if the IP is
   * one of this machine's own, connections are made from it; if it is not, seeds will list the peer as they see it, and
   * `onWarning` says so.
   */
  readonly advertiseIp?: string | undefined;
  /** Overrides of {@link classicPeerDefaults}. */
  readonly config?: Partial<ClassicPeerConfig>;
  /** Makes the peer's random choices repeat. */
  readonly randomSeed?: number;
}

/** A running classic peer. */
export class ClassicPeer {
  readonly #driver: Driver<ClassicPeerCore, ClassicPeerEvent>;
  readonly #journal: Journal<ClassicPeerEvent>;

  private constructor(driver: Driver<ClassicPeerCore, ClassicPeerEvent>, journal: Journal<ClassicPeerEvent>) {
    this.#driver = driver;
    this.#journal = journal;
  }

  /**
   * Listens, and begins to register.
   *
   * @throws {@link ListenError} when it can't listen there, or the name to advertise does not resolve; the file system's error when the log can't be opened
   */
  static async start(options: ClassicPeerOptions): Promise<ClassicPeer> {
    const lines = new PeerLines();
    const words = { linesOf: (event: ClassicPeerEvent) => lines.of(event), warningOf: peerWarning };
    const journal = new Journal<ClassicPeerEvent>(options, words);
    const config = { ...classicPeerDefaults, ...options.config };
    const advertiseIp = await resolved(options.advertiseIp);
    const localIp = advertiseIp !== undefined && isLocalIp(advertiseIp) ? advertiseIp : undefined;
    const make = (effects: Effects<ClassicMessage, ClassicPeerEvent>, port: number) => {
      const self = advertiseIp === undefined ? { port } : { port, advertiseIp };
      return new ClassicPeerCore(self, config, systemRandom(options.randomSeed), effects);
    };
    const driver = await Driver.start<ClassicPeerCore, ClassicPeerEvent>({ ...options, localIp }, journal, make);
    try {
      await journal.open(`peerlog_${driver.port}.txt`);
    } catch (error) {
      driver.crash();
      throw error;
    }
    driver.call((core, now) => core.start(now, options.seeds));
    return new ClassicPeer(driver, journal);
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#driver.port;
  }

  /** This peer's address; undefined until a seed has told it. */
  get own(): Address | undefined {
    return this.#driver.core.own;
  }

  /** Whether the peer is part of the network. */
  get joined(): boolean {
    return this.#driver.core.joined;
  }

  /** Neighbors that answered their last test. */
  neighbors(): Address[] {
    return this.#driver.core.neighbors();
  }

  /** Connections open now. */
  get connections(): number {
    return this.#driver.connections;
  }

  /**
   * Gossips what a person typed. On the wire it is `ts:ip:port:GOSSIP <text>`: the original takes every text whose
   * fourth field begins with GOSSIP, and passes it on.
   *
   * @throws {@link PeerError} `not-joined`; or `bad-text` when the text is empty, too long, or looks like the beginning of
   * another classic message, so that readers would take it apart
   */
  say(text: string): Gossip {
    const said = text.trim();
    if (said === "") throw new PeerError("bad-text", "there is nothing to say");
    this.#mustStayWhole(`GOSSIP ${said}`);
    return this.publish(`GOSSIP ${said}`);
  }

  /** Gossips a message; `body` begins with `GOSSIP`. Throws as {@link ClassicPeerCore.publish} does. */
  publish(body: string): Gossip {
    return this.#driver.call((core, now) => core.publish(now, body));
  }

  /** Stops in good order. */
  async close(): Promise<void> {
    this.#driver.call((core) => core.leave());
    await this.#driver.close();
    await this.#journal.close();
  }

  /** Stops as SIGSTOP stops a process: nothing may be asked of it then but to thaw, close or crash. */
  freeze(): void {
    this.#driver.freeze();
  }

  /** Goes on after {@link freeze}, late. */
  thaw(): void {
    this.#driver.thaw();
  }

  /** Stops as a killed process does. */
  crash(): void {
    this.#driver.crash();
    void this.#journal.close();
  }

  /** Classic texts have no frames: one that holds another, or a line end, would arrive as several. */
  #mustStayWhole(body: string): void {
    const text = `1700000000.0:127.0.0.1:1:${body}`;
    const reader = new ClassicReader({ expects: "requests", remoteIp: "127.0.0.1" });
    const bytes = encodeClassic({ type: "gossip", text, timestamp: "", origin: "" as Address, body });
    const pushed = reader.push(bytes);
    const ended = reader.end();
    const messages = [...pushed.messages, ...ended.messages];
    const only = messages[0];
    if (messages.length === 1 && only?.type === "gossip" && only.text === text) return;
    const tooLong = pushed.refusal?.reason === "too-long";
    throw new PeerError("bad-text", tooLong ? "the text is too long" : "the text would be read as several messages");
  }
}

/** The IP that a name to advertise stands for. */
async function resolved(name: string | undefined): Promise<string | undefined> {
  if (name === undefined || isIP(name) !== 0) return name;
  try {
    return (await lookup(name, { family: 4 })).address;
  } catch (error) {
    throw new ListenError("no-such-interface", `the name to advertise, ${name}, does not resolve`, error);
  }
}
