// Reads a log for the console: its end first, then what is written, and the rest backwards in between; and searches it.
// Works in steps, so that whoever drives it (the console's thread, a test) can go on with other things.

import { fstatSync, statSync } from "node:fs";
import { lineStanding } from "canopy-runtime/log-reader";
import { openRegular } from "canopy-runtime/regular-file";
import { entryFacts } from "./entry-facts.ts";
import { mayPass, passes, type EntryFilter } from "./entry-filter.ts";
import type { LineBlock } from "./line-table.ts";
import { LogSurvey, type SurveySummary } from "./log-survey.ts";
import { closeQuietly, endOfLines, linesIn, readBytes, ReverseLines, type FoundLines } from "./reverse-lines.ts";

/** How the file stands. */
export interface LogState {
  /** `ok`; `missing`; `empty`: no whole line yet; `unreadable`. */
  readonly status: "ok" | "missing" | "empty" | "unreadable";
  /** Bytes after the last line feed: a line that is being written, or was torn. */
  readonly unfinished_bytes: number;
  /** What is wrong with the file, for people; newest last. */
  readonly problems: readonly string[];
}

/** What the scanner tells. */
export type ScanNews =
  | { readonly kind: "lines"; readonly at: "newer" | "older"; readonly block: LineBlock }
  /** The log is another one than before: all line numbers are void. */
  | { readonly kind: "restart" }
  | { readonly kind: "state"; readonly state: LogState }
  | { readonly kind: "summary"; readonly summary: SurveySummary }
  /** Lines that a search found: older ones newest first, newer ones oldest first. */
  | {
      readonly kind: "found";
      readonly search: number;
      readonly at: "newer" | "older";
      readonly lines: readonly number[];
    }
  /** How far a search is: lines looked at, and whether the beginning of the log was reached. */
  | { readonly kind: "searched"; readonly search: number; readonly looked: number; readonly done: boolean };

interface Search {
  readonly id: number;
  readonly filter: EntryFilter;
  readonly reader: ReverseLines;
  /** The number of the next line that it comes to. */
  line: number;
  looked: number;
  done: boolean;
}

const TAIL_BYTES = 1_048_576;
const MOST_PROBLEMS = 8;

/** Reads one log. */
export class LogScanner {
  readonly #path: string;
  readonly #tell: (news: ScanNews) => void;
  readonly #now: () => string;
  #fd = -1;
  #inode = 0;
  /** Everything before this has been read, as whole lines. */
  #end = 0;
  #oldest = 0;
  #newest = -1;
  #older: ReverseLines | null = null;
  #survey = new LogSurvey();
  #search: Search | null = null;
  #isDirty = false;
  #told = "";
  #problems: string[] = [];
  #opened: number[] = [];

  constructor(path: string, tell: (news: ScanNews) => void, now: () => string = () => new Date().toISOString()) {
    this.#path = path;
    this.#tell = tell;
    this.#now = now;
  }

  /** Look at the file: read what was written since. Cost: a status call, and what is new. */
  poll(): void {
    try {
      this.#look();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      this.#tellState(code === "ENOENT" ? "missing" : "unreadable", 0);
    }
  }

  /** Read one block backwards, for the survey and for a search. False when there is nothing left to do. */
  step(): boolean {
    try {
      const read = this.#stepOlder();
      return this.#stepSearch() || read;
    } catch {
      this.#sayProblem("the log can't be read to its beginning");
      this.#older = null;
      this.#search = null;
      return false;
    }
  }

  /** Tell what is known as a whole, if anything changed. */
  tellSummary(always = false): void {
    if (!this.#isDirty && !always) return;
    this.#isDirty = false;
    this.#tell({ kind: "summary", summary: this.#survey.summary(this.#now()) });
  }

  /** Begin a search from the newest line on; null ends the one that runs. */
  search(id: number, filter: EntryFilter | null): void {
    this.#search = null;
    if (filter === null) return;
    const reader = new ReverseLines(this.#path, this.#fd, this.#fd < 0 ? 0 : this.#end);
    this.#search = { id, filter, reader, line: this.#newest, looked: 0, done: this.#fd < 0 };
    if (this.#fd < 0) this.#tell({ kind: "searched", search: id, looked: 0, done: true });
  }

  /** Close every file. */
  close(): void {
    for (const fd of this.#opened) closeQuietly(fd);
    this.#opened = [];
  }

  #look(): void {
    const status = statSync(this.#path);
    if (!status.isFile()) {
      this.#tellState("unreadable", 0);
      return;
    }
    if (this.#fd < 0) this.#begin();
    else if (status.ino !== this.#inode) this.#goOn();
    const { size } = fstatSync(this.#fd);
    if (size < this.#end) {
      this.#restart("entries that were there are gone: the log became shorter");
      return;
    }
    this.#readNewer(size);
    const isEmpty = this.#newest < this.#oldest;
    this.#tellState(isEmpty ? "empty" : "ok", size - this.#end);
  }

  // At the first look the end of the file is what was there before: the lines before it are read backwards.
  #begin(): void {
    this.#open();
    this.#end = endOfLines(this.#fd);
    this.#oldest = 0;
    this.#newest = -1;
    this.#older = new ReverseLines(this.#path, this.#fd, this.#end);
    this.#isDirty = true;
    this.#stepOlder();
  }

  // Rotated: what was still written to the old file comes first. Any other file is another log, whatever its name.
  #goOn(): void {
    this.#readNewer(fstatSync(this.#fd).size);
    this.#open();
    this.#end = 0;
    if (readBytes(this.#fd, 0, 4096).includes('"event":"log_rotated"')) return;
    this.#restart("the file was replaced by another one while it was shown");
    this.#begin();
  }

  #open(): void {
    this.#fd = openRegular(this.#path);
    this.#opened.push(this.#fd);
    this.#inode = fstatSync(this.#fd).ino;
  }

  #restart(problem: string): void {
    this.#fd = -1;
    this.#survey = new LogSurvey();
    this.#search = null;
    this.#older = null;
    this.#tell({ kind: "restart" });
    this.#sayProblem(problem);
  }

  #readNewer(size: number): void {
    while (this.#end < size) {
      const bytes = readBytes(this.#fd, this.#end, Math.min(size - this.#end, TAIL_BYTES));
      let whole = bytes.lastIndexOf(10) + 1;
      if (whole === 0 && bytes.length < TAIL_BYTES) {
        // A last line without line feed counts when it is a whole entry.
        if (lineStanding(bytes.toString("utf8")) !== "entry") return;
        whole = bytes.length;
      }
      if (whole === 0) {
        const end = endOfLineFrom(this.#fd, this.#end, size);
        if (end === null) return;
        this.#learn({ fd: this.#fd, lines: [{ offset: this.#end, length: end - 1 - this.#end, text: null }] }, "newer");
        whole = end - this.#end;
      } else {
        this.#learn({ fd: this.#fd, lines: linesIn(bytes.subarray(0, whole), this.#end) }, "newer");
      }
      this.#end += whole;
    }
  }

  #stepOlder(): boolean {
    if (this.#older === null) return false;
    const found = this.#older.next();
    if (found === null) {
      if (this.#older.problem !== null) this.#sayProblem(this.#older.problem);
      this.#older = null;
      this.#survey.complete = true;
      this.#isDirty = true;
      return false;
    }
    this.#learn(found, "older");
    return true;
  }

  #learn({ fd, lines }: FoundLines, at: "newer" | "older"): void {
    if (lines.length === 0) return;
    this.#isDirty = true;
    if (at === "older") {
      for (const { text } of lines.toReversed()) this.#survey.learn(text, (this.#oldest -= 1), at);
    } else {
      const found: number[] = [];
      for (const { text } of lines) {
        const facts = this.#survey.learn(text, (this.#newest += 1), at);
        if (this.#search !== null && passes(this.#search.filter, text ?? "", facts)) found.push(this.#newest);
      }
      this.#tellFound(this.#search, at, found);
    }
    const offsets = lines.map(({ offset }) => offset);
    this.#tell({ kind: "lines", at, block: { fd, offsets, lengths: lines.map(({ length }) => length) } });
  }

  #stepSearch(): boolean {
    const search = this.#search;
    if (search === null || search.done) return false;
    const block = search.reader.next();
    const found: number[] = [];
    for (const { text } of block?.lines.toReversed() ?? []) {
      const isFound = text !== null && mayPass(search.filter, text) && passes(search.filter, text, entryFacts(text));
      if (isFound) found.push(search.line);
      search.line -= 1;
      search.looked += 1;
    }
    search.done = block === null;
    this.#tellFound(search, "older", found);
    this.#tell({ kind: "searched", search: search.id, looked: search.looked, done: search.done });
    return !search.done;
  }

  #tellFound(search: Search | null, at: "newer" | "older", lines: readonly number[]): void {
    if (search !== null && lines.length > 0) this.#tell({ kind: "found", search: search.id, at, lines });
  }

  #sayProblem(problem: string): void {
    this.#problems = [...this.#problems, problem].slice(-MOST_PROBLEMS);
    this.#told = "";
  }

  #tellState(status: LogState["status"], unfinished_bytes: number): void {
    const state: LogState = { status, unfinished_bytes, problems: this.#problems };
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell({ kind: "state", state });
  }
}

/** Where the line that begins at `from` ends, after its line feed; null when it does not yet. */
function endOfLineFrom(fd: number, from: number, size: number): number | null {
  for (let at = from; at < size; at += TAIL_BYTES) {
    const feed = readBytes(fd, at, Math.min(TAIL_BYTES, size - at)).indexOf(10);
    if (feed >= 0) return at + feed + 1;
  }
  return null;
}
