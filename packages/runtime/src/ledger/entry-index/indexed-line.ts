// A line of the log as the index reads it. Every line of any log has one reading, whatever stands in it:
//
// - It is readable when it is at most 1 MiB of valid UTF-8 without a byte order mark, one JSON object (RFC 8259) nested
//   at most 128 deep, in which no member of the outermost object stands twice.
// - Of it count `timestamp` and the members below. Absent, null and empty ones give nothing.
// - It is odd when it isn't readable, when one of these members has another type or holds a lone surrogate, or when it
//   has no time. An odd line has the key `line` = `odd`, and besides it those of the members that are as they should be.

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { isHash } from "../chain.ts";
import { parseEntryTime } from "./entry-time.ts";
import { INDEX_FIELDS, type IndexField, type IndexTerm } from "./index-key.ts";

/** What the index knows of a line. */
export interface IndexedLine {
  /** Seconds since 1970, or null when it has no time that can be read. */
  readonly time: number | null;
  readonly odd: boolean;
  readonly tenant: string;
  readonly trace_id: string;
  readonly avid: string;
  readonly action_type: string;
  readonly decision: string;
  readonly incident_id: string;
  readonly event: string;
  /** Without repetitions. */
  readonly resources: readonly string[];
  /** Of a `checkpoint_meta` entry: the commitment to the key that resource keys are made with. Else empty. */
  readonly resource_key: string;
}

/** The longest line that is read, in bytes. */
export const MAX_LINE = 1_048_576;

/** The deepest nesting that is read. */
const MAX_DEPTH = 128;

const LONE_SURROGATE = /\p{Surrogate}/u;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const UNREADABLE: IndexedLine = {
  time: null,
  odd: true,
  tenant: "",
  trace_id: "",
  avid: "",
  action_type: "",
  decision: "",
  incident_id: "",
  event: "",
  resources: [],
  resource_key: "",
};

/** Read a line, without its line feed; a carriage return at its end isn't part of it. Total. Cost: linear. */
export function readIndexedLine(line: Uint8Array): IndexedLine {
  const members = readMembers(line);
  if (members === null) return UNREADABLE;
  let odd = false;
  const text = (name: string): string => {
    const value = members[name];
    if (value === undefined || value === null) return "";
    if (isText(value)) return value;
    odd = true;
    return "";
  };
  const time = parseEntryTime(text("timestamp"));
  const resources = new Set<string>();
  for (const item of listOf(members["resource_keys"])) {
    if (isText(item) && item !== "") resources.add(item);
    else odd = true;
  }
  const event = text("event");
  const commitment = members["resource_key_commitment"];
  const read = {
    time,
    tenant: text("tenant_id"),
    trace_id: text("trace_id"),
    avid: text("avid"),
    action_type: text("action_type"),
    decision: text("decision"),
    incident_id: text("incident_id"),
    event,
    resources: [...resources],
    resource_key: event === "checkpoint_meta" && isHash(commitment) ? commitment : "",
  };
  return { ...read, odd: odd || time === null };
}

/** What a line is found by, in the order of the fields, for the whole log and, if it has one, for its tenant. No term stands twice. */
export function termsOfLine(line: IndexedLine): readonly IndexTerm[] {
  return [...commonTerms(line), ...ownTerms(line)].toSorted((a, b) => placeOf(a) - placeOf(b));
}

function placeOf({ field }: IndexTerm): number {
  return INDEX_FIELDS.indexOf(field);
}

/** Those of its terms that few lines of a log differ in: all follow from five members. */
export function commonTerms({ tenant, avid, action_type, decision, event }: IndexedLine): readonly IndexTerm[] {
  const terms = new TermList(tenant);
  terms.add("avid", avid);
  terms.add("action_type", action_type);
  terms.add("decision", decision);
  terms.add("avid+action_type", avid, action_type);
  terms.add("avid+decision", avid, decision);
  terms.add("event", event);
  return terms.terms;
}

/** The others. */
export function ownTerms({ tenant, trace_id, incident_id, resources, odd }: IndexedLine): readonly IndexTerm[] {
  const terms = new TermList(tenant);
  terms.add("trace_id", trace_id);
  terms.add("incident_id", incident_id);
  for (const resource of resources) terms.add("resource", resource);
  if (odd) terms.terms.push({ field: "line", tenant: "", values: ["odd"] });
  return terms.terms;
}

/** Terms, each for the whole log and for the line's tenant. */
class TermList {
  readonly terms: IndexTerm[] = [];
  readonly #tenant: string;

  constructor(tenant: string) {
    this.#tenant = tenant;
  }

  add(field: IndexField, ...values: readonly string[]): void {
    if (values.includes("")) return;
    this.terms.push({ field, tenant: "", values });
    if (this.#tenant !== "") this.terms.push({ field, tenant: this.#tenant, values });
  }
}

function isText(value: JsonValue): value is string {
  return typeof value === "string" && !LONE_SURROGATE.test(value);
}

/** The items of a list; what is no list counts as one item that is no text. */
function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [false];
}

function readMembers(stored: Uint8Array): JsonObject | null {
  const line = stored.at(-1) === CARRIAGE_RETURN ? stored.subarray(0, -1) : stored;
  if (line.length > MAX_LINE) return null;
  let value: JsonValue;
  let text: string;
  try {
    text = utf8.decode(line);
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isJsonObject(value)) return null;
  return namesInOutermost(text) === Object.keys(value).length ? value : null;
}

const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How many members the outermost object of valid JSON has, repeated ones too; -1 when it is nested too deep. */
function namesInOutermost(text: string): number {
  let depth = 0;
  let names = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON && depth === 1) names += 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    if (depth > MAX_DEPTH) return -1;
  }
  return names;
}

/** Offset of the quote that ends the string begun at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1 || end < 0) return end < 0 ? text.length : end;
  }
}
