// The files of the tree, as C2SP tlog-tiles lays them out below `audit.log.d/tlog/`. Derived: any of them may be missing
// or wrong, and whoever reads them checks them.
//
// A file is written aside, under the tree's lock, and renamed, so that it is there whole or not at all. Nothing is
// synced: after a power loss a file may be empty, which is noticed like any other wrong one.

import { dirname, join } from "node:path";
import { entriesPath, HASH_BYTES, parseEntryBundle, TILE_WIDTH, tilePath } from "../../ledger/tlog/tile.ts";
import { writeAll, type FileSystem } from "../file-system.ts";
import { makeOwnerFolder } from "../owner-folder.ts";
import { isCode, readWhole } from "../owner-file.ts";

const MAX_NOTE_BYTES = 1_048_576;

/** The tree's files in one folder. Nothing is made before something is written. Methods throw the system's errors. */
export class TileFiles {
  readonly folder: string;
  readonly #fs: FileSystem;

  constructor(fs: FileSystem, folder: string) {
    this.#fs = fs;
    this.folder = folder;
  }

  /** The first `width` hashes of a tile, from the full one or from any partial one that has them; null when none has. */
  read(level: number, index: number, width: number): Buffer | null {
    const found = this.#atLeast(tilePath(level, index), width, (found, bytes) => bytes.length >= found * HASH_BYTES);
    return found === null ? null : found.bytes.subarray(0, width * HASH_BYTES);
  }

  /** A bundle that has the first `width` entries or more, and how many it has; null when there is none. */
  readEntries(index: number, width: number): { readonly bytes: Buffer; readonly width: number } | null {
    return this.#atLeast(entriesPath(index), width, (found, bytes) => parseEntryBundle(bytes, found) !== null);
  }

  /** Write a tile of as many hashes as are given. */
  writeTile(level: number, index: number, hashes: Uint8Array): void {
    this.#put(tilePath(level, index, hashes.length / HASH_BYTES), hashes);
  }

  /** Write a bundle of `width` entries. */
  writeEntries(index: number, width: number, bundle: Uint8Array): void {
    this.#put(entriesPath(index, width), bundle);
  }

  /** Delete the partial tiles (of entries: bundles) that one of that width takes the place of. */
  dropPartials(level: number | "entries", index: number, width: number): void {
    const full = level === "entries" ? entriesPath(index) : tilePath(level, index);
    // A failed listing costs as much as writing a tile.
    if (this.#fs.statusAt(join(this.folder, `${full}.p`)) === null) return;
    for (const other of this.#partials(full)) if (other < width) this.remove(`${full}.p/${other}`);
    if (width === TILE_WIDTH) this.#removeEmpty(join(this.folder, `${full}.p`));
  }

  /** Whether files can be written at all: better known before an entry says that a checkpoint follows. Throws when not. */
  probe(): void {
    this.#writeAside(Buffer.from("probe\n"));
  }

  /** The newest checkpoint as it stands there, or null. */
  checkpoint(): string | null {
    return this.readText("checkpoint");
  }

  /** The content of a small file of the folder, or null when it isn't there. */
  readText(name: string): string | null {
    const path = join(this.folder, name);
    if ((this.#fs.statusAt(path)?.size ?? 0) > MAX_NOTE_BYTES) return null;
    return readWhole(this.#fs, path)?.toString("utf8") ?? null;
  }

  /** Put a small file into its place. */
  writeText(name: string, text: string): void {
    this.#put(name, Buffer.from(text));
  }

  /**
   * Write over a small file where it stands, for what is noticed when it is torn and made again: this costs the disk less
   * than a file put into its place.
   */
  writeOver(name: string, text: string): void {
    const path = join(this.folder, name);
    const fd = this.#inFolder(this.folder, () => this.#fs.open(path, "update"));
    try {
      overwrite(this.#fs, fd, Buffer.from(text));
    } finally {
      this.#fs.close(fd);
    }
  }

  /** Take a small file away. */
  remove(name: string): void {
    try {
      this.#fs.unlink(join(this.folder, name));
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
  }

  #atLeast(
    full: string,
    width: number,
    isWhole: (width: number, bytes: Buffer) => boolean,
  ): { readonly bytes: Buffer; readonly width: number } | null {
    const found = (path: string, has: number): { readonly bytes: Buffer; readonly width: number } | null => {
      const bytes = this.#readFile(path);
      return bytes !== null && isWhole(has, bytes) ? { bytes, width: has } : null;
    };
    const whole = found(full, TILE_WIDTH);
    if (whole !== null || width === TILE_WIDTH) return whole;
    for (const other of this.#partials(full)) {
      const partial = other < width ? null : found(`${full}.p/${other}`, other);
      if (partial !== null) return partial;
    }
    return null;
  }

  #readFile(path: string): Buffer | null {
    try {
      return readWhole(this.#fs, join(this.folder, path));
    } catch (error) {
      // Another process dropped it in favour of a fuller one; or it is larger than any tile.
      if (isCode(error, "ENOENT") || error instanceof RangeError) return null;
      throw error;
    }
  }

  /** Widths of the partial tiles that are there. */
  #partials(full: string): readonly number[] {
    try {
      return this.#fs
        .list(join(this.folder, `${full}.p`))
        .map(Number)
        .filter((width) => Number.isInteger(width) && width > 0 && width < TILE_WIDTH)
        .sort((a, b) => a - b);
    } catch {
      return [];
    }
  }

  #put(name: string, bytes: Uint8Array): void {
    const path = join(this.folder, name);
    const aside = this.#writeAside(bytes);
    this.#inFolder(dirname(path), () => this.#fs.rename(aside, path));
  }

  #writeAside(bytes: Uint8Array): string {
    const aside = join(this.folder, "aside");
    const fd = this.#inFolder(this.folder, () => this.#fs.open(aside, "update"));
    try {
      overwrite(this.#fs, fd, bytes);
    } finally {
      this.#fs.close(fd);
    }
    return aside;
  }

  /** Do something in a folder, which is made when it turns out to be missing. */
  #inFolder<Result>(folder: string, work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
    makeOwnerFolder(folder, this.#fs);
    return work();
  }

  #removeEmpty(folder: string): void {
    try {
      this.#fs.removeFolder(folder);
    } catch {
      // Not there, or something is in it: nobody is hindered by it.
    }
  }
}

/** Make bytes the content of a file. A file that holds as much, or nothing, isn't cut first: that waits for the disk. */
function overwrite(fs: FileSystem, fd: number, bytes: Uint8Array): void {
  if (fs.statusOf(fd).size > bytes.length) fs.truncate(fd, 0);
  writeAll(fs, fd, bytes, 0);
}
