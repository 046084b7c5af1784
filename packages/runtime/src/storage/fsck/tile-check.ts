// Tiles and bundles as they should be, compared with those that are there, and put right where that is asked for.

import { entriesPath, HASH_BYTES, TILE_WIDTH, tilePath } from "../../ledger/tlog/tile.ts";
import type { TileSink } from "../tlog/growing-tree.ts";
import type { TileFiles } from "../tlog/tile-files.ts";
import type { ProblemBook } from "./fsck-report.ts";

/** How tiles are compared. */
export interface TileCheckOptions {
  readonly files: TileFiles;
  readonly problems: ProblemBook;
  /** The size of the checkpoint: what its tree needs must be there; more may be. */
  readonly size: number;
  readonly repair: boolean;
}

/** Takes tiles as a tree makes them. */
export class TileCheck implements TileSink {
  readonly #options: TileCheckOptions;
  /** How many were compared. */
  checked = 0;
  /** How many were written. */
  repaired = 0;

  constructor(options: TileCheckOptions) {
    this.#options = options;
  }

  writeTile(level: number, index: number, hashes: Uint8Array): void {
    const width = hashes.length / HASH_BYTES;
    const { files, size } = this.#options;
    const found = files.read(level, index, width);
    const end = (index * TILE_WIDTH + width) * TILE_WIDTH ** level;
    const path = tilePath(level, index, width);
    if (!this.#judge(path, found, hashes, end <= size)) return;
    files.writeTile(level, index, hashes);
    files.dropPartials(level, index, width);
  }

  writeEntries(index: number, width: number, bundle: Uint8Array): void {
    const { files, size } = this.#options;
    const kept = files.readEntries(index, width);
    const found = kept === null ? null : kept.bytes.subarray(0, bundle.length);
    const path = entriesPath(index, width);
    if (!this.#judge(path, found, bundle, index * TILE_WIDTH + width <= size)) return;
    files.writeEntries(index, width, bundle);
    files.dropPartials("entries", index, width);
  }

  dropPartials(): void {
    // What is too much hinders nobody.
  }

  outdate(): void {
    // Likewise.
  }

  /** Whether it is to be written anew. */
  #judge(path: string, found: Buffer | null, expected: Uint8Array, isNeeded: boolean): boolean {
    const { problems, repair } = this.#options;
    this.checked += 1;
    if (found === null && !isNeeded) return false;
    if (found !== null && Buffer.compare(found, expected) === 0) return false;
    const code = found === null ? "tile_missing" : "tile_wrong";
    const detail = found === null ? "the checkpoint's tree needs it" : "it is not what the log's lines give";
    problems.addDerived(code, `tlog/${path}`, detail);
    if (repair) this.repaired += 1;
    return repair;
  }
}
