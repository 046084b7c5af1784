// The lines of an evidence bundle (docs/evidence-bundle.md): their shapes, writing them, and reading one strictly.

import { CanopyError } from "../../core/errors.ts";
import { isCount, isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { encodeHex } from "../../identity/hex.ts";
import { isHash } from "../chain.ts";
import type { NodePlace, NodeReader } from "../tlog/tree.ts";

/** The first line: what the file is. */
export interface BundleHeader {
  readonly canopy_evidence: 1;
  readonly origin: string;
  readonly log_id: string;
  /** RFC 3339, UTC; the maker's word. */
  readonly made_at: string;
  /** What the maker says it is about. */
  readonly about: JsonObject;
}

/** A line of a bundle after the first. */
export type BundleLine =
  | { readonly kind: "key"; readonly vkey: string; readonly purpose: string }
  | { readonly kind: "checkpoint"; readonly note: string }
  | { readonly kind: "node"; readonly level: number; readonly index: number; readonly hash: string }
  | { readonly kind: "entry"; readonly index: number; readonly line: string }
  | { readonly kind: "proof"; readonly name: string; readonly proof: JsonObject }
  | { readonly kind: "policy"; readonly hash: string; readonly text: string }
  | { readonly kind: "report"; readonly format: "json" | "md"; readonly text: string }
  | { readonly kind: "end"; readonly lines: number; readonly sha256: string };

/** SHA-256 of bytes that come in pieces. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** 32 bytes; called once, at the end. */
  digest(): Uint8Array;
}

/** What a bundle is made of. */
export interface BundleContent {
  readonly origin: string;
  readonly log_id: string;
  readonly made_at: string;
  readonly about: JsonObject;
  readonly keys: readonly { readonly vkey: string; readonly purpose: string }[];
  /** The signed note under which the entries stand. */
  readonly checkpoint: string;
  /** The checkpoint's size. */
  readonly size: number;
  /** Indexes of the entries, in any order; each stands once in the bundle. */
  readonly entries: readonly number[];
  /** The text of a line as the log stores it, without its line feed. */
  readonly line: (index: number) => string;
  readonly node: NodeReader;
  readonly proofs?: readonly { readonly name: string; readonly proof: JsonObject }[];
  readonly policies?: readonly { readonly hash: string; readonly text: string }[];
  readonly reports?: readonly { readonly format: "json" | "md"; readonly text: string }[];
}

/** The longest line of a bundle, in bytes without its line feed. */
export const MAX_BUNDLE_LINE = 67_108_864;

/** The most lines of a kind, but for nodes and entries. */
export const MAX_LINES_OF_A_KIND = 1000;

/**
 * The lines of a bundle, each with its line feed, to be written one after another as UTF-8. Memory: one line.
 *
 * @throws {RangeError} for an entry that is not in the tree.
 */
export function* bundleLines(content: BundleContent, startHash: () => RunningHash): Generator<string> {
  const running = startHash();
  let lines = 0;
  for (const value of bundleValues(content)) {
    const text = `${JSON.stringify(value)}\n`;
    running.update(new TextEncoder().encode(text));
    lines += 1;
    yield text;
  }
  yield `${JSON.stringify({ kind: "end", lines, sha256: encodeHex(running.digest()) })}\n`;
}

function* bundleValues(content: BundleContent): Generator<BundleHeader | BundleLine> {
  const { origin, log_id, made_at, about } = content;
  yield { canopy_evidence: 1, origin, log_id, made_at, about };
  for (const { vkey, purpose } of content.keys) yield { kind: "key", vkey, purpose };
  yield { kind: "checkpoint", note: content.checkpoint };
  for (const place of layOut(content.size, content.entries)) {
    const { level, index } = place;
    if (place.entry) yield { kind: "entry", index, line: content.line(index) };
    else yield { kind: "node", level, index, hash: encodeHex(content.node(level, index)) };
  }
  for (const { name, proof } of content.proofs ?? []) yield { kind: "proof", name, proof };
  for (const { hash, text } of content.policies ?? []) yield { kind: "policy", hash, text };
  for (const { format, text } of content.reports ?? []) yield { kind: "report", format, text };
}

/** A piece of the tree: an entry, or a complete subtree that holds none of the entries. */
export interface BundlePlace extends NodePlace {
  readonly entry: boolean;
}

/** The pieces that lay out a tree of that size around some entries, from left to right. */
export function* layOut(size: number, entries: readonly number[]): Generator<BundlePlace> {
  const sorted = [...new Set(entries)].sort((a, b) => a - b);
  const outside = sorted.find((index) => !Number.isSafeInteger(index) || index < 0 || index >= size);
  if (outside !== undefined) throw new RangeError(`entry ${outside} is not in a tree of ${size}`);
  let at = 0;
  for (const index of sorted) {
    yield* nodesBetween(at, index);
    yield { level: 0, index, entry: true };
    at = index + 1;
  }
  yield* nodesBetween(at, size);
}

/** The complete subtrees between two places, each as large as its begin and the end let it be. */
function* nodesBetween(begin: number, end: number): Generator<BundlePlace> {
  let at = begin;
  while (at < end) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level += 1;
    yield { level, index: at / 2 ** level, entry: false };
    at += 2 ** level;
  }
}

const HEADER = ["about", "canopy_evidence", "log_id", "made_at", "origin"];
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  key: ["kind", "purpose", "vkey"],
  checkpoint: ["kind", "note"],
  node: ["hash", "index", "kind", "level"],
  entry: ["index", "kind", "line"],
  proof: ["kind", "name", "proof"],
  policy: ["hash", "kind", "text"],
  report: ["format", "kind", "text"],
  end: ["kind", "lines", "sha256"],
};

/** Read the first line. Throws `INVALID_PROOF` when it is not a bundle's. */
export function parseHeader(text: string): BundleHeader {
  const value = parseObject(text);
  const { canopy_evidence, origin, log_id, made_at, about } = value;
  if (canopy_evidence === undefined) throw invalid("its first line must have `canopy_evidence`");
  if (canopy_evidence !== 1) throw invalid("it is of a version that this verifier doesn't know");
  checkNames(value, HEADER);
  if (!isText(origin) || !isText(log_id) || !isText(made_at)) throw invalid("origin, log_id and made_at must be text");
  if (!isJsonObject(about)) throw invalid("`about` must be an object");
  return { canopy_evidence, origin, log_id, made_at, about };
}

/** Read a line after the first. Throws `INVALID_PROOF` for anything that is none. */
export function parseBundleLine(text: string): BundleLine {
  const value = parseObject(text);
  const kind = value["kind"];
  const names = isText(kind) && Object.hasOwn(MEMBERS, kind) ? MEMBERS[kind] : undefined;
  if (names === undefined) throw invalid("a line must have a `kind` that is known");
  checkNames(value, names);
  const line = typedLine(value);
  if (line === null) throw invalid("the line's members must be as documented for its kind");
  return line;
}

function typedLine(value: JsonObject): BundleLine | null {
  const { kind, text, index, hash } = value;
  switch (kind) {
    case "key":
      return isText(value["vkey"]) && isText(value["purpose"])
        ? { kind, vkey: value["vkey"], purpose: value["purpose"] }
        : null;
    case "checkpoint":
      return isText(value["note"]) ? { kind, note: value["note"] } : null;
    case "node":
      return isCount(value["level"]) && isCount(index) && isHash(hash)
        ? { kind, level: value["level"], index, hash }
        : null;
    case "entry":
      return isCount(index) && isText(value["line"]) ? { kind, index, line: value["line"] } : null;
    case "proof":
      return isText(value["name"]) && isJsonObject(value["proof"])
        ? { kind, name: value["name"], proof: value["proof"] }
        : null;
    case "policy":
      return isHash(hash) && isText(text) ? { kind, hash, text } : null;
    case "report":
      return isFormat(value["format"]) && isText(text) ? { kind, format: value["format"], text } : null;
    case "end":
      return isCount(value["lines"]) && isHash(value["sha256"])
        ? { kind, lines: value["lines"], sha256: value["sha256"] }
        : null;
    default:
      return null;
  }
}

function parseObject(text: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    throw invalid(cause instanceof CanopyError ? cause.message : "a line must be JSON", cause);
  }
  if (!isJsonObject(value)) throw invalid("a line must be a JSON object");
  return value;
}

function checkNames(value: JsonObject, names: readonly string[]): void {
  const found = Object.keys(value).sort();
  if (found.length !== names.length || found.some((name, at) => name !== names[at])) {
    throw invalid(`a line's members must be exactly ${names.join(", ")}`);
  }
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string";
}

function isFormat(value: JsonValue | undefined): value is "json" | "md" {
  return value === "json" || value === "md";
}

function invalid(expected: string, cause?: unknown): CanopyError {
  return new CanopyError("INVALID_PROOF", expected, {
    fix: "give the bundle as it was written: docs/evidence-bundle.md describes it",
    ...(cause === undefined ? {} : { cause }),
  });
}
