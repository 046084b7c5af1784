// The lines of a log by their place in the tree: one for each non-blank line, over all segments, from 0.
//
// Works on any log that can be read, also a copy without a sidecar. Places are found from `index.sqlite` where it knows
// them (a line of ours says its own `seq`, so a wrong answer is noticed), else by counting line feeds.

import type { LinePosition } from "../log-point.ts";
import { CanopyError } from "../../core/errors.ts";
import { MAX_LINE_BYTES } from "../../ledger/verify.ts";
import { readAt, type FileSystem } from "../file-system.ts";
import { hashOfLine, tryParseEntry } from "../parse-entry.ts";
import { PUT_BACK, segmentFiles } from "../segment-files.ts";
import { requireIndexSchema } from "../index-schema.ts";
import { openReadOnly, type ReadOnlyDatabase } from "../sqlite.ts";
import { eachLine, isBlank, type PlacedLine } from "./each-line.ts";

/** Where a line begins: its index, and the byte of a segment. */
export interface LinePoint {
  readonly index: number;
  readonly segment: number;
  readonly offset: number;
}

/** A line and its place. `bytes`, without line feed, are lent until the next line is asked for. */
export interface IndexedLine extends LinePoint {
  readonly bytes: Buffer;
}

interface OpenFile {
  readonly segment: number;
  readonly path: string;
  readonly bytes: number;
  fd: number | null;
}

const POINT_EVERY = 256;
const WORTH_ASKING = 1024;

/** An open log, as it stood when it was opened. */
export class LogLines {
  readonly #fs: FileSystem;
  readonly #files: readonly OpenFile[];
  readonly #index: PositionIndex;
  /** In order of their index; the first is the first line that is there. */
  readonly #points: LinePoint[];
  /** An unfinished last line that is whole all the same. */
  readonly #rest: IndexedLine | null;
  #size: number | null = null;
  /** What is missing of the log. */
  readonly warnings: readonly string[];

  private constructor(fs: FileSystem, path: string, resume: LinePoint | null) {
    this.#fs = fs;
    const { files, base, warnings } = openFiles(fs, path);
    this.#files = files;
    this.warnings = warnings;
    const first = files[0];
    this.#points = [{ index: base, segment: first?.segment ?? 1, offset: 0 }];
    if (resume !== null && resume.index > base && this.#holds(resume)) this.#points.push(resume);
    this.#index = new PositionIndex(`${path}.d`);
    this.#rest = this.#restOf(files.at(-1));
  }

  /**
   * Open a log at its real path (`usableLog`). `resume` is a place that is known, near the end: what comes after it is
   * reached without counting what comes before.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when it changes its files faster than they can be opened, or the system's error.
   */
  static open(fs: FileSystem, path: string, resume: LinePoint | null = null): LogLines {
    return new LogLines(fs, path, resume);
  }

  /** Index of the first line that is there: above 0 when closed segments are missing. */
  get first(): number {
    return this.#points[0]?.index ?? 0;
  }

  /** How many files it stands in. */
  get segments(): number {
    return this.#files.length;
  }

  /** How many lines the log has, those of missing segments too. Cost: the first time a count from the last known place. */
  get size(): number {
    this.#size ??= this.#count();
    return this.#size;
  }

  /**
   * The bytes of a line as stored, without its line feed. Cost: a look-up in the index, or a count from the nearest known place.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when the log has no such line.
   */
  line(index: number): Buffer {
    const known = this.#nearest(index);
    const found = index - known.index > WORTH_ASKING ? this.#ask(index) : null;
    if (found !== null) return found;
    for (const line of this.lines(index)) return Buffer.from(line.bytes);
    throw missing(index);
  }

  /**
   * The lines from an index on, to before `to` where it is given. Cost: linear from the nearest known place.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when `from` stands in a segment that is missing.
   */
  *lines(from: number, to: number = Infinity): Generator<IndexedLine, void, void> {
    if (from < this.first) throw missing(from, this.warnings);
    const start = this.#nearest(from);
    let { index } = start;
    for (const { file, line } of this.#from(start)) {
      if (index >= to) return;
      const place = { index, segment: file.segment, offset: line.offset };
      if (index % POINT_EVERY === 0) this.#learn(place);
      if (index >= from) yield { ...place, bytes: line.bytes };
      index += 1;
    }
    if (this.#rest !== null && index >= from && index < to) yield { ...this.#rest, index };
  }

  /** Close the files. */
  close(): void {
    this.#index.close();
    for (const file of this.#files) {
      if (file.fd !== null) this.#fs.close(file.fd);
      file.fd = null;
    }
  }

  *#from(point: LinePoint): Generator<{ file: OpenFile; line: PlacedLine }, void, void> {
    for (const file of this.#files) {
      if (file.segment < point.segment) continue;
      const from = file.segment === point.segment ? point.offset : 0;
      for (const line of eachLine(this.#fs, { fd: this.#fd(file), from, to: file.bytes })) yield { file, line };
    }
  }

  #count(): number {
    const last = this.#points.at(-1);
    if (last === undefined) return 0;
    let { index } = last;
    for (const { file, line } of this.#from(last)) {
      if (index % POINT_EVERY === 0) this.#learn({ index, segment: file.segment, offset: line.offset });
      index += 1;
    }
    return index + (this.#rest === null ? 0 : 1);
  }

  #nearest(index: number): LinePoint {
    let low = 0;
    let high = this.#points.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#points[middle]?.index ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return this.#points[low] ?? { index: 0, segment: 1, offset: 0 };
  }

  #learn(point: LinePoint): void {
    const last = this.#points.at(-1);
    if (last !== undefined && point.index <= last.index) {
      const near = this.#nearest(point.index);
      if (near.index === point.index) return;
      this.#points.splice(this.#points.indexOf(near) + 1, 0, point);
    } else this.#points.push(point);
  }

  /** A line of ours by the index, when it is the one that was asked for. */
  #ask(index: number): Buffer | null {
    const position = this.#index.position(index + 1);
    const file = this.#files.find(({ segment }) => segment === position?.segment);
    if (position === null || file === undefined || position.offset + position.length > file.bytes) return null;
    const bytes = readAt(this.#fs, this.#fd(file), position.offset, position.length);
    if (tryParseEntry(bytes.toString("utf8"))?.seq !== index + 1) return null;
    return bytes;
  }

  /** Whether a known place is the start of a line. */
  #holds({ segment, offset }: LinePoint): boolean {
    const file = this.#files.find((each) => each.segment === segment);
    if (file === undefined || offset > file.bytes) return false;
    return offset === 0 || readAt(this.#fs, this.#fd(file), offset - 1, 1)[0] === 10;
  }

  #restOf(file: OpenFile | undefined): IndexedLine | null {
    if (file === undefined || file.bytes === 0) return null;
    let size = 65_536;
    for (;;) {
      const from = Math.max(0, file.bytes - size);
      const tail = readAt(this.#fs, this.#fd(file), from, file.bytes - from);
      const end = tail.lastIndexOf(10);
      if (end < 0 && from > 0) {
        if (size >= MAX_LINE_BYTES) return null;
        size *= 4;
        continue;
      }
      const bytes = tail.subarray(end + 1);
      if (isBlank(bytes) || hashOfLine(bytes.toString("utf8")) === null) return null;
      return { index: -1, segment: file.segment, offset: from + end + 1, bytes };
    }
  }

  #fd(file: OpenFile): number {
    file.fd ??= this.#fs.open(file.path, "read");
    return file.fd;
  }
}

function openFiles(
  fs: FileSystem,
  path: string,
): { readonly files: readonly OpenFile[]; readonly base: number; readonly warnings: readonly string[] } {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const warnings: string[] = [];
    const fd = fs.open(path, "read");
    const found = segmentFiles(fs, path, warnings);
    const [own, now] = [fs.statusOf(fd), fs.statusAt(path)];
    // A rotation in between: the list is of another set of files.
    if (now === null || now.ino !== own.ino || now.dev !== own.dev) {
      fs.close(fd);
      continue;
    }
    const files = found.map(({ path: at, first }) => {
      const segment = first?.event === "log_rotated" ? Number(first["segment"]) : 1;
      const bytes = at === path ? own.size : (fs.statusAt(at)?.size ?? 0);
      return { path: at, segment, bytes, fd: at === path ? fd : null };
    });
    const first = found[0]?.first;
    return { files, base: first?.event === "log_rotated" ? first.seq - 1 : 0, warnings };
  }
  throw new CanopyError("FILE_UNUSABLE", `the log \`${path}\` starts new segments faster than it can be read`, {
    fix: "try again",
  });
}

function missing(index: number, warnings: readonly string[] = []): CanopyError {
  // What to do about one that is gone is said in any case.
  const replaced = warnings.filter((warning) => warning.endsWith(PUT_BACK));
  const why = replaced.map((warning) => `; ${warning}`).join("");
  return new CanopyError("FILE_UNUSABLE", `the log has no line of index ${index}: expected one, counted from 0${why}`, {
    fix: "restore the closed segments in the log's sidecar, or ask for an entry that the log has",
  });
}

/** Positions by `seq`, from `index.sqlite` beside the log, when there is one that can be read. */
class PositionIndex {
  readonly #path: string;
  #database: ReadOnlyDatabase | null = null;
  #broken = false;

  constructor(sidecar: string) {
    this.#path = `${sidecar}/index.sqlite`;
  }

  position(seq: number): LinePosition | null {
    if (this.#broken) return null;
    try {
      this.#database ??= openIndex(this.#path);
      const row = this.#database.get("SELECT segment, offset, length FROM entries WHERE seq=?", seq);
      if (row === undefined) return null;
      return { segment: Number(row["segment"]), offset: Number(row["offset"]), length: Number(row["length"]) };
    } catch {
      // Derived, and not needed: lines are counted instead.
      this.#broken = true;
      return null;
    }
  }

  close(): void {
    this.#database?.close();
    this.#database = null;
  }
}

function openIndex(path: string): ReadOnlyDatabase {
  const database = openReadOnly(path);
  try {
    requireIndexSchema((sql) => database.rows(sql));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
