// Makes checkpoints of one log: reads its durable lines, writes tiles, says what the entry before the checkpoint says,
// and puts the signed note into its place. Used by the keeper's worker, or at a short run's end without one.
//
//   lock ─ begin: reload if another process moved on, follow, what is there to say ─ (the entry is appended, durable)
//        ─ seal: follow over it, tiles, text to sign ─ publish: checkpoint, state ─ unlock
//
// INVARIANT: nothing is signed that is not durable in the log, and nothing that is no continuation of the checkpoint
// that stands there signed by this home.

import { CanopyError, errorText } from "../../core/errors.ts";
import { readIndexedLine, type IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { formatCheckpoint, readCheckpoint, type Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { parseEntryBundle, TILE_WIDTH } from "../../ledger/tlog/tile.ts";
import { readLines, scanLine } from "../entry-index/read-line.ts";
import type { FileSystem } from "../file-system.ts";
import { readHead, type Head } from "../head-file.ts";
import { lineEndingAt } from "../log-search.ts";
import { segmentPath, type LogPaths } from "../sidecar.ts";
import { placeOf, type CheckpointMeta, type IndexRoot } from "./checkpoint-meta.ts";
import { CountedWindow } from "./counted-window.ts";
import { ForkCheck } from "./fork-check.ts";
import { GrowingTree } from "./growing-tree.ts";
import { commitMeta, type FollowedTree } from "./followed-tree.ts";
import { LogFollower, openSegmentFile } from "./log-follower.ts";
import { LinesAhead } from "./lines-ahead.ts";
import { LogLines, type IndexedLine as PlacedLine } from "./log-lines.ts";
import { isMeta, LogTally } from "./log-tally.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { TileFiles } from "./tile-files.ts";
import { formatState, pointOf, startOfLog, type CoveredSpan, type TlogState } from "./tlog-state.ts";
import { VerifiedTiles } from "./verified-tiles.ts";
import type { WindowIndex } from "./window-index.ts";

/** What a writer needs. */
export interface TlogWriterOptions {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly origin: string;
  /** Whether a note is signed by a checkpoint key of this home, a retired one too. */
  readonly isOwn: (note: string) => boolean;
  /** Whether bundles of entries are written as well. */
  readonly entries: boolean;
  /** The index over windows of entries, or null. */
  readonly index: WindowIndex | null;
  /** Told when the index can't be kept; checkpoints go on without it. */
  readonly onIndexProblem?: (problem: string) => void;
  /** Asked between pieces of work; true gives up with `TlogAborted`. */
  readonly isAborted?: () => boolean;
}

/** What an entry before a checkpoint says, but for what only the main thread knows. */
export type PreparedMeta = Omit<CheckpointMeta, "key_id" | "resource_key_commitment">;

/** Work was given up because the log is being closed. */
export class TlogAborted extends Error {}

interface Known {
  /** The checkpoint file as it was read or written last. */
  readonly note: string | null;
  /** What it says, when it is of this log and this home signed it; else it binds nothing. */
  readonly checkpoint: Checkpoint | null;
}

const CHUNK_LINES = 1024;
const POINT_EVERY = 256;
const WINDOW_ENTRIES = 1024;
const UNKNOWN: Known = { note: null, checkpoint: null };

/** The writer of one log's tree. `begin`, `seal` and `publish` are called under the tree's lock. */
export class TlogWriter {
  readonly #options: TlogWriterOptions;
  readonly #files: TileFiles;
  #known: Known = UNKNOWN;
  #loaded: FollowedTree | null = null;
  #next: TlogState | null = null;
  /** Whether the last step could write its files. */
  #isWritable = false;

  constructor(options: TlogWriterOptions) {
    this.#options = options;
    this.#files = new TileFiles(options.fs, options.paths.tlog);
  }

  /** The end of the log as it is known to be durable, or null before any. Cost: one small read. */
  durable(): Head | null {
    return readHead(this.#options.fs, this.#options.paths.head);
  }

  /** Size of the newest checkpoint that this object knows; 0 when there is none. */
  get checkpointSize(): number {
    return this.#known.checkpoint?.size ?? 0;
  }

  /** Whether entries wait for the index: another step would cover more. */
  get hasWaiting(): boolean {
    const loaded = this.#loaded;
    return loaded !== null && loaded.newestOther >= loaded.committed.covered_entries;
  }

  /** Read which checkpoint stands there. Returns whether it is another one than was known. Cost: one small read. */
  look(): boolean {
    const note = this.#files.checkpoint();
    if (note === this.#known.note) return false;
    this.#forget();
    this.#known = { note, checkpoint: note === null ? null : this.#binding(note) };
    return true;
  }

  /** About how many bytes of the log a step would have to read now. Cost: three small reads, and a status call a segment. */
  backlogBytes(): number {
    const head = this.durable();
    if (head === null) return 0;
    this.look();
    if (this.#loaded !== null) return 0;
    const state = this.#files.state();
    const isUsable = state !== null && state.log_id === head.log_id && state.covered <= this.checkpointSize;
    const from = isUsable ? state : { segment: 1, offset: 0 };
    const { fs, paths } = this.#options;
    let bytes = head.bytes - from.offset;
    for (let segment = from.segment; segment < head.segment; segment += 1) {
      bytes += fs.statusAt(segmentPath(paths, segment))?.size ?? 0;
    }
    return Math.max(0, bytes);
  }

  /**
   * What the entry before the next checkpoint says, or null when nothing calls for one: no entry is new, or not covered
   * yet, and no heartbeat is wanted. Unless it is to cover the `whole` log, the index takes a part of what waits for it, so
   * that a checkpoint does not wait for the index.
   *
   * @throws {CanopyError} `LEDGER_REFUSED` when the log does not continue the checkpoint that this home signed,
   * `LEDGER_UNAVAILABLE` when it can't be read, `TlogAborted`, or the system's error.
   */
  begin(heartbeat: boolean, whole = true): PreparedMeta | null {
    const head = this.durable();
    if (head === null || head.seq === 0) return null;
    this.look();
    const loaded = this.#caughtUp(head);
    const isQuiet = loaded.fresh === 0;
    if (isQuiet && loaded.newestOther < loaded.committed.covered_entries && !heartbeat) return null;
    if (!this.#isWritable) this.#files.probe();
    this.#isWritable = false;
    const { index, ...span } = this.#cover(loaded, whole);
    const { covered, decisions, policy_hash, segment, offset } = span;
    const { origin, entries } = this.#options;
    this.#next = { log_id: head.log_id, ...span, index, entries };
    loaded.points.push({ index: covered, segment, offset });
    loaded.points.sort((one, other) => one.index - other.index);
    const previous_checkpoint = placeOf(this.#known.checkpoint);
    return { covered_entries: covered, index, previous_checkpoint, decisions, policy_hash, heartbeat: isQuiet, origin };
  }

  /** Write the tiles of a tree that holds the entry of that seq, and give the text to sign. Throws as `begin`. */
  seal(seq: number): string {
    const head = this.durable();
    const loaded = this.#loaded;
    if (head === null || loaded === null || head.seq < seq) throw behind(seq);
    this.#follow(loaded, head);
    if (loaded.tree.size < seq) throw behind(seq);
    loaded.tree.writeAll();
    return formatCheckpoint({ origin: this.#options.origin, size: loaded.tree.size, root: loaded.tree.root() });
  }

  /** Put the signed note into its place, and note how far it covers. Throws the system's error. */
  publish(note: string): void {
    const loaded = this.#loaded;
    const next = this.#next;
    if (loaded === null || next === null) throw behind(0);
    this.#files.writeText("checkpoint", note);
    this.#known = { note, checkpoint: readCheckpoint(note).checkpoint };
    loaded.fresh = 0;
    this.#next = null;
    this.#files.writeOver("state", formatState(next));
    this.#isWritable = true;
    try {
      loaded.tree.dropOld();
    } catch {
      // They hinder nobody, and fuller ones take their place all the same.
    }
  }

  /** Forget what is in memory: the next step begins from the disk. */
  reset(): void {
    this.#forget();
    this.#known = UNKNOWN;
  }

  /** Remove what is kept for the next step: there is none soon. Under the tree's lock. */
  rest(): void {
    this.#files.removeAside();
  }

  /** Let go of files. */
  close(): void {
    this.reset();
    this.#options.index?.close();
  }

  /** What can be said of the log, all of it or up to where the index takes it now. */
  #cover(loaded: FollowedTree, whole: boolean): CoveredSpan & { readonly index: IndexRoot | null } {
    const { tree, committed, tally } = loaded;
    const waiting = tree.size - committed.covered_entries;
    const taken = Math.max(WINDOW_ENTRIES, Math.ceil(waiting / 4));
    const ahead = loaded.ahead?.range(committed.covered_entries, tree.size) ?? null;
    if (this.#options.index !== null && ahead === null && !whole && taken < waiting) {
      const end = committed.covered_entries + taken;
      const window = new CountedWindow(loaded.counted);
      const lines = (): Iterable<IndexedLine> => window.pass(this.#linesFrom(loaded, committed.covered_entries, end));
      const index = this.#addWindow(loaded, end, lines);
      // An index that was made anew has read the lines itself.
      if (window.span === null) for (const line of lines()) void line;
      if (index !== null && window.span !== null) return { ...window.span, index };
    }
    const { decisions, policy_hash } = tally;
    const leaf = hex(loaded.leaf);
    const index = this.#addWindow(
      loaded,
      tree.size,
      () => ahead ?? readLines(this.#linesFrom(loaded, committed.covered_entries, tree.size)),
    );
    return { covered: tree.size, ...loaded.follower.place, leaf, decisions, policy_hash, index };
  }

  #addWindow(loaded: FollowedTree, end: number, lines: () => Iterable<IndexedLine>): IndexRoot | null {
    const { index, onIndexProblem } = this.#options;
    if (index === null) return null;
    try {
      return index.addWindow(loaded.committed, end, lines);
    } catch (error) {
      index.close();
      onIndexProblem?.(errorText(error));
      return null;
    }
  }

  #binding(note: string): Checkpoint | null {
    try {
      const { checkpoint } = readCheckpoint(note);
      return checkpoint.origin === this.#options.origin && this.#options.isOwn(note) ? checkpoint : null;
    } catch (error) {
      if (error instanceof CanopyError) return null;
      throw error;
    }
  }

  /** The tree of everything durable. */
  #caughtUp(head: Head): FollowedTree {
    let loaded = (this.#loaded ??= this.#resume(head) ?? this.#start(head));
    this.#follow(loaded, head);
    if (loaded.isConfirmed && !loaded.fork.isForked(loaded.tree.size)) return loaded;
    if (loaded.isResumed) {
      // Where it went wrong isn't known, so nothing of the files is.
      this.#forget();
      loaded = this.#loaded = this.#start(head);
      this.#follow(loaded, head);
    }
    const { fork, tree } = loaded;
    if (!fork.isForked(tree.size)) return loaded;
    if (!fork.isAccepted) {
      this.#forget();
      throw fork.error(tree.size);
    }
    loaded.fork = new ForkCheck(null);
    loaded.fresh = tree.size;
    this.#known = { ...this.#known, checkpoint: null };
    return loaded;
  }

  #start(head: Head): FollowedTree {
    const { entries } = this.#options;
    const tree = new GrowingTree(this.#files, 0, noNodes, entries ? [] : null);
    return this.#from(startOfLog(head.log_id, entries), tree, false);
  }

  /** From the place that is noted, when it and the tiles can be believed: what this home signed vouches for them. */
  #resume(head: Head): FollowedTree | null {
    const state = this.#files.state();
    const { checkpoint } = this.#known;
    if (state === null || checkpoint === null || checkpoint.size > head.seq) return null;
    const { entries } = this.#options;
    if (state.log_id !== head.log_id || state.covered > checkpoint.size || state.entries !== entries) return null;
    try {
      const tiles = new VerifiedTiles(this.#files, checkpoint.size, checkpoint.root);
      if (state.covered > 0 && hex(tiles.node(0, state.covered - 1)) !== state.leaf) return null;
      if (!this.#endsIn(state)) return null;
      const bundle = entries ? this.#bundleAt(state.covered) : null;
      if (entries && bundle === null) return null;
      return this.#from(state, new GrowingTree(this.#files, state.covered, tiles.node, bundle), true);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** Whether the line that ends at a noted place is the one that was noted. */
  #endsIn({ covered, segment, offset, leaf }: TlogState): boolean {
    if (covered === 0 || offset === 0) return true;
    const { fs, paths } = this.#options;
    const fd = openSegmentFile(fs, paths, segment);
    if (fd === null) return false;
    try {
      const found = lineEndingAt(fs, fd, offset);
      return found !== null && hex(lineLeaf(Buffer.from(found.line), nodeSha256)) === leaf;
    } finally {
      fs.close(fd);
    }
  }

  #bundleAt(size: number): readonly Uint8Array[] | null {
    const width = size % TILE_WIDTH;
    if (width === 0) return [];
    const bundle = this.#files.readEntries(Math.floor(size / TILE_WIDTH), width);
    return bundle === null ? null : (parseEntryBundle(bundle.bytes, bundle.width)?.slice(0, width) ?? null);
  }

  #from(state: TlogState, tree: GrowingTree, isResumed: boolean): FollowedTree {
    const { fs, paths } = this.#options;
    return {
      tree,
      tally: new LogTally(state.decisions, state.policy_hash),
      follower: new LogFollower(fs, paths, state),
      fork: new ForkCheck(this.#known.checkpoint),
      isResumed,
      isConfirmed: !isResumed,
      committed: { covered_entries: state.covered, index: state.index },
      counted: state,
      newestOther: -1,
      ahead: this.#options.index === null ? null : new LinesAhead(state.covered),
      points: [pointOf(state)],
      leaf: Buffer.from(state.leaf, "hex"),
      fresh: 0,
    };
  }

  #follow(loaded: FollowedTree, head: Head): void {
    const { tree, tally, follower } = loaded;
    try {
      for (const line of follower.linesTo(head)) {
        loaded.leaf = tree.append(line.bytes);
        const read = scanLine(line.bytes);
        const entry = tally.add(line.bytes, read);
        loaded.ahead?.add(read ?? readIndexedLine(line.bytes));
        loaded.fork.saw(tree, entry);
        if (isMeta(entry)) commitMeta(loaded, entry);
        else loaded.newestOther = tree.size - 1;
        if (!isMeta(entry) && tree.size > this.checkpointSize) loaded.fresh += 1;
        if (tree.size % POINT_EVERY === 0) loaded.points.push({ index: tree.size, ...follower.place });
        if (tree.size % CHUNK_LINES !== 0) continue;
        tree.writeFull();
        if (this.#options.isAborted?.() === true) throw new TlogAborted("the log is being closed");
      }
      tree.writeFull();
    } catch (error) {
      // Memory may be ahead of what was written: the next step begins from the disk.
      this.#forget();
      throw error;
    }
  }

  *#linesFrom(loaded: FollowedTree, from: number, to: number): Generator<PlacedLine, void, void> {
    const { fs, paths } = this.#options;
    const resume = loaded.points.findLast((point) => point.index <= from) ?? null;
    const lines = LogLines.open(fs, paths.log, resume);
    try {
      yield* lines.lines(from, to);
    } finally {
      lines.close();
    }
  }

  #forget(): void {
    this.#loaded?.follower.close();
    this.#loaded = null;
    this.#next = null;
    this.#files.tidy();
  }
}

function noNodes(): Uint8Array {
  throw new RangeError("an empty tree has no nodes");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function behind(seq: number): CanopyError {
  return new CanopyError(
    "LEDGER_UNAVAILABLE",
    `the entry of seq ${seq} is not known to be durable, so nothing is signed`,
    {
      fix: "see to the disk that holds the log; the next checkpoint tries again",
    },
  );
}
