// The worker that keeps a log's tree. It reads what is durable, hashes and writes; the main thread only appends one entry
// a step and signs. Whatever fails here stops no decision; the main thread is told, and it is tried again.

import { setPriority } from "node:os";
import { errorText } from "../../core/errors.ts";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { realFileSystem } from "../file-system.ts";
import { LogLock } from "../log-lock.ts";
import { makeTreeFolder } from "../sidecar.ts";
import { signedByOneOf } from "./checkpoint-keys.ts";
import { openWindowIndex } from "./open-window-index.ts";
import { StepPace } from "./step-pace.ts";
import type { FromWorker, ToWorker, TlogWorkerData } from "./tlog-messages.ts";
import { takeStep, type StepHost, type StepResult, type StepWanted } from "./tlog-step.ts";
import { TlogAborted, TlogWriter } from "./tlog-writer.ts";

/** Decisions come first, then this, then the index that only questions need. */
const WORKER_NICENESS = 5;
const LOOK_EVERY_MS = 200;
/** Where a step is all but due: what the main thread told of may not be durable yet. */
const LOOK_SOON_MS = 5;
const NEAR = 160;
/** With the time of a look and of a step, an entry waits less than a second for its checkpoint. */
const WAIT_MS = 500;
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const CLOSING_TRIES = 25;
const CLOSING_PAUSE_MS = 20;

const data: TlogWorkerData = workerData;
const { paths } = data;
let isOwn = signedByOneOf(data.vkeys);
/** Whether the main thread asked for the end. */
const asked = { toClose: false };
let wake: () => void = () => undefined;
/** Whether a look is wanted at once: the log grew while another was going on. */
let isNudged = false;
let answered: ((message: ToWorker) => void) | null = null;

const writer = new TlogWriter({
  fs: realFileSystem,
  paths,
  origin: data.origin,
  isOwn: (note) => isOwn(note),
  entries: data.entries,
  index: data.index ? openWindowIndex(paths) : null,
  onIndexProblem: (problem) => tellOnce(`the index of entries can't be kept: ${problem}`),
  isAborted: () => Atomics.load(data.abort, 0) !== 0,
});
let lock: LogLock | null = null;

function say(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
  parentPort?.postMessage(message);
}

const told = new Set<string>();

function tellOnce(problem: string): void {
  if (told.has(problem)) return;
  told.add(problem);
  say({ kind: "problem", problem, size: writer.checkpointSize });
}

/** Ask the main thread, which answers each question with one message. */
function ask(message: FromWorker): Promise<ToWorker> {
  return new Promise((resolve) => {
    answered = resolve;
    say(message);
  });
}

const host: StepHost = {
  append: async (meta) => {
    const answer = await ask({ kind: "append", meta });
    if (answer.kind === "appended") return answer.seq;
    throw new Error(answer.kind === "failed" ? answer.problem : "the main thread gave no answer");
  },
  sign: async (text) => {
    const answer = await ask({ kind: "sign", text });
    if (answer.kind === "signed") return answer.note;
    throw new Error(answer.kind === "failed" ? answer.problem : "the main thread gave no answer");
  },
};

async function step(wanted: StepWanted): Promise<StepResult> {
  makeTreeFolder(realFileSystem, paths);
  try {
    lock ??= await LogLock.open(realFileSystem, join(paths.tlog, "lock.sqlite"), PAUSE_MS);
    return await takeStep(writer, lock, host, wanted);
  } catch (error) {
    // The lock's file may have been taken away with the folder: the next step makes it anew.
    lock?.close();
    lock = null;
    throw error;
  }
}

/** What was seen of the log, and since when. */
let behindSince: number | null = null;
let settledSeq = 0;
let newestAt = performance.now();
let isNear = false;
let pauseMs = 0;
const pace = new StepPace();
let pausedUntil = 0;

async function look(): Promise<void> {
  const now = performance.now();
  if (now < pausedUntil) return;
  if (writer.look()) {
    newestAt = now;
    if (writer.checkpointSize === 0) await refreshKeys();
    else tellOfOthers();
  }
  const seq = writer.durable()?.seq ?? 0;
  const behind = seq - writer.checkpointSize;
  const isBehind = (behind > 0 && seq > settledSeq) || writer.hasWaiting;
  behindSince = isBehind ? (behindSince ?? now) : null;
  isNear = isBehind && behind >= pace.due - NEAR;
  const isDue = behindSince !== null && (now - behindSince >= WAIT_MS || behind >= pace.due);
  const isQuiet = data.heartbeatMs !== null && now - newestAt >= data.heartbeatMs;
  if (isDue || isQuiet) await stepAndTell(isQuiet);
}

async function stepAndTell(heartbeat: boolean): Promise<void> {
  const before = writer.durable()?.seq ?? 0;
  const covered = writer.checkpointSize;
  const result = await step({ heartbeat, whole: false });
  pauseMs = 0;
  if (result.note === null) {
    if (result.why === "nothing new") settledSeq = before;
    return;
  }
  // What waits for the index is taken up at the next look.
  behindSince = writer.hasWaiting ? 0 : null;
  newestAt = performance.now();
  const now = writer.durable()?.seq ?? before;
  isNear = false;
  pace.took(now - before, now - covered);
  isNudged ||= now - writer.checkpointSize >= pace.due;
  tellCheckpoint(result.note);
}

function tellCheckpoint(note: string): void {
  say({ kind: "checkpoint", note, size: writer.checkpointSize, nudge_at: writer.checkpointSize + pace.due });
}

function tellOfOthers(): void {
  pace.isOthers = true;
  say({ kind: "covered", size: writer.checkpointSize, nudge_at: writer.checkpointSize + pace.due });
}

/** A checkpoint by a key that isn't known here may be by one that came since. */
async function refreshKeys(): Promise<void> {
  const answer = await ask({ kind: "keys" });
  if (answer.kind !== "keys") return;
  isOwn = signedByOneOf(answer.vkeys);
  writer.reset();
  writer.look();
}

async function lookSafely(): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (error instanceof TlogAborted) return;
    pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, pauseMs * 2));
    pausedUntil = performance.now() + pauseMs;
    say({
      kind: "problem",
      problem: errorText(error),
      size: writer.checkpointSize,
    });
  }
}

/** The last step: what came since the newest checkpoint is covered, unless another process is doing that. */
async function finish(): Promise<void> {
  for (let attempt = 0; attempt < CLOSING_TRIES; attempt += 1) {
    const result = await step({});
    if (result.note !== null) tellCheckpoint(result.note);
    if (result.note !== null || result.why !== "busy") return;
    await new Promise((resolve) => setTimeout(resolve, CLOSING_PAUSE_MS));
  }
}

async function run(): Promise<void> {
  while (!asked.toClose) {
    isNudged = false;
    await lookSafely();
    if (asked.toClose) break;
    if (isNudged && performance.now() >= pausedUntil) continue;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, isNear ? LOOK_SOON_MS : LOOK_EVERY_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  try {
    if (Atomics.load(data.abort, 0) === 0) await finish();
  } catch {
    // Whoever opens the log next makes the checkpoint.
  }
  writer.close();
  lock?.close();
  say({ kind: "closed" });
}

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "close") asked.toClose = true;
  if (message.kind === "close" || message.kind === "nudge") {
    isNudged = true;
    wake();
    return;
  }
  const answer = answered;
  answered = null;
  answer?.(message);
});

// Only Linux gives a thread a priority of its own; elsewhere this would slow down all.
if (process.platform === "linux") setPriority(0, WORKER_NICENESS);
await run();
parentPort?.close();
