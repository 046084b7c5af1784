// The index of a log as of one `checkpoint_meta`, for proofs: read from its files where they hold, made anew where not.
//
// Nothing is written beside the log: what is missing there is made in a folder of its own, which `close` deletes.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunContent } from "../../ledger/entry-index/key-evidence.ts";
import { childrenOf, MAX_RUN_LEVEL, positionOf, type RunPlace } from "../../ledger/entry-index/run-plan.ts";
import type { RunRecord } from "../../ledger/entry-index/run-record.ts";
import { encodeHex } from "../../identity/hex.ts";
import { IndexBuilder, runFileName, type IndexSource, type IndexState } from "./index-builder.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { RunFile, RunFileWriter } from "./run-file.ts";
import { RunList } from "./run-list.ts";

/** The index of a log, for reading. */
export class LogIndex {
  readonly #folder: string;
  readonly #made: string;
  readonly #list: RunList;
  readonly #runs: number;
  #open: { readonly name: string; readonly file: RunFile } | null = null;

  private constructor(folder: string, made: string, list: RunList, runs: number) {
    this.#folder = folder;
    this.#made = made;
    this.#list = list;
    this.#runs = runs;
  }

  /**
   * The index as its files have it, as of `committed`. Cost: a few reads.
   *
   * Throws `IndexDamaged` when they are missing, or are of another log. That they hold otherwise shows when they are used.
   */
  static read(folder: string, committed: IndexState): LogIndex {
    const made = mkdtempSync(join(tmpdir(), "canopy-index-"));
    const list = RunList.read(folder, committed.runs);
    const index = new LogIndex(folder, made, list, committed.runs);
    try {
      if (encodeHex(list.root()) !== committed.root) throw new IndexDamaged("the run list is of another log");
      return index;
    } catch (error) {
      index.close();
      throw error;
    }
  }

  /**
   * The index made anew from the lines; null when what `committed` says doesn't follow from them. Cost: as much as the log
   * is long (docs/absence-proofs.md).
   */
  static rebuild(source: IndexSource, committed: IndexState): LogIndex | null {
    const made = mkdtempSync(join(tmpdir(), "canopy-index-"));
    try {
      const builder = IndexBuilder.open(made, null, source);
      const { state } = builder;
      builder.close();
      if (state.runs !== committed.runs || state.root !== committed.root) {
        rmSync(made, { recursive: true, force: true });
        return null;
      }
      return new LogIndex(made, made, RunList.read(made, committed.runs), committed.runs);
    } catch (error) {
      rmSync(made, { recursive: true, force: true });
      throw error;
    }
  }

  /** A record, with its path in the list. */
  record(position: number): { readonly record: RunRecord; readonly path: readonly Uint8Array[] } {
    return { record: this.#list.record(position), path: this.#list.path(position, this.#runs) };
  }

  /** What a run holds; valid until the next call. Cost: the first time for one that was merged, a pass over what it was merged into. */
  run(place: RunPlace): RunContent {
    const name = runFileName(place);
    if (this.#open?.name === name) return this.#open.file;
    this.#open?.file.close();
    this.#open = null;
    const path = this.#fileOf(place);
    const file = RunFile.open(path);
    if (file.footer.root !== this.#list.record(positionOf(place)).root) {
      file.close();
      throw new IndexDamaged("a run's file is not the one listed");
    }
    this.#open = { name, file };
    return file;
  }

  close(): void {
    this.#open?.file.close();
    this.#open = null;
    this.#list.close();
    rmSync(this.#made, { recursive: true, force: true });
  }

  #fileOf(place: RunPlace): string {
    const found = this.#existing(place);
    if (found !== null) return found;
    const parent = { level: place.level + 1, number: Math.floor(place.number / 16) };
    if (parent.level > MAX_RUN_LEVEL) throw new IndexDamaged("the file of a run is missing");
    // A run that is newer than the list as of this checkpoint serves as well: what it was merged from is the same.
    this.#split(parent, this.#fileOf(parent));
    return join(this.#made, runFileName(place));
  }

  #existing(place: RunPlace): string | null {
    const paths = [this.#made, this.#folder].map((folder) => join(folder, runFileName(place)));
    return paths.find((path) => existsSync(path)) ?? null;
  }

  /** Make the files that a run was merged from, in one pass over it: sixteen, or as many as were listed by then. */
  #split(place: RunPlace, path: string): void {
    const parent = RunFile.open(path);
    const listed = childrenOf(place).filter((child) => positionOf(child) < this.#runs);
    const parts = listed.map((child) => {
      const record = this.#list.record(positionOf(child));
      return { record, writer: new RunFileWriter(join(this.#made, runFileName(child)), record.first) };
    });
    try {
      for (const { key, entries } of parent.rows()) {
        let at = 0;
        for (const { record, writer } of parts) {
          const start = at;
          while (at < entries.length && (entries[at] ?? 0) < record.end) at += 1;
          if (at > start) writer.add({ key, entries: entries.slice(start, at) });
        }
      }
    } catch (error) {
      for (const { writer } of parts) writer.abandon();
      throw error;
    } finally {
      parent.close();
    }
    for (const { record, writer } of parts) writer.finish({ ...record, last: null });
  }
}
