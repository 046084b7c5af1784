// An evidence bundle written to a file: the entries that are asked for, proofs that were made before, and a report.

import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { AnchorSettings } from "canopy-runtime/anchors";
import { CanopyError } from "canopy-runtime/errors";
import { makeBundle, readHistory, selectEntries, type MadeBundle, type Selection } from "canopy-runtime/forensics";
import type { JsonObject, JsonValue } from "canopy-runtime/json";
import { parseStrictJson } from "canopy-runtime/strict-json";
import { askAnchors, keptCheckpoints } from "../vouched.ts";
import { FileWriter } from "./file-writer.ts";
import { exportable, historyDocument } from "./history-document.ts";
import { historyMarkdown } from "./history-markdown.ts";

/** What a bundle is to be. */
export interface BundleTask {
  readonly log: string;
  readonly home: string;
  /** Where the log's anchors are. */
  readonly anchors: Pick<AnchorSettings, "log_origin" | "anchors" | "log_witnesses">;
  readonly selection: Selection;
  /** The file to write. */
  readonly out: string;
  /** Files with proofs of absence or presence. */
  readonly proofs: readonly string[];
  readonly made_at: string;
}

/** More entries than this come without a report: nobody reads so long a timeline. */
const MOST_REPORTED = 20_000;
const MOST_PROOF_BYTES = 67_108_864;

/**
 * Write a bundle. The file is there once it is whole.
 *
 * @throws {CanopyError} as `makeBundle` and `selectEntries`; `INVALID_PROOF` for a proof file that is none.
 */
export async function writeBundle(task: BundleTask): Promise<MadeBundle> {
  const { log, home, selection, made_at, out } = task;
  const proofs = task.proofs.map(readProof);
  const { indexes, incidents } = await selectEntries(log, selection);
  const reports = indexes.length > MOST_REPORTED ? [] : await reportsOf(task);
  const about: JsonObject = {
    selection: { ...selection },
    incidents: incidents.map(({ incident_id, state, description }) => ({ incident_id, state, description })),
  };
  const writer = FileWriter.create(out);
  try {
    const made = await makeBundle(log, { indexes, home, made_at, about, proofs, reports }, (text) =>
      writer.write(text),
    );
    writer.close();
    return made;
  } finally {
    writer.abandon();
  }
}

async function reportsOf({
  log,
  home,
  anchors,
  selection,
  made_at,
}: BundleTask): Promise<readonly { readonly format: "json" | "md"; readonly text: string }[]> {
  const vouched = await askAnchors({ ...anchors, home, audit_log_path: log });
  const read = await readHistory(log, { selection, verify: { home, checkpoints: keptCheckpoints(vouched) } });
  // A bundle goes to others, whole: what is encrypted stays with its log.
  const history = exportable({ ...read, selection, made_at, payloads: null, vouched, agent_name: null });
  return [
    { format: "md", text: historyMarkdown(history) },
    { format: "json", text: JSON.stringify(historyDocument(history)) },
  ];
}

function readProof(file: string): { readonly name: string; readonly proof: JsonObject } {
  const proof = proofIn(readText(file), file);
  return { name: basename(file), proof };
}

function proofIn(text: string, file: string): JsonObject {
  const value = parsed(text);
  if (isObject(value) && value["canopy_proof"] === 1) return value;
  throw new CanopyError("INVALID_PROOF", `\`${file}\` is no proof of absence or presence`, {
    at: file,
    fix: "give a file as `canopy prove absent` or `canopy prove present` writes it",
  });
}

function parsed(text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch {
    return null;
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readText(file: string): string {
  try {
    const status = statSync(file);
    if (!status.isFile() || status.size > MOST_PROOF_BYTES) throw new Error("no file, or too large");
    const bytes = readFileSync(file);
    return bytes.toString("utf8");
  } catch (cause) {
    throw new CanopyError("FILE_UNUSABLE", `\`${file}\` can't be read`, { at: file, cause });
  }
}
