// What the console knows of the log by now. Views only read it: each question is answered at once, from memory or by a
// read of one line.

import type { JsonObject } from "canopy-runtime";
import type { LineStanding } from "canopy-runtime/log-reader";
import { entryRowOf, type EntryRow } from "../entry-row.ts";
import type { LoadedPolicy, VouchedState } from "./chain-watch.ts";
import { entryFacts, LONGEST_LINE, type EntryFacts } from "./entry-facts.ts";
import { LineTable } from "./line-table.ts";
import type { LogState, ScanNews } from "./log-scanner.ts";
import type { SurveySummary } from "./log-survey.ts";
import { readBytes } from "./reverse-lines.ts";
import type { ScanReport, VerifyState } from "./scan-worker.ts";

/** A line of the log, read. */
export interface LogLine {
  readonly number: number;
  /** Null when it is too long to be an entry, or can't be read any more. */
  readonly text: string | null;
  /** Bytes. */
  readonly length: number;
  /** Null when it is no JSON object. */
  readonly facts: EntryFacts | null;
  readonly row: EntryRow;
}

/** What a search has found so far. */
export interface Found {
  readonly search: number;
  readonly count: number;
  /** The number of a found line, the oldest at 0. */
  readonly at: (index: number) => number;
  readonly looked: number;
  readonly done: boolean;
}

/** The exact arguments of a decision, or why they can't be shown. */
export type ShownRecord =
  | {
      readonly content: JsonObject;
      /** What the action would do, in words; empty while that is not known. */
      readonly effects: readonly string[];
    }
  | { readonly missing: string };

/** The log, as views see it. */
export interface ConsoleData {
  readonly path: string;
  /** Numbers of the oldest and the newest line known; none when `newest` is less. */
  readonly oldest: number;
  readonly newest: number;
  readonly log: LogState;
  readonly summary: SurveySummary | null;
  readonly verify: VerifyState;
  /** What vouches for the log. */
  readonly vouched: VouchedState;
  /** The policy by which this console has approvals judged; null while that isn't known. */
  readonly loaded: LoadedPolicy | null;
  readonly found: Found;
  line(number: number): LogLine;
  record(number: number): ShownRecord;
  /** Whether a line is as it was written, by its own hash; null when there is no text to tell it by. */
  standing(number: number): LineStanding | null;
}

const KEPT_LINES = 1024;
const KEPT_BYTES = 67_108_864;
const UNREAD: EntryRow = { date: "", time: "", what: "UNREADABLE", action: "", why: "", agent: "", id: "" };
const NOT_YET: LogState = { status: "empty", unfinished_bytes: 0, problems: [] };

/** What reads beside the log itself; injected, so that tests need no files. */
export interface BesideLog {
  readonly record: (facts: EntryFacts) => ShownRecord;
  /** Whether a line is as it was written, by its own hash. */
  readonly standing: (line: string) => LineStanding;
}

/** Keeps what the scanner tells. */
export class LogData implements ConsoleData {
  readonly path: string;
  readonly #beside: BesideLog;
  #table = new LineTable();
  #lines = new Map<number, LogLine>();
  #keptBytes = 0;
  /** Found lines: those that came after the search began, and those before it, newest first. */
  #newer: number[] = [];
  #older: number[] = [];
  #search = 0;
  #looked = 0;
  #done = true;
  log: LogState = NOT_YET;
  summary: SurveySummary | null = null;
  verify: VerifyState = { status: "not yet" };
  vouched: VouchedState = { status: "not yet" };
  loaded: LoadedPolicy | null = null;

  constructor(path: string, beside: BesideLog) {
    this.path = path;
    this.#beside = beside;
  }

  get oldest(): number {
    return this.#table.oldest;
  }

  get newest(): number {
    return this.#table.newest;
  }

  get found(): Found {
    const [older, newer] = [this.#older, this.#newer];
    return {
      search: this.#search,
      count: older.length + newer.length,
      at: (index) => (index < older.length ? older[older.length - 1 - index] : newer[index - older.length]) ?? 0,
      looked: this.#looked,
      done: this.#done,
    };
  }

  /** Take what the scanner tells. */
  take(report: ScanReport): void {
    if (report.kind === "verify") this.verify = report.verify;
    else if (report.kind === "vouched") [this.vouched, this.loaded] = [report.vouched, report.loaded];
    else this.#takeNews(report);
  }

  /** A search was asked for under this number: what others found is dropped. */
  searching(search: number): void {
    this.#search = search;
    this.#newer = [];
    this.#older = [];
    this.#looked = 0;
    this.#done = false;
  }

  line(number: number): LogLine {
    const known = this.#lines.get(number);
    if (known !== undefined) return known;
    const line = this.#read(number);
    const bytes = line.text?.length ?? 0;
    if (this.#lines.size >= KEPT_LINES || this.#keptBytes + bytes > KEPT_BYTES) {
      this.#lines.clear();
      this.#keptBytes = 0;
    }
    this.#lines.set(number, line);
    this.#keptBytes += bytes;
    return line;
  }

  record(number: number): ShownRecord {
    const { facts } = this.line(number);
    return facts === null ? { missing: "this line is no entry" } : this.#beside.record(facts);
  }

  standing(number: number): LineStanding | null {
    const { text } = this.line(number);
    return text === null ? null : this.#beside.standing(text);
  }

  #takeNews(news: ScanNews): void {
    switch (news.kind) {
      case "lines":
        if (news.at === "newer") this.#table.addNewer(news.block);
        else this.#table.addOlder(news.block);
        return;
      case "restart":
        this.#table = new LineTable();
        this.#lines = new Map();
        this.#keptBytes = 0;
        this.searching(0);
        return;
      case "state":
        this.log = news.state;
        return;
      case "summary":
        this.summary = news.summary;
        return;
      case "found":
        if (news.search !== this.#search) return;
        (news.at === "newer" ? this.#newer : this.#older).push(...news.lines);
        return;
      case "searched":
        if (news.search !== this.#search) return;
        this.#looked = news.looked;
        this.#done = news.done;
        return;
      default:
        news satisfies never;
    }
  }

  #read(number: number): LogLine {
    const place = this.#table.place(number);
    if (place === null) return unread(number, 0, "this line is not known");
    if (place.length > LONGEST_LINE) {
      return unread(
        number,
        place.length,
        `a line of ${megabytes(place.length)}: longer than any entry of this software`,
      );
    }
    try {
      const bytes = readBytes(place.fd, place.offset, place.length);
      if (bytes.length < place.length) return unread(number, place.length, "this line is not in the file any more");
      const text = bytes.toString("utf8");
      const facts = entryFacts(text);
      return { number, text, length: place.length, facts, row: entryRowOf(facts?.members ?? null) };
    } catch {
      return unread(number, place.length, "this line can't be read any more");
    }
  }
}

function unread(number: number, length: number, why: string): LogLine {
  return { number, text: null, length, facts: null, row: { ...UNREAD, why } };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
