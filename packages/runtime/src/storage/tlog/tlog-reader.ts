// The tree over a log, as everything that proves something reads it: the log's own, or a copy, with tiles or without.
//
// Tiles are believed as far as they make the root of the newest checkpoint and the log's own last lines stand in them;
// what comes after, or everything where they don't, is computed from the lines.

import { inclusionProof, consistencyProof, treeRoot, type NodeReader } from "../../ledger/tlog/tree.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { isHash } from "../../ledger/chain.ts";
import { realFileSystem, type FileSystem } from "../file-system.ts";
import { hashOfLine, tryParseEntry } from "../parse-entry.ts";
import { logPathsOf } from "../sidecar.ts";
import { usableLog } from "../verify-log.ts";
import { LogLines, type LinePoint } from "./log-lines.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { TileFiles } from "./tile-files.ts";
import { TreeOfLines } from "./tree-of-lines.ts";
import { VerifiedTiles } from "./verified-tiles.ts";
import { pointOf } from "./tlog-state.ts";

/** How a log's tree is read. */
export interface TlogReaderOptions {
  /** Compute everything from the lines, whatever stands in tiles. Default false. */
  readonly strict?: boolean;
}

const CHECKED_LINES = 8;

/** The tree over a log, as the log stood when it was opened. */
export class TlogReader {
  /** How many leaves there are: one for each non-blank line, over all segments. */
  readonly size: number;
  /** Whether older leaves are read from tiles. */
  readonly has_tiles: boolean;
  /** What is missing or was not believed. */
  readonly warnings: readonly string[];
  /** Any complete subtree within the size; throws `RangeError` beyond it. */
  readonly node: NodeReader;
  readonly #lines: LogLines;
  readonly #tree: TreeOfLines;
  readonly #note: string | null;

  private constructor(lines: LogLines, note: string | null, tiles: VerifiedTiles | null, warnings: readonly string[]) {
    this.#lines = lines;
    this.#note = note;
    this.size = lines.size;
    this.has_tiles = tiles !== null;
    this.warnings = [...lines.warnings, ...warnings];
    this.#tree = new TreeOfLines(lines, (level, index) => knownNode(tiles, level, index));
    this.node = this.#tree.node;
  }

  /**
   * Open the tree of a log. Nothing is written.
   *
   * Cost: with tiles that hold, a few small files; without, one pass over the log, that lets others run meanwhile.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when the log is missing, empty, no regular file, or lacks its first segments and
   * has no tiles.
   */
  static async open(log: string, options: TlogReaderOptions = {}): Promise<TlogReader> {
    const fs = realFileSystem;
    const path = usableLog(fs, log);
    const files = new TileFiles(fs, logPathsOf(path).tlog);
    const found = options.strict === true ? null : withTiles(fs, path, files);
    if (found?.tiles !== undefined) return new TlogReader(found.lines, found.note, found.tiles, []);
    const lines = found?.lines ?? LogLines.open(fs, path);
    try {
      const reader = new TlogReader(lines, files.checkpoint(), null, found === null ? [] : [found.problem]);
      await reader.#tree.fill();
      return reader;
    } catch (error) {
      lines.close();
      throw error;
    }
  }

  /**
   * The newest checkpoint, when it is of this tree: its root is the root of that many of our leaves. Its signature is not
   * checked. Null when there is none, or it is of another tree (then `strangeCheckpoint` gives it).
   */
  checkpointNote(): string | null {
    return this.#ownNote() ? this.#note : null;
  }

  /** A checkpoint beside the log that is not of this tree, or null: the log was cut or rewritten, or it is of another one. */
  strangeCheckpoint(): string | null {
    return this.#ownNote() ? null : this.#note;
  }

  /**
   * The bytes of a line as stored, without its line feed. Cost: a look-up, or a count of lines.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when there is no such line.
   */
  line(index: number): Buffer {
    return this.#lines.line(index);
  }

  /** The lines from an index on, to before `to`; each is lent until the next. Throws as `line`. */
  *lines(
    from: number,
    to: number = this.size,
  ): Generator<{ readonly index: number; readonly bytes: Buffer }, void, void> {
    yield* this.#lines.lines(from, to);
  }

  /** The index of the first line whose time is not before `timeMs`, or the size when there is none. Cost: reads what comes before. */
  entryIndexAtOrAfter(timeMs: number): number {
    for (const { index, bytes } of this.#lines.lines(this.#lines.first)) {
      const entry = tryParseEntry(bytes.toString("utf8"));
      if (entry !== null && Date.parse(entry.timestamp) >= timeMs) return index;
    }
    return this.size;
  }

  /** The index of the entry of that hash, or null. Cost: a search through the log. */
  indexOfHash(hash: string): number | null {
    if (!isHash(hash)) return null;
    for (const { index, bytes } of this.#lines.lines(this.#lines.first)) {
      if (bytes.includes(hash) && hashOfLine(bytes.toString("utf8")) === hash) return index;
    }
    return null;
  }

  /** The leaf hash of a line. Cost: as `line`, or one look into a tile. */
  leaf(index: number): Uint8Array {
    return this.node(0, index);
  }

  /** The root of the first `size` leaves. Throws `RangeError` beyond the tree. */
  rootAt(size: number = this.size): Uint8Array {
    return treeRoot(this.#checked(size), this.node, nodeSha256);
  }

  /** The path that shows that a leaf is in the tree of the first `size` leaves. Throws `RangeError` where there is none. */
  inclusion(index: number, size: number = this.size): readonly Uint8Array[] {
    return inclusionProof(index, this.#checked(size), this.node, nodeSha256);
  }

  /** The path that shows that the tree of `from` leaves is a prefix of that of `to`. Throws `RangeError` where there is none. */
  consistency(from: number, to: number = this.size): readonly Uint8Array[] {
    return consistencyProof(from, this.#checked(to), this.node, nodeSha256);
  }

  /** Close the log's files. */
  close(): void {
    this.#lines.close();
  }

  #ownNote(): boolean {
    if (this.#note === null) return true;
    const head = checkpointIn(this.#note);
    if (head === null || head.size > this.size) return false;
    return this.has_tiles || Buffer.compare(this.rootAt(head.size), head.root) === 0;
  }

  #checked(size: number): number {
    if (Number.isSafeInteger(size) && size >= 0 && size <= this.size) return size;
    throw new RangeError(`the log has a tree of ${this.size} leaves, not of ${size}`);
  }
}

type Found =
  | { readonly lines: LogLines; readonly tiles: VerifiedTiles; readonly note: string }
  | { readonly lines: LogLines; readonly tiles?: undefined; readonly problem: string };

/** The tiles beside a log when they can be believed; null when there are none. */
function withTiles(fs: FileSystem, path: string, files: TileFiles): Found | null {
  const note = files.checkpoint();
  const state = files.state();
  const head = note === null ? null : checkpointIn(note);
  if (note === null || head === null || head.size === 0) return null;
  const resume: LinePoint | null = state !== null && state.covered <= head.size ? pointOf(state) : null;
  const lines = LogLines.open(fs, path, resume);
  try {
    const tiles = new VerifiedTiles(files, head.size, head.root);
    // A place that is wrong would give every line after it another index.
    if (resume !== null && state !== null && state.covered > 0) {
      const before = Buffer.from(tiles.node(0, state.covered - 1)).toString("hex");
      if (before !== state.leaf) throw new RangeError("the place that is noted in `state` is not of these tiles");
    }
    const from = Math.max(lines.first, head.size - CHECKED_LINES);
    let checked = from;
    for (const { index, bytes } of lines.lines(from, head.size)) {
      if (Buffer.compare(lineLeaf(bytes, nodeSha256), tiles.node(0, index)) !== 0) {
        throw new RangeError(`the tiles hold another line of index ${index} than the log does`);
      }
      checked += 1;
    }
    if (checked < head.size) throw new RangeError(`the checkpoint is of ${head.size} lines, and the log has fewer`);
    return { lines, tiles, note };
  } catch (error) {
    lines.close();
    if (!(error instanceof RangeError)) throw error;
    return { lines: LogLines.open(fs, path), problem: `${error.message}: the tree was computed from the lines` };
  }
}

function knownNode(tiles: VerifiedTiles | null, level: number, index: number): Uint8Array | null {
  if (tiles === null || (index + 1) * 2 ** level > tiles.size) return null;
  try {
    return tiles.node(level, index);
  } catch (error) {
    // A tile that is missing or wrong: the lines tell.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function checkpointIn(note: string): { readonly size: number; readonly root: Uint8Array } | null {
  try {
    return readCheckpoint(note).checkpoint;
  } catch {
    return null;
  }
}
