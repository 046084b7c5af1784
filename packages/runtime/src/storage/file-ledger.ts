// The ledger in files: `audit.log` and its sidecar `audit.log.d/`. See docs/ledger-format.md.

import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { StateFacts, StateQuery } from "../core/policy/state/state-facts.ts";
import { prepareEntry } from "../ledger/entry.ts";
import type { AppendReceipt, AppendRequest, Clock, Ledger, LedgerEntry } from "../ledger/ports.ts";
import { conflictEntry, conflictError, type AnchorConflict } from "./anchors/anchor-conflict.ts";
import { LogAnchors } from "./anchors/log-anchors.ts";
import { AppendQueue } from "./append-queue.ts";
import { BatchWriter } from "./batch-writer.ts";
import type { LogState } from "./log-state.ts";
import type { FileLedgerOptions } from "./file-ledger-options.ts";
import { toLedgerError } from "./ledger-error.ts";
import { openLog, type OpenedLog } from "./open-log.ts";
import { parsePayloadRef, unboundRecord } from "./payload-store.ts";
import { readPolicyIn, storePolicyIn } from "./policy-store.ts";
import { isRecordedLost } from "./record-loss.ts";
import { systemEntry, timestampOf } from "./system-entry.ts";
import { AppendRoom } from "./tlog/append-room.ts";
import { TlogKeeper } from "./tlog/tlog-keeper.ts";
import { originOf, type TlogOptions } from "./tlog/tlog-options.ts";

/** The ledger in files, with what only it can do. */
export interface FileLedger extends Ledger {
  /** Destroy a subject's key, so that none of its records can be read again, and record that. */
  erase(subject: string): Promise<AppendReceipt>;
  /** Keep the bytes of a policy that is in use, so that its decisions can be replayed. `hash` is `sha256:<hex>`. */
  storePolicy(hash: string, bytes: Uint8Array): void;
  /** The bytes of a policy that was kept, or null. */
  readPolicy(hash: string): Uint8Array | null;
  /** Every entry of a trace, in order. */
  getTrace(traceId: string): Promise<readonly LedgerEntry[]>;
}

/**
 * Open (or make) the log at a path, check it against its heads, recover its end.
 *
 * Cost: a few milliseconds at any size of log.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when the log is not one to write to as it is, with the first bad line, or not the
 * one that an anchor keeps a checkpoint of;
 * `LEDGER_UNAVAILABLE` when it can't be opened, locked or synced.
 */
export async function openFileLedger(options: FileLedgerOptions): Promise<FileLedger> {
  const opened = await openLog(options);
  const anchors = anchorsOf(opened, options);
  try {
    opened.notes.push(...((await anchors?.check()) ?? []));
  } catch (error) {
    await opened.undoTakeOver().catch(() => undefined);
    await opened.close();
    throw error;
  }
  const ledger = new OpenFileLedger(opened, options, anchors);
  try {
    for (const entry of opened.notes.splice(0)) await ledger.append({ entry });
  } catch (error) {
    await opened.undoTakeOver().catch(() => undefined);
    await ledger.close().catch(() => undefined);
    throw error;
  }
  return ledger;
}

class OpenFileLedger implements FileLedger {
  readonly log_id: string;
  readonly governance: readonly string[];
  readonly #opened: OpenedLog;
  readonly #state: LogState;
  readonly #queue: AppendQueue;
  readonly #clock: Clock;
  readonly #isSynced: boolean;
  readonly #keeper: TlogKeeper | null;
  /** Null where appends are answered before their sync: a checkpoint can't hold what isn't durable. */
  readonly #room: AppendRoom | null;
  readonly #anchors: LogAnchors | null;
  /** Why nothing is written any more: an anchor keeps another history. */
  #refusal: CanopyError | null = null;
  #closed = false;

  constructor(opened: OpenedLog, options: FileLedgerOptions, anchors: LogAnchors | null) {
    const { paths, logId, home } = opened.state.parts;
    const durability = options.durability ?? "sync";
    this.#opened = opened;
    this.#state = opened.state;
    this.#clock = options.clock;
    this.#isSynced = durability === "sync";
    this.log_id = logId;
    this.governance = [paths.log, paths.folder, home.path, join(options.home, "payload.key")];
    const writer = new BatchWriter(opened.state, { clock: options.clock, durability });
    this.#queue = new AppendQueue(opened.state, writer, durability, {
      beforeWrite: opened.beforeWrite,
      afterBatch: () => this.#afterBatch(),
    });
    this.#anchors = anchors;
    anchors?.serve({
      record: (entry) => this.#append({ entry }),
      onConflict: (conflict) => this.#refuse(conflict),
      isTakenOver: opened.notes.some(({ event }) => event === "log_continued"),
    });
    const room = new AppendRoom({
      newest: () => opened.state.log.tail.seq + this.#queue.unwritten,
      later: (ms, work) => opened.state.parts.host.later(ms, work),
    });
    this.#room = this.#isSynced && options.tlog !== undefined ? room : null;
    this.#keeper = options.tlog === undefined ? null : this.#keepTree(options.tlog, room);
  }

  append(request: AppendRequest): Promise<AppendReceipt> {
    const refusal = this.#closed ? closed() : this.#refusal;
    return refusal === null ? this.#append(request) : Promise.reject(refusal);
  }

  async historyOf(authorization_id: string): Promise<readonly LedgerEntry[]> {
    await this.#follow();
    return this.#read(() => this.#state.history(authorization_id));
  }

  async settled(entry: LedgerEntry): Promise<void> {
    this.#assertOpen();
    // Other durabilities answer before the sync.
    if (!this.#isSynced) return;
    try {
      await this.#state.settle(entry);
    } catch (error) {
      throw notDone(error, "an entry of the log could not be made durable");
    }
  }

  async readRecord(entry_hash: string): Promise<JsonObject | null> {
    await this.#follow();
    const entry = this.#read(() => this.#state.entry(entry_hash));
    if (entry?.["payload_ref"] === undefined) return null;
    const of = `the record of entry ${entry.seq}`;
    try {
      const ref = parsePayloadRef(entry["payload_ref"]);
      if (ref === null) throw unboundRecord(of);
      return this.#state.parts.payloads.read(ref, of);
    } catch (error) {
      if (isRecordedLost(this.#state, entry_hash)) return null;
      throw notDone(error, "a record can't be read");
    }
  }

  killSwitches(): readonly LedgerEntry[] {
    return this.#read(() => this.#state.killSwitches());
  }

  state(query: StateQuery, now_ms: number): StateFacts {
    return this.#read(() => {
      this.#state.followIfFree();
      return this.#state.states.answer(query, now_ms);
    });
  }

  resourceKey(place: string): string {
    return this.#state.parts.resourceKey(place);
  }

  erase(subject: string): Promise<AppendReceipt> {
    const refusal = this.#closed ? closed() : this.#refusal;
    if (refusal !== null) return Promise.reject(refusal);
    const now = timestampOf(this.#clock.now());
    const reason = "the key of this subject's records was destroyed";
    const entry = { ...systemEntry("records_erased", now, reason), avid: subject };
    return this.#append({ entry }, () => {
      this.#opened.keys.destroy(subject, now);
    });
  }

  storePolicy(hash: string, bytes: Uint8Array): void {
    this.#assertOpen();
    storePolicyIn(this.#state.parts.fs, this.#state.parts.paths.policies, hash, bytes);
  }

  readPolicy(hash: string): Uint8Array | null {
    this.#assertOpen();
    return readPolicyIn(this.#state.parts.fs, this.#state.parts.paths.policies, hash);
  }

  async getTrace(traceId: string): Promise<readonly LedgerEntry[]> {
    await this.#follow();
    return this.#read(() => this.#state.trace(traceId));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#room?.open();
    try {
      await this.#queue.drain();
      await this.#recordLeft();
      await this.#keeper?.close();
      await this.#anchors?.close();
      await this.#queue.drain();
    } finally {
      await this.#opened.close();
    }
  }

  #append(request: AppendRequest, underLock?: () => void): Promise<AppendReceipt> {
    const room = this.#room;
    if (room === null || room.isOpen) return this.#push(request, underLock);
    return new Promise((resolve, reject) => {
      room.wait(() => {
        if (this.#refusal === null) this.#push(request, underLock).then(resolve, reject);
        else reject(this.#refusal);
      });
    });
  }

  #push(request: AppendRequest, underLock?: () => void): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      const prepared = prepareEntry(request.entry, this.log_id, request.record !== undefined);
      this.#queue.push({
        request,
        prepared,
        resolve,
        reject: (error) => reject(notDone(error)),
        ...(underLock && { underLock }),
      });
    });
  }

  #keepTree(tlog: TlogOptions, room: AppendRoom): TlogKeeper {
    const { fs, paths, logId } = this.#state.parts;
    return new TlogKeeper({
      fs,
      paths,
      logId,
      room,
      tlog: {
        ...tlog,
        onCheckpoint: (note) => {
          this.#anchors?.offer(note);
          tlog.onCheckpoint?.(note);
        },
      },
      commitment: this.#opened.keys.resourceCommitment(logId),
      timestamp: () => timestampOf(this.#clock.now()),
      append: async (entry) => {
        if (this.#refusal !== null) throw this.#refusal;
        // Whoever waits for a checkpoint waits for this entry.
        const { seq } = (await this.#push({ entry })).entry;
        if (!this.#isSynced) await this.#queue.flush();
        return seq;
      },
    });
  }

  /** Fail closed: from this moment on nothing is written but the entry that says why. */
  async #refuse(conflict: AnchorConflict): Promise<void> {
    if (this.#refusal !== null) return;
    this.#refusal = conflictError(this.#state.parts.paths.log, conflict);
    await this.#push({ entry: conflictEntry(conflict, this.#clock.now()) }).catch(() => undefined);
  }

  #afterBatch(): void {
    this.#keeper?.noticed(this.#state.log.tail.seq);
    this.#recordNotes();
  }

  /** Record what this process found or mended while it was writing. */
  #recordNotes(): void {
    if (this.#closed || this.#opened.notes.length === 0) return;
    for (const entry of this.#opened.notes.splice(0)) {
      this.append({ entry }).catch(() => this.#opened.notes.push(entry));
    }
  }

  /** Record what was found and not recorded yet. What can't be is in the folder `torn` all the same. */
  async #recordLeft(): Promise<void> {
    if (this.#refusal !== null) return;
    this.#opened.noteFound();
    for (const entry of this.#opened.notes.splice(0)) await this.#append({ entry }).catch(() => null);
  }

  /** Throws `CLOSED`; else as `#read`. */
  async #follow(): Promise<void> {
    const { lock } = this.#state.parts;
    if (!this.#read(() => this.#state.isBehind())) return;
    await lock.acquire();
    try {
      this.#read(() => this.#state.follow());
    } finally {
      lock.release();
    }
  }

  /** What the log says. Throws `CLOSED`, or a ledger's error: what can't be read is told like what can't be written. */
  #read<Found>(work: () => Found): Found {
    this.#assertOpen();
    try {
      return work();
    } catch (error) {
      throw notDone(error, "the log can't be read");
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw closed();
  }
}

function anchorsOf({ state }: OpenedLog, options: FileLedgerOptions): LogAnchors | null {
  const { tlog, anchors, home, clock } = options;
  if (tlog === undefined) return null;
  const { fs, paths, logId } = state.parts;
  const origin = originOf(logId, tlog.origin);
  const now = (): number => clock.now();
  return new LogAnchors({ fs, paths, home, logId, origin, keys: tlog.keys, options: anchors ?? { anchors: [] }, now });
}

function closed(): CanopyError {
  return new CanopyError("CLOSED", "the ledger is closed");
}

function notDone(error: unknown, problem = "the entry could not be made durable"): CanopyError {
  return toLedgerError(error, problem, { fix: "see to the disk that holds the log, then try again" });
}
