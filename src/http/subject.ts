/**
 * What an endpoint shows: one peer, one seed, or a whole network in one process. The endpoint knows no more of them than
 * stands here.
 */
import type {
  AddPeersRequest,
  CountersAnswer,
  CutRequest,
  DirectoryEntryAnswer,
  MarkAnswer,
  NeighborAnswer,
  NetworkAnswer,
  PartitionRequest,
  PublishedAnswer,
  PublishRequest,
  RegistrationAnswer,
  SelfAnswer,
  Someone,
  StreamEvent,
  TreeAnswer,
} from "./schemas.js";

/** What can be read of one native peer. Snapshots, all of them. */
export interface PeerPages {
  readonly who: Someone;
  /** Connections open now. */
  readonly connections: number;
  /** Everybody it knows, by ascending id, classic ones by address at the end. */
  directory(): DirectoryEntryAnswer[];
  neighbors(): NeighborAnswer[];
  trees(): TreeAnswer[];
  /** What its history keeps whole, and what that weighs. */
  kept(): { readonly messages: number; readonly bytes: number };
  /** By ascending origin and epoch. */
  marks(): MarkAnswer[];
  /** How much it has done since its start. */
  counters(): {
    readonly delivered: number;
    readonly published: number;
    readonly duplicates: number;
    readonly gaps: number;
  };
  /** The tunables in force. */
  config(): Record<string, unknown>;
}

/** What can be read of one seed. */
export interface SeedPages {
  readonly who: Someone;
  /** In order of address. */
  registrations(): RegistrationAnswer[];
  config(): Record<string, unknown>;
}

/** What can be done to a network in one process. False: there was nothing to do. Unknown names throw a RequestFailure. */
export interface NetworkActions {
  /** Starts peers, and tells their names. */
  addPeers(request: AddPeersRequest): Promise<string[]>;
  /** Ends a peer as SIGKILL would. */
  kill(name: string): boolean;
  /** Stops it as SIGSTOP would. */
  freeze(name: string): boolean;
  /** Lets it go on. */
  thaw(name: string): boolean;
  /** Has it say goodbye, and end. */
  leave(name: string): Promise<boolean>;
  /** Cuts one path. */
  cut(request: CutRequest): boolean;
  /** Cuts all paths between groups. */
  partition(request: PartitionRequest): boolean;
  /** Mends all paths. */
  heal(): boolean;
}

/** Who is shown. What does not apply to its kind is left out. */
export interface Subject {
  readonly kind: SelfAnswer["kind"];
  self(): Omit<SelfAnswer, "version" | "now" | "isReady" | "notReady" | "kind">;
  /** Why it is not ready; empty when it is. */
  notReady(): string[];
  counters(): CountersAnswer;
  /** The living native peers that are shown, in order of starting. */
  peers(): PeerPages[];
  /** The seeds, likewise. */
  seeds(): SeedPages[];
  /** Says something. Throws a RequestFailure for what cannot be said. */
  publish?(request: PublishRequest): Promise<PublishedAnswer>;
  /** All of a network in one process, with so many of the latest messages. */
  network?(messagesMax: number): NetworkAnswer;
  readonly actions?: NetworkActions;
  /** Tells what happens from now on, until the function that is returned is called. Called while somebody listens only. */
  listen(tell: (event: StreamEvent) => void): () => void;
}
