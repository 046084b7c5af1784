// The main thread's part in keeping a log's tree: it starts the worker that does the work, appends the entry before each
// checkpoint, and signs. No append ever waits for it, and none fails by it.
//
// A run too short for a worker takes one step at its end, when there is little to read.

import { MAX_BATCH } from "../append-queue.ts";
import { errorText } from "../../core/errors.ts";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { EntryDraft } from "../../ledger/ports.ts";
import type { FileSystem } from "../file-system.ts";
import { LogLock } from "../log-lock.ts";
import { makeTreeFolder, type LogPaths } from "../sidecar.ts";
import { systemEntry } from "../system-entry.ts";
import type { AppendRoom } from "./append-room.ts";
import { signCheckpoint, signedByOneOf } from "./checkpoint-keys.ts";
import { CHECKPOINT_META, metaMembers } from "./checkpoint-meta.ts";
import type { FromWorker, TlogWorkerData, ToWorker } from "./tlog-messages.ts";
import { originOf, type TlogOptions } from "./tlog-options.ts";
import { takeStep, type StepHost } from "./tlog-step.ts";
import { TlogWriter, type PreparedMeta } from "./tlog-writer.ts";

/** What a keeper needs of the ledger. */
export interface KeeperParts {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly logId: string;
  /** The commitment to the key that names resources. */
  readonly commitment: string;
  readonly tlog: TlogOptions;
  /** Appends an entry of the ledger's own; gives its `seq` once it is durable. */
  readonly append: (entry: EntryDraft) => Promise<number>;
  /** The time of such entries. */
  readonly timestamp: () => string;
  /** Told how far checkpoints reach. */
  readonly room: AppendRoom;
}

const WORKER_AFTER_MS = 250;
const AGAIN_AFTER_MS = 10_000;
/** A process that appends as many has a worker at once. */
const BUSY_ENTRIES = 64;
/** Entries after which the worker is told to look again, where it asked for nothing else. */
const NUDGE_ENTRIES = 800;
const DEFAULT_HEARTBEAT_MS = 60_000;
/** What a short run reads at its end at most; a worker does the rest some day. */
const SHORT_RUN_BYTES = 16_777_216;
const LOCK_TIMEOUT_MS = 500;
const CLOSE_TIMEOUT_MS = 5000;

/** The keeper of one open log's tree. */
export class TlogKeeper {
  readonly #parts: KeeperParts;
  readonly #origin: string;
  readonly #abort = new Int32Array(new SharedArrayBuffer(4));
  #start: NodeJS.Timeout | null = null;
  #worker: Worker | null = null;
  #closed: (() => void) | null = null;
  /** The seq from which on the worker is to be told; null before the first entry of this process. */
  #nudgeAt: number | null = null;
  /** Entries that the log had, or about, when this process came to it; null before it wrote any. */
  #began: number | null = null;
  /** How far checkpoints reach, or about: entries of this process wait for nothing before. Null: not known. */
  #covered: number | null = null;
  #lastProblem: string | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#origin = originOf(parts.logId, parts.tlog.origin);
    if (parts.tlog.worker === false) return;
    this.#startAfter(WORKER_AFTER_MS);
  }

  /** The log has entries up to that seq now. Cost: one comparison, and a message every few hundred entries. */
  noticed(seq: number): void {
    // How many came before this process opened the log isn't counted, but for what its first batch may have held.
    this.#began ??= Math.max(0, seq - MAX_BATCH);
    this.#nudgeAt ??= seq + BUSY_ENTRIES;
    if (seq < this.#nudgeAt) return;
    this.#nudgeAt = seq + NUDGE_ENTRIES;
    if (this.#start !== null && this.#worker === null) {
      clearTimeout(this.#start);
      this.#start = null;
      this.#startWorker();
    }
    // A thread that starts is waited for too.
    if (this.#covered === null && this.#worker !== null) this.#reached(this.#began);
    this.#post({ kind: "nudge" });
  }

  /** Cover what came since the newest checkpoint, and let go. Never throws; waits for a few seconds at most. */
  async close(): Promise<void> {
    if (this.#start !== null) clearTimeout(this.#start);
    this.#parts.room.open();
    if (this.#worker === null) return this.#stepAtTheEnd();
    // From here on the program waits for it, also when it is late.
    this.#worker.ref();
    const closed = new Promise<void>((resolve) => (this.#closed = resolve));
    const late = setTimeout(() => Atomics.store(this.#abort, 0, 1), CLOSE_TIMEOUT_MS);
    this.#post({ kind: "close" });
    await closed;
    clearTimeout(late);
    await this.#worker.terminate();
    this.#worker = null;
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #startAfter(ms: number): void {
    this.#start = setTimeout(() => {
      this.#start = null;
      this.#startWorker();
    }, ms);
    this.#start.unref();
  }

  /** Never throws: it is called by a timer, and between appends. */
  #startWorker(): void {
    try {
      this.#worker = this.#makeWorker();
    } catch (error) {
      // The keys can't be read, or the system gives no thread: decisions go on, and it is tried again.
      this.#startAfter(AGAIN_AFTER_MS);
      void this.#say(errorText(error), 0);
    }
  }

  #makeWorker(): Worker {
    const { paths, tlog } = this.#parts;
    const workerData: TlogWorkerData = {
      paths,
      origin: this.#origin,
      vkeys: this.#vkeys(),
      entries: tlog.entries ?? false,
      index: tlog.index ?? true,
      heartbeatMs: tlog.heartbeatMs === undefined ? DEFAULT_HEARTBEAT_MS : tlog.heartbeatMs,
      abort: this.#abort,
    };
    const url = new URL("./tlog-worker.js", import.meta.url);
    // Options of the process (`--input-type`) may be none that a thread can take.
    const worker = new Worker(url, { workerData, execArgv: [], name: "canopy-tlog" });
    worker.on("message", (message: FromWorker) => void this.#answer(message));
    worker.on("error", (error) => this.#gone(errorText(error)));
    worker.on("exit", () => this.#gone(null));
    // After the listeners: the first one would hold the process up again.
    worker.unref();
    return worker;
  }

  /** The worker ended, though nobody asked it to. */
  #gone(problem: string | null): void {
    this.#closed?.();
    this.#parts.room.open();
    if (this.#closed !== null || this.#worker === null) return;
    this.#worker = null;
    this.#startAfter(AGAIN_AFTER_MS);
    if (problem !== null) void this.#say(problem, 0);
  }

  async #answer(message: FromWorker): Promise<void> {
    switch (message.kind) {
      case "append":
        return this.#reply(async () => ({ kind: "appended", seq: await this.#append(message.meta) }));
      case "sign":
        return this.#reply(async () => ({ kind: "signed", note: this.#sign(message.text) }));
      case "keys":
        return this.#reply(async () => ({ kind: "keys", vkeys: this.#vkeys() }));
      case "checkpoint":
        this.#nudgeAt = message.nudge_at;
        this.#reached(message.size);
        return this.#made(message.note);
      case "covered":
        this.#nudgeAt = message.nudge_at;
        return this.#reached(message.size);
      case "problem":
        this.#parts.room.open();
        return this.#say(message.problem, message.size);
      case "closed":
        return this.#closed?.();
      default: {
        const never: never = message;
        return never;
      }
    }
  }

  async #reply(answer: () => Promise<ToWorker>): Promise<void> {
    try {
      this.#post(await answer());
    } catch (error) {
      this.#post({ kind: "failed", problem: errorText(error) });
    }
  }

  #append(meta: PreparedMeta): Promise<number> {
    const { commitment, tlog, timestamp } = this.#parts;
    const { key_id } = tlog.keys.signer();
    return this.#parts.append({
      ...systemEntry(CHECKPOINT_META, timestamp(), "a checkpoint of the log follows, and this entry lies in it"),
      ...metaMembers({ ...meta, key_id, resource_key_commitment: commitment }),
    });
  }

  #sign(text: string): string {
    return signCheckpoint(text, this.#origin, this.#parts.tlog.keys.signer());
  }

  #vkeys(): readonly string[] {
    return this.#parts.tlog.keys.vkeys(this.#origin);
  }

  #reached(size: number): void {
    this.#covered = size;
    this.#parts.room.covered(size);
  }

  #made(note: string): void {
    this.#lastProblem = null;
    this.#parts.tlog.onCheckpoint?.(note);
  }

  /** Record that checkpoints are not made, once for each reason. */
  async #say(problem: string, checkpointSize: number): Promise<void> {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    const reason = "checkpoints of the log can't be made; decisions are recorded all the same";
    const entry = systemEntry("checkpoint_failed", this.#parts.timestamp(), reason);
    try {
      await this.#parts.append({ ...entry, severity: "medium", problem, checkpoint_size: checkpointSize });
    } catch {
      // A log that can't be appended to says so to whoever decides.
    }
  }

  async #stepAtTheEnd(): Promise<void> {
    const { fs, paths, tlog } = this.#parts;
    let writer: TlogWriter | null = null;
    try {
      const isOwn = signedByOneOf(this.#vkeys());
      const { openWindowIndex } = await import("./open-window-index.ts");
      const index = tlog.index === false ? null : openWindowIndex(paths);
      writer = new TlogWriter({ fs, paths, origin: this.#origin, isOwn, entries: tlog.entries ?? false, index });
      if (writer.backlogBytes() > SHORT_RUN_BYTES) return;
      makeTreeFolder(fs, paths);
      const lock = await LogLock.open(fs, join(paths.tlog, "lock.sqlite"), LOCK_TIMEOUT_MS);
      try {
        const { note } = await takeStep(writer, lock, this.#host);
        if (note !== null) this.#made(note);
      } finally {
        lock.close();
      }
    } catch (error) {
      await this.#say(errorText(error), writer?.checkpointSize ?? 0);
    } finally {
      writer?.close();
    }
  }

  readonly #host: StepHost = {
    append: (meta) => this.#append(meta),
    sign: async (text) => this.#sign(text),
  };
}
