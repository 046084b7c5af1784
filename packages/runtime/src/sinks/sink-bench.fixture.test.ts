// A log to send from, for tests of sinks: real files, a real ledger, lanes with short pauses.

import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { JsonObject } from "../core/json.ts";
import type { EntryDraft, Signer } from "../ledger/ports.ts";
import { openFileLedger, type FileLedger } from "../storage/file-ledger.ts";
import type { FileLedgerOptions } from "../storage/file-ledger-options.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths, type LogPaths } from "../storage/sidecar.ts";
import { openSink } from "./open-sink.ts";
import { textOf } from "./formats/sink-record.ts";
import { LANE_TIMES, SinkLane, type LaneOptions, type LaneTimes } from "./sink-lane.ts";
import { noteEntry } from "./sink-notes.ts";
import { sinkTarget } from "./sink-target.ts";
import type { Sink } from "./sink.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = {
  key_id: "test-key",
  algorithm: "Ed25519",
  sign: (bytes) => sign(null, bytes, privateKey),
};

/** Pauses so short that a test sees many attempts. */
const QUICK: LaneTimes = { ...LANE_TIMES, pollMs: 5, firstPauseMs: 5, longestPauseMs: 20 };

/** What a test may set of a lane. */
export interface LaneChoices {
  readonly times?: Partial<LaneTimes>;
  readonly now?: () => number;
  readonly fields?: readonly string[];
  readonly timeoutMs?: number;
  /** Put around the sink of the target. */
  readonly around?: (sink: Sink) => Sink;
}

/** A log and lanes over it. */
export interface SinkBench {
  readonly folder: string;
  readonly path: string;
  readonly paths: LogPaths;
  readonly ledger: FileLedger;
  /** Append entries with these members, and give their hashes. */
  readonly write: (...members: readonly JsonObject[]) => Promise<readonly string[]>;
  /** A lane that is not started. */
  readonly lane: (text: string, choices?: LaneChoices) => SinkLane;
  /** The events of the log's entries that sinks caused. */
  readonly notes: () => readonly JsonObject[];
  /** Every entry of the log, over its segments. */
  readonly entries: () => readonly JsonObject[];
}

/** Make a log. All of it goes when the test ends. */
export async function sinkBench(t: TestContext, more: Partial<FileLedgerOptions> = {}): Promise<SinkBench> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-sinks-"));
  const path = join(folder, "audit.log");
  const clock = { now: () => Date.now() };
  const ledger = await openFileLedger({ path, home: join(folder, "home"), signer, clock, index: false, ...more });
  const paths = logPaths(realFileSystem, path, join(folder, "home"));
  mkdirSync(paths.sinks, { recursive: true });
  const lanes: SinkLane[] = [];
  t.after(async () => {
    for (const lane of lanes) lane.close();
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const entries = (): readonly JsonObject[] => logEntries(paths);
  return {
    folder,
    path,
    paths,
    ledger,
    entries,
    notes: () => entries().filter((entry) => textOf(entry, "event").startsWith("sink_")),
    write: async (...members) => {
      const receipts = await Promise.all(members.map((each) => ledger.append({ entry: draft(each) })));
      return receipts.map(({ entry }) => entry.entry_hash);
    },
    lane: (text, { times, now, fields, timeoutMs, around } = {}) => {
      const target = sinkTarget(text, process.env);
      const sink = openSink(target, timeoutMs);
      const options: LaneOptions = {
        fs: realFileSystem,
        paths,
        target,
        sink: around?.(sink) ?? sink,
        fields: fields ?? [],
        note: async (note) => {
          await ledger.append({ entry: noteEntry(note, Date.now()) });
          return true;
        },
        now: now ?? clock.now,
        times: { ...QUICK, ...times },
      };
      const lane = new SinkLane(options);
      lanes.push(lane);
      return lane;
    },
  };
}

/** An entry as a decision leaves it, with members of the test's own. */
function draft(members: JsonObject): EntryDraft {
  return {
    event: "authorize_action",
    timestamp: "2026-11-23T08:00:00Z",
    avid: "agent-1",
    action_type: "send_note",
    decision: "ALLOW",
    reason: "nothing in any layer speaks against it",
    severity: "low",
    layers: {},
    witness: null,
    ...members,
  };
}

function logEntries(paths: LogPaths): readonly JsonObject[] {
  const files: string[] = [];
  for (let segment = 1; ; segment += 1) {
    const path = join(paths.segments, `${String(segment).padStart(6, "0")}.log`);
    try {
      files.push(readFileSync(path, "utf8"));
    } catch {
      break;
    }
  }
  files.push(readFileSync(paths.log, "utf8"));
  return files
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): JsonObject => JSON.parse(line));
}

/** Wait until something holds; fails after some seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
