// `index.sqlite` against one made anew from the lines that it says it covers: each table, row by row.
//
// The index is anybody's file: its tables must be the ones that an index has, before anything in them is asked for.

import type { LinePosition } from "../log-point.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorText } from "../../core/errors.ts";
import { GENESIS } from "../../ledger/chain.ts";
import { realFileSystem } from "../file-system.ts";
import { IndexDatabase } from "../index-database.ts";
import { requireIndexSchema } from "../index-schema.ts";
import { hashOfLine, tryParseEntry } from "../parse-entry.ts";
import { openReadOnly, type ReadOnlyDatabase } from "../sqlite.ts";
import type { IndexedLine } from "../tlog/log-lines.ts";
import type { ProblemBook } from "./fsck-report.ts";

type Row = Readonly<Record<string, unknown>>;

const BATCH_LINES = 1000;

interface Line {
  readonly text: string;
  readonly position: LinePosition;
}

/** Makes the index anew as lines come by, in a folder for temporary files, and compares. */
export class IndexCheck {
  readonly #problems: ProblemBook;
  #found: ReadOnlyDatabase | null = null;
  #fresh: { readonly folder: string; readonly index: IndexDatabase } | null = null;
  #through = { segment: 0, offset: 0 };
  #newest = 0;
  /** The hash of the entry that ends where the index does, as the log has it; null while none was seen. */
  #endHash: string | null = null;
  /** As the lines say; null while none of ours was seen. */
  #logId: string | null = null;
  #batch: Line[] = [];

  /**
   * Opens the index when there is one; to be done before the log is opened, which then has at least what the index covers.
   * Throws the system's error when nothing can be written among temporary files.
   */
  constructor(path: string, problems: ProblemBook) {
    this.#problems = problems;
    const status = realFileSystem.statusAt(path);
    if (status === null) return;
    const folder = mkdtempSync(join(tmpdir(), "canopy-fsck-"));
    const index = new IndexDatabase(join(folder, "index.sqlite"));
    this.#fresh = { folder, index };
    this.#reading(() => {
      if (status.kind !== "file") throw new Error("it is not a regular file");
      const found = (this.#found = openReadOnly(path));
      // One state of it from here on, though others write meanwhile.
      found.get("BEGIN");
      requireIndexSchema((sql) => found.rows(sql));
      // What is searched are trees beside the tables, which may leave rows out.
      const sound = found.get("PRAGMA integrity_check(1)")?.["integrity_check"];
      if (sound !== "ok") throw new Error(`it contradicts itself: ${String(sound).slice(0, 200)}`);
      const meta = found.get("SELECT segment, offset FROM meta");
      this.#through = { segment: Number(meta?.["segment"] ?? 0), offset: Number(meta?.["offset"] ?? 0) };
      if (this.#through.offset === 0) this.#endHash = GENESIS;
      index.transaction(() => index.clear(""));
    });
  }

  /** A line of the log, in order. Cost: about 10 µs. Throws SQLite's error when temporary files can't be written. */
  saw({ bytes, segment, offset }: IndexedLine): void {
    const end = this.#through;
    if (this.#fresh === null || segment > end.segment || (segment === end.segment && offset >= end.offset)) return;
    this.#batch.push({ text: bytes.toString("utf8"), position: { segment, offset, length: bytes.length } });
    if (this.#batch.length === BATCH_LINES) this.#addBatch();
  }

  /** The end of the log: compare. Cost: linear in the index. */
  finish(): void {
    if (this.#fresh === null) return;
    this.#addBatch();
    this.#reading(() => this.#freshly((fresh) => this.#compare(fresh)));
  }

  close(): void {
    this.#found?.close();
    this.#found = null;
    if (this.#fresh === null) return;
    this.#fresh.index.close();
    rmSync(this.#fresh.folder, { recursive: true, force: true });
    this.#fresh = null;
  }

  #addBatch(): void {
    const index = this.#fresh?.index;
    const lines = this.#batch;
    this.#batch = [];
    index?.transaction(() => {
      for (const { text, position } of lines) {
        this.#logId ??= tryParseEntry(text)?.log_id ?? null;
        this.#newest = index.add(text, position, this.#newest);
        const { segment, offset, length } = position;
        const isLast = segment === this.#through.segment && offset + length + 1 === this.#through.offset;
        if (isLast) this.#endHash = hashOfLine(text);
      }
    });
  }

  #compare(fresh: ReadOnlyDatabase): void {
    const found = this.#found;
    if (found === null) return;
    const meta = found.get("SELECT log_id, hash, newest, lag FROM meta");
    const lag = fresh.get("SELECT lag FROM meta")?.["lag"];
    const log_id = this.#logId ?? meta?.["log_id"];
    if (meta !== undefined && textOf([meta]) !== textOf([{ log_id, hash: this.#endHash, newest: this.#newest, lag }]))
      this.#wrong("meta", "what it says of its end doesn't follow from the log");
    const entries = "SELECT * FROM entries ORDER BY seq";
    this.#compareEntries(found.rows(entries), fresh.rows(entries));
    for (const table of ["counters ORDER BY part, at, seq", "tags ORDER BY part, name"]) {
      const select = `SELECT * FROM ${table}`;
      if (!isSameRows(found.rows(select), fresh.rows(select)))
        this.#wrong(table.slice(0, table.indexOf(" ")), "its rows don't follow from the log");
    }
  }

  #compareEntries(found: Iterable<Row>, made: Iterable<Row>): void {
    const rows = found[Symbol.iterator]();
    const seqOf = (row: Row | undefined): number => (row === undefined ? Number.POSITIVE_INFINITY : Number(row["seq"]));
    let row = nextOf(rows);
    const skipBefore = (seq: number): void => {
      for (; seqOf(row) < seq; row = nextOf(rows))
        this.#wrong(`seq ${seqOf(row)}`, "it has an entry that the log has not");
    };
    for (const expected of made) {
      const seq = seqOf(expected);
      skipBefore(seq);
      if (row === undefined || seqOf(row) !== seq) {
        this.#wrong(`seq ${seq}`, "it lacks an entry before the point that it covers");
        continue;
      }
      const other = Object.keys(expected).filter((name) => valueText(row?.[name]) !== valueText(expected[name]));
      if (other.length > 0)
        this.#wrong(
          `seq ${seq}`,
          `its ${other.join(", ")} ${other.length === 1 ? "doesn't" : "don't"} follow from the line`,
        );
      row = nextOf(rows);
    }
    skipBefore(Number.POSITIVE_INFINITY);
  }

  #freshly<Result>(work: (fresh: ReadOnlyDatabase) => Result): Result {
    const fresh = openReadOnly(join(this.#fresh?.folder ?? "", "index.sqlite"));
    try {
      return work(fresh);
    } finally {
      fresh.close();
    }
  }

  /** What fails is a problem of the index, told once. */
  #reading(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#problems.addDerived("index_unreadable", "index.sqlite", errorText(error));
      this.close();
    }
  }

  #wrong(place: string, detail: string): void {
    this.#problems.addDerived("index_wrong", `index.sqlite: ${place}`, detail);
  }
}

function nextOf(rows: Iterator<Row>): Row | undefined {
  const { value, done } = rows.next();
  return done === true ? undefined : value;
}

function isSameRows(left: Iterable<Row>, right: Iterable<Row>): boolean {
  const others = right[Symbol.iterator]();
  for (const row of left) {
    const other = nextOf(others);
    if (other === undefined || textOf([row]) !== textOf([other])) return false;
  }
  return nextOf(others) === undefined;
}

function textOf(rows: Iterable<Row>): string {
  return JSON.stringify([...rows], (_, value: unknown) => (value instanceof Uint8Array ? hex(value) : value));
}

function valueText(value: unknown): string {
  return value instanceof Uint8Array ? hex(value) : `${typeof value} ${String(value)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
