// Reading a line the quick way: one pass over its bytes, which makes no value of what isn't asked for.
//
// It takes lines as this project writes them: no spaces, names of the outermost object in ascending order (`entry_hash`
// last), the members that count as plain ASCII text. What it takes, `readIndexedLine` reads the same, whoever wrote the line:
// all of it is checked to be JSON, to be UTF-8, and to name no member twice. Whatever else there is it leaves to that.

import { isHash } from "../chain.ts";
import { parseEntryTime } from "./entry-time.ts";
import { MAX_LINE, type IndexedLine } from "./indexed-line.ts";

/** What a scanner needs of the machine. */
export interface ScanHost {
  /** Bytes, all of them ASCII, as text. */
  readonly latin1: (bytes: Uint8Array, start: number, end: number) => string;
  /** Whether bytes are well-formed UTF-8. */
  readonly isUtf8: (bytes: Uint8Array) => boolean;
}

/** Gives what the index knows of a line, or null when the line is to be read in full. Cost: linear, a few ns a byte. */
export type ScanLine = (line: Uint8Array) => IndexedLine | null;

const TEXTS = ["tenant_id", "trace_id", "avid", "action_type", "decision", "incident_id", "event"] as const;
const TIME = "timestamp";
const RESOURCES = "resource_keys";
const COMMITMENT = "resource_key_commitment";
const WANTED = [...TEXTS, TIME, RESOURCES, COMMITMENT] as const;
type Wanted = (typeof WANTED)[number];

interface WantedName {
  readonly name: Wanted;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const LAST_NAME = encoder.encode("entry_hash");

/** Names by their length. */
const BY_LENGTH: readonly (readonly WantedName[])[] = Array.from({ length: 32 }, (_, length) =>
  WANTED.filter((name) => name.length === length).map((name) => ({ name, bytes: encoder.encode(name) })),
);

/** Nesting that is followed here; less than what a line may have. */
const DEPTH = 32;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Bytes that stand for themselves in text: 1 for ASCII, 2 for parts of other characters. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) return 0;
  return byte < 0x80 ? 1 : 2;
});
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const WORDS = ["true", "false", "null"].map((word) => encoder.encode(word));
const NULL = encoder.encode("null");

/** What isn't as expected. No byte stands there, so that whoever looks for one after it finds none. */
const ODD = -1;

/** A scanner. It remembers the last time that it read: neighbouring entries often have the same. */
export function lineScanner(host: ScanHost): ScanLine {
  const timeOf = rememberedTime();
  return (line) => {
    if (line.length > MAX_LINE || line[0] !== OPEN_OBJECT || !host.isUtf8(line)) return null;
    const found = membersOf(line, host);
    if (found === null) return null;
    const time = timeOf(found.timestamp);
    const { resource_key_commitment: commitment } = found;
    return {
      time,
      odd: time === null,
      tenant: found.tenant_id,
      trace_id: found.trace_id,
      avid: found.avid,
      action_type: found.action_type,
      decision: found.decision,
      incident_id: found.incident_id,
      event: found.event,
      resources: found.resource_keys,
      resource_key: found.event === "checkpoint_meta" && isHash(commitment) ? commitment : "",
    };
  };
}

type Found = { [Name in Exclude<Wanted, typeof RESOURCES>]: string } & { resource_keys: readonly string[] };

/** The members that count, once the whole line was seen to be as expected. */
function membersOf(line: Uint8Array, host: ScanHost): Found | null {
  const found: Found = {
    tenant_id: "",
    trace_id: "",
    avid: "",
    action_type: "",
    decision: "",
    incident_id: "",
    event: "",
    timestamp: "",
    resource_key_commitment: "",
    resource_keys: [],
  };
  // Where the name before begins, which each but the last must come after; the first quote ends an empty one.
  let before = 1;
  for (let at = 0; ;) {
    const start = at + 2;
    const end = endOfPlain(line, start);
    // `at` stands on the brace, or on the comma before a member.
    if (line[at + 1] !== QUOTE || line[end] !== QUOTE || line[end + 1] !== COLON) return null;
    const isLast = isAt(line, start, end, LAST_NAME);
    if (!isLast && !isAfter(line, start, before)) return null;
    const wanted = wantedAt(line, start, end);
    const value = end + 2;
    at = wanted === null ? endOfValue(line, value, 1) : take(found, wanted, { line, value, host });
    if (line[at] === CLOSE_OBJECT) return at + 1 === line.length ? found : null;
    if (isLast || line[at] !== COMMA) return null;
    before = start;
  }
}

interface Place {
  readonly line: Uint8Array;
  readonly value: number;
  readonly host: ScanHost;
}

/** Take a member that counts. Gives where its value ends. */
function take(found: Found, name: Wanted, place: Place): number {
  const { line, value, host } = place;
  if (isAt(line, value, value + 4, NULL)) return value + 4;
  if (name === RESOURCES) return takeList(found, place);
  if (line[value] !== QUOTE) return ODD;
  const end = endOfPlain(line, value + 1);
  if (line[end] !== QUOTE) return ODD;
  found[name] = host.latin1(line, value + 1, end);
  return end + 1;
}

function takeList(found: Found, { line, value, host }: Place): number {
  if (line[value] !== OPEN_LIST) return ODD;
  if (line[value + 1] === CLOSE_LIST) return value + 2;
  const items = new Set<string>();
  for (let at = value; ;) {
    const end = endOfPlain(line, at + 2);
    if (line[at + 1] !== QUOTE || line[end] !== QUOTE || end === at + 2) return ODD;
    items.add(host.latin1(line, at + 2, end));
    at = end + 1;
    if (line[at] === CLOSE_LIST) {
      found.resource_keys = [...items];
      return at + 1;
    }
    if (line[at] !== COMMA) return ODD;
  }
}

function wantedAt(line: Uint8Array, start: number, end: number): Wanted | null {
  for (const { name, bytes } of BY_LENGTH[end - start] ?? []) if (isAt(line, start, end, bytes)) return name;
  return null;
}

function endOfValue(line: Uint8Array, at: number, depth: number): number {
  switch (line[at]) {
    case QUOTE:
      return endOfText(line, at);
    case OPEN_OBJECT:
      return depth < DEPTH ? endOfObject(line, at, depth + 1) : ODD;
    case OPEN_LIST:
      return depth < DEPTH ? endOfList(line, at, depth + 1) : ODD;
    default:
      return endOfNumberOrWord(line, at);
  }
}

function endOfObject(line: Uint8Array, start: number, depth: number): number {
  if (line[start + 1] === CLOSE_OBJECT) return start + 2;
  for (let at = start; ;) {
    if (line[at + 1] !== QUOTE) return ODD;
    const nameEnd = endOfText(line, at + 1);
    if (line[nameEnd] !== COLON) return ODD;
    at = endOfValue(line, nameEnd + 1, depth);
    if (line[at] === CLOSE_OBJECT) return at + 1;
    if (line[at] !== COMMA) return ODD;
  }
}

function endOfList(line: Uint8Array, start: number, depth: number): number {
  if (line[start + 1] === CLOSE_LIST) return start + 2;
  for (let at = start; ;) {
    at = endOfValue(line, at + 1, depth);
    if (line[at] === CLOSE_LIST) return at + 1;
    if (line[at] !== COMMA) return ODD;
  }
}

/** The end of text that begins with the quote at `start`. */
function endOfText(line: Uint8Array, start: number): number {
  for (let at = start + 1; ;) {
    while (PLAIN[line[at] ?? 0] !== 0) at += 1;
    if (line[at] === QUOTE) return at + 1;
    if (line[at] !== BACKSLASH) return ODD;
    const escaped = line[at + 1] ?? 0;
    if (ESCAPED[escaped] === 1) at += 2;
    else if (escaped === 0x75 && [2, 3, 4, 5].every((of) => isHexDigit(line[at + of] ?? 0))) at += 6;
    else return ODD;
  }
}

/** Where plain ASCII text ends. */
function endOfPlain(line: Uint8Array, start: number): number {
  let at = start;
  while (PLAIN[line[at] ?? 0] === 1) at += 1;
  return at;
}

/** Integers only; others are for the full reading. */
function endOfNumberOrWord(line: Uint8Array, start: number): number {
  let at = line[start] === MINUS ? start + 1 : start;
  const first = line[at] ?? 0;
  if (first >= ZERO && first <= NINE) {
    at += 1;
    if (first !== ZERO) while (isDigit(line[at] ?? 0)) at += 1;
    return at;
  }
  const word = WORDS.find((each) => isAt(line, start, start + each.length, each));
  return word === undefined ? ODD : start + word.length;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

function isAt(line: Uint8Array, start: number, end: number, bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined || end - start !== bytes.length) return false;
  for (let at = 0; at < bytes.length; at += 1) if (line[start + at] !== bytes[at]) return false;
  return true;
}

/** Whether the name at `start` comes after that at `other`, by its bytes; a quote ends each. */
function isAfter(line: Uint8Array, start: number, other: number): boolean {
  for (let at = 0; ; at += 1) {
    const [one = QUOTE, two = QUOTE] = [line[start + at], line[other + at]];
    if (two === QUOTE) return one !== QUOTE;
    if (one !== two) return one !== QUOTE && one > two;
  }
}

function rememberedTime(): (text: string) => number | null {
  let last = "";
  let time: number | null = null;
  return (text) => {
    if (text !== last) {
      time = parseEntryTime(text);
      last = text;
    }
    return time;
  };
}
