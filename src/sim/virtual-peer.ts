/** A peer with the public API, whose process is virtual. */
import { PeerInbox } from "../api/inbox.js";
import { Peer } from "../api/peer.js";
import type { PeerRunner } from "../api/runner.js";
import type { ClassicMessage } from "../core/classic/message.js";
import type { Effects } from "../core/effects.js";
import type { Message } from "../core/message.js";
import { type Beginning, PeerCore, type PeerEffects, type PeerSelf } from "../core/peer.js";
import type { PeerConfig } from "../core/peer-config.js";
import type { PeerEvent } from "../core/peer-events.js";
import type { VirtualNetwork } from "./network.js";
import type { VirtualProcess } from "./process.js";

/** Everything that travels in a network of both dialects. */
export type AnyMessage = Message | ClassicMessage;

/** What to start. */
export interface VirtualPeerOptions {
  readonly self: PeerSelf;
  readonly config: PeerConfig;
  readonly beginning: Beginning;
  /** Called whenever the application is told something, or asks for something: its code may have work to do. */
  readonly onActivity: () => void;
}

/** A peer, and the means to harm it. */
export class VirtualPeer {
  readonly peer: Peer;
  readonly process: VirtualProcess<PeerCore>;
  readonly #inbox = new PeerInbox();

  /** Starts it. Throws as {@link VirtualNetwork.start} does. */
  constructor(network: VirtualNetwork<AnyMessage>, options: VirtualPeerOptions) {
    const { self, config, beginning, onActivity } = options;
    this.process = network.start<PeerCore, PeerEvent>(
      self.contact.address,
      (effects, random) => new PeerCore(self, config, random, effectsOn(effects, this.#inbox, onActivity)),
      (event) => {
        this.#inbox.notify(event);
        onActivity();
      },
    );
    const traits = { id: self.contact.id, network: self.network, maxPayloadBytes: config.maxPayloadBytes };
    this.peer = new Peer(traits, runnerOf(this.process, onActivity), this.#inbox);
    this.process.call((core, now) => core.start(now, beginning));
  }

  /** Kills the process. To the application it is as if the peer had been closed. */
  crash(): void {
    this.process.crash();
    this.#inbox.end();
  }
}

function effectsOn(effects: Effects<AnyMessage, PeerEvent>, inbox: PeerInbox, onActivity: () => void): PeerEffects {
  return {
    dial: (address, dialect) => effects.dial(address, dialect),
    send: (link, message) => effects.send(link, message),
    end: (link) => effects.end(link),
    close: (link, reason) => effects.close(link, reason),
    notify: (event) => effects.notify(event),
    arrived(envelope) {
      inbox.arrived(envelope);
      onActivity();
    },
    ordered(envelope) {
      inbox.ordered(envelope);
      onActivity();
    },
  };
}

function runnerOf(process: VirtualProcess<PeerCore>, onActivity: () => void): PeerRunner {
  return {
    address: process.address,
    call(input) {
      onActivity();
      return process.call(input);
    },
    async settle() {
      // Time passes only where the test lets it.
    },
    async close() {
      onActivity();
      // Its core has left by now; its kernel still sends what was said.
      process.crash("end");
    },
  };
}
