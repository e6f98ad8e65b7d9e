/** Who is told of what happens at a seed or peer. Users see these options, and need no types of sockets for them. */

/** Who wants to hear of what happens. */
export interface JournalOptions<Event> {
  /** Folder for the log file; none is written when left out. */
  readonly logDir?: string | undefined;
  /** Everything that happens. */
  readonly onEvent?: (event: Event) => void;
  /** The lines that go to the log, for the screen. */
  readonly onLine?: (line: string) => void;
  /** What was refused, and what is wrong; at most some ten lines a second. They go to the log as well. */
  readonly onWarning?: (line: string) => void;
}
