// The files of the tree, as C2SP tlog-tiles lays them out below `audit.log.d/tlog/`. Derived: any of them may be missing
// or wrong, and whoever reads them checks them.
//
// A file is written aside, under the tree's lock, and renamed, so that it is there whole or not at all.

import { readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { HASH_BYTES, TILE_WIDTH, entriesPath, tilePath } from "../../ledger/tlog/tile.ts";
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
    return this.#widest(tilePath(level, index), width, (bytes) =>
      bytes.length >= width * HASH_BYTES ? bytes.subarray(0, width * HASH_BYTES) : null,
    );
  }

  /** Write a tile of as many hashes as are given, and drop the partial ones that it takes the place of. */
  writeTile(level: number, index: number, hashes: Uint8Array): void {
    this.#write(tilePath(level, index), tilePath(level, index, hashes.length / HASH_BYTES), hashes);
  }

  /** Write a bundle of `width` entries, likewise. */
  writeEntries(index: number, width: number, bundle: Uint8Array): void {
    this.#write(entriesPath(index), entriesPath(index, width), bundle);
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

  /** Take a small file away. */
  remove(name: string): void {
    try {
      this.#fs.unlink(join(this.folder, name));
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
  }

  #widest(full: string, width: number, usable: (bytes: Buffer) => Buffer | null): Buffer | null {
    const whole = this.#readFile(full);
    const found = whole === null ? null : usable(whole);
    if (found !== null || width === TILE_WIDTH) return found;
    for (const other of this.#partials(full)) {
      if (other < width) continue;
      const bytes = this.#readFile(`${full}.p/${other}`);
      const enough = bytes === null ? null : usable(bytes);
      if (enough !== null) return enough;
    }
    return null;
  }

  #readFile(path: string): Buffer | null {
    try {
      return readWhole(this.#fs, join(this.folder, path));
    } catch (error) {
      // Another process dropped it in favour of a fuller one.
      if (isCode(error, "ENOENT")) return null;
      throw error;
    }
  }

  /** Widths of the partial tiles that are there. */
  #partials(full: string): readonly number[] {
    try {
      return readdirSync(join(this.folder, `${full}.p`))
        .map(Number)
        .filter((width) => Number.isInteger(width) && width > 0 && width < TILE_WIDTH)
        .sort((a, b) => a - b);
    } catch {
      return [];
    }
  }

  #write(full: string, path: string, bytes: Uint8Array): void {
    this.#put(path, bytes);
    for (const width of this.#partials(full)) {
      const partial = `${full}.p/${width}`;
      if (partial !== path) this.remove(partial);
    }
    if (full === path) removeEmpty(join(this.folder, `${full}.p`));
  }

  #put(name: string, bytes: Uint8Array): void {
    const path = join(this.folder, name);
    makeOwnerFolder(dirname(path));
    const aside = join(this.folder, "aside");
    const fd = this.#fs.open(aside, "update");
    try {
      this.#fs.truncate(fd, 0);
      writeAll(this.#fs, fd, bytes, 0);
    } finally {
      this.#fs.close(fd);
    }
    this.#fs.rename(aside, path);
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or something is in it: nobody is hindered by it.
  }
}
