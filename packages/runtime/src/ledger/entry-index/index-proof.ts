// The file of an index proof: one JSON object in UTF-8, at most 64 MiB, read strictly. Hashes are 64 lower-case hex
// digits; indexes count from 0; a path is a list of at most 64 hashes, from the leaf up. No member may be missing, none be
// added. docs/absence-proofs.md says what a verifier does with each.
//
//   {"canopy_proof":1,
//    "statement":{"claim","where","except_agent","tenant","from","to"},
//    "by":"avid+action_type",                                          the field of the index that carries it
//    "resource":null | {"name":"net.connect:example.com","key":null | "<64 hex>"},
//    "checkpoint":"<signed note>",
//    "meta":{"index":n,"line":"…","path":[…]},
//    "runs":[{"position":n,"record":{…},"path":[…],"shown":"skipped" | {"absent":{"left":leaf|null,"right":leaf|null}}
//                                                         | {"present":{"index":n,"entries":[n,…],"path":[…]}}}, …],
//    "entries":[{"index":n,"line":"…","path":[…]}, …]}
//   leaf = {"index":n,"key":"…","count":n,"list":"…","path":[…]}

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { encodeHex } from "../../identity/hex.ts";
import { hashBytes, isHash } from "../chain.ts";
import { formatEntryTime, parsePlainTime } from "./entry-time.ts";
import { INDEX_FIELDS, type IndexField } from "./index-key.ts";
import type { KeyEvidence, LeafProof } from "./key-evidence.ts";
import { formatRunRecord, parseRunRecord, type RunRecord } from "./run-record.ts";
import { WHERE_MEMBERS, type Statement, type WhereMember } from "./statement.ts";

/** A line of the log, and the path that shows where it stands. */
export interface ShownLine {
  readonly index: number;
  /** Without its line feed. */
  readonly line: string;
  readonly path: readonly Uint8Array[];
}

/** What a proof shows of a run. */
export interface ShownRun {
  /** Of its record in the run list. */
  readonly position: number;
  readonly record: RunRecord;
  readonly path: readonly Uint8Array[];
  /** `skipped`: its record says that it lies outside the statement's times. */
  readonly shown: "skipped" | KeyEvidence;
}

/** A resource by its name, `kind:target`, and the key that maps names to resource keys, where that is disclosed. */
export interface NamedResource {
  readonly name: string;
  /** 32 bytes. */
  readonly key: Uint8Array | null;
}

/** An index proof as parsed. */
export interface IndexProof {
  readonly statement: Statement;
  readonly by: IndexField;
  readonly resource: NamedResource | null;
  /** A signed note. */
  readonly checkpoint: string;
  readonly meta: ShownLine;
  /** In the order of the log. */
  readonly runs: readonly ShownRun[];
  readonly entries: readonly ShownLine[];
}

/** The largest file that is read, in bytes. */
export const MAX_PROOF_BYTES = 67_108_864;

const MAX_RUNS = 65_536;
const MAX_ENTRIES = 100_000;
const MAX_PATH = 64;
const MAX_TEXT = 65_536;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Why a file is no index proof: what was expected, and where. */
export class ProofRefused extends Error {
  readonly at: string;

  constructor(expected: string, at: string) {
    super(expected);
    this.at = at;
  }
}

/**
 * Parse an index proof. Proves nothing. Cost: linear.
 *
 * @throws {ProofRefused} for everything else.
 */
export function parseIndexProof(bytes: Uint8Array): IndexProof {
  if (bytes.length > MAX_PROOF_BYTES) throw new ProofRefused(`a proof has at most ${MAX_PROOF_BYTES} bytes`, "");
  return proofOf(parseJson(bytes));
}

/** The same of a document that was read strictly. */
export function proofOf(value: JsonValue): IndexProof {
  const file = members(value, "", FILE_MEMBERS);
  if (file["canopy_proof"] !== 1) throw new ProofRefused("`canopy_proof` must be 1", "canopy_proof");
  return {
    statement: statementOf(file["statement"]),
    by: oneOf(file["by"], INDEX_FIELDS, "by"),
    resource: file["resource"] === null ? null : resourceOf(file["resource"]),
    checkpoint: textOf(file["checkpoint"], "checkpoint", 1_048_576),
    meta: shownLineOf(file["meta"], "meta"),
    runs: listOf(file["runs"], "runs", MAX_RUNS).map((run, at) => shownRunOf(run, `runs[${at}]`)),
    entries: listOf(file["entries"], "entries", MAX_ENTRIES).map((entry, at) => shownLineOf(entry, `entries[${at}]`)),
  };
}

/** The text of a proof's file; lists are laid out one item a line. */
export function formatIndexProof(proof: IndexProof): string {
  const { by, resource, checkpoint } = proof;
  const named = resource === null ? null : { name: resource.name, key: resource.key && encodeHex(resource.key) };
  const fields = [
    `"canopy_proof":1`,
    `"statement":${JSON.stringify(statementJson(proof.statement))}`,
    `"by":${JSON.stringify(by)}`,
    `"resource":${JSON.stringify(named)}`,
    `"checkpoint":${JSON.stringify(checkpoint)}`,
    `"meta":${JSON.stringify(shownLineJson(proof.meta))}`,
    `"runs":${rows(proof.runs.map(shownRunJson))}`,
    `"entries":${rows(proof.entries.map(shownLineJson))}`,
  ];
  return `{${fields.join(",\n")}}\n`;
}

function rows(items: readonly unknown[]): string {
  return items.length === 0 ? "[]" : `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
}

/** A statement as proofs and programs read it. */
export function statementJson({ claim, where, except_agent, tenant, from, to }: Statement): JsonObject {
  const named: Record<string, JsonValue> = {};
  for (const member of WHERE_MEMBERS) {
    const value = where[member];
    if (value !== undefined) named[member] = value;
  }
  return { claim, where: named, except_agent, tenant, from: timeText(from), to: timeText(to) };
}

function timeText(time: number | null): string | null {
  return time === null ? null : formatEntryTime(time);
}

function shownLineJson({ index, line, path }: ShownLine): JsonObject {
  return { index, line, path: path.map(encodeHex) };
}

function shownRunJson({ position, record, path, shown }: ShownRun): JsonObject {
  const read: JsonValue = JSON.parse(formatRunRecord(record));
  return {
    position,
    record: read,
    path: path.map(encodeHex),
    shown: shown === "skipped" ? shown : evidenceJson(shown),
  };
}

function evidenceJson(evidence: KeyEvidence): JsonObject {
  if (evidence.kind === "present") {
    const { index, entries, path } = evidence;
    return { present: { index, entries, path: path.map(encodeHex) } };
  }
  return { absent: { left: leafJson(evidence.left), right: leafJson(evidence.right) } };
}

function leafJson(leaf: LeafProof | null): JsonObject | null {
  if (leaf === null) return null;
  const { index, count, path } = leaf;
  return { index, key: encodeHex(leaf.key), count, list: encodeHex(leaf.list), path: path.map(encodeHex) };
}

const FILE_MEMBERS = ["canopy_proof", "statement", "by", "resource", "checkpoint", "meta", "runs", "entries"];

function parseJson(bytes: Uint8Array): JsonValue {
  try {
    return parseStrictJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new ProofRefused(error instanceof Error && "code" in error ? error.message : "a proof must be UTF-8", "");
  }
}

function statementOf(value: JsonValue | undefined): Statement {
  const at = "statement";
  const statement = members(value, at, ["claim", "where", "except_agent", "tenant", "from", "to"]);
  const time = (name: string): number | null => {
    const text = statement[name];
    const read = typeof text === "string" ? parsePlainTime(text) : null;
    if (text !== null && read === null) {
      throw new ProofRefused("a time must be null or be written as `2026-11-23T08:35:45Z`", `${at}.${name}`);
    }
    return read;
  };
  const optional = (name: string): string | null =>
    statement[name] === null ? null : valueOf(statement[name], `${at}.${name}`);
  return {
    claim: oneOf(statement["claim"], ["absent", "present"], `${at}.claim`),
    where: whereOf(statement["where"], `${at}.where`),
    except_agent: optional("except_agent"),
    tenant: optional("tenant"),
    from: time("from"),
    to: time("to"),
  };
}

function whereOf(value: JsonValue | undefined, at: string): Statement["where"] {
  if (!isJsonObject(value) || Object.keys(value).length === 0) {
    throw new ProofRefused("expected an object that names at least one member", at);
  }
  const where: Partial<Record<WhereMember, string>> = {};
  for (const [name, named] of Object.entries(value)) {
    where[oneOf(name, WHERE_MEMBERS, at)] = valueOf(named, `${at}.${name}`);
  }
  return where;
}

function resourceOf(value: JsonValue | undefined): NamedResource {
  const { name, key } = members(value, "resource", ["name", "key"]);
  return {
    name: valueOf(name, "resource.name"),
    key: key === null ? null : hashOf(key, "resource.key"),
  };
}

function shownLineOf(value: JsonValue | undefined, at: string): ShownLine {
  const { index, line, path } = members(value, at, ["index", "line", "path"]);
  const text = textOf(line, `${at}.line`, 1_048_576);
  if (text.includes("\n") || text.endsWith("\r")) throw new ProofRefused("a line stands without its end", `${at}.line`);
  return { index: countOf(index, `${at}.index`), line: text, path: pathOf(path, `${at}.path`) };
}

function shownRunOf(value: JsonValue, at: string): ShownRun {
  const { position, record, path, shown } = members(value, at, ["position", "record", "path", "shown"]);
  const read = record === undefined ? null : parseRunRecord(record);
  if (read === null) throw new ProofRefused("not a run record", `${at}.record`);
  return {
    position: countOf(position, `${at}.position`),
    record: read,
    path: pathOf(path, `${at}.path`),
    shown: shown === "skipped" ? "skipped" : evidenceOf(shown, `${at}.shown`),
  };
}

function evidenceOf(value: JsonValue | undefined, at: string): KeyEvidence {
  if (isJsonObject(value) && value["absent"] !== undefined) {
    const { absent } = members(value, at, ["absent"]);
    const { left, right } = members(absent, `${at}.absent`, ["left", "right"]);
    return { kind: "absent", left: leafOf(left, `${at}.absent.left`), right: leafOf(right, `${at}.absent.right`) };
  }
  const { present } = members(value, at, ["present"]);
  const { index, entries, path } = members(present, `${at}.present`, ["index", "entries", "path"]);
  return {
    kind: "present",
    index: countOf(index, `${at}.present.index`),
    entries: listOf(entries, `${at}.present.entries`, MAX_ENTRIES).map((entry) =>
      countOf(entry, `${at}.present.entries`),
    ),
    path: pathOf(path, `${at}.present.path`),
  };
}

function leafOf(value: JsonValue | undefined, at: string): LeafProof | null {
  if (value === null) return null;
  const { index, key, count, list, path } = members(value, at, ["index", "key", "count", "list", "path"]);
  return {
    index: countOf(index, `${at}.index`),
    key: hashOf(key, `${at}.key`),
    count: countOf(count, `${at}.count`),
    list: hashOf(list, `${at}.list`),
    path: pathOf(path, `${at}.path`),
  };
}

/** An object with exactly these members. */
function members(value: JsonValue | undefined, at: string, names: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new ProofRefused("expected an object", at);
  const missing = names.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw new ProofRefused(`expected a member \`${missing}\``, at);
  if (Object.keys(value).length !== names.length) throw new ProofRefused(`expected only ${names.join(", ")}`, at);
  return value;
}

function listOf(value: JsonValue | undefined, at: string, longest: number): readonly JsonValue[] {
  if (!Array.isArray(value) || value.length > longest)
    throw new ProofRefused(`expected a list of at most ${longest}`, at);
  return value;
}

function pathOf(value: JsonValue | undefined, at: string): readonly Uint8Array[] {
  return listOf(value, at, MAX_PATH).map((item) => hashOf(item, at));
}

function hashOf(value: JsonValue | undefined, at: string): Uint8Array {
  if (!isHash(value)) throw new ProofRefused("expected 64 lower-case hex digits", at);
  return hashBytes(value);
}

function countOf(value: JsonValue | undefined, at: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return value;
  throw new ProofRefused("expected a whole number from 0", at);
}

function textOf(value: JsonValue | undefined, at: string, longest: number): string {
  if (typeof value === "string" && value.length <= longest && !LONE_SURROGATE.test(value)) return value;
  throw new ProofRefused(`expected text of at most ${longest} characters`, at);
}

function valueOf(value: JsonValue | undefined, at: string): string {
  const text = textOf(value, at, MAX_TEXT);
  if (text === "") throw new ProofRefused("expected text that is not empty", at);
  return text;
}

function oneOf<Name extends string>(value: JsonValue | undefined, names: readonly Name[], at: string): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new ProofRefused(`expected one of ${names.join(", ")}`, at);
  return found;
}
