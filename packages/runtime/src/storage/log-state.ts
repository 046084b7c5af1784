// Everything one process knows and holds of one open log, and the questions that are answered from it.

import { CanopyError } from "../core/errors.ts";
import { GENESIS } from "../ledger/chain.ts";
import type { VisitedEntry } from "../ledger/verify.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { CONFLICT_EVENT } from "./anchors/anchor-conflict.ts";
import type { BatchMac } from "./batch-mac.ts";
import type { BatchSigner } from "./batch-signer.ts";
import { syncFile, type FileSystem } from "./file-system.ts";
import type { Head, HeadFile } from "./head-file.ts";
import { isEngaged, KILL_SWITCH_EVENT, KillSwitches } from "./kill-switches.ts";
import { relatedIdIn, textsAfter } from "./line-members.ts";
import { LogFile, type TornTail } from "./log-file.ts";
import { isBefore, LOG_START, type EntryPosition, type LinePosition, type LogPoint } from "./log-point.ts";
import type { Host } from "./host.ts";
import type { LogIndex } from "./log-index.ts";
import type { LogLock } from "./log-lock.ts";
import { firstLine, lineEndingAt, searchLines } from "./log-search.ts";
import { LogSpan } from "./log-span.ts";
import { hashOfLine, relatedId, tryParseEntry } from "./parse-entry.ts";
import { parsePayloadRef, type PayloadStore } from "./payload-store.ts";
import { allSynced, type PoisonMark } from "./poison.ts";
import { RecentEntries } from "./recent-entries.ts";
import { undoHalfRotation } from "./rotation.ts";
import { segmentPath, type LogPaths } from "./sidecar.ts";
import { StateStore } from "./state-store.ts";

/** The open parts of a log. */
export interface LogParts {
  readonly fs: FileSystem;
  readonly host: Host;
  readonly paths: LogPaths;
  readonly logId: string;
  readonly lock: LogLock;
  readonly payloads: PayloadStore;
  readonly proofs: BatchSigner;
  readonly home: HeadFile;
  readonly synced: HeadFile;
  readonly poison: PoisonMark;
  readonly index: LogIndex;
  readonly mac: BatchMac;
  /** See `Ledger.resourceKey`. */
  readonly resourceKey: (place: string) => string;
}

/** Files whose last writes are not durable yet. */
export interface UnsyncedFiles {
  readonly log: LogFile;
  readonly records: number | null;
}

/** One open log. `log` changes when the log is rotated. */
export class LogState {
  readonly parts: LogParts;
  log: LogFile;
  /** Budgets, marks and labels, as far as this process has followed. */
  readonly states: StateStore;
  /** A torn end that this process has cut off and not recorded yet. */
  torn: TornTail | null = null;
  /** What another process recorded of an anchor that keeps another history: nothing is written after it. */
  conflict: LedgerEntry | null = null;
  readonly #span: LogSpan;
  readonly #recent = new RecentEntries();
  #switches = new KillSwitches();
  #switchesKnown = false;
  /** Engaging entries that were seen and could not be followed yet. */
  #unconfirmed: readonly LedgerEntry[] = [];
  #peeked = 0;
  /** Up to here the home's head was found to lie on the log's chain, or was when the log was opened. */
  #reachedSeq: number;
  #retired: LogFile[] = [];

  constructor(parts: LogParts, log: LogFile) {
    this.parts = parts;
    this.log = log;
    this.#reachedSeq = log.tail.seq;
    const span = (this.#span = new LogSpan({ fs: parts.fs, paths: parts.paths, log: () => this.log }));
    this.states = new StateStore({
      index: parts.index,
      resourceKey: parts.resourceKey,
      end: () => span.end(),
      bytesAfter: (point) => span.bytesAfter(point),
      lines: (from, to, visit) => span.between(from, visit, to),
      entriesAt: (positions) => span.entriesAt(positions),
    });
  }

  /**
   * Catch up with what other processes wrote, also over a rotation. Under the lock. Throws as `LogFile.follow`, and
   * `LEDGER_REFUSED` when the log doesn't hold what the home knows to be durable.
   */
  follow(): void {
    this.#unconfirmed = [];
    // Whoever wrote it had written its lines before this lock was taken.
    const known = this.parts.home.read();
    this.#followFile(known);
    if (!this.log.isInPlace()) this.#followRotation(known);
    this.#mustReach(known);
  }

  /** Go on with another, still unread file, because the log was rotated; what is known of older entries stays. */
  switchTo(log: LogFile, seq: number): void {
    this.#retired.push(this.log);
    log.tail = { bytes: 0, seq, hash: GENESIS };
    this.log = log;
    this.#peeked = 0;
  }

  /** Close files that were switched from, but for those that are still to be synced. */
  closeRetired(unsynced: readonly UnsyncedFiles[] = []): void {
    const isNeeded = (log: LogFile): boolean => unsynced.some((files) => files.log === log);
    for (const log of this.#retired) if (!isNeeded(log)) log.close();
    this.#retired = this.#retired.filter(isNeeded);
    this.parts.payloads.closeRetired(unsynced.map((files) => files.records));
  }

  /** Learn of an entry that stands in the log now. */
  wrote(entry: LedgerEntry, at: LinePosition): void {
    const position = { ...at, hash: entry.entry_hash };
    this.#recent.add(relatedId(entry), position);
    const ref = parsePayloadRef(entry["payload_ref"]);
    if (ref !== null) this.parts.payloads.entered(ref);
    if (this.#switchesKnown) this.#switches.learn(entry);
    this.states.learn(entry, position);
  }

  /** The end of the log as this process knows it. */
  head(): Head {
    return { log_id: this.parts.logId, segment: this.log.segment, ...this.log.tail };
  }

  /**
   * Every entry whose hash or related id (`relatedId`) is the id, in order, as far as this process has followed.
   * Cost: map look-ups for recent ones, else an index look-up; and a scan of what was neither indexed nor followed here.
   * Throws as `LogSpan.entriesAt` and `scanChain`.
   */
  history(id: string): readonly LedgerEntry[] {
    const remembered = this.#recent.of(id);
    const positions = remembered.complete ? remembered.positions : this.#find(id, remembered.positions);
    return this.#span.entriesAt(positions).filter((entry) => entry.entry_hash === id || relatedId(entry) === id);
  }

  /** Every entry of a trace, in order. Cost as `history` of an old entry. */
  trace(traceId: string): readonly LedgerEntry[] {
    const indexed = this.parts.index.trace(traceId);
    const entries = [...this.#span.entriesAt(indexed.positions)];
    this.#span.search(JSON.stringify(traceId), indexed.through, (entry) => entries.push(entry));
    return entries.filter((entry) => entry["trace_id"] === traceId);
  }

  /**
   * The newest entry of the current file, as far as this process has followed; null in an empty one, or when it is none
   * of ours. Cost: one small read. Throws `LEDGER_REFUSED` when another line stands there.
   */
  last(): LedgerEntry | null {
    const { bytes, hash } = this.log.tail;
    if (bytes === 0) return null;
    const found = lineEndingAt(this.parts.fs, this.log.fd, bytes);
    if (found === null || hashOfLine(found.line) !== hash) throw replaced(this.log.path);
    return tryParseEntry(found.line);
  }

  /**
   * Whether there is something to follow, or should be: by the file, or by the head that the home keeps. Cost: two status
   * calls and a small read.
   */
  isBehind(): boolean {
    return this.log.size() !== this.log.tail.bytes || !this.log.isInPlace() || this.#isHomeAhead();
  }

  /**
   * Follow unless another writer holds the lock, or there is nothing to follow. Cost: a status call and a small read when
   * there isn't. Throws as `follow`.
   */
  followIfFree(): void {
    const isBehind = this.log.size() !== this.log.tail.bytes || this.#isHomeAhead();
    if (!isBehind || !this.parts.lock.tryAcquire()) return;
    try {
      this.follow();
    } finally {
      this.parts.lock.release();
    }
  }

  /** The entry of that hash, or null. Cost as `history`. */
  entry(hash: string): LedgerEntry | null {
    return this.history(hash).find((entry) => entry.entry_hash === hash) ?? null;
  }

  /** Make an entry that this process has followed, and its record, durable. Cost: one read, and up to two syncs at once. */
  async settle(entry: LedgerEntry): Promise<void> {
    const { fs, home, payloads, poison } = this.parts;
    const known = home.read();
    const isDurable = known !== null && known.log_id === this.parts.logId && known.seq >= entry.seq;
    const ref = parsePayloadRef(entry["payload_ref"]);
    // A head tells of lines: whoever synced them for another has not synced the other's records. What stands in an older
    // segment was synced when that was closed.
    const syncs = [...(isDurable ? [] : [syncFile(fs, this.log.path)]), ...(ref === null ? [] : [payloads.sync(ref)])];
    if (syncs.length === 0) return;
    await allSynced(syncs, poison);
    if (poison.isSet()) throw new Error("the log could not be synced");
  }

  /** Kill switches in force, as far as this process has followed. The same list as long as none has changed. */
  followedSwitches(): readonly LedgerEntry[] {
    if (!this.#switchesKnown) this.#readSwitches();
    return this.#switches.engaged();
  }

  /**
   * Kill switches in force, also those that other processes wrote and this one has not followed yet. Throws as `follow`
   * when something must be there and isn't.
   */
  killSwitches(): readonly LedgerEntry[] {
    if (!this.#switchesKnown) this.#readSwitches();
    this.#peek();
    const engaged = this.#switches.engaged();
    return this.#unconfirmed.length === 0 ? engaged : [...engaged, ...this.#unconfirmed];
  }

  /** Call `found` with each entry from the beginning whose line holds the needle. Cost and errors as `scanChain`. */
  search(needle: string, found: (entry: LedgerEntry) => void): void {
    this.#span.search(needle, LOG_START, found);
  }

  /**
   * Call `found` with each entry from a point on whose line holds the needle, as the lines stand there: for what follows
   * from nothing but the file. Cost: a scan from there.
   */
  scan(needle: string, from: LogPoint, found: (entry: LedgerEntry) => void): void {
    this.#span.eachFile(from, (range) => {
      searchLines(this.parts.fs, range, needle, (line) => {
        const entry = tryParseEntry(line.toString("utf8"));
        if (entry !== null) found(entry);
      });
    });
  }

  /** What the index knows, and what came after: all of it is remembered, or is looked for. */
  #find(id: string, remembered: readonly EntryPosition[]): readonly EntryPosition[] {
    const { positions, through } = this.parts.index.positionsOf(id);
    const from = this.#recent.from ?? this.#span.end();
    if (!isBefore(through, from)) return [...positions, ...remembered.filter((place) => !isBefore(place, through))];
    const found = [...positions];
    this.#span.search(id, through, (_entry, position) => found.push(position));
    return found;
  }

  #readSwitches(): void {
    const switches = new KillSwitches();
    const { positions, through } = this.parts.index.killSwitches();
    for (const entry of this.#span.entriesAt(positions)) switches.learn(entry);
    this.#span.search(KILL_SWITCH_EVENT, through, (entry) => switches.learn(entry));
    this.#switches = switches;
    this.#switchesKnown = true;
  }

  /** Look at lines that were not followed yet; they may still be undone by their writer, so only engaging ones count. */
  #peek(): void {
    const from = Math.max(this.#peeked, this.log.tail.bytes);
    // Read before the size: what the home's head tells of was written before it.
    const isAhead = this.#isHomeAhead();
    const to = this.log.size();
    if (!isAhead && to <= from && this.log.isInPlace()) return;
    let seen = isAhead || to < from || !this.log.isInPlace();
    const unconfirmed: LedgerEntry[] = [];
    searchLines(this.parts.fs, { fd: this.log.fd, from: this.log.tail.bytes, to }, KILL_SWITCH_EVENT, (line) => {
      const entry = tryParseEntry(line.toString("utf8"));
      if (entry !== null) unconfirmed.push(entry);
      seen = true;
    });
    if (!seen) {
      this.#peeked = to;
    } else if (this.parts.lock.tryAcquire()) {
      try {
        this.follow();
      } finally {
        this.parts.lock.release();
      }
    } else {
      const home = this.parts.home.read();
      // Lines that were durable are gone: that is known without the lock.
      if (home !== null && home.segment === this.log.segment && to < home.bytes && this.log.isInPlace())
        throw shrank(this.log.path);
      this.#unconfirmed = unconfirmed.filter(isEngaged);
    }
  }

  /** Whether the home's head tells of more than this process has followed. Cost: one small read. */
  #isHomeAhead(): boolean {
    const home = this.parts.home.read();
    return home !== null && home.seq > this.log.tail.seq;
  }

  /** What was followed must hold what the home knew to be durable. `known` was read under the lock, before following. */
  #mustReach(known: Head | null): void {
    const { tail, path } = this.log;
    if (known === null || known.log_id !== this.parts.logId) throw replaced(path);
    if (known.seq > tail.seq) throw shrank(path);
    if (known.seq <= this.#reachedSeq) return;
    const position = this.#recent.own(known.hash);
    const isTail = known.seq === tail.seq && known.hash === tail.hash && known.bytes === tail.bytes;
    const isFollowed = position?.segment === known.segment && position.offset + position.length + 1 === known.bytes;
    // The beginning of a segment names no entry: that it was begun is all that is known.
    const isBeginning = known.bytes === 0 && known.hash === GENESIS && known.segment <= this.log.segment;
    if (!isTail && !isFollowed && !isBeginning) throw replaced(path);
    this.#reachedSeq = known.seq;
  }

  /** Go over to the file that took the place of ours: it must say that ours came before it. */
  #followRotation(known: Head | null): void {
    const { fs, paths, host } = this.parts;
    // A later rotation may have been interrupted, which leaves the log with two names.
    undoHalfRotation(fs, paths);
    const newest = new LogFile(fs, paths, host);
    try {
      if (newest.segment <= this.log.segment) throw replaced(paths.log);
      for (let segment = this.log.segment + 1; segment < newest.segment; segment += 1) {
        this.#followTo(new LogFile(fs, paths, host, segmentPath(paths, segment)), known);
      }
      this.#followTo(newest, known);
    } finally {
      if (this.log !== newest) newest.close();
    }
  }

  #followTo(next: LogFile, known: Head | null): void {
    const { fs, paths, logId } = this.parts;
    const { hash, seq } = this.log.tail;
    let isNext = false;
    try {
      isNext = continues(fs, next, logId, hash);
    } finally {
      if (!isNext && next.path !== paths.log) next.close();
    }
    if (!isNext) throw replaced(paths.log);
    this.switchTo(next, seq);
    this.#followFile(known);
  }

  #followFile(known: Head | null): void {
    const { segment } = this.log;
    // All of a closed segment was durable before the next one began.
    const floor = known === null || known.segment < segment ? 0 : known.segment > segment ? Infinity : known.bytes;
    const torn = this.log.follow(this.parts.mac, (entry) => this.#learn(entry), floor);
    this.torn ??= torn;
  }

  /** Learn of a line that another process wrote. Under the lock, so nothing is parsed that needn't be. */
  #learn({ hash, line: bytes, offset }: VisitedEntry): void {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const position = { segment: this.log.segment, offset, length: line.length, hash };
    this.#recent.add(relatedIdIn(line), position);
    const ref = parsePayloadRef(textsAfter(line, '"payload_ref":"')[0]);
    if (ref !== null) this.parts.payloads.entered(ref);
    this.states.learnLine(line, position);
    if (line.includes(CONFLICT_EVENT, 0, "latin1")) {
      const entry = tryParseEntry(line.toString("utf8"));
      if (entry?.event === CONFLICT_EVENT) this.conflict = entry;
    }
    if (this.#switchesKnown && line.includes(KILL_SWITCH_EVENT, 0, "latin1")) {
      const entry = tryParseEntry(line.toString("utf8"));
      if (entry !== null) this.#switches.learn(entry);
    }
  }
}

function continues(fs: FileSystem, log: LogFile, logId: string, previousHead: string): boolean {
  const first = firstLine(fs, log.fd);
  const entry = first === null ? null : tryParseEntry(first);
  return entry?.event === "log_rotated" && entry.log_id === logId && entry["previous_head"] === previousHead;
}

function shrank(path: string): CanopyError {
  return new CanopyError("LEDGER_REFUSED", `the log \`${path}\` shrank while it was in use: durable entries are gone`, {
    fix: "stop every process that writes it, keep the file as evidence, and restore the log from a copy",
  });
}

function replaced(path: string): CanopyError {
  return new CanopyError("LEDGER_REFUSED", `the log \`${path}\` was replaced while it was in use`, {
    fix: "stop every process that writes it, keep both files, and run `canopy verify` on them",
  });
}
