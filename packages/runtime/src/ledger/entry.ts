// Writing an entry: the canonical bytes that are hashed and stored.
//
// Members are sorted by code point at every level, without spaces; text is raw UTF-8 with only \" \\ \b \f \n \r \t
// and \u00xx escaped; `entry_hash` comes last. Allowed: text without lone surrogates, booleans, null, safe integers,
// arrays, objects with printable ASCII member names. Refused: everything else, because two readers could then
// disagree about what was hashed.
//
// What is only known under the lock (`prev_hash`, `seq`, `payload_ref`) is left open by `prepareEntry` and filled in
// by `sealEntry`, so that the costly part happens before.

import { sortedNames } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import { isJsonList, type JsonObject, type JsonValue } from "../core/json.ts";
import { entryHash, HASH_PREFIX, type Sha256Hex } from "./chain.ts";

/** The largest line we write, in UTF-16 units. */
export const MAX_ENTRY_LENGTH = 262_144;

/** The deepest nesting we write. */
export const MAX_ENTRY_DEPTH = 64;

/** The member of the last entry of a batch that shows whose home wrote the batch; it follows `seq` at once. */
export const MAC_MEMBER = "seq_mac";

/** Members that the ledger itself sets. */
export const LEDGER_MEMBERS: readonly string[] = [
  "entry_hash",
  "log_id",
  "payload_ref",
  "prev_hash",
  "schema_version",
  "seq",
  MAC_MEMBER,
];

/** The version of the entry format. */
export const SCHEMA_VERSION = 1;

/** An entry whose canonical text is ready but for what the lock decides. */
export interface PreparedEntry {
  /** Up to and with the name of `payload_ref` (or of `prev_hash` when there is none). */
  readonly head: string;
  /** Between `payload_ref` and `prev_hash`; null when no record is kept. */
  readonly afterRef: string | null;
  /** Between `prev_hash` and `seq`. */
  readonly afterPrev: string;
  /** After `seq`, without the closing brace. */
  readonly afterSeq: string;
  readonly logId: string;
}

/** What the lock decided for one entry. */
export interface EntrySeat {
  readonly prevHash: string;
  readonly seq: number;
  /** Where its record stands, or null. Printable ASCII without quotes. */
  readonly payloadRef: string | null;
  /** Where it is the last of a batch: gives the MAC of `prev_hash` and the entry's text without `seq_mac`. Plain text. */
  readonly mac?: (text: string) => string;
}

/** A line as it is stored, with its line feed, and its hash. */
export interface SealedEntry {
  readonly line: string;
  readonly entryHash: string;
  /** Null in an entry that ends no batch. */
  readonly mac: string | null;
}

/**
 * Write the members of a draft, leaving seats for what the lock decides.
 *
 * Cost: linear in the draft.
 *
 * @throws {CanopyError} `INVALID_ENTRY` for a value that has no canonical form here, and for members that the ledger sets.
 */
export function prepareEntry(draft: JsonObject, logId: string, withRecord: boolean): PreparedEntry {
  for (const member of LEDGER_MEMBERS) {
    if (draft[member] !== undefined) throw invalid(`member \`${member}\` is set by the ledger`, member);
  }
  const members = memberNames(draft);
  const before = (bound: string, from: number): [string, number] => {
    let text = "";
    let at = from;
    for (let name = members[at]; name !== undefined && name < bound; name = members[(at += 1)]) {
      text += `${writeMember(draft, name)},`;
    }
    return [text, at];
  };
  const [toLogId, a] = before("log_id", 0);
  const [toRef, b] = before("payload_ref", a);
  const [toPrev, c] = before("prev_hash", b);
  const [toVersion, d] = before("schema_version", c);
  const [toSeq, e] = before("seq", d);
  if ((members[e] ?? MAC_MEMBER) < MAC_MEMBER) {
    throw invalid(`no member may stand between \`seq\` and \`${MAC_MEMBER}\``, members[e] ?? "");
  }
  const [rest] = before("\uffff", e);
  const head = `{${toLogId}"log_id":${writeText(logId, "log_id")},${toRef}`;
  const prepared: PreparedEntry = {
    head: withRecord ? `${head}"payload_ref":"` : `${head}${toPrev}"prev_hash":"`,
    afterRef: withRecord ? `",${toPrev}"prev_hash":"` : null,
    afterPrev: `",${toVersion}"schema_version":${SCHEMA_VERSION},${toSeq}"seq":`,
    afterSeq: rest === "" ? "" : `,${rest.slice(0, -1)}`,
    logId,
  };
  const length = head.length + toPrev.length + prepared.afterPrev.length + rest.length;
  if (length > MAX_ENTRY_LENGTH) throw invalid(`it must be at most ${MAX_ENTRY_LENGTH} characters long`, "");
  return prepared;
}

/** Fill the seats of a prepared entry and hash it. Cost: one SHA-256 over the line; with a MAC, that too. */
export function sealEntry(prepared: PreparedEntry, seat: EntrySeat, sha256: Sha256Hex): SealedEntry {
  const ref = prepared.afterRef === null ? "" : `${seat.payloadRef ?? ""}${prepared.afterRef}`;
  const front = `${prepared.head}${ref}${seat.prevHash}${prepared.afterPrev}${seat.seq}`;
  const mac = seat.mac?.(`${seat.prevHash}${front}${prepared.afterSeq}}`) ?? null;
  const body = `${front}${mac === null ? "" : `,"${MAC_MEMBER}":"${mac}"`}${prepared.afterSeq}`;
  const hash = entryHash(seat.prevHash, `${body}}`, sha256);
  return { line: `${body}${HASH_PREFIX}${hash}"}\n`, entryHash: hash, mac };
}

/** Members that the ledger adds to a draft. */
export interface SealedMembers {
  readonly log_id: string;
  readonly prev_hash: string;
  readonly schema_version: number;
  readonly seq: number;
  readonly entry_hash: string;
  readonly seq_mac?: string;
}

/** The entry as its line will parse, but for the order of members. */
export function sealedMembers<Draft extends JsonObject>(
  draft: Draft,
  prepared: PreparedEntry,
  seat: EntrySeat,
  { entryHash: entry_hash, mac }: SealedEntry,
): Draft & SealedMembers {
  const members = {
    ...draft,
    log_id: prepared.logId,
    prev_hash: seat.prevHash,
    schema_version: SCHEMA_VERSION,
    seq: seat.seq,
    entry_hash,
    ...(mac !== null && { seq_mac: mac }),
  };
  return prepared.afterRef === null ? members : { ...members, payload_ref: seat.payloadRef };
}

function writeMember(object: JsonObject, name: string): string {
  return quotedName(name) + write(object[name], name, 1);
}

function write(value: JsonValue | undefined, at: string, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeText(value, at);
    case "number":
      if (!Number.isSafeInteger(value)) throw invalid("numbers must be safe integers; write others as text", at);
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= MAX_ENTRY_DEPTH) throw invalid(`nesting must be at most ${MAX_ENTRY_DEPTH} deep`, at);
      return isJsonList(value) ? writeList(value, at, depth) : writeObject(value, at, depth);
    default:
      throw invalid(`values must be JSON, not ${typeof value}`, at);
  }
}

function writeList(items: readonly JsonValue[], at: string, depth: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    text += index === 0 ? write(items[index], at, depth + 1) : `,${write(items[index], at, depth + 1)}`;
  }
  return `${text}]`;
}

function writeObject(object: JsonObject, at: string, depth: number): string {
  let text = "";
  for (const name of memberNames(object)) {
    text += (text === "" ? "{" : ",") + quotedName(name) + write(object[name], at, depth + 1);
  }
  return text === "" ? "{}" : `${text}}`;
}

const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

function writeText(text: string, at: string): string {
  if (text.length < 256 && PLAIN_TEXT.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) throw invalid("text must not hold lone surrogates", at);
  return JSON.stringify(text);
}

// Member names recur from entry to entry: each is looked at once. Bounded, because callers choose names.
const knownNames = new Map<string, string>();
const MAX_KNOWN_NAMES = 4096;

function memberNames(object: JsonObject): readonly string[] {
  const names = sortedNames(object);
  for (const name of names) if (!knownNames.has(name)) learnName(name);
  return names;
}

/** A name as it stands before its value. */
function quotedName(name: string): string {
  return knownNames.get(name) ?? `"${name}":`;
}

function learnName(name: string): void {
  // In a whole line this text stands once, so that whoever looks for it finds the ledger's own.
  if (name === MAC_MEMBER) throw invalid(`member \`${MAC_MEMBER}\` is set by the ledger`, name);
  if (!PLAIN_TEXT.test(name) || name.length > 256) {
    throw invalid("member names must be at most 256 printable ASCII characters without quote and backslash", name);
  }
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, `"${name}":`);
}

function invalid(expected: string, at: string): CanopyError {
  return new CanopyError("INVALID_ENTRY", `not an entry of the log: ${expected}`, {
    ...(at === "" ? {} : { at }),
    fix: "record only text, booleans, null, safe integers, lists and objects",
  });
}
