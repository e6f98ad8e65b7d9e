/** The exit codes of every command, one meaning each. `docs/cli.md` explains them to people. */

/** All went well, or the program was asked to leave (Ctrl-C, SIGTERM, `q`). */
export const exitFine = 0;

/** `up` ended with messages missing, a goal of an experiment was missed, or something failed that has no code of its own. */
export const exitFailed = 1;

/** Wrong usage: an unknown command or option, a value that makes no sense, a message that is too large. */
export const exitUsage = 2;

/** Another program listens on the port. */
export const exitPortTaken = 3;

/** The port is not allowed for this user, or this machine has no such address. */
export const exitPortForbidden = 4;

/** The file that names the seeds, or that keeps the identity, is unreadable, empty or garbled. */
export const exitConfig = 5;

/** The log, a trace or the files of an experiment can't be written where they were wanted. */
export const exitLog = 6;

/** There is no other peer that a message could be told to. */
export const exitAlone = 7;

/** What was waited for did not come in time: an acknowledgement, or the messages that `--count` wanted. */
export const exitTimeout = 8;

/** The seeds or peers that were found belong to a network of another name. */
export const exitWrongNetwork = 9;

/** The admin endpoint would be open to other machines without a token, or its token cannot be used. */
export const exitToken = 10;

/** A second Ctrl-C, or one before the work was done: ended with something under way (128 + SIGINT, as shells count). */
export const exitInterrupted = 130;
