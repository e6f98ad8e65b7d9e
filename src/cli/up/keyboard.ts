/** Single keys from the terminal, and the terminal left as it was found. */

/** Reads keys one by one while open; nothing when standard input is no terminal. */
export class Keyboard {
  readonly #onKey: (key: string) => void;
  readonly #listener = (chunk: string) => this.#typed(chunk);
  /** A shell gives its own terminal settings to whoever it brings back to the foreground. */
  readonly #resumed = () => process.stdin.setRawMode(true);
  #open = false;

  /** @param onKey - one character in lower case; `ctrl-c` for Ctrl-C and Ctrl-D, which raw mode takes from the terminal */
  constructor(onKey: (key: string) => void) {
    this.#onKey = onKey;
  }

  /** Begins to read. Whether there is a keyboard to read from. */
  open(): boolean {
    if (!process.stdin.isTTY) return false;
    this.#open = true;
    process.stdin.setRawMode(true);
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", this.#listener);
    process.stdin.on("error", () => {
      // The terminal is gone; SIGHUP tells the rest.
    });
    process.stdin.resume();
    process.on("SIGCONT", this.#resumed);
    return true;
  }

  /** Gives the terminal its lines back. May be called on any way out, and twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.stdin.off("data", this.#listener);
    process.off("SIGCONT", this.#resumed);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  #typed(chunk: string): void {
    // Arrow keys and the like come as one escape sequence, which is nobody's letter.
    if (chunk.startsWith("\u001b")) return;
    for (const key of chunk) this.#onKey(key === "\u0003" || key === "\u0004" ? "ctrl-c" : key.toLowerCase());
  }
}
