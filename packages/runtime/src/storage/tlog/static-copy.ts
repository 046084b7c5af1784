// A complete copy of a log's tree, with its entries, as C2SP tlog-tiles serves it: files that any client of such logs
// reads, from a disk or behind any web server.

import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { entryData } from "../../ledger/tlog/entry-data.ts";
import { entryBundle, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, tilesAt, tilesOf } from "../../ledger/tlog/tile.ts";
import { realFileSystem } from "../file-system.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { noCheckpoint } from "./prove-included.ts";
import { TileFiles } from "./tile-files.ts";
import type { TlogReader } from "./tlog-reader.ts";

/** What was written. */
export interface StaticCopy {
  /** The size of the checkpoint, and so of the copy. */
  readonly size: number;
  readonly origin: string;
  readonly tiles: number;
  readonly bundles: number;
}

/**
 * Write the tree of the newest checkpoint into a folder: `checkpoint`, `tile/…`, `tile/entries/…`. The checkpoint goes
 * last, so that a copy in the making promises nothing.
 *
 * Cost: one pass over the log; memory stays at one bundle.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT` when the log has no checkpoint of its own.
 */
export function writeStaticCopy(reader: TlogReader, folder: string): StaticCopy {
  const note = reader.checkpointNote();
  if (note === null) throw noCheckpoint(reader);
  const { origin, size } = readCheckpoint(note).checkpoint;
  const files = new TileFiles(realFileSystem, folder);
  let tiles = 0;
  for (const { level, index, width } of tilesOf(size)) {
    const hashes = new Uint8Array(width * HASH_BYTES);
    for (let at = 0; at < width; at += 1) {
      hashes.set(reader.node(level * TILE_HEIGHT, index * TILE_WIDTH + at), at * HASH_BYTES);
    }
    files.writeTile(level, index, hashes);
    tiles += 1;
  }
  const bundles = writeBundles(reader, files, size);
  files.writeText("checkpoint", note);
  return { size, origin, tiles, bundles };
}

function writeBundles(reader: TlogReader, files: TileFiles, size: number): number {
  let entries: Uint8Array[] = [];
  let bundles = 0;
  for (const { index, bytes } of reader.lines(0, size)) {
    entries.push(Uint8Array.from(entryData(bytes, nodeSha256)));
    if (entries.length < TILE_WIDTH && index + 1 < size) continue;
    files.writeEntries(bundles, entries.length, entryBundle(entries));
    bundles += 1;
    entries = [];
  }
  const { full, partial } = tilesAt(0, size);
  if (bundles !== full + (partial > 0 ? 1 : 0)) throw new RangeError("the log has fewer lines than its checkpoint");
  return bundles;
}
