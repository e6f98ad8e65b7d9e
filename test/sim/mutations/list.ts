/** A bug, planted in the built code by a replacement that must fit in one place. */
export interface Mutation {
  readonly name: string;
  /** Under `dist/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The promise that it breaks; `any` where the core itself runs wild. */
  readonly promise: string;
  /** The number of the first run of the swarm that showed it, when it was measured. */
  readonly foundBy: number;
  /** Whether every test run looks for it, and not only the long ones. */
  readonly isShort?: boolean;
}

/** All of them. */
export const mutations: readonly Mutation[] = [
  {
    name: "what comes twice on a tree is delivered twice",
    file: "core/broadcast.js",
    from: "if (!this.#history.add(now, envelope, round, slot)) {",
    to: "if (!this.#history.add(now, envelope, round, slot) && now < 0) {",
    promise: "once",
    foundBy: 1,
    isShort: true,
  },
  {
    name: "what is repaired is delivered, known or not",
    file: "core/broadcast.js",
    from: "if (!this.#history.add(now, envelope, round, slot, ageMs))",
    to: "if (!this.#history.add(now, envelope, round, slot, ageMs) && now < 0)",
    promise: "once",
    foundBy: 1,
  },
  {
    name: "nothing waits for its turn",
    file: "core/sequencer.js",
    from: "if (seq > frontier)",
    to: "if (seq < 0)",
    promise: "in order",
    foundBy: 1,
    isShort: true,
  },
  {
    name: "what has waited goes out from its end",
    file: "core/sequencer.js",
    from: "const seqs = [...envelopes.keys()].sort((a, b) => a - b);",
    to: "const seqs = [...envelopes.keys()].sort((a, b) => b - a);",
    promise: "all of it, or told",
    foundBy: 1,
  },
  {
    name: "a gap is told with one message too few",
    file: "core/gaps.js",
    from: "this.#owner.gap(now, { origin, epoch, first, last, count: last - first + 1 });",
    to: "this.#owner.gap(now, { origin, epoch, first: first + 1, last, count: last - first });",
    promise: "all of it, or told",
    foundBy: 11,
  },
  {
    name: "holes are given up in silence",
    file: "core/gaps.js",
    from: "if (!isPast)",
    to: "if (now < 0)",
    promise: "all of it, or told",
    foundBy: 11,
  },
  {
    name: "the last range of a repair is left out",
    file: "core/repairs.js",
    from: "intersect(want.seqs, this.#history.kept(origin, epoch))).slice();",
    to: "intersect(want.seqs, this.#history.kept(origin, epoch)).slice(0, -2)).slice();",
    promise: "all of it, or told",
    foundBy: 1,
  },
  {
    name: "nobody answers who asks for what is missing",
    file: "core/repairs.js",
    from: "asker.wants.push(asked);",
    to: "",
    promise: "all of it, or told",
    foundBy: 1,
  },
  {
    name: "the accused does not refute",
    file: "core/directory/own-record.js",
    from: "this.#dueAt = Math.min(this.#dueAt, Math.max(now, this.#refutedAt + pauseMs));",
    to: "",
    promise: "everyone agrees",
    foundBy: 1,
    isShort: true,
  },
  {
    name: "old accusations count after a refutation",
    file: "core/directory/jury.js",
    from: "record === undefined || !isAbout(accusation, record))",
    to: "record === undefined)",
    promise: "alive means alive",
    foundBy: 1,
  },
  {
    name: "nobody is ever buried",
    file: "core/directory/jury.js",
    from: "this.#table.bury(now, record, accusations);",
    to: "this.#table.clear(now, record);",
    promise: "everyone agrees",
    foundBy: 10,
  },
  {
    name: "a suspicion never ends",
    file: "core/directory/suspicions.js",
    from: "if (ripeAt > now) {\n                this.#nextWake",
    to: "if (ripeAt > 0) {\n                this.#nextWake",
    promise: "any",
    foundBy: 1,
  },
  {
    name: "the history has no limit",
    file: "core/history.js",
    from: "while (this.size > retainedMax || this.#bytes > retainedMaxBytes)",
    to: "while (this.#bytes > retainedMaxBytes)",
    promise: "bounded",
    foundBy: 26,
  },
];
