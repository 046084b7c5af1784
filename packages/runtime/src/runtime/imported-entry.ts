// A line of a foreign log as entries of ours: the very bytes, as evidence and nothing else.
//
// The line stands in `original`, as text, or in `original_base64` when it is no UTF-8; a long one in several entries.
// Whatever it says, it says inside a text: no reader of entries takes a member of it for a member of ours. What is shown
// of it in lists stands in members of their own names (`foreign_…`), cut to size. Its witness is never believed: the
// signatures of canopy-runtime 0.4.2 were made with a key that came with the package.

import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";

/** A physical line, without its line feed. */
export interface ForeignLine {
  /** Which file of the log, from 0. */
  readonly file: number;
  /** Counted from 1 in its file, blank lines too. */
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** The event of these entries. */
export const IMPORTED_EVENT = "imported_entry";

const PART_CHARACTERS = 20_000;
const PART_BYTES = 24_000;
const MAX_SHOWN = 200;
const SHOWN: readonly (readonly [string, string])[] = [
  ["event", "foreign_event"],
  ["timestamp", "foreign_timestamp"],
  ["avid", "foreign_avid"],
  ["action_type", "foreign_action_type"],
  ["decision", "foreign_decision"],
  ["severity", "foreign_severity"],
  ["trace_id", "foreign_trace_id"],
  ["entry_hash", "foreign_entry_hash"],
];

/**
 * The members of the entries that hold a line, in order; mostly one. `hash` is SHA-256, hex. Cost: linear in the line.
 */
export function importedMembers(
  { file, line, bytes }: ForeignLine,
  hash: (bytes: Uint8Array) => string,
): readonly JsonObject[] {
  const text = textOf(bytes);
  const parts = text === null ? base64Parts(bytes) : textParts(text);
  const common = { file, line, original_hash: hash(bytes), ...shownOf(text) };
  return parts.map((part, index) => ({
    ...common,
    ...(parts.length === 1 ? {} : { part: index + 1, parts: parts.length }),
    ...part,
  }));
}

/** The bytes that an entry holds of its line; null when it is none of these entries. */
export function originalPart(entry: JsonObject): Uint8Array | null {
  const { event, original, original_base64 } = entry;
  if (event !== IMPORTED_EVENT) return null;
  if (typeof original === "string") return Buffer.from(original, "utf8");
  return typeof original_base64 === "string" ? Buffer.from(original_base64, "base64") : null;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function textParts(text: string): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  for (let at = 0; at < text.length || parts.length === 0;) {
    let end = Math.min(text.length, at + PART_CHARACTERS);
    // A pair of surrogates stays together.
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
    parts.push({ original: text.slice(at, end) });
    at = end;
  }
  return parts;
}

function base64Parts(bytes: Uint8Array): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    parts.push({ original_base64: Buffer.from(bytes.subarray(at, at + PART_BYTES)).toString("base64") });
  }
  return parts;
}

function shownOf(text: string | null): JsonObject {
  const entry = text === null ? null : parsed(text);
  if (entry === null) return { foreign_witness: "none" };
  const shown: Record<string, JsonValue> = {};
  for (const [name, as] of SHOWN) {
    const value = Object.hasOwn(entry, name) ? entry[name] : undefined;
    // Through UTF-8 and back: a name that was cut in two, or escaped as half a pair, can't be recorded.
    if (typeof value === "string") shown[as] = Buffer.from(value.slice(0, MAX_SHOWN)).toString();
  }
  const witness = Object.hasOwn(entry, "witness") ? (entry["witness"] ?? null) : null;
  return { ...shown, foreign_witness: witness === null ? "none" : "unauthenticated" };
}

function parsed(text: string): JsonObject | null {
  try {
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
