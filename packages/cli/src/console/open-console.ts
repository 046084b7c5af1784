// Opens the console on this process's terminal.

import type { AnchorSettings } from "canopy-runtime/anchors";
import { lineStanding } from "canopy-runtime/log-reader";
import { KeptRecords, type MissingRecord } from "canopy-runtime/records";
import type { Io } from "../io.ts";
import type { PolicyConfig } from "../policy-choice.ts";
import { runConsole } from "./console-app.ts";
import type { JudgingPolicy } from "./chain-watch.ts";
import { LogData, type ShownRecord } from "./console-data.ts";
import { Desk } from "./desk.ts";
import { EffectWords } from "./effect-words.ts";
import type { EntryFacts } from "./entry-facts.ts";
import { exportByCommand } from "./export-by-command.ts";
import { startScanning } from "./start-scanning.ts";

/** Whose log is shown. */
export interface OpenConsole {
  readonly log: string;
  readonly home: string;
  readonly policy: PolicyConfig;
  /** The policy file in force; null: the bundled default. */
  readonly policy_file: string | null;
  readonly by: string;
  /** Where the log's anchors are. */
  readonly anchors: Pick<AnchorSettings, "log_origin" | "anchors" | "log_witnesses">;
}

/** Run the console until it is left; gives the exit code. */
export async function openConsole(io: Io, options: OpenConsole): Promise<number> {
  const { log, home, policy, by } = options;
  const kept = openRecords(log, home);
  const words = new EffectWords();
  const record = (facts: EntryFacts): ShownRecord => {
    const found = readRecord(kept, facts);
    return "content" in found ? { ...found, effects: words.of(found.content) } : found;
  };
  const data = new LogData(log, { record, standing: lineStanding });
  try {
    return await runConsole({
      input: process.stdin,
      output: process.stdout,
      style: io.outStyle,
      data,
      desk: new Desk({ log, home, policy, env: io.env, by }),
      scan: (tell, failed) =>
        startScanning({ path: log, home, anchors: options.anchors, policy: judging(options) }, tell, failed),
      onChange: (changed) => {
        words.changed = changed;
      },
      lint: async () => (await import("./lint-shown.ts")).lintShown(options, io.cwd),
      exportTo: async (words, file) => exportByCommand(words, file, { log, cwd: io.cwd, env: io.env }),
    });
  } finally {
    kept?.close();
  }
}

function judging({ policy, policy_file }: OpenConsole): JudgingPolicy {
  const file = policy.policy_file ?? (policy.policy === undefined ? policy_file : null);
  if (file !== null) return { text: null, file, name: file };
  if (policy.policy !== undefined) return { text: policy.policy, file: null, name: "a bundled pack" };
  return { text: null, file: null, name: "the bundled default pack" };
}

function openRecords(log: string, home: string): KeptRecords | null {
  try {
    return new KeptRecords(log, home);
  } catch {
    return null;
  }
}

const MISSING: Readonly<Record<MissingRecord, string>> = {
  no_record: "",
  no_key: "not shown: this home has no payload.key",
  wrong_key: "not shown: this home's payload.key is not the one that wrote this log",
  erased: "erased: the key of this agent's records was destroyed",
  key_lost: "not shown: the key of this agent's records is not beside the log",
  day_gone: "not shown: the records of that day are not beside the log",
  damaged: "not shown: the record is damaged, or of another log",
  misplaced: "not shown: another entry's record stands in its place",
};

function readRecord(kept: KeptRecords | null, { members, timestamp, event }: EntryFacts): ShownRecord {
  const { seq, log_id, prev_hash, entry_hash } = members;
  if (kept === null || typeof seq !== "number" || typeof log_id !== "string") return { missing: "" };
  if (typeof prev_hash !== "string" || typeof entry_hash !== "string") return { missing: "" };
  const ref = members["payload_ref"];
  try {
    const entry = { event, timestamp, seq, log_id, prev_hash, entry_hash };
    const found = kept.record(
      ref === undefined ? entry : { ...entry, payload_ref: typeof ref === "string" ? ref : null },
    );
    return "content" in found ? { content: found.content, effects: [] } : { missing: MISSING[found.missing] };
  } catch {
    return { missing: "not shown: the records beside the log can't be read" };
  }
}
