// Calls inside of a call: batches, parallel calls, protocol envelopes, steps of a workflow. Each is an action of its own.
//
// Shapes in use (members stand under many names; arguments may be JSON text):
//
//   {"tool_uses": [{"recipient_name": "functions.exec", "parameters": {…}}]}
//   {"tool_calls": [{"type": "function", "function": {"name": "exec", "arguments": "{…}"}}]}
//   {"type": "tool_use", "name": "exec", "input": {…}}     {"method": "tools/call", "params": {"name": …, "arguments": {…}}}
//   {"steps": [{"tool": "exec", "args": {…}}]}             {"action": "exec", "action_input": "…"}
//   {"calls": [{"exec": {…}}, ["exec", {…}]]}              {"steps": [{"name": "…", "run": "…"}]}

import { lookUpType, type TypeRegistry } from "./action-types.ts";
import { readName } from "./action-words.ts";
import { foldName } from "./effects/text.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { wordSet } from "./word-set.ts";

/** A call found in a payload. */
export interface ToolCall {
  readonly type: string;
  readonly payload: JsonValue;
}

/** The calls of a payload, and what stands around them. */
export interface CallReading {
  readonly calls: readonly ToolCall[];
  /** The members that belong to no call. */
  readonly rest: JsonObject;
  readonly doubts: readonly string[];
}

/**
 * How surely an object is a call: `sure` in a type or a member that holds nothing else, `list` in a member that often
 * holds calls, `loose` anywhere else in a type that may run things, `never` where a payload is data.
 */
export type Sureness = "never" | "loose" | "list" | "sure";

const MAX_CALLS = 256;
const MAX_DEPTH = 12;
const LONGEST_NAME = 128;

/** Members that name a tool and nothing else. */
const TOOL_NAMES = wordSet(
  "recipientname toolname tool toolid functionname function actiontype actionname tooltype skill skillname fn func handler operationid",
);
/** Members that name a tool only beside its arguments. */
const LOOSE_NAMES = wordSet("name action method operation op type command uses kind verb task step call");
/** Members that hold a call's arguments. */
const ARGUMENTS = wordSet(
  "parameters arguments args input inputs kwargs toolinput toolargs toolarguments toolparameters actioninput actionpayload actionargs functionargs",
);
/** Members that hold arguments where a call is expected. */
const LOOSE_ARGUMENTS = wordSet("params payload data options body props config request values with");
/** Members around a call that say nothing of what it does. */
const ASIDE = wordSet(
  "id callid toolcallid tooluseid index server servername type status reason explanation description thought thoughts observation log jsonrpc label title dependson needs after priority cachecontrol",
);
/** Values that say that something is a call, not which. */
const ENVELOPES = wordSet(
  "function tooluse toolcall functioncall mcpcall mcptoolcall servertooluse mcptooluse call tool action step task customtoolcall toolscall job node request object",
);
/** Members that hold nothing but calls, whatever the type. */
const CALL_LISTS = wordSet(
  "tooluses toolcalls functioncalls functioncall tooluse toolcall invocations toolinvocations toolrequests",
);
/** Members that often hold calls. */
const LOOSE_LISTS = wordSet(
  "calls actions steps operations tasks jobs requests batch queue pipeline workflow plan nodes stages ops parallel sequence chain then next children branches job task step action",
);
/** Members that hold a command in a list of steps. */
const RUN_MEMBERS = wordSet("run shell bash sh exec cmd command script");
/** Kinds of tools that a step which names no arguments may stand for. */
const TELLING_VERBS = wordSet("exec fs.write fs.delete net db");

/** Whether a member of that name holds nothing but calls. Cost: linear in the name. */
export function namesCalls(member: string): boolean {
  return CALL_LISTS.has(foldName(member));
}

interface Search {
  readonly registry: TypeRegistry | null;
  readonly calls: ToolCall[];
  readonly doubts: string[];
}

/**
 * Find the calls in a payload.
 *
 * @param sureness how its own members are to be taken.
 * Cost: linear in the payload.
 */
export function readCalls(members: JsonObject, sureness: Sureness, registry: TypeRegistry | null): CallReading {
  const search: Search = { registry, calls: [], doubts: [] };
  const left = sureness === "never" ? searchCallLists(members, search) : searchObject(members, sureness, search, 0);
  if (search.calls.length > MAX_CALLS) {
    search.calls.length = MAX_CALLS;
    search.doubts.push(`more than ${MAX_CALLS} calls in one`);
  }
  return { calls: search.calls, rest: isJsonObject(left) ? left : {}, doubts: search.doubts };
}

// A payload of data holds calls only where its first members say so: what lies deeper is somebody's text.
function searchCallLists(members: JsonObject, search: Search): JsonObject {
  const names = Object.keys(members).filter((name) => CALL_LISTS.has(foldName(name)) || holdsToolUse(members[name]));
  if (names.length === 0) return members;
  const left = Object.entries(members).flatMap(([name, value]): readonly (readonly [string, JsonValue])[] => {
    const found = names.includes(name) ? searchValue(value, "sure", search, 1) : value;
    return found === undefined ? [] : [[name, found]];
  });
  return Object.fromEntries(left);
}

/** Kinds of content that are a call in the protocols of models. */
const CONTENT_CALLS = wordSet("tooluse toolcall functioncall servertooluse mcptooluse");

function holdsToolUse(value: JsonValue | undefined): boolean {
  if (!Array.isArray(value)) return false;
  const items: readonly JsonValue[] = value;
  return items.some((item) => {
    const type = isJsonObject(item) ? item["type"] : null;
    return typeof type === "string" && CONTENT_CALLS.has(foldName(type));
  });
}

// What is left of a value after its calls were taken out; undefined when nothing is.
function searchValue(value: JsonValue, sureness: Sureness, search: Search, depth: number): JsonValue | undefined {
  if (typeof value === "string") {
    const written = sureness === "sure" || sureness === "list" ? fromJsonText(value) : null;
    if (written === null) {
      if (sureness === "sure" && isUnreadable(value)) doubt(search, "calls in a text that can't be read");
      return value;
    }
    const left = searchValue(written, sureness, search, depth + 1);
    return left === written ? value : left;
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) {
    if (sureness !== "never") search.doubts.push("calls are nested too deep to be read");
    return value;
  }
  return isJsonObject(value)
    ? searchObject(value, sureness, search, depth)
    : searchList([...value], sureness, search, depth);
}

function searchList(
  items: readonly JsonValue[],
  sureness: Sureness,
  search: Search,
  depth: number,
): JsonValue | undefined {
  const [first, second, third] = items;
  if (sureness === "sure" && typeof first === "string" && isArguments(second) && third === undefined) {
    addCall(first, second, search);
    return undefined;
  }
  const left: JsonValue[] = [];
  for (const item of items) {
    const before = search.calls.length;
    const found = searchValue(item, sureness, search, depth + 1);
    if (found === undefined) continue;
    left.push(found);
    if (sureness === "sure" && search.calls.length === before && search.doubts.length < 8)
      search.doubts.push("an item that can't be read as a call");
  }
  return left.length === 0 && items.length > 0 ? undefined : left;
}

function isArguments(value: JsonValue | undefined): value is JsonValue {
  return typeof value === "object" && value !== null;
}

function searchObject(object: JsonObject, sureness: Sureness, search: Search, depth: number): JsonValue | undefined {
  const entries = Object.entries(object).map(([name, value]) => ({ name, key: foldName(name), value }));
  if (sureness !== "never" && takeCall(entries, sureness, search, depth)) return undefined;
  let changed = false;
  const left: [string, JsonValue][] = [];
  for (const { name, key, value } of entries) {
    if (typeof value !== "object" && typeof value !== "string") {
      left.push([name, value]);
      continue;
    }
    const found = searchValue(value, within(key, sureness), search, depth + 1);
    if (found !== undefined) left.push([name, found]);
    changed ||= found !== value;
  }
  return changed ? Object.fromEntries(left) : object;
}

function within(key: string, sureness: Sureness): Sureness {
  if (sureness === "sure" || CALL_LISTS.has(key)) return "sure";
  return sureness === "loose" && LOOSE_LISTS.has(key) ? "list" : sureness;
}

interface Entry {
  readonly name: string;
  readonly key: string;
  readonly value: JsonValue;
}

interface TextEntry extends Entry {
  readonly value: string;
}

// Whether the members are a call; then it was added.
function takeCall(entries: readonly Entry[], sureness: Sureness, search: Search, depth: number): boolean {
  const names = namesAmong(entries, sureness, search);
  for (const name of names) addCall(name.value, payloadOf(entries, name, sureness), search);
  if (names.length > 0 && entries.some((entry) => isText(entry) && ARGUMENTS.has(entry.key) && isBroken(entry.value)))
    doubt(search, "arguments of a call that can't be read");
  // `{"command": "ls", "run": "…"}`: a word that a tool is called by may be a command itself.
  const isRun = (entry: Entry): boolean => !names.some((name) => name === entry) && holdsRun(entry);
  if (names.some(({ key }) => key === "command") && entries.some(isRun)) takeRun(entries, search);
  if (names.length > 0) {
    // `{"tool": …, "args": …, "then": [{"tool": …}]}`: what stands beside the arguments may be calls again.
    for (const { key, value } of entries) {
      if (!ARGUMENTS.has(key) && typeof value === "object")
        searchValue(value, within(key, sureness), search, depth + 1);
    }
    return true;
  }
  if (sureness === "loose") return false;
  return takeRun(entries, search) || (sureness === "sure" && takeUnusualCall(entries, search));
}

// `{"name": "…", "run": "…"}`: a step that is a command.
function takeRun(entries: readonly Entry[], search: Search): boolean {
  if (!entries.some(holdsRun)) return false;
  const told = entries.filter(({ key }) => !ASIDE.has(key) && key !== "name");
  const runs = told.filter(({ key }) => key === "run");
  if (runs.length < 2 && !told.some(({ name }) => name === "command")) {
    addCall("execute_shell", objectOf(told.map((entry) => (entry.key === "run" ? asCommand(entry) : entry))), search);
    return true;
  }
  // What is run stands beside another command: which of them a runner takes is not said, so each is a call.
  const others = told.filter(({ key }) => key !== "run");
  addCall("execute_shell", objectOf(others), search);
  for (const run of runs)
    addCall("execute_shell", objectOf([...others.filter(({ name }) => name !== "command"), asCommand(run)]), search);
  return true;
}

function asCommand(entry: Entry): Entry {
  return { ...entry, name: "command" };
}

function objectOf(entries: readonly Entry[]): JsonObject {
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

function holdsRun({ key, value }: Entry): boolean {
  return RUN_MEMBERS.has(key) && isTexts(value);
}

function isTexts(value: JsonValue): boolean {
  if (typeof value === "string") return true;
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
}

// `{"exec": {…}}`, or a name that stands under a word of many meanings: `{"op": "delete", "path": …}`.
function takeUnusualCall(entries: readonly Entry[], search: Search): boolean {
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && isKeyedCall(only, search.registry)) {
    addCall(only.name, only.value, search);
    return true;
  }
  const name = entries.find((entry) => isText(entry) && LOOSE_NAMES.has(entry.key) && isOneWord(entry.value));
  if (name === undefined || !isText(name)) return false;
  addCall(name.value, payloadOf(entries, name, "sure"), search);
  return true;
}

function isKeyedCall({ name, key, value }: Entry, registry: TypeRegistry | null): boolean {
  return value !== null && !CALL_LISTS.has(key) && !LOOSE_LISTS.has(key) && lookUpType(name, registry) !== null;
}

function isText(entry: Entry): entry is TextEntry {
  return typeof entry.value === "string";
}

function isOneWord(text: string): boolean {
  return isUsableName(text) && /^\S+$/.test(text);
}

function namesAmong(entries: readonly Entry[], sureness: Sureness, { registry }: Search): readonly TextEntry[] {
  const texts = entries.filter(isText).filter(({ value }) => isUsableName(value));
  const expected = sureness !== "loose";
  const hasArguments = entries.some(
    ({ key, value }) => (ARGUMENTS.has(key) || (expected && LOOSE_ARGUMENTS.has(key))) && value !== null,
  );
  const tools = texts.filter(({ key }) => TOOL_NAMES.has(key));
  if (sureness === "sure" || hasArguments) {
    if (tools.length > 0) return tools;
  } else {
    const telling = tools.filter(({ value }) => TELLING_VERBS.has(lookUpType(value, registry)?.verb ?? ""));
    if (telling.length > 0) return telling;
  }
  if (!hasArguments && sureness !== "sure") return [];
  return texts.filter(
    ({ key, value }) => LOOSE_NAMES.has(key) && (expected || key !== "command") && isToolName(value, registry),
  );
}

function isUsableName(text: string): boolean {
  return text.trim() !== "" && text.length <= LONGEST_NAME && !ENVELOPES.has(foldName(text));
}

function isToolName(name: string, registry: TypeRegistry | null): boolean {
  if (/\s/.test(name.trim())) return false;
  if (lookUpType(name, registry) !== null) return true;
  return /[a-z][_.:/-][a-z]|[a-z][A-Z]/.test(name) && readName(name).changing;
}

// The arguments alone when nothing else stands beside the name; else everything but the name.
function payloadOf(entries: readonly Entry[], name: Entry, sureness: Sureness): JsonValue {
  const others = entries.filter((entry) => entry !== name && !ASIDE.has(entry.key));
  const [only] = others;
  const holds = (key: string): boolean => ARGUMENTS.has(key) || (sureness !== "loose" && LOOSE_ARGUMENTS.has(key));
  if (others.length === 1 && only !== undefined && holds(only.key)) {
    return typeof only.value === "string" ? (fromJsonText(only.value) ?? only.value) : only.value;
  }
  return objectOf(others);
}

function addCall(type: string, payload: JsonValue, search: Search): void {
  search.calls.push({ type, payload });
}

// Some senders write JSON into a text of JSON, and that again.
function fromJsonText(text: string, rounds = 3): JsonObject | readonly JsonValue[] | null {
  if (!/^\s*[{["]/.test(text)) return null;
  try {
    const value: JsonValue = JSON.parse(text);
    if (typeof value === "string") return rounds > 0 ? fromJsonText(value, rounds - 1) : null;
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}

// Text that stands where a document should and is none, in JSON: a reader that is less strict may still find one.
function isBroken(text: string): boolean {
  return /^\s*[{["]/.test(text) && fromJsonText(text) === null;
}

// The same for text that stands where calls should: lines or marks of another notation.
function isUnreadable(text: string): boolean {
  return isBroken(text) || /[\n(<]|:\s/.test(text.trim());
}

function doubt(search: Search, text: string): void {
  if (!search.doubts.includes(text)) search.doubts.push(text);
}
