// The tree as it grows: leaves in, tiles out. Tiles are written when asked, full ones once, the right edge each time.

import { entryData } from "../../ledger/tlog/entry-data.ts";
import { leafHash } from "../../ledger/merkle.ts";
import { entryBundle, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, tilesAt, type TilePlace } from "../../ledger/tlog/tile.ts";
import { TreeFrontier, type NodeReader } from "../../ledger/tlog/tree.ts";
import { nodeSha256 } from "./node-sha256.ts";

/** Where finished tiles go. */
export interface TileSink {
  writeTile(level: number, index: number, hashes: Uint8Array): void;
  writeEntries(index: number, width: number, bundle: Uint8Array): void;
  dropPartials(level: number | "entries", index: number, width: number): void;
  outdate(place: TilePlace, isLast: boolean): void;
}

interface Edge {
  readonly level: number;
  index: number;
  readonly bytes: Buffer;
  width: number;
  /** What of it was written last, as index · 256 + width. */
  written: number;
}

type FullPart =
  | { readonly level: number; readonly index: number; readonly hashes: Buffer }
  | { readonly index: number; readonly entries: readonly Uint8Array[] };

/** A tree that grows, and its files. */
export class GrowingTree {
  readonly #files: TileSink;
  readonly #frontier: TreeFrontier;
  readonly #edges: Edge[] = [];
  readonly #full: FullPart[] = [];
  /** Entry data of the bundle at the end; null when bundles are not kept. */
  #bundle: Uint8Array[] | null;
  #bundleWritten = -1;
  /** Tiles whose older parts may still be there, left by another process or a crash; null once those were looked for. */
  #newer: TilePlace[] | null = [];
  /** Partial tiles that this tree has written and then written fuller ones for. */
  #outdated: TilePlace[] = [];

  /** The tree of `size` leaves, whose nodes can be read; `bundle`: the entries of its last, partial bundle, or null. */
  constructor(files: TileSink, size: number, nodes: NodeReader, bundle: readonly Uint8Array[] | null) {
    this.#files = files;
    this.#frontier = TreeFrontier.at(size, nodes, nodeSha256);
    this.#bundle = bundle === null ? null : [...bundle];
    for (let level = 0; tilesAt(level, size).full > 0 || tilesAt(level, size).partial > 0; level += 1) {
      const { full, partial } = tilesAt(level, size);
      const edge = this.#edge(level);
      edge.index = full;
      for (let at = 0; at < partial; at += 1) {
        nodes(level * TILE_HEIGHT, full * TILE_WIDTH + at).forEach((byte, of) => {
          edge.bytes[at * HASH_BYTES + of] = byte;
        });
      }
      edge.width = partial;
      edge.written = written(edge);
    }
  }

  /** How many leaves it has. */
  get size(): number {
    return this.#frontier.size;
  }

  /**
   * Append a line. Gives its leaf hash. The byte before it in memory, if there is one, is put in place of the prefix of
   * leaves and put back, which saves a copy of each line. Cost: one SHA-256 over it, and one or two more.
   */
  append(line: Buffer): Uint8Array {
    const data = entryData(line, nodeSha256);
    const leaf = leafInPlace(data);
    this.#frontier.append(leaf, (level, index, hash) => {
      if (level % TILE_HEIGHT === 0) this.#put(level / TILE_HEIGHT, index, hash);
    });
    if (this.#bundle !== null) this.#addEntry(this.#bundle, Uint8Array.from(data));
    return leaf;
  }

  /** The root as of now. */
  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** Write the full tiles that are not written yet. Throws the system's error; what was not written is kept for the next time. */
  writeFull(): void {
    for (let part = this.#full[0]; part !== undefined; part = this.#full[0]) {
      if ("hashes" in part) this.#files.writeTile(part.level, part.index, part.hashes);
      else this.#files.writeEntries(part.index, TILE_WIDTH, entryBundle(part.entries));
      this.#newer?.push({ level: "hashes" in part ? part.level : "entries", index: part.index, width: TILE_WIDTH });
      this.#full.shift();
    }
  }

  /** Write everything that the tree of this size needs. Throws as `writeFull`. */
  writeAll(): void {
    this.writeFull();
    for (const edge of this.#edges) {
      if (edge.written === written(edge)) continue;
      if (edge.width > 0)
        this.#files.writeTile(edge.level, edge.index, edge.bytes.subarray(0, edge.width * HASH_BYTES));
      this.#replaced(edge.level, edge.written, edge.index, edge.width);
      edge.written = written(edge);
    }
    if (this.#bundle === null || this.#bundleWritten === this.size) return;
    const index = Math.floor(this.size / TILE_WIDTH);
    if (this.#bundle.length > 0) this.#files.writeEntries(index, this.#bundle.length, entryBundle(this.#bundle));
    this.#replaced("entries", this.#bundleWritten, index, this.#bundle.length);
    this.#bundleWritten = this.size;
  }

  /**
   * Let go of the partial tiles that newer ones took the place of: once the checkpoint that needs the newer ones stands.
   * Throws the system's error.
   */
  dropOld(): void {
    const [newer, outdated] = [this.#newer, this.#outdated];
    this.#newer = null;
    this.#outdated = [];
    for (const { level, index, width } of newer ?? []) this.#files.dropPartials(level, index, width);
    for (const place of outdated) this.#files.outdate(place, !this.#isAtEdge(place));
  }

  /** One of `width` was written where the one before was written at `before`, as index · 256 + width. */
  #replaced(level: number | "entries", before: number, index: number, width: number): void {
    if (this.#newer !== null) {
      if (width > 0) this.#newer.push({ level, index, width });
      return;
    }
    const old = { level, index: Math.floor(before / TILE_WIDTH), width: before % TILE_WIDTH };
    if (before > 0 && old.width > 0) this.#outdated.push(old);
  }

  /** Whether its tile is the one that grows: a fuller part of it stands in the same folder. */
  #isAtEdge({ level, index }: TilePlace): boolean {
    return index === (level === "entries" ? Math.floor(this.size / TILE_WIDTH) : this.#edge(level).index);
  }

  #edge(level: number): Edge {
    let edge = this.#edges[level];
    if (edge === undefined) {
      edge = { level, index: 0, bytes: Buffer.alloc(TILE_WIDTH * HASH_BYTES), width: 0, written: -1 };
      this.#edges.push(edge);
    }
    return edge;
  }

  #put(level: number, index: number, hash: Uint8Array): void {
    const edge = this.#edge(level);
    edge.bytes.set(hash, (index % TILE_WIDTH) * HASH_BYTES);
    edge.width += 1;
    if (edge.width < TILE_WIDTH) return;
    this.#full.push({ level, index: edge.index, hashes: Buffer.from(edge.bytes) });
    edge.index += 1;
    edge.width = 0;
  }

  #addEntry(bundle: Uint8Array[], data: Uint8Array): void {
    bundle.push(data);
    if (bundle.length < TILE_WIDTH) return;
    this.#full.push({ index: this.size / TILE_WIDTH - 1, entries: bundle });
    this.#bundle = [];
  }
}

function leafInPlace(data: Uint8Array): Uint8Array {
  if (data.byteOffset === 0) return leafHash(data, nodeSha256);
  const prefixed = new Uint8Array(data.buffer, data.byteOffset - 1, data.length + 1);
  const [before = 0] = prefixed;
  prefixed[0] = 0;
  const leaf = nodeSha256(prefixed);
  prefixed[0] = before;
  return leaf;
}

function written({ index, width }: Edge): number {
  return index * TILE_WIDTH + width;
}
