// Reading a log by filters, while others write it: through the index as far as it reaches, and by a scan of the rest.
//
// Every entry that is given out was read from the log, its own hash was computed again, and it was compared with the
// filter: the index says where to look, never what stands there. What an index leaves out is not found; it is derived
// from the log and made anew when it doesn't fit, and `scan: true` does without it.

import { CanopyError } from "../core/errors.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { isAskedFor, needleOf, type EntryFilter } from "./entry-filter.ts";
import { realFileSystem } from "./file-system.ts";
import { coversLog, IndexCatchUp } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import type { IndexedPosition, IndexQuery, Order } from "./index-query.ts";
import type { LogPoint } from "./log-point.ts";
import { LogView, provenEntry, type ViewedLine, type ViewRange } from "./log-view.ts";
import { logPaths, type LogPaths } from "./sidecar.ts";
import { isBusy } from "./sqlite.ts";

export type { EntryFilter, LedgerEntry };
export { UNFINISHED_LINE } from "./verify-verdict.ts";

/**
 * A line that is no entry: `changed` after it was written (or never one), of a `foreign` log that ours continues, or the
 * last one, `unfinished`: it has no line feed and breaks off.
 */
export interface UnusableLine {
  readonly problem: "changed" | "foreign" | "unfinished";
  /** The number of the file it stands in, from 1, and the byte it begins at. */
  readonly segment: number;
  readonly offset: number;
  /** What stands there, without its line feed; at most what one line holds. */
  readonly line: Buffer;
}

/** How a line stands by its own hash: as our `entry` that was written so, or as an `UnusableLine`. */
export type LineStanding = "entry" | "changed" | "foreign";

/** How a line stands, for whoever shows lines one by one, unusable ones too. Cost: one hash. */
export function lineStanding(line: string): LineStanding {
  const found = provenEntry(Buffer.from(line));
  return typeof found === "string" ? found : "entry";
}

/** How a log is read. */
export interface LogReaderOptions {
  /** CANOPY_HOME of whoever writes the log: its index of the log is asked when there is one, else the one beside the log. */
  readonly home?: string;
  /** Read every line instead of asking the index. */
  readonly scan?: boolean;
  /** Told, while lines are scanned, how many of how many bytes of the log were gone through. */
  readonly progress?: (bytes: number, total: number) => void;
  /** Told of lines that are left out. Without it foreign and unfinished lines are left out silently, and a changed one throws. */
  readonly unusable?: (line: UnusableLine) => void;
}

/** What the index covers, and what to ask. */
interface Covering {
  readonly through: LogPoint;
  readonly query: IndexQuery;
}

interface Look {
  readonly view: LogView;
  /** Null when the whole log is scanned. */
  readonly index: Covering | null;
}

interface Asked {
  readonly filter: EntryFilter;
  readonly order: Order;
}

/** Stands where the index led to what isn't there. */
const WRONG_INDEX = null;
const START: LogPoint = { segment: 1, offset: 0 };
const PAGE = 1000;
/** Less than this is scanned sooner than indexed. */
const BEHIND_BYTES = 524_288;
const STEP_BYTES = 16_777_216;

/** A log, open for questions. Methods throw `FILE_UNUSABLE` when the log is gone or can't be read, and `LEDGER_REFUSED` for a changed line. */
export class LogReader {
  readonly #paths: LogPaths;
  readonly #options: LogReaderOptions;
  #database: IndexDatabase | null = null;
  #catchUp: IndexCatchUp | null = null;
  #isBroken = false;

  /**
   * Open a log. Nothing is made but, beside a log that has a sidecar, its index.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when the log is missing, unreadable or not a regular file.
   */
  static open(log: string, options: LogReaderOptions = {}): LogReader {
    const reader = new LogReader(readerPaths(log, options.home), options);
    new LogView(realFileSystem, reader.#paths).close();
    return reader;
  }

  private constructor(paths: LogPaths, options: LogReaderOptions) {
    this.#paths = paths;
    this.#options = options;
  }

  /**
   * The newest entries that are asked for, in the log's order (the newest last). Cost: 10 µs an entry through the
   * index; without, the log is read from its end until there are enough.
   */
  newest(limit: number, filter: EntryFilter = {}): readonly LedgerEntry[] {
    const found: LedgerEntry[] = [];
    if (limit <= 0) return found;
    for (const entry of this.#entries(filter, "backward")) if (found.push(entry) >= limit) break;
    return found.toReversed();
  }

  /**
   * Every entry that is asked for, in the log's order or against it, as the log stands at the first step; files are
   * closed when the iteration ends. Cost: 10 µs an entry through the index; without, a scan, and 10 µs for each line that may be meant.
   * Memory: a MiB.
   */
  query(filter: EntryFilter = {}, order: Order = "forward"): Iterable<LedgerEntry> {
    return { [Symbol.iterator]: () => this.#entries(filter, order) };
  }

  /**
   * How many entries are asked for. Quick and unchecked: what the index covers is counted there (0.1 µs an entry), not
   * in the log. Count what `query` gives where it matters.
   */
  count(filter: EntryFilter = {}): number {
    const { tenant_id, from_ms, to_ms } = filter;
    // The index doesn't know these of each entry.
    if (tenant_id !== undefined || from_ms !== undefined || to_ms !== undefined) return this.#countRead(filter);
    const { view, index } = this.#look();
    try {
      let count = index === null ? 0 : index.query.count(filter);
      const rest = { from: index?.through ?? START, to: view.end() };
      for (const _entry of this.#scanned(view, rest, { filter, order: "forward" })) count += 1;
      return count;
    } finally {
      view.close();
    }
  }

  /** The entry of that number, or null. Cost: a look-up, or a scan without an index. */
  entry(seq: number): LedgerEntry | null {
    return this.newest(1, { after_seq: seq - 1, before_seq: seq + 1 })[0] ?? null;
  }

  close(): void {
    this.#database?.close();
    this.#database = null;
    this.#isBroken = true;
  }

  #countRead(filter: EntryFilter): number {
    let count = 0;
    for (const _entry of this.query(filter)) count += 1;
    return count;
  }

  *#entries(filter: EntryFilter, order: Order): Generator<LedgerEntry, void, void> {
    const { view, index } = this.#look();
    let last: number | null = null;
    try {
      for (const entry of this.#found({ view, index }, filter, order)) {
        if (entry === WRONG_INDEX) {
          // The index is of no use: what is left is scanned.
          const rest = last === null ? filter : { ...filter, ...beyond(order, last) };
          yield* this.#scanned(view, { from: START, to: view.end() }, { filter: rest, order });
          return;
        }
        last = entry.seq;
        yield entry;
      }
    } finally {
      view.close();
    }
  }

  *#found({ view, index }: Look, filter: EntryFilter, order: Order): Generator<LedgerEntry | null, void, void> {
    const asked = { filter, order };
    if (index !== null && !index.query.isNarrowed(filter)) {
      // Nothing to look up: the part of the log that can be meant is read in its order.
      yield* this.#scanned(view, rangeOf(view, index, filter), asked);
      return;
    }
    const rest = { from: index?.through ?? START, to: view.end() };
    if (order === "backward") yield* this.#scanned(view, rest, asked);
    if (index !== null) yield* covered(view, index.query, asked);
    if (order === "forward") yield* this.#scanned(view, rest, asked);
  }

  *#scanned(view: LogView, range: ViewRange, { filter, order }: Asked): Generator<LedgerEntry, void, void> {
    const needle = needleOf(filter);
    const lines = order === "forward" ? view.forward(range, needle) : view.backward(range, needle);
    const last = this.#lastOf(view, range, filter);
    if (last !== null && order === "backward") yield last;
    for (const line of lines) {
      const entry = this.#entryOf(line, filter);
      if (entry !== null) yield entry;
    }
    if (last !== null && order === "forward") yield last;
  }

  /** The entry that the last line is, if that has no line feed and stands in the range. A writer may still be at one that breaks off. */
  #lastOf(view: LogView, { to }: ViewRange, filter: EntryFilter): LedgerEntry | null {
    const end = view.end();
    const line = to.segment === end.segment && to.offset === end.offset ? view.unfinished() : null;
    if (line === null) return null;
    if (isWhole(line.line)) return this.#entryOf(line, filter);
    this.#options.unusable?.({ ...line, problem: "unfinished" });
    return null;
  }

  #entryOf({ line, segment, offset }: ViewedLine, filter: EntryFilter): LedgerEntry | null {
    const entry = provenEntry(line);
    if (typeof entry !== "string") return isAskedFor(entry, filter) ? entry : null;
    if (this.#options.unusable !== undefined) this.#options.unusable({ problem: entry, segment, offset, line });
    else if (entry === "changed") throw changed(segment, offset);
    return null;
  }

  #look(): Look {
    const view = new LogView(realFileSystem, this.#paths, this.#options.progress);
    try {
      return { view, index: this.#index(view) };
    } catch (error) {
      this.#isBroken = !isBusy(error);
      return { view, index: null };
    }
  }

  #index(view: LogView): Covering | null {
    if (this.#isBroken || this.#options.scan === true) return null;
    // A log without a sidecar is a copy, or another's: nothing is written beside it.
    if (realFileSystem.statusAt(this.#paths.synced) === null) return null;
    this.#database ??= new IndexDatabase(this.#paths.index);
    this.#stepOn(view, this.#database);
    const through = this.#database.through();
    if (through === null || !coversLog(realFileSystem, this.#paths, through, view.current)) return null;
    return { through, query: this.#database.query() };
  }

  #stepOn(view: LogView, database: IndexDatabase): void {
    const through = database.through();
    const end = view.end();
    const behind = through?.segment === end.segment ? end.offset - through.offset : Number.POSITIVE_INFINITY;
    if (behind < BEHIND_BYTES) return;
    try {
      this.#catchUp ??= new IndexCatchUp(realFileSystem, this.#paths, database);
      this.#catchUp.step(Number.isFinite(behind) ? Math.max(STEP_BYTES, behind / 8) : STEP_BYTES);
    } catch (error) {
      // Another process is at it, or the log doesn't verify: what isn't indexed is scanned.
      if (!isBusy(error) && !(error instanceof CanopyError)) throw error;
    }
  }
}

/** Whether a last line without line feed is whole all the same: JSON that ends where the file does. */
function isWhole(line: Buffer): boolean {
  try {
    JSON.parse(line.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function readerPaths(log: string, home: string | undefined): LogPaths {
  const own = home === undefined ? null : logPaths(realFileSystem, log, home);
  return own !== null && realFileSystem.statusAt(own.index) !== null ? own : logPaths(realFileSystem, log);
}

/** Entries by the index; ends with `WRONG_INDEX` at a position where the log holds another line, or none. */
function* covered(
  view: LogView,
  query: IndexQuery,
  { filter, order }: Asked,
): Generator<LedgerEntry | null, void, void> {
  // The first page is short: most that is asked for is few.
  let limit = 32;
  let beyondSeq: number | null = null;
  for (;;) {
    const page: readonly IndexedPosition[] = query.positions(filter, { order, beyond: beyondSeq, limit });
    for (const position of page) {
      const entry = provenEntry(view.at(position));
      if (typeof entry === "string" || entry.seq !== position.seq) {
        yield WRONG_INDEX;
        return;
      }
      if (isAskedFor(entry, filter)) yield entry;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    beyondSeq = last.seq;
    limit = PAGE;
  }
}

/**
 * The part of a log that can hold what is asked for, by the index's numbers. Its ends are compared with the log; where
 * they don't fit, the whole log is meant.
 */
function rangeOf(view: LogView, { query, through }: Covering, filter: EntryFilter): ViewRange {
  const { first, last } = query.range(filter);
  const start = query.at(first);
  const from = start === null ? through : (pointOf(view, start) ?? START);
  return { from, to: pointOf(view, query.at(last + 1)) ?? view.end() };
}

function pointOf(view: LogView, position: IndexedPosition | null): LogPoint | null {
  if (position === null) return null;
  const entry = provenEntry(view.at(position));
  return typeof entry !== "string" && entry.seq === position.seq ? position : null;
}

function beyond(order: Order, seq: number): EntryFilter {
  return order === "forward" ? { after_seq: seq } : { before_seq: seq };
}

function changed(segment: number, offset: number): CanopyError {
  const at = `byte ${offset} of file ${segment} of the log`;
  return new CanopyError("LEDGER_REFUSED", `the line at ${at} is not as it was written`, {
    at,
    fix: "run `canopy verify` on the log",
  });
}
