// Notices that files were changed, by looking: works for renames, swapped links, mounts and file systems that tell
// nothing. A change is told once the files have been at rest for one interval, so that nothing is read half written.

import { statSync, type BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";

/** What is watched, and what is done about a change. */
export interface WatchOptions {
  /** The files to look at; asked anew each time. */
  readonly files: () => readonly string[];
  readonly everyMs: number;
  /** Called once for each change, when the files are at rest. Must not reject. */
  readonly changed: () => Promise<void>;
}

/** A watch that keeps no process alive. Cost: one asynchronous status call for each file and interval. */
export class FileWatch {
  readonly #options: WatchOptions;
  #taken: string | null;
  #seen: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** `taken` is the `fileStatesNow` of just before the files were read. */
  constructor(options: WatchOptions, taken: string | null) {
    this.#options = options;
    this.#taken = taken;
    this.#lookLater();
  }

  /** Tell of the files once more, even if nothing changes. */
  forget(): void {
    this.#taken = null;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #lookLater(): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), this.#options.everyMs).unref();
  }

  async #look(): Promise<void> {
    const now = (await Promise.all(this.#options.files().map(stateOf))).join("\n");
    if (this.#isClosed) return;
    const isAtRest = now === this.#seen;
    this.#seen = now;
    if (isAtRest && now !== this.#taken) {
      this.#taken = now;
      await this.#options.changed();
    }
    this.#lookLater();
  }
}

/**
 * One text that differs whenever one of the files was replaced, written, removed, made, or its link led elsewhere. Null
 * when one was written so lately that a later change might look the same.
 */
export function fileStatesNow(files: readonly string[]): string | null {
  const found = files.map((file) => {
    try {
      return statSync(file, { bigint: true });
    } catch (error) {
      return codeOf(error);
    }
  });
  const settled = BigInt(Date.now() - COARSEST_CLOCK_MS);
  if (found.some((state) => typeof state !== "string" && state.ctimeMs > settled)) return null;
  return found.map((state) => (typeof state === "string" ? state : textOf(state))).join("\n");
}

// File systems note times in steps of up to two seconds.
const COARSEST_CLOCK_MS = 2500;

async function stateOf(file: string): Promise<string> {
  try {
    return textOf(await stat(file, { bigint: true }));
  } catch (error) {
    return codeOf(error);
  }
}

function textOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
