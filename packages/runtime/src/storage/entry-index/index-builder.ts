// Builds the index window by window, off the decision's path: for the worker that makes checkpoints.
//
//   tlog/index/records, nodes-*        the run list (run-list.ts)
//   tlog/index/run-<level>-<number>    rows of a run (run-file.ts); those of merged runs are deleted a window later
//
//   const index = IndexBuilder.open(folder, committed, source);   // committed: of the newest `checkpoint_meta`, or null
//   const state = index.addWindow(first, end, lines);             // its `checkpoint_meta` carries state.runs, state.root
//
// Deterministic: the same lines in the same windows give the same records, in any process and after any crash. Nothing is
// synced. `open` cuts off what was added after `committed` (a window whose `checkpoint_meta` was never appended), and
// makes everything anew from `source` when files are missing, cut or of another log. One process at a time: hold the
// lock of the checkpoint's step, and call `sync` when another may have added.

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { encodeHex } from "../../identity/hex.ts";
import type { IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { rememberedKeys, RunBuilder, type KeyOfTerm } from "../../ledger/entry-index/index-run.ts";
import {
  childrenOf,
  listedWith,
  MAX_RUN_LEVEL,
  MAX_WINDOW,
  positionOf,
  recordsAfter,
  runsListed,
  runsListedWith,
  windowsOf,
  windowsOfLevel,
  type RunPlace,
} from "../../ledger/entry-index/run-plan.ts";
import { requireFolder } from "../owner-folder.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { RunFile, RunFileWriter, type RunFooter } from "./run-file.ts";
import { RunList } from "./run-list.ts";
import { RunMerge } from "./run-merge.ts";

/** What a `checkpoint_meta` entry says of the index: the entries before `covered_entries` are in it. */
export interface IndexState {
  readonly covered_entries: number;
  /** Records of the run list. */
  readonly runs: number;
  /** Root of the run list, hex. */
  readonly root: string;
}

/** Where the index can be made from again. */
export interface IndexSource {
  /** The `covered_entries` of every `checkpoint_meta` entry of the log, in the order of the log. */
  coveredEntries(): Iterable<number>;
  /** The lines from `first` to before `end`, without line feeds, or what `readIndexedLine` gives for them. */
  lines(first: number, end: number): Iterable<Uint8Array | IndexedLine>;
}

/** The index of a log without any `checkpoint_meta` entry. */
export const EMPTY_INDEX: IndexState = {
  covered_entries: 0,
  runs: 0,
  root: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

/** The index of one log, growing. */
export class IndexBuilder {
  readonly #folder: string;
  readonly #source: IndexSource;
  readonly #keyOf: KeyOfTerm = rememberedKeys(sha256);
  readonly #merges = new Map<number, RunMerge>();
  #list: RunList;
  #windows = 0;
  #covered = 0;
  /** Time of the last entry covered that has one. */
  #last: number | null = null;

  private constructor(folder: string, source: IndexSource, list: RunList) {
    this.#folder = folder;
    this.#source = source;
    this.#list = list;
  }

  /**
   * Open the index of a folder as it was committed last; null stands for the newest that `source` tells of, made anew.
   * Cost: independent of the log's length, unless it must be made anew (docs/absence-proofs.md says what that costs).
   * Throws the system's error.
   */
  static open(folder: string, committed: IndexState | null, source: IndexSource): IndexBuilder {
    requireFolder(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (committed === null) return IndexBuilder.#rebuild(folder, source);
    try {
      return IndexBuilder.#reopen(folder, committed, source);
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
      return IndexBuilder.#rebuild(folder, source);
    }
  }

  /** How it stands, with every window added so far. */
  get state(): IndexState {
    const { size } = this.#list;
    return { covered_entries: this.#covered, runs: size, root: encodeHex(this.#list.root()) };
  }

  /** Stand as `committed` says: another process may have added windows, or the last one added here wasn't appended. */
  sync(committed: IndexState): void {
    const { covered_entries, runs } = committed;
    if (covered_entries === this.#covered && runs === this.#list.size && committed.root === this.state.root) return;
    this.close();
    this.#become(IndexBuilder.open(this.#folder, committed, this.#source));
  }

  /**
   * Add the window of the entries from `first`, which must be the first that isn't covered, to before `end`. A window
   * without entries changes nothing. Cost: about 20 µs an entry, and a slice of the merges that are due; all of the log
   * when a file turns out to be damaged.
   */
  addWindow(first: number, end: number, lines: Iterable<Uint8Array | IndexedLine>): IndexState {
    try {
      return this.#addWindow(first, end, lines);
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
      this.close();
      this.#become(IndexBuilder.#rebuild(this.#folder, this.#source));
      return this.#addWindow(first, end, this.#source.lines(first, end));
    }
  }

  #addWindow(first: number, end: number, lines: Iterable<Uint8Array | IndexedLine>): IndexState {
    if (first !== this.#covered || end < first) throw new RangeError(`a window must begin at ${this.#covered}`);
    let builder = this.#builderAt(first);
    for (const line of lines) {
      if (builder.end >= end) throw new RangeError("a window has more lines than entries");
      builder.add(line);
      if (builder.end - this.#covered === MAX_WINDOW) {
        this.#addRun(builder);
        builder = this.#builderAt(this.#covered);
      }
    }
    if (builder.end !== end) throw new RangeError("a window has fewer lines than entries");
    if (builder.end > this.#covered) this.#addRun(builder);
    return this.state;
  }

  close(): void {
    for (const merge of this.#merges.values()) merge.abandon();
    this.#merges.clear();
    this.#list.close();
  }

  #become(opened: IndexBuilder): void {
    this.#list = opened.#list;
    this.#windows = opened.#windows;
    this.#covered = opened.#covered;
    this.#last = opened.#last;
  }

  #builderAt(first: number): RunBuilder {
    return new RunBuilder(first, this.#last, this.#keyOf);
  }

  #addRun(builder: RunBuilder): void {
    const { stretch, rows } = builder.finish();
    const writer = new RunFileWriter(this.#pathOf({ level: 0, number: this.#windows }), stretch.first);
    for (const row of rows) writer.add(row);
    this.#record(0, writer.finish(stretch));
    this.#windows += 1;
    this.#covered = stretch.end;
    this.#last = stretch.last;
    for (const place of runsListedWith(this.#windows)) {
      if (place.level > 0) this.#record(place.level, this.#finishMerge(place));
    }
    for (const place of runsListedWith(this.#windows - 1)) {
      for (const child of childrenOf(place)) rmSync(this.#pathOf(child), { force: true });
    }
    this.#stepMerges();
  }

  #record(level: number, { keys, root, stretch }: RunFooter): void {
    this.#list.append({ ...stretch, level, keys, root });
  }

  #finishMerge(place: RunPlace): RunFooter {
    const merge = this.#merges.get(place.level) ?? this.#beginMerge(place);
    this.#merges.delete(place.level);
    return merge.finish();
  }

  /** Do of each merge that has begun, or can, what lets it end in time. */
  #stepMerges(): void {
    for (let level = 2; level <= MAX_RUN_LEVEL; level += 1) {
      const place = { level, number: runsListed(level, this.#windows) };
      const lastChild = childrenOf(place).at(-1);
      if (lastChild === undefined || listedWith(lastChild) > this.#windows) continue;
      const merge = this.#merges.get(level) ?? this.#beginMerge(place);
      merge.step(Math.ceil(merge.rows / (windowsOfLevel(level - 1) - windowsOfLevel(level - 2) - 1)));
    }
  }

  #beginMerge(place: RunPlace): RunMerge {
    const merge = new RunMerge(
      childrenOf(place).map((child) => this.#pathOf(child)),
      this.#pathOf(place),
    );
    this.#merges.set(place.level, merge);
    return merge;
  }

  #pathOf(place: RunPlace): string {
    return join(this.#folder, runFileName(place));
  }

  static #reopen(folder: string, committed: IndexState, source: IndexSource): IndexBuilder {
    const windows = windowsOf(committed.runs);
    if (windows === null) throw new IndexDamaged("no number of windows has so many runs");
    const builder = new IndexBuilder(folder, source, RunList.write(folder, committed.runs));
    try {
      if (builder.state.root !== committed.root) throw new IndexDamaged("the run list is of another log");
      builder.#windows = windows;
      if (windows > 0) builder.#standAfter(windows);
      if (builder.#covered !== committed.covered_entries) throw new IndexDamaged("the runs end elsewhere");
      return builder;
    } catch (error) {
      builder.close();
      throw error;
    }
  }

  #standAfter(windows: number): void {
    const place = { level: 0, number: windows - 1 };
    const file = RunFile.open(this.#pathOf(place));
    file.close();
    const { end, last } = file.footer.stretch;
    const record = this.#list.record(positionOf(place));
    if (file.footer.root !== record.root || end !== record.end) throw new IndexDamaged("a run is not the one listed");
    this.#covered = end;
    this.#last = last;
  }

  static #rebuild(folder: string, source: IndexSource): IndexBuilder {
    for (const name of readdirSync(folder)) {
      if (/^(?:records|nodes-\d+|run-\d+-\d+)(?:\.new)?$/u.test(name)) rmSync(join(folder, name));
    }
    const builder = new IndexBuilder(folder, source, RunList.write(folder, recordsAfter(0)));
    try {
      for (const covered of source.coveredEntries()) {
        if (covered <= builder.#covered) continue;
        builder.addWindow(builder.#covered, covered, source.lines(builder.#covered, covered));
      }
      return builder;
    } catch (error) {
      builder.close();
      throw error;
    }
  }
}

/** The name of a run's file in the index's folder. */
export function runFileName({ level, number }: RunPlace): string {
  return `run-${level}-${number}`;
}
