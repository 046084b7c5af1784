// A file written piece by piece beside its place, and put there once it is whole.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { OUT_MODE, unwritable } from "../write-file.ts";

const CHUNK = 1_048_576;

/** A file being written; readable by its owner alone. */
export class FileWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #fd: number;
  #pending: Uint8Array[] = [];
  #pendingLength = 0;
  #isOpen = true;

  /** Begin a file. Throws `FILE_UNUSABLE`. */
  static create(path: string): FileWriter {
    return new FileWriter(path);
  }

  private constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    this.#fd = this.#try(() => openSync(this.#temporary, "wx", OUT_MODE));
  }

  /** Add bytes, or text as UTF-8. Memory: about a MiB, or what is given at once. Throws `FILE_UNUSABLE`. */
  write(content: string | Uint8Array): void {
    const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : Buffer.from(content);
    this.#pending.push(bytes);
    this.#pendingLength += bytes.length;
    if (this.#pendingLength >= CHUNK) this.#flush();
  }

  /** End the file and put it in its place. Throws `FILE_UNUSABLE`. */
  close(): void {
    this.#flush();
    this.#try(() => {
      fsyncSync(this.#fd);
      closeSync(this.#fd);
      this.#isOpen = false;
      renameSync(this.#temporary, this.#path);
    });
  }

  /** Leave nothing behind. Does nothing after `close`. */
  abandon(): void {
    if (!this.#isOpen) return;
    closeSync(this.#fd);
    this.#isOpen = false;
    rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingLength = 0;
    this.#try(() => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    });
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }
}
