// One sink's way through the log: read, deliver, remember; again with growing pauses while it fails.
//
//   lock ─ cursor ─ durable lines behind it ─ deliver ─ cursor written ─ next
//
// Of all processes on a log one runs a lane: it holds `sinks/<name>.lock.sqlite`. A crash between delivery and cursor
// sends a batch twice, under the same ids. Nothing is passed over but an entry that the receiver refuses for what it is,
// alone and time and again; that one is set aside in a file, and the log says so.

import { errorText } from "../core/errors.ts";
import { join } from "node:path";
import type { JsonObject } from "../core/json.ts";
import type { FileSystem } from "../storage/file-system.ts";
import type { Head } from "../storage/head-file.ts";
import { LogLock } from "../storage/log-lock.ts";
import type { LogPaths } from "../storage/sidecar.ts";
import { DurableLines, LOG_BEGINNING, type DurableBatch, type DurableLine } from "./durable-lines.ts";
import { timeOf, type SinkRecord } from "./formats/sink-record.ts";
import { RefusedDesk } from "./refused-desk.ts";
import {
  cursorPath,
  readCursor,
  writeCursor,
  type RefusedRow,
  type SinkCursor,
  type SinkOutage,
} from "./sink-cursor.ts";
import { isNoteOf, type SinkNews, type SinkNote } from "./sink-notes.ts";
import { isRefusal, SinkSender } from "./sink-sender.ts";
import type { SinkTarget } from "./sink-target.ts";
import { PartlyDelivered, type Sink } from "./sink.ts";

/** Times of a lane, in ms. */
export interface LaneTimes {
  /** How often a log at rest is looked at. */
  readonly pollMs: number;
  /** The first pause after a failure; each further one is twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** The longest that one delivery may take, whatever the sink itself thinks. */
  readonly deliveryMs: number;
  /** A sink whose oldest entry has waited this long is too slow. */
  readonly slowMs: number;
}

/** The times that are used. */
export const LANE_TIMES: LaneTimes = {
  pollMs: 200,
  firstPauseMs: 500,
  longestPauseMs: 60_000,
  deliveryMs: 30_000,
  slowMs: 60_000,
};

/** What a lane works with. */
export interface LaneOptions {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly target: SinkTarget;
  readonly sink: Sink;
  /** Members that are taken out of entries besides secrets. */
  readonly fields: readonly string[];
  /** Has the log say something of this sink; false when that was not possible. */
  readonly note: (note: SinkNote) => Promise<boolean>;
  readonly now: () => number;
  readonly times: LaneTimes;
}

/** How a step ended. */
type Step = "delivered" | "idle" | "failed" | "not ours";

/** A short outage is nobody's concern: the second failure in a row is recorded. */
const RECORDED_ATTEMPT = 2;
/** An entry is set aside when it was refused so often. */
const REFUSALS = 3;
/** Marks an outage that is no failure: the sink is too slow. */
const SLOW = 0;
const LOCK_PATIENCE_MS = 1000;
const NOT_OURS_PAUSE_MS = 2000;

/** Delivers a log's entries to one sink. */
export class SinkLane {
  readonly #options: LaneOptions;
  readonly #lines: DurableLines;
  readonly #sender: SinkSender;
  readonly #desk: RefusedDesk;
  #lock: LogLock | null = null;
  #owned = false;
  #cursor: SinkCursor | null = null;
  /** Entries of the next batch at most; less after the receiver found one too large. */
  #most: number;
  #closed = false;
  #wake: (() => void) | null = null;
  #isStarted = false;

  constructor(options: LaneOptions) {
    const { fs, paths, target, sink, fields, now, times } = options;
    this.#options = options;
    this.#lines = new DurableLines(fs, paths);
    this.#sender = new SinkSender({ target, sink, fields, deliveryMs: times.deliveryMs });
    this.#desk = new RefusedDesk({ fs, paths, name: target.name, lines: this.#lines, sender: this.#sender, now });
    this.#most = options.sink.limits.entries;
  }

  /** Deliver until `close`. */
  start(): void {
    if (!this.#isStarted) void this.#run();
    this.#isStarted = true;
  }

  /** Deliver all that is durable now, or until the first failure; whether all of it is delivered, by whichever process. */
  async flush(): Promise<boolean> {
    // Known to be gone: whoever ends doesn't wait for it. Its first attempt was made at the start.
    const outage = this.#cursor?.outage ?? null;
    if (outage?.recorded === true && outage.attempts !== SLOW) return false;
    for (;;) {
      const step = await this.#exclusive(() => this.#step());
      if (step !== "delivered") return step === "idle";
    }
  }

  /** Stop, and let others have the lane. What is under way is not waited for. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
    this.#options.sink.close();
    this.#lock?.close();
    this.#lock = null;
  }

  // Steps are taken one at a time, by the loop or by `flush`.
  #turn: Promise<unknown> = Promise.resolve();

  #exclusive(work: () => Promise<Step>): Promise<Step> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const step = await this.#exclusive(() => this.#step());
      if (step !== "delivered") await this.#pause(this.#pauseAfter(step));
    }
  }

  /** One batch. Never rejects: what goes wrong is a failure of this sink. */
  async #step(): Promise<Step> {
    if (this.#closed) return "not ours";
    try {
      if (!(await this.#own())) return "not ours";
      const cursor = (this.#cursor ??= this.#begin());
      const head = this.#lines.head();
      if (head === null || cursor === null) return "idle";
      const { limits } = this.#options.sink;
      const batch = this.#lines.after(cursor.place, head, { ...limits, entries: this.#most });
      if (batch === null) return await this.#idle(cursor);
      if (batch.missing !== null) await this.#gap(cursor, batch);
      return await this.#deliver(cursor, batch, head);
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #deliver(cursor: SinkCursor, batch: DurableBatch, head: Head): Promise<Step> {
    const records = batch.lines.map(({ line }) => this.#sender.record(line));
    let memory: JsonObject;
    try {
      memory = await this.#sender.send(records, cursor.memory);
    } catch (error) {
      if (!isRefusal(error)) return await this.#partly(cursor, batch.lines, error);
      if (records.length === 1) return await this.#refused(cursor, batch, error);
      this.#most = Math.ceil(records.length / 2);
      return "delivered";
    }
    if (this.#closed) return "not ours";
    await this.#advance(cursor, batch.lines, memory);
    this.#most = Math.min(this.#options.sink.limits.entries, this.#most * 2);
    await this.#watchSpeed(records, head);
    return "delivered";
  }

  /** One entry, alone, is not wanted: ask again, and then go on without it. */
  async #refused(cursor: SinkCursor, { from, lines }: DurableBatch, error: unknown): Promise<Step> {
    const refusals = (cursor.outage?.refusals ?? 0) + 1;
    if (refusals < REFUSALS) return this.#failed(error, refusals);
    const [line] = lines;
    if (this.#closed || line === undefined) return "not ours";
    const { id, entry } = this.#sender.record(line.line);
    const { seq } = line.place;
    this.#desk.setAside({ id, seq, segment: from.segment, offset: from.offset }, error);
    const before = cursor.refused ?? { entries: 0, unsaid: null };
    const isNote = isNoteOf(entry, this.#options.target.name);
    let unsaid = isNote ? before.unsaid : withSeq(before.unsaid, seq);
    // The first of a row is said at once, the others when the row ends: a receiver that refuses everything is one event.
    if (before.entries === 0 && (await this.#saidRefused(unsaid, errorText(error)))) unsaid = null;
    const outage = cursor.outage?.recorded === true ? { ...cursor.outage, refusals: 0 } : null;
    const refused = { entries: before.entries + 1, unsaid };
    this.#keep({ ...cursor, place: line.place, updated_at: this.#time(), outage, refused });
    return "delivered";
  }

  async #saidRefused(unsaid: RefusedRow["unsaid"], error: string): Promise<boolean> {
    return unsaid !== null && (await this.#note({ event: "sink_refused", ...unsaid, error }));
  }

  async #partly(cursor: SinkCursor, lines: readonly DurableLine[], error: unknown): Promise<Step> {
    if (error instanceof PartlyDelivered && error.count > 0) {
      await this.#advance(cursor, lines.slice(0, error.count), cursor.memory, false);
    }
    return this.#failed(error);
  }

  /** Whether this process has the lane; it keeps it until it closes. */
  async #own(): Promise<boolean> {
    if (this.#owned) return true;
    const { fs, paths, target } = this.#options;
    const path = join(paths.sinks, `${target.name}.lock.sqlite`);
    const lock = this.#lock ?? (await LogLock.open(fs, path, LOCK_PATIENCE_MS));
    if (this.#closed) {
      lock.close();
      return false;
    }
    this.#lock = lock;
    this.#owned = lock.tryAcquire();
    return this.#owned;
  }

  /** Where to begin: at the cursor, when it is of this log. Null as long as there is no log to begin with. */
  #begin(): SinkCursor | null {
    const { fs, paths, target } = this.#options;
    const head = this.#lines.head();
    if (head === null) return null;
    const kept = readCursor(fs, cursorPath(paths, target.name));
    // A log that was replaced is sent from its beginning: twice is better than never.
    if (kept !== null && kept.log_id === head.log_id && this.#lines.holds(kept.place)) return kept;
    const atEnd = kept === null && target.from === "end";
    const { segment, bytes, seq, hash } = head;
    const place = atEnd ? { segment, offset: bytes, seq, hash } : LOG_BEGINNING;
    const started = {
      delivered: 0,
      updated_at: this.#time(),
      caught_up: atEnd,
      memory: {},
      outage: null,
      refused: null,
    };
    const cursor = { log_id: head.log_id, place, ...started };
    this.#keep(cursor);
    return cursor;
  }

  async #idle(cursor: SinkCursor): Promise<Step> {
    const { outage, place } = cursor;
    if (!cursor.caught_up || outage?.attempts === SLOW) {
      this.#keep({ ...cursor, caught_up: true, outage: outage?.attempts === SLOW ? null : outage });
      if (outage?.attempts === SLOW && outage.recorded) await this.#recovered(outage, place.seq);
    }
    return await this.#again(this.#cursor ?? cursor);
  }

  /** What an operator wants to be sent again, when nothing else is to be sent. */
  async #again(cursor: SinkCursor): Promise<Step> {
    const { entries, gone, error } = await this.#desk.sendAgain(cursor.memory, (memory) => {
      if (this.#closed) return;
      const { delivered } = this.#cursor ?? cursor;
      this.#keep({ ...cursor, memory, delivered: delivered + 1, updated_at: this.#time() });
    });
    for (const seq of gone) await this.#note({ event: "sink_gap", from_seq: seq, to_seq: seq });
    if (error !== null) return this.#failed(error);
    if (entries === 0) return "idle";
    const { outage = null, place } = this.#cursor ?? {};
    if (outage !== null && place !== undefined) {
      this.#keep({ ...cursor, ...this.#cursor, outage: null });
      if (outage.recorded) await this.#recovered(outage, place.seq);
    }
    return "delivered";
  }

  async #advance(cursor: SinkCursor, lines: readonly DurableLine[], memory: JsonObject, isWell = true): Promise<void> {
    const last = lines.at(-1);
    if (last === undefined) return;
    const delivered = cursor.delivered + lines.length;
    const isOver = isWell && cursor.outage !== null && cursor.outage.attempts !== SLOW;
    const outage = isOver || cursor.outage === null ? null : { ...cursor.outage, refusals: 0 };
    // It takes entries again: the row of refused ones has an end.
    const rest = cursor.refused?.unsaid ?? null;
    const unsaid = (await this.#saidRefused(rest, "refused as the one before")) ? null : rest;
    const refused = unsaid === null ? null : { entries: 0, unsaid };
    this.#keep({ ...cursor, place: last.place, delivered, updated_at: this.#time(), memory, outage, refused });
    if (isOver && cursor.outage.recorded) await this.#recovered(cursor.outage, last.place.seq);
  }

  async #recovered({ since }: SinkOutage, delivered_through: number): Promise<void> {
    await this.#note({ event: "sink_recovered", since, delivered_through });
  }

  /** A sink that works, but slower than the log grows, is behind too. */
  async #watchSpeed(records: readonly SinkRecord[], head: Head): Promise<void> {
    const cursor = this.#cursor;
    const { now, times } = this.#options;
    const oldest = records.map(({ entry }) => timeOf(entry)).findLast((ms) => ms !== null) ?? null;
    if (cursor === null || !cursor.caught_up || cursor.outage !== null || oldest === null) return;
    if (head.seq <= cursor.place.seq || now() - oldest < times.slowMs) return;
    const error = "it takes entries slower than they are written";
    await this.#fail(cursor, {
      since: new Date(oldest).toISOString(),
      error,
      attempts: SLOW,
      recorded: false,
      refusals: 0,
    });
  }

  /** `refusals`: how often the entry whose turn it is was refused, when that is what failed. */
  async #failed(error: unknown, refusals: number | null = null): Promise<Step> {
    if (this.#closed) return "not ours";
    const cursor = this.#cursor;
    if (cursor !== null) {
      const known = cursor.outage;
      const since = known?.since ?? this.#time();
      const attempts = (known?.attempts ?? 0) + 1;
      const recorded = known?.recorded ?? false;
      const outage = { since, error: errorText(error), attempts, recorded, refusals: refusals ?? known?.refusals ?? 0 };
      await this.#fail(cursor, outage, refusals !== null);
    }
    return "failed";
  }

  async #fail(cursor: SinkCursor, outage: SinkOutage, isRefused = false): Promise<void> {
    const isDue = !outage.recorded && !isRefused && (outage.attempts === SLOW || outage.attempts >= RECORDED_ATTEMPT);
    const { since, error } = outage;
    const waiting = Math.max(0, (this.#lines.head()?.seq ?? 0) - cursor.place.seq);
    const recorded = isDue ? await this.#note({ event: "sink_behind", since, error, waiting }) : outage.recorded;
    try {
      this.#keep({ ...cursor, outage: { ...outage, recorded } });
    } catch {
      // A disk that is full: it is known here, and tried again.
      this.#cursor = { ...cursor, outage: { ...outage, recorded } };
    }
  }

  async #gap(cursor: SinkCursor, { missing, from }: DurableBatch): Promise<void> {
    if (missing === null) return;
    await this.#note({ event: "sink_gap", ...missing });
    this.#keep({ ...cursor, place: from });
  }

  async #note(note: SinkNews): Promise<boolean> {
    return this.#options.note({ ...note, sink: this.#options.target.name }).catch(() => false);
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }

  #keep(cursor: SinkCursor): void {
    writeCursor(this.#options.fs, cursorPath(this.#options.paths, this.#options.target.name), cursor);
    this.#cursor = cursor;
  }

  #pauseAfter(step: Exclude<Step, "delivered">): number {
    if (step === "failed") return this.#backOff();
    return step === "idle" ? this.#options.times.pollMs : Math.max(NOT_OURS_PAUSE_MS, this.#options.times.pollMs);
  }

  /** Not all at once when a receiver comes back: between half of the pause and all of it. */
  #backOff(): number {
    const { firstPauseMs, longestPauseMs } = this.#options.times;
    const attempts = this.#cursor?.outage?.attempts ?? 1;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20)) * (0.5 + Math.random() / 2);
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

function withSeq(unsaid: RefusedRow["unsaid"], seq: number): RefusedRow["unsaid"] {
  if (unsaid === null) return { from_seq: seq, to_seq: seq, entries: 1 };
  return { ...unsaid, to_seq: seq, entries: unsaid.entries + 1 };
}
