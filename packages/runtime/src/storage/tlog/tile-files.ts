// The files of the tree, as C2SP tlog-tiles lays them out below `audit.log.d/tlog/`. Derived: any of them may be missing
// or wrong, and whoever reads them checks them.
//
// The checkpoint is written aside, under the tree's lock, synced and renamed, so that it is there whole or not at all. Tiles
// are written in their places before the checkpoint that needs them: until then nobody asks for them, and a torn one is
// written anew. They aren't synced: after a power loss one may be empty, which is noticed like any other wrong one.
//
// Making and removing files waits for the journal of the file system, which the log's own syncs keep busy, and ext4 looks
// at each file that was removed of late before it makes one. So an outdated partial tile and its folder become the next
// one of their level, and the checkpoint before the newest becomes the one after it.

import { dirname, join } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import {
  entriesPath,
  HASH_BYTES,
  parseEntryBundle,
  TILE_WIDTH,
  tilePath,
  type TilePlace,
} from "../../ledger/tlog/tile.ts";
import { writeAll, type FileSystem } from "../file-system.ts";
import { makeOwnerFolder, requireFolder } from "../owner-folder.ts";
import { isCode, readWhole } from "../owner-file.ts";
import { notRegular } from "../regular-file.ts";
import { parseState, type TlogState } from "./tlog-state.ts";

const MAX_NOTE_BYTES = 1_048_576;

/** The tree's files in one folder. Nothing is made before something is written. Methods throw the system's errors. */
export class TileFiles {
  readonly folder: string;
  readonly #fs: FileSystem;
  /** By level: the folder that its last outdated partial tile has left empty. */
  readonly #emptied = new Map<number | "entries", string>();

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
    this.#write(level, tilePath(level, index, hashes.length / HASH_BYTES), hashes);
  }

  /** Write a bundle of `width` entries. */
  writeEntries(index: number, width: number, bundle: Uint8Array): void {
    this.#write("entries", entriesPath(index, width), bundle);
  }

  /**
   * Let go of a partial tile (or bundle) that is outdated: it is written over when the next of its level is. `isLast` says
   * that the full one stands, so that no other is in its folder.
   */
  outdate({ level, index, width }: TilePlace, isLast: boolean): void {
    const path = this.#place(pathOf(level, index, width));
    try {
      this.#fs.rename(path, join(this.folder, spareName(level)));
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
    if (!isLast) return;
    const before = this.#emptied.get(level);
    this.#emptied.set(level, dirname(path));
    if (before !== undefined) this.#removeEmpty(before);
  }

  /** Remove the folders that were kept to be used again: another process may be using them soon. */
  tidy(): void {
    for (const folder of this.#emptied.values()) this.#removeEmpty(folder);
    this.#emptied.clear();
  }

  /** Remove all that was kept to be used again. Under the tree's lock. Never throws: what stays hinders nobody. */
  removeAside(): void {
    this.tidy();
    try {
      for (const name of this.#fs.list(this.folder)) if (name.startsWith("aside")) this.remove(name);
    } catch {
      // See above.
    }
  }

  /** Delete the partial tiles (of entries: bundles) that one of that width takes the place of. */
  dropPartials(level: number | "entries", index: number, width: number): void {
    const full = pathOf(level, index, TILE_WIDTH);
    // A failed listing costs as much as writing a tile.
    if (this.#fs.statusAt(join(this.folder, `${full}.p`)) === null) return;
    for (const other of this.#partials(full)) if (other < width) this.remove(`${full}.p/${other}`);
    if (width === TILE_WIDTH) this.#removeEmpty(join(this.folder, `${full}.p`));
  }

  /** Whether files can be written at all: better known before an entry says that a checkpoint follows. Throws when not. */
  probe(): void {
    this.#writeIn("aside", Buffer.from("probe\n"));
  }

  /** The newest checkpoint as it stands there, or null. */
  checkpoint(): string | null {
    return this.readText("checkpoint");
  }

  /** What `state` says, or null: whatever else stands there is written over. */
  state(): TlogState | null {
    try {
      return parseState(this.readText("state"));
    } catch (error) {
      if (isUnusable(error)) return null;
      throw error;
    }
  }

  /** The content of a small file of the folder, or null when it isn't there. Throws `FILE_UNUSABLE` for what is no file. */
  readText(name: string): string | null {
    const path = join(this.folder, name);
    if ((this.#fs.statusAt(path)?.size ?? 0) > MAX_NOTE_BYTES) return null;
    return readWhole(this.#fs, path)?.toString("utf8") ?? null;
  }

  /**
   * Put a small file into its place whole, synced. What stood there before is what the next one is written over, aside.
   */
  writeText(name: string, text: string): void {
    const path = this.#place(name);
    const aside = join(this.folder, "aside");
    this.#writeIn("aside", Buffer.from(text), true);
    const isKept = this.#keepBefore(path);
    this.#inFolder(dirname(path), () => this.#fs.rename(aside, path));
    if (isKept) this.#fs.rename(this.#before(), aside);
  }

  /**
   * Write over a small file where it stands, for what is noticed when it is torn and made again: this costs the disk less
   * than a file put into its place.
   */
  writeOver(name: string, text: string): void {
    this.#writeIn(name, Buffer.from(text));
  }

  /** Take a small file away. */
  remove(name: string): void {
    const path = this.#place(name);
    if (this.#fs.statusAt(path)?.kind === "folder") throw notRegular(path, "a folder");
    try {
      this.#fs.unlink(path);
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
      // Another process dropped it in favour of a fuller one; or it is larger than any tile, or no file.
      if (isCode(error, "ENOENT") || error instanceof RangeError || isUnusable(error)) return null;
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

  /** Write a tile in its place; a partial one out of the one before it, where that is there. */
  #write(level: number | "entries", path: string, bytes: Uint8Array): void {
    const folder = dirname(this.#place(path));
    const isPartial = folder.endsWith(".p");
    const emptied = this.#emptied.get(level);
    if (isPartial && emptied !== undefined) {
      this.#emptied.delete(level);
      this.#moveFolder(emptied, folder);
    }
    const spare = spareName(level);
    if (isPartial && this.#fs.statusAt(join(this.folder, spare)) !== null) {
      this.#writeIn(spare, bytes);
      this.#inFolder(folder, () => this.#fs.rename(join(this.folder, spare), join(this.folder, path)));
    } else this.#writeIn(path, bytes);
  }

  #before(): string {
    return join(this.folder, "aside-before");
  }

  /** Give what stands at a path a second name. Whether it has one. */
  #keepBefore(path: string): boolean {
    try {
      this.#fs.link(path, this.#before());
      return true;
    } catch (error) {
      // Left over by a process that was killed.
      if (isCode(error, "EEXIST")) this.remove("aside-before");
      // Nothing stands there, or this file system knows no second names.
      return false;
    }
  }

  #writeIn(name: string, bytes: Uint8Array, isSynced = false): void {
    const path = this.#place(name);
    const fd = this.#inFolder(dirname(path), () => this.#openAnew(path));
    try {
      overwrite(this.#fs, fd, bytes);
      if (isSynced) this.#fs.syncNow(fd);
    } finally {
      this.#fs.close(fd);
    }
  }

  /** Where a file is written: below folders all the way, as a link would lead out of them. */
  #place(name: string): string {
    let folder = this.folder;
    for (const part of name.split("/").slice(0, -1)) {
      folder = join(folder, part);
      requireFolder(folder, this.#fs);
    }
    return join(this.folder, name);
  }

  /** Open a file to be written over; what stands there instead of one is taken away. */
  #openAnew(path: string): number {
    try {
      return this.#fs.open(path, "update");
    } catch (error) {
      if (!isUnusable(error) || this.#fs.statusAt(path)?.kind === "folder") throw error;
      this.#fs.unlink(path);
      return this.#fs.open(path, "update");
    }
  }

  #moveFolder(from: string, to: string): void {
    try {
      this.#fs.rename(from, to);
    } catch {
      // It isn't there, the other is, or the one above that isn't: the folder is made when it turns out to be missing.
      this.#removeEmpty(from);
    }
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

function pathOf(level: number | "entries", index: number, width: number): string {
  return level === "entries" ? entriesPath(index, width) : tilePath(level, index, width);
}

function isUnusable(error: unknown): boolean {
  return error instanceof CanopyError && error.code === "FILE_UNUSABLE";
}

function spareName(level: number | "entries"): string {
  return `aside-${level}`;
}

/** Make bytes the content of a file. One that holds more is cut last, and not to nothing: that would wait for the disk. */
function overwrite(fs: FileSystem, fd: number, bytes: Uint8Array): void {
  writeAll(fs, fd, bytes, 0);
  if (fs.statusOf(fd).size > bytes.length) fs.truncate(fd, bytes.length);
}
