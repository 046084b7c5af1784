// The files that hold the tree: tiles of 256 hashes, and bundles of 256 entries.
//
//   tile/<L>/<N>         hashes of the complete subtrees of 256^L leaves, from N · 256 on, one after another
//   tile/entries/<N>     the entry data of 256 leaves, each after its length as two bytes, big-endian
//   …/<N>.p/<W>          the same, of only W (1 to 255) so far
//   <N>                  three digits an element, all but the last behind an `x`:  1234067 is x001/x234/067

import { nodeHash, type Sha256 } from "../merkle.ts";
import { MAX_ENTRY_DATA } from "./entry-data.ts";
import type { NodeReader } from "./tree.ts";

/** How many hashes a full tile holds, and how many entries a full bundle. */
export const TILE_WIDTH = 256;

/** How many levels of the tree a tile spans. */
export const TILE_HEIGHT = 8;

/** Bytes of a hash in a tile. */
export const HASH_BYTES = 32;

/** A tile, or a bundle of entries, by its place and how much of it there is. */
export interface TilePlace {
  readonly level: number | "entries";
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
}

/** The path of a tile below the log's prefix. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  return `tile/${level}/${placePath(index, width)}`;
}

/** The path of a bundle of entries below the log's prefix. */
export function entriesPath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${placePath(index, width)}`;
}

function placePath(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`a tile's index must be 0 or more, not ${index}`);
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new RangeError(`a tile's width must be 1 to ${TILE_WIDTH}, not ${width}`);
  }
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const elements = padded.match(/.{3}/gu) ?? [];
  const path = elements.map((part, at) => (at < elements.length - 1 ? `x${part}` : part)).join("/");
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

const TILE_PATH = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/u;

/** The place that a path names, or null when it is no tile's path in its one spelling. */
export function parseTilePath(path: string): TilePlace | null {
  const [, level = "", digits = "", partial] = TILE_PATH.exec(path) ?? [];
  if (level === "") return null;
  const index = Number(digits.replaceAll(/[x/]/gu, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (!Number.isSafeInteger(index) || width > TILE_WIDTH) return null;
  const place = { level: level === "entries" ? level : Number(level), index, width } as const;
  const spelled = place.level === "entries" ? entriesPath(index, width) : tilePath(place.level, index, width);
  return spelled === path && (place.level === "entries" || place.level < 64) ? place : null;
}

/** How many tiles of a level a tree of that size fills, and how many hashes the partial one after them holds. */
export function tilesAt(level: number, size: number): { readonly full: number; readonly partial: number } {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { full: Math.floor(hashes / TILE_WIDTH), partial: hashes % TILE_WIDTH };
}

/** Every tile that a tree of that size has, level by level, from the left. Cost: about size / 255. */
export function* tilesOf(size: number): Generator<TilePlace & { readonly level: number }> {
  for (let level = 0; Math.floor(size / TILE_WIDTH ** level) > 0; level += 1) {
    const { full, partial } = tilesAt(level, size);
    for (let index = 0; index < full; index += 1) yield { level, index, width: TILE_WIDTH };
    if (partial > 0) yield { level, index: full, width: partial };
  }
}

/** Reads a tile's bytes: at least `width` · 32 of them. Throws when it can't. */
export type TileReader = (level: number, index: number, width: number) => Uint8Array;

/**
 * Reads nodes of a tree of that size out of its tiles. A node between two levels of tiles is hashed from the tile below,
 * so keep recent tiles at hand in `tiles`. Cost: one tile and at most 127 hashes a node.
 *
 * @throws {RangeError} from the reader, when the tree has no such node or a tile is too short.
 */
export function tileNodes(size: number, tiles: TileReader, sha256: Sha256): NodeReader {
  return (level, index) => {
    if ((index + 1) * 2 ** level > size)
      throw new RangeError(`a tree of ${size} has no node ${index} at level ${level}`);
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const count = 2 ** (level % TILE_HEIGHT);
    const first = index * count;
    const tile = Math.floor(first / TILE_WIDTH);
    const { full, partial } = tilesAt(tileLevel, size);
    const bytes = tiles(tileLevel, tile, tile < full ? TILE_WIDTH : partial);
    const at = (first % TILE_WIDTH) * HASH_BYTES;
    if (bytes.length < at + count * HASH_BYTES) throw new RangeError(`tile ${tile} of level ${tileLevel} is too short`);
    return rootOfHashes(bytes.subarray(at, at + count * HASH_BYTES), sha256);
  };
}

function rootOfHashes(hashes: Uint8Array, sha256: Sha256): Uint8Array {
  if (hashes.length === HASH_BYTES) return hashes.slice();
  const half = hashes.length / 2;
  return nodeHash(rootOfHashes(hashes.subarray(0, half), sha256), rootOfHashes(hashes.subarray(half), sha256), sha256);
}

/** A bundle of entry data, as stored. Throws `RangeError` for more than 256, or one over 65,535 bytes. */
export function entryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > TILE_WIDTH) throw new RangeError(`a bundle holds at most ${TILE_WIDTH} entries`);
  const bundle = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_DATA) throw new RangeError(`an entry of a bundle has at most ${MAX_ENTRY_DATA} bytes`);
    bundle[at] = Math.floor(entry.length / 256);
    bundle[at + 1] = entry.length % 256;
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** The entry data in a bundle, as views of it; null when it doesn't hold exactly so many. */
export function parseEntryBundle(bundle: Uint8Array, count: number): readonly Uint8Array[] | null {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < count) {
    const high = bundle[at];
    const low = bundle[at + 1];
    if (high === undefined || low === undefined) return null;
    const end = at + 2 + high * 256 + low;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return at === bundle.length ? entries : null;
}
