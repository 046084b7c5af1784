// Tiles that are believed: the partial ones together make the root of a checkpoint, and each full one has the hash that
// the tile above it says.

import { HASH_BYTES, TILE_WIDTH, tileNodes, tilesAt, type TileReader } from "../../ledger/tlog/tile.ts";
import { treeRoot, type NodeReader } from "../../ledger/tlog/tree.ts";
import { nodeHash } from "../../ledger/merkle.ts";
import { nodeSha256 } from "./node-sha256.ts";
import type { TileFiles } from "./tile-files.ts";

const KEPT_TILES = 256;

/** The tiles of a tree of a known root. */
export class VerifiedTiles {
  readonly size: number;
  readonly #files: TileFiles;
  /** The right edge: one for each level. */
  readonly #partial = new Map<number, Uint8Array>();
  readonly #full = new Map<string, Uint8Array>();
  /** A node within the size. Throws `RangeError` when a tile is missing or wrong. */
  readonly node: NodeReader;

  /** Throws `RangeError` when the tiles don't make that root. Cost: one small file for each level. */
  constructor(files: TileFiles, size: number, root: Uint8Array) {
    this.#files = files;
    this.size = size;
    this.node = tileNodes(size, this.#tile, nodeSha256);
    if (Buffer.compare(treeRoot(size, this.node, nodeSha256), root) !== 0) {
      throw new RangeError("the tiles don't make the root of the checkpoint");
    }
  }

  readonly #tile: TileReader = (level, index, width) => {
    if (width === TILE_WIDTH) return this.#fullTile(level, index);
    const bytes = this.#partial.get(level) ?? this.#read(level, index, width);
    this.#partial.set(level, bytes);
    return bytes;
  };

  #fullTile(level: number, index: number): Uint8Array {
    const key = `${level}/${index}`;
    const kept = this.#full.get(key);
    if (kept !== undefined) return kept;
    const bytes = this.#read(level, index, TILE_WIDTH);
    const above = Math.floor(index / TILE_WIDTH);
    const { full, partial } = tilesAt(level + 1, this.size);
    const parent = this.#tile(level + 1, above, above < full ? TILE_WIDTH : partial);
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    if (Buffer.compare(rootOfTile(bytes), parent.subarray(at, at + HASH_BYTES)) !== 0) {
      throw new RangeError(`tile ${index} of level ${level} is wrong`);
    }
    const [oldest] = this.#full.keys();
    if (this.#full.size >= KEPT_TILES && oldest !== undefined) this.#full.delete(oldest);
    this.#full.set(key, bytes);
    return bytes;
  }

  #read(level: number, index: number, width: number): Uint8Array {
    const bytes = this.#files.read(level, index, width);
    if (bytes === null) throw new RangeError(`tile ${index} of level ${level} is missing`);
    return bytes;
  }
}

function rootOfTile(bytes: Uint8Array): Uint8Array {
  const fold = (from: number, count: number): Uint8Array =>
    count === 1
      ? bytes.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES)
      : nodeHash(fold(from, count / 2), fold(from + count / 2, count / 2), nodeSha256);
  return fold(0, TILE_WIDTH);
}
