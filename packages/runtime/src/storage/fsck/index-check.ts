// `index.sqlite` against the lines that it says it covers.

import { errorText } from "../../core/errors.ts";
import { key48 } from "../index-keys.ts";
import { realFileSystem } from "../file-system.ts";
import { openReadOnly, type ReadOnlyDatabase } from "../sqlite.ts";
import type { LinePoint } from "../tlog/log-lines.ts";
import type { ProblemBook } from "./fsck-report.ts";

interface Row {
  readonly seq: number;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly hash: number;
}

/** Compares the index with lines as they come by. */
export class IndexCheck {
  readonly #problems: ProblemBook;
  readonly #database: ReadOnlyDatabase | null = null;
  readonly #rows: Iterator<Row> | null = null;
  readonly #through: { readonly segment: number; readonly offset: number } = { segment: 0, offset: 0 };
  #next: Row | null = null;
  #behind: LinePoint | null = null;

  /** Opens the index when there is one. */
  constructor(path: string, exists: boolean, problems: ProblemBook) {
    this.#problems = problems;
    if (!exists) return;
    try {
      // SQLite would wait for whoever writes a pipe.
      if (realFileSystem.statusAt(path)?.kind !== "file") throw new Error("it is not a regular file");
      this.#database = openReadOnly(path);
      const meta = this.#database.get("SELECT segment, offset FROM meta");
      this.#through = { segment: Number(meta?.["segment"] ?? 0), offset: Number(meta?.["offset"] ?? 0) };
      this.#rows = rowsOf(this.#database);
      this.#advance();
    } catch (error) {
      this.#unreadable(error);
    }
  }

  /** A line of ours. Cost: constant. */
  saw(entry: { readonly seq: number; readonly entry_hash: string }, place: LinePoint, length: number): void {
    if (this.#rows === null) return;
    this.#behind = place;
    while (this.#next !== null && this.#next.seq < entry.seq) {
      this.#wrong(this.#next.seq, "it has an entry that the log has not");
      this.#advance();
    }
    if (!this.#covers(place)) return;
    const row = this.#next;
    if (row === null || row.seq !== entry.seq) {
      this.#wrong(entry.seq, "it lacks an entry before the point that it covers");
      return;
    }
    const isSame = row.segment === place.segment && row.offset === place.offset && row.length === length;
    if (!isSame || row.hash !== key48(entry.entry_hash))
      this.#wrong(entry.seq, "it has the entry elsewhere, or another one");
    this.#advance();
  }

  /** The end of the log. */
  finish(): void {
    const end = this.#behind;
    for (; this.#next !== null; this.#advance()) {
      const { segment, offset, seq } = this.#next;
      // A log that grew meanwhile has more.
      if (end !== null && (segment > end.segment || (segment === end.segment && offset > end.offset))) break;
      this.#wrong(seq, "it has an entry that the log has not");
    }
  }

  close(): void {
    this.#database?.close();
  }

  #covers({ segment, offset }: LinePoint): boolean {
    const through = this.#through;
    return segment < through.segment || (segment === through.segment && offset < through.offset);
  }

  #advance(): void {
    try {
      const { value, done } = this.#rows?.next() ?? { value: null, done: true };
      this.#next = done === true ? null : value;
    } catch (error) {
      this.#next = null;
      this.#unreadable(error);
    }
  }

  #wrong(seq: number, detail: string): void {
    this.#problems.addDerived("index_wrong", `index.sqlite: seq ${seq}`, detail);
  }

  #unreadable(error: unknown): void {
    const why = errorText(error);
    this.#problems.addDerived("index_unreadable", "index.sqlite", why);
  }
}

function* rowsOf(database: ReadOnlyDatabase): Generator<Row, void, void> {
  for (const row of database.rows("SELECT seq, segment, offset, length, hash FROM entries ORDER BY seq")) {
    const [seq, segment, offset, length, hash] = ["seq", "segment", "offset", "length", "hash"].map((name) =>
      Number(row[name]),
    );
    if (seq === undefined || segment === undefined || offset === undefined) continue;
    yield { seq, segment, offset, length: length ?? 0, hash: hash ?? 0 };
  }
}
