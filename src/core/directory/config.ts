/** Tunables of the directory, and of the judgement of who is alive. */

/** How a peer keeps its directory, and when it takes another for dead. Times are milliseconds. */
export interface DirectoryConfig {
  /**
   * `full`: everybody knows everybody, some 350 bytes for each. `neighbors`: only those that a peer has a link to, for huge
   * networks. All peers of a network must have the same.
   */
  readonly directory: "full" | "neighbors";
  /** Peers in the directory; of more nothing is remembered, and the owner is told. */
  readonly entriesMax: number;
  /**
   * From one comparison with a neighbor to the next, ±25 %. Costs some 20 bytes when nothing differs. Four times as long while
   * nothing has changed for 30 s; see `stillness.ts`.
   */
  readonly compareIntervalMs: number;
  /** News goes on at once when there was none just before; else it waits for more, this long at most. */
  readonly newsHoldMs: number;
  /**
   * How long the dead and the left are remembered, so that nobody's old memory brings them back. Who was away for half as
   * long begins with an empty directory.
   */
  readonly forgetAfterMs: number;
  /** How long a peer that is looked at may take, from the dial to its hello. */
  readonly checkTimeoutMs: number;
  /** Peers looked at in the same moment. */
  readonly checksMax: number;
  /** Neighbors that are asked to look as well. */
  readonly indirectProbesMax: number;
  /**
   * From one look at a random peer to the next, ±25 %: finds deaths that no neighbor has seen. Four times as long while nothing
   * has changed for 30 s.
   */
  readonly sweepIntervalMs: number;
  /** The same while such looks fail, or many have died just now. */
  readonly sweepMinIntervalMs: number;
  /** Accusers that decide when connections are refused. In a network of two there is but one. */
  readonly refusedAccusersMin: number;
  /** Accusers that decide when there is only silence. */
  readonly silentAccusersMin: number;
  /** What the accused has to refute refusals: more than a rumor takes to it and back. Up to four times as long where neighbors are far. */
  readonly refusedGraceMs: number;
  /** What the accused has to refute silence. Likewise. */
  readonly silentGraceMs: number;
  /** Who has not refuted for so long is dead, however few accuse it: there may be nobody else to see it. */
  readonly suspicionMaxMs: number;
  /**
   * A peer that was taken for dead is believed when it has so many points: one for each probe that it answers without delay,
   * two lost for each other …
   */
  readonly probationPoints: number;
  /** … and, when it has died more than once and was deaf, when it has answered all of them for so long. Doubles with each further time. */
  readonly deafProbationMs: number;
}

/** For networks of machines near to each other: a killed peer is dead within a second, a stopped one within four. */
export const directoryDefaults: DirectoryConfig = {
  directory: "full",
  entriesMax: 100_000,
  compareIntervalMs: 2_000,
  newsHoldMs: 50,
  forgetAfterMs: 600_000,
  checkTimeoutMs: 1_200,
  checksMax: 16,
  indirectProbesMax: 3,
  sweepIntervalMs: 2_000,
  sweepMinIntervalMs: 250,
  refusedAccusersMin: 2,
  silentAccusersMin: 3,
  refusedGraceMs: 400,
  silentGraceMs: 800,
  suspicionMaxMs: 30_000,
  probationPoints: 6,
  deafProbationMs: 30_000,
};
