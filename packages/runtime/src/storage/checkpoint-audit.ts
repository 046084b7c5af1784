// Checkpoints that are known from outside, held against the lines of a log as they come by.
//
// The tree is made from the lines alone. Where it differs from a checkpoint, the log's own tiles are asked for the first
// line that does: they are believed only when they make the very root of that checkpoint, so they can't mislead.
// Without such tiles, an older checkpoint that does hold narrows the place down.

import { lineLeaf } from "../ledger/tlog/entry-data.ts";
import { tileNodes } from "../ledger/tlog/tile.ts";
import { TreeFrontier } from "../ledger/tlog/tree.ts";
import type { Disagreement } from "./disagreement.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";
import type { TileFiles } from "./tlog/tile-files.ts";

/** A checkpoint that a log must contain. */
export interface KnownCheckpoint {
  /** Who keeps it. */
  readonly name: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Where it stands; default: its name says it. */
  readonly place?: string;
  /**
   * Whether it anchors nothing, though the log must hold it: it stands beside the log and nobody else vouches for it, or
   * the log says that its key had been replaced. Default false.
   */
  readonly isBeside?: boolean;
}

/** A line of a log: its file, as `VerifyResult.segment` names it, and its physical line there. */
export interface LinePlace {
  readonly segment: string | null;
  readonly line: number;
}

/** How a checkpoint was found. */
export interface CheckpointResult {
  readonly name: string;
  readonly size: number;
  readonly holds: boolean;
}

/** Where a log differs from what its checkpoints say. */
export interface TreeFailure {
  readonly failure: "shrunk" | "checkpoint";
  /** Null: after the last line. */
  readonly place: LinePlace | null;
  /** The first line that differs is among these entries, counted from 1; one and the same where it is known exactly. */
  readonly within: { readonly first: number; readonly last: number };
}

/** Leaf hashes that stand beside the log; nothing vouches for them. */
export type LeafLookup = (index: number) => Uint8Array | null;

/** Compares a log with checkpoints, line by line. Memory stays small at any size. */
export class CheckpointAudit {
  readonly #tree: TreeFrontier;
  readonly #leaves: LeafLookup;
  /** In order of size. */
  readonly #waiting: KnownCheckpoint[];
  readonly #results: CheckpointResult[] = [];
  readonly #disagreements: Disagreement[] = [];
  /** The first line that the tiles know another of, and the tree that they make from there on; null: none so far. */
  #first: { readonly index: number; readonly place: LinePlace; readonly tree: TreeFrontier } | null = null;
  #tilesGone = false;
  /** The first leaf that no checkpoint that holds is of. */
  #held: number;
  #afterHeld: LinePlace | null = null;
  #begin: LinePlace | null = null;
  #failure: TreeFailure | null = null;
  #shown: number;
  readonly #largest: number;

  /** `tree` is of the lines before the first that is shown; empty when that is the log's first. */
  constructor(checkpoints: readonly KnownCheckpoint[], tree: TreeFrontier, leaves: LeafLookup) {
    this.#tree = tree;
    this.#leaves = leaves;
    this.#held = tree.size;
    this.#shown = tree.size;
    this.#largest = Math.max(0, ...checkpoints.map(({ size }) => size));
    this.#waiting = checkpoints.toSorted((left, right) => left.size - right.size);
    this.#judge();
  }

  /** The next non-blank line, without its line feed. Cost: two SHA-256 of it while a checkpoint is still ahead, else none. */
  saw(line: Uint8Array, place: LinePlace): void {
    this.#shown += 1;
    this.#begin ??= place;
    if (this.#waiting.length === 0) return;
    const index = this.#tree.size;
    const leaf = lineLeaf(line, nodeSha256);
    if (index === this.#held) this.#afterHeld = place;
    this.#compare(index, leaf, place);
    this.#tree.append(leaf);
    this.#judge();
  }

  /** The log is over. Gives where it differs first, or null when every checkpoint holds. */
  finish(): TreeFailure | null {
    const last = this.#waiting.at(-1);
    if (last === undefined) return this.#failure;
    this.#failure ??= this.#shrunk(last);
    for (const beyond of this.#waiting.splice(0)) this.#found(beyond, null);
    return this.#failure;
  }

  /** Whether a checkpoint is of every line that was shown, so that each was written to its end. */
  isWholeKept(): boolean {
    return this.#shown <= this.#largest;
  }

  /** How each checkpoint was found, in order of size. */
  results(): readonly CheckpointResult[] {
    return this.#results;
  }

  /** What the log was held against, and what it says otherwise. */
  disagreements(): readonly Disagreement[] {
    return this.#disagreements;
  }

  /** A checkpoint that doesn't hold; the log has another root at its size, or none. */
  #found({ name, size, root, place = name }: KnownCheckpoint, other: Uint8Array | null): void {
    this.#results.push({ name, size, holds: false });
    const log_hash = other === null ? null : hex(other);
    this.#disagreements.push({ anchor: name, kind: "checkpoint", place, entries: size, hash: hex(root), log_hash });
  }

  #compare(index: number, leaf: Uint8Array, place: LinePlace): void {
    if (this.#tilesGone) return;
    const stored = this.#leaves(index);
    if (stored === null) {
      this.#tilesGone = true;
      return;
    }
    if (this.#first === null && Buffer.compare(stored, leaf) !== 0) {
      this.#first = { index, place, tree: this.#tree.copy() };
    }
    this.#first?.tree.append(stored);
  }

  #judge(): void {
    const { size } = this.#tree;
    for (let next = this.#waiting[0]; next !== undefined && next.size <= size; next = this.#waiting[0]) {
      this.#waiting.shift();
      // Smaller than where the lines begin: what came before them can't be looked at.
      const holds = next.size === size && isRoot(this.#tree, next.root);
      if (holds) this.#results.push({ name: next.name, size, holds });
      else this.#found(next, next.size === size ? this.#tree.root() : null);
      if (holds && this.#failure === null) this.#held = size;
      if (!holds) this.#failure ??= this.#locate(next);
    }
  }

  #locate({ root, size }: KnownCheckpoint): TreeFailure {
    if (this.#first !== null && isRoot(this.#first.tree, root)) {
      const number = this.#first.index + 1;
      return { failure: "checkpoint", place: this.#first.place, within: { first: number, last: number } };
    }
    // Another checkpoint of the same size holds: the two can't be of one log, and nothing says from where on.
    if (this.#held >= size) return { failure: "checkpoint", place: this.#begin, within: { first: 1, last: size } };
    const within = { first: this.#held + 1, last: size };
    return { failure: "checkpoint", place: this.#afterHeld, within };
  }

  /** A log that is too short; it may differ before its end besides, which tiles that make the checkpoint's root tell. */
  #shrunk(checkpoint: KnownCheckpoint): TreeFailure {
    const end = this.#tree.size + 1;
    if (!this.#tilesMake(checkpoint)) {
      return { failure: "shrunk", place: null, within: { first: this.#held + 1, last: end } };
    }
    if (this.#first === null) return { failure: "shrunk", place: null, within: { first: end, last: end } };
    const number = this.#first.index + 1;
    return { failure: "checkpoint", place: this.#first.place, within: { first: number, last: number } };
  }

  /** Whether the tiles, read on to the size of a checkpoint, make its root. */
  #tilesMake({ root, size }: KnownCheckpoint): boolean {
    if (this.#tilesGone) return false;
    const tree = this.#first?.tree ?? this.#tree.copy();
    for (let index = this.#tree.size; index < size; index += 1) {
      const leaf = this.#leaves(index);
      if (leaf === null) return false;
      tree.append(leaf);
    }
    return isRoot(tree, root);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function isRoot(tree: TreeFrontier, root: Uint8Array): boolean {
  return Buffer.compare(tree.root(), root) === 0;
}

/** The leaf hashes in the tiles of a log, up to a size. Cost: one file for 256 of them. */
export function leavesInTiles(files: TileFiles, size: number): LeafLookup {
  let tile = -1;
  let bytes: Buffer | null = null;
  return (index) => {
    if (index >= size) return null;
    const wanted = Math.floor(index / 256);
    if (wanted !== tile) {
      tile = wanted;
      bytes = files.read(0, tile, Math.min(256, size - tile * 256));
    }
    return bytes?.subarray((index % 256) * 32, (index % 256) * 32 + 32) ?? null;
  };
}

/**
 * The tree of the lines before those that are there, from the log's tiles; null when they don't have it. Whether it is
 * right shows when a checkpoint is made from it.
 */
export function treeBefore(first: number, files: TileFiles): TreeFrontier | null {
  const tiles = tileNodes(
    first,
    (level, index, width) => {
      const bytes = files.read(level, index, width);
      if (bytes === null) throw new RangeError("a tile is missing");
      return bytes;
    },
    nodeSha256,
  );
  try {
    return TreeFrontier.at(first, tiles, nodeSha256);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
