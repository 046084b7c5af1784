// The mark of a failed sync: `poisoned` in the sidecar.
//
// After a failed sync the kernel may report success for bytes that are lost, to this and to other processes. So the
// log is marked; every process looks before it writes and before it answers; and only rewriting what isn't known to be
// on the disk, and syncing that, takes the mark away. A rotation that failed when the log's name may have been given to the
// new segment leaves the same doubt about names, and the same mark.

import { dirname } from "node:path";
import { writeAll, type FileSystem } from "./file-system.ts";
import type { Host } from "./host.ts";
import { isCode } from "./owner-file.ts";
import { notRegular } from "./regular-file.ts";

/** The mark of one log. */
export class PoisonMark {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #pid: number;
  /** Set when this process saw a sync fail, whether or not the mark could be made. */
  #seenHere = false;

  constructor(fs: FileSystem, path: string, { pid }: Pick<Host, "pid">) {
    this.#fs = fs;
    this.#path = path;
    this.#pid = pid;
  }

  /** Whether the log is marked. Cost: one status call. */
  isSet(): boolean {
    return this.#seenHere || this.#fs.statusAt(this.#path) !== null;
  }

  /** Mark the log. Never throws: on a dying disk the mark may fail too, and then each write after a sync fails. */
  set(reason: string): void {
    this.#seenHere = true;
    try {
      const fd = this.#fs.open(this.#path, "append");
      try {
        writeAll(this.#fs, fd, Buffer.from(`${this.#pid} ${reason.replaceAll("\n", " ")}\n`));
        this.#fs.syncNow(fd);
      } finally {
        this.#fs.close(fd);
      }
      this.#fs.syncFolder(dirname(this.#path));
    } catch {
      // See above.
    }
  }

  /** Take the mark away, durably. Under the lock, after what was doubtful has been rewritten and synced. */
  clear(): void {
    if (this.#fs.statusAt(this.#path)?.kind === "folder") throw notRegular(this.#path, "a folder");
    try {
      this.#fs.unlink(this.#path);
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
    this.#fs.syncFolder(dirname(this.#path));
    this.#seenHere = false;
  }
}

/** Wait for syncs of a log; the first that fails is marked at once, not when the others are done. Throws its error. */
export async function allSynced(syncs: readonly Promise<void>[], poison: PoisonMark): Promise<void> {
  const marked = syncs.map((sync) =>
    sync.catch((error: unknown) => {
      poison.set(`sync failed: ${String(error)}`);
      throw error;
    }),
  );
  // No file may be closed while another's sync is still under way.
  const failed = (await Promise.allSettled(marked)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
