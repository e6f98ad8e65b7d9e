/** The exit codes of every command, one meaning each. `docs/cli.md` explains them to people. */

/** All went well, or the program was asked to leave (Ctrl-C, SIGTERM, `q`). */
export const exitFine = 0;

/** `up` ended with messages missing, or something failed that has no code of its own. */
export const exitFailed = 1;

/** Wrong usage: an unknown command or option, or a value that makes no sense. */
export const exitUsage = 2;

/** Another program listens on the port. */
export const exitPortTaken = 3;

/** The port is not allowed for this user, or this machine has no such address. */
export const exitPortForbidden = 4;

/** The file that names the seeds is unreadable, empty or garbled. */
export const exitConfig = 5;

/** The log can't be written where it was wanted. */
export const exitLog = 6;

/** A second Ctrl-C: ended at once, with whatever was under way (128 + SIGINT, as shells count). */
export const exitInterrupted = 130;
