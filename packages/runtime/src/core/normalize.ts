// The door: an unknown input becomes an action, or is refused.
//
// The digest is SHA-256 over UTF-8 bytes:
//
//   "canopy-action-v1" ‖ RFC 8785 of {"action_type": <canonical type>, "cwd": <text or null>, "payload": <as received>}
//
// with nothing between the two parts. Refused are payloads that are no I-JSON or over 1 MiB in that form, and types that
// are no text, empty, over 256 characters, or hold control characters.

import type { Action, Verb } from "./action.ts";
import { lookUpType, registerTypes, type ActionType, type TypeRegistry } from "./action-types.ts";
import { namesTyping, readName } from "./action-words.ts";
import { canonicalJson } from "./canonical.ts";
import { CanopyError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { namesNotebook, readCells } from "./notebook-cells.ts";
import { asksForChange } from "./payload-operations.ts";
import { readPayload } from "./payload-fields.ts";
import { namesCalls, readCalls, type CallReading, type ToolCall } from "./tool-calls.ts";
import { wordSet } from "./word-set.ts";

/** The largest canonical payload, in bytes. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/** The longest action type, in UTF-16 code units. */
export const MAX_TYPE_LENGTH = 256;

const DIGEST_DOMAIN = "canopy-action-v1";

/** What an agent asks for, before anything is known of it. */
export interface ActionInput {
  readonly action_type: unknown;
  readonly action_payload: unknown;
  /** The working folder the call would run in. */
  readonly cwd?: string | null;
}

/** What normalizing needs from outside. */
export interface NormalizeTools {
  /** Lower-case hex SHA-256 of the text's UTF-8 bytes. */
  sha256Hex(text: string): string;
  /** Types that the active policy names or the integrator registered: names, or a registry made of them before. */
  readonly registered?: readonly string[] | TypeRegistry;
}

/**
 * Parse an action at the door. The result shares nothing with the input: later changes to the input change nothing.
 *
 * Cost: linear in the payload.
 * @throws {CanopyError} `INVALID_ACTION` when the input can't be an action.
 */
export function normalizeAction(input: ActionInput, tools: NormalizeTools): Action {
  const raw = parseType(input.action_type);
  const canonical = canonicalPayload(input.action_payload ?? null);
  const payload = reparse(canonical);
  const registry = registryOf(tools.registered);
  const { type, read } = readAction(raw, payload, registry);
  const given = parseFolder(input.cwd);
  const cwd = given ?? read.cwd;
  const text = `{"action_type":${canonicalJson(type.name)},"cwd":${canonicalJson(cwd)},"payload":${canonical}}`;
  const digest = `sha256:${tools.sha256Hex(DIGEST_DOMAIN + text)}`;
  const { calls, doubts } = nestedActions(read, { registry, canonical: text, digest, left: MAX_CALLS }, 1);
  const all = leavesFolder(given, read.cwd) ? [...doubts, OTHER_FOLDER] : doubts;
  return { ...read.parts, cwd, calls, doubts: all, canonical: text, digest };
}

const OTHER_FOLDER = "the payload names a working folder that is not below the one it would run in";

// Places are judged from the folder that the request gives; whoever runs the action may go by the payload's.
function leavesFolder(given: string | null, named: string | null): boolean {
  if (given === null || named === null || named === given) return false;
  if (/(?:^|[/\\])\.\.(?:$|[/\\])|[$`~:%*?]|^\\/.test(named)) return true;
  return named.startsWith("/") && !named.startsWith(given.endsWith("/") ? given : `${given}/`);
}

interface ReadAction {
  readonly type: ResolvedType;
  readonly read: {
    readonly parts: Omit<Action, "calls" | "doubts" | "cwd" | "canonical" | "digest">;
    readonly calls: readonly ToolCall[];
    readonly doubts: readonly string[];
    readonly cwd: string | null;
  };
}

function readAction(raw: string, payload: JsonValue, registry: TypeRegistry | null): ReadAction {
  const type = resolveType(raw.trim(), payload, registry);
  const whole = membersOf(payload, type);
  const found = callsIn(whole, type, registry);
  // A runner reads all that it is given, whatever else the same members may mean.
  const members = type.verb === "exec" && type.known && !type.notebook ? whole : (found?.rest ?? whole);
  const carrier = type.name === CARRIER;
  const { fields, doubts, cwd } = readPayload(members, type.verb, type.known && !carrier, type.language);
  const unread = carrier && (found?.calls.length ?? 0) === 0 && !isEmpty(payload);
  const { name, verb, known } = type;
  const changing = type.changing || (!known && !isRecord(name) && asksForChange(members, verb));
  const changed = verb === "fs.read" && !known && changing ? "fs.write" : verb;
  return {
    type,
    read: {
      parts: { action_type: name, raw_action_type: raw, verb: changed, known, changing, payload, members, fields },
      calls: found?.calls ?? NO_CALLS,
      doubts: found === null && !unread ? doubts : [...doubts, ...(found?.doubts ?? []), ...(unread ? [UNREAD] : [])],
      cwd,
    },
  };
}

/** The type of tools that run code, among them those that are named after notebooks. */
const NOTEBOOK = "execute_code";

const EDITING = "modify_file";

/** The type of all tools that type text somewhere. */
const TYPING = "type_text";

const NO_CALLS: readonly never[] = [];
const UNREAD = "no call can be read in it";

/** The type that is nothing but calls of others. */
const CARRIER = "call_tools";

/** How deep calls within calls are understood, and how many in all. */
const MAX_CALL_DEPTH = 4;
const MAX_CALLS = 256;

/** Verbs of types whose payload may name other tools to run. Those of the others is data. */
const RUNNING: ReadonlySet<Verb> = new Set<Verb>(["exec", "other", "spawn", "deploy", "compute", "govern"]);

function callsIn(members: JsonObject, type: ResolvedType, registry: TypeRegistry | null): CallReading | null {
  if (type.name === CARRIER) return readCalls(members, "sure", registry);
  if (type.notebook) return readCells(members);
  if (!mayHold(members)) return null;
  const running = RUNNING.has(type.verb) && !isRecord(type.name);
  const found = readCalls(members, running ? "loose" : "never", registry);
  return found.calls.length === 0 && found.doubts.length === 0 ? null : found;
}

// One text alone is what the type is for.
function mayHold(members: JsonObject): boolean {
  let count = 0;
  for (const name in members) {
    if (typeof members[name] === "object" || namesCalls(name)) return true;
    count += 1;
  }
  return count > 1;
}

/** Types that write down what happened: the calls in their payloads are over. */
const RECORDING = /(?:^|_)(?:track|log|event|analytics|telemetry|metric|trace|history)s?(?:_|$)/;

// `track_event {"action": "delete"}` tells of a deletion; `audit_log {"action": "clear"}` asks for one.
function isRecord(name: string): boolean {
  return RECORDING.test(name) && !/_(?:log|trace|history)s?$/.test(name);
}

function isEmpty(value: JsonValue): boolean {
  if (typeof value !== "object" || value === null) return value === null || value === "";
  return Object.values(value).every(isEmpty);
}

interface Nesting {
  readonly registry: TypeRegistry | null;
  readonly canonical: string;
  readonly digest: string;
  left: number;
}

function nestedActions(read: ReadAction["read"], nesting: Nesting, depth: number): Pick<Action, "calls" | "doubts"> {
  if (read.calls.length === 0) return { calls: NO_CALLS, doubts: read.doubts };
  nesting.left -= read.calls.length;
  if (depth > MAX_CALL_DEPTH || nesting.left < 0)
    return { calls: [], doubts: [...read.doubts, "calls within calls are more or deeper than is read"] };
  const doubts = [...read.doubts];
  const calls: Action[] = [];
  for (const { type, payload } of read.calls) {
    if (!isUsableType(type)) {
      doubts.push("a call within has no usable name");
      continue;
    }
    const inner = readAction(type, payload, nesting.registry).read;
    const below = nestedActions(inner, nesting, depth + 1);
    const { canonical, digest } = nesting;
    calls.push({ ...inner.parts, cwd: inner.cwd, ...below, canonical, digest });
  }
  return { calls, doubts };
}

/** What entries call the actions that are asked for by a name. */
export interface RecordedType {
  /** As a decision's `action_type` has it: a listed type's name, else the text with its case and separators folded. */
  readonly name: string;
  /** What they are called where the payload only shows a file; null when that makes no difference. */
  readonly viewing: string | null;
  /** It is on Canopy's own list. What isn't is spelled as a policy in force spells it, if one names it. */
  readonly listed: boolean;
}

/** What entries call the actions that are asked for by this name. Cost: linear in the name. */
export function recordedType(raw: string): RecordedType {
  const name = raw.trim();
  const type = resolveType(name, null, null);
  const viewed = resolveType(name, { command: "view" }, null).name;
  return { name: type.name, viewing: viewed === type.name ? null : viewed, listed: type.known };
}

/** The verb that a type's name stands for, by the list or by its words. */
export function verbOfType(raw: string): Verb {
  return lookUpType(raw.trim(), null)?.verb ?? readName(raw).verb;
}

function parseType(value: unknown): string {
  if (typeof value !== "string")
    throw invalid(`action_type must be text, not ${value === null ? "null" : typeof value}`);
  const type = value.trim();
  if (type === "") throw invalid("action_type must not be empty");
  if (type.length > MAX_TYPE_LENGTH) throw invalid(`action_type must be at most ${MAX_TYPE_LENGTH} characters`);
  if (holdsControlCharacter(type)) throw invalid("action_type must not hold control characters");
  canonicalJson(type);
  return value;
}

function parseFolder(value: unknown): string | null {
  if (value === undefined || value === null || typeof value === "string") return value ?? null;
  throw invalid(`cwd must be text or null, not ${typeof value}`);
}

function isUsableType(type: string): boolean {
  return type.trim() !== "" && type.length <= MAX_TYPE_LENGTH && !holdsControlCharacter(type.trim());
}

function holdsControlCharacter(type: string): boolean {
  for (let index = 0; index < type.length; index += 1) {
    const code = type.charCodeAt(index);
    if (code < 32 || (code >= 127 && code < 160)) return true;
  }
  return false;
}

// A code unit is at most three bytes: the exact count is only needed near the limit.
function canonicalPayload(payload: unknown): string {
  const canonical = canonicalJson(payload, MAX_PAYLOAD_BYTES);
  if (canonical.length * 3 > MAX_PAYLOAD_BYTES && new TextEncoder().encode(canonical).length > MAX_PAYLOAD_BYTES) {
    throw invalid(`action_payload must be at most ${MAX_PAYLOAD_BYTES} bytes`);
  }
  return canonical;
}

// What was digested is what is judged: getters and later changes of the input can't tell two stories.
function reparse(canonical: string): JsonValue {
  const value: JsonValue = JSON.parse(canonical);
  return value;
}

// A list of names is made a registry once, however many actions it is used for.
const registries = new WeakMap<readonly string[], TypeRegistry>();

function registryOf(registered: readonly string[] | TypeRegistry | undefined): TypeRegistry | null {
  if (registered === undefined) return null;
  if (!isNameList(registered)) return registered;
  const known = registries.get(registered);
  if (known !== undefined) return known;
  const registry = registerTypes(
    registered.map((name) => ({ name })),
    verbOfType,
  );
  registries.set(registered, registry);
  return registry;
}

function isNameList(registered: readonly string[] | TypeRegistry): registered is readonly string[] {
  return Array.isArray(registered);
}

interface ResolvedType {
  readonly name: string;
  readonly verb: Verb;
  readonly known: boolean;
  readonly changing: boolean;
  readonly main: string;
  /** The language that the type itself runs, or null. */
  readonly language: string | null;
  /** The program that the type is named after, or null. */
  readonly program: string | null;
  /** Whether its payload holds cells that are run. */
  readonly notebook?: true;
}

const CHANGING_VERBS: ReadonlySet<Verb> = new Set<Verb>([
  "exec",
  "fs.write",
  "fs.delete",
  "money",
  "message",
  "spawn",
  "deploy",
  "physical",
  "mining",
  "compute",
  "govern",
]);

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ["execute_shell", "shell"],
  ["execute_python", "python"],
  ["execute_javascript", "javascript"],
]);

function resolveType(raw: string, payload: JsonValue, registered: TypeRegistry | null): ResolvedType {
  const type = lookUpType(raw, registered) ?? (namesTyping(raw) ? lookUpType(TYPING, registered) : null);
  if (type !== null) return listedFor(type, raw, payload);
  const program = PROGRAMS.has(raw.toLowerCase()) && namesWords(payload) ? raw.toLowerCase() : null;
  const { verb, changing } = readName(raw);
  const name = plainName(raw);
  if (verb === "other" && namesNotebook(raw)) return { ...unlisted(name, verb, changing), notebook: true };
  if (program !== null)
    return { name, verb: "exec", known: true, changing: true, main: "args", language: null, program };
  return unlisted(name, verb, changing);
}

function listedFor(type: ActionType, raw: string, payload: JsonValue): ResolvedType {
  if (type.name === NOTEBOOK && namesNotebook(raw)) return { ...listed(type), notebook: true };
  return listed(type.name === EDITING && onlyViews(raw, payload) ? (lookUpType("read_file", null) ?? type) : type);
}

// Editors that are tools of their own have a command that only shows the file.
function onlyViews(raw: string, payload: JsonValue): boolean {
  return isJsonObject(payload) && payload["command"] === "view" && raw.toLowerCase().includes("edit");
}

function unlisted(name: string, verb: Verb, changing: boolean): ResolvedType {
  return { name, verb, known: false, changing, main: MAIN_OF_VERB[verb] ?? "text", language: null, program: null };
}

function listed(type: ActionType): ResolvedType {
  const changing = CHANGING_VERBS.has(type.verb);
  return { ...type, known: true, changing, language: LANGUAGES.get(type.name) ?? null, program: null };
}

const MAIN_OF_VERB: Readonly<Partial<Record<Verb, string>>> = {
  exec: "command",
  "fs.read": "path",
  "fs.write": "path",
  "fs.delete": "path",
  net: "url",
  db: "query",
};

/** Command-line programs that tools are named after. */
const PROGRAMS: ReadonlySet<string> = wordSet(
  "kubectl helm terraform tofu pulumi ansible docker podman git gh npm npx yarn pnpm pip pip3 uv cargo go make aws gcloud az doctl heroku vercel netlify flyctl psql mysql redis-cli mongo mongosh sqlite3 ssh scp rsync systemctl apt apt-get brew dd chmod chown find sed awk grep openssl",
);

function namesWords(payload: JsonValue): boolean {
  if (typeof payload === "string" || Array.isArray(payload)) return true;
  if (!isJsonObject(payload)) return false;
  return Object.keys(payload).some((name) => /^(?:args|argv|arguments|command|cmd)$/i.test(name));
}

// Case and separators are folded, other characters stay: two different names never become one.
function plainName(raw: string): string {
  const spaced = raw.trim().replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  const lower = spaced.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const folded = lower.replace(/[\s_.\-/:\\]+/g, "_").replace(/^_+|_+$/g, "");
  return folded === "" ? lower : folded;
}

function membersOf(payload: JsonValue, type: ResolvedType): JsonObject {
  if (isJsonObject(payload)) return type.program === null ? payload : withProgram(payload, type.program);
  if (type.program !== null) return withProgram({ args: payload }, type.program);
  if (typeof payload === "string") return { [type.main]: payload };
  if (Array.isArray(payload)) return { [type.verb === "exec" ? "argv" : type.main]: payload };
  return {};
}

// `kubectl {"args": ["get", "pods"]}` is the program with its words.
function withProgram(payload: JsonObject, program: string): JsonObject {
  const named = Object.entries(payload).find(([name]) => /^(?:command|cmd)$/i.test(name))?.[1];
  if (typeof named === "string") {
    return named.trimStart().startsWith(program) ? payload : { ...payload, command: `${program} ${named}`, cmd: null };
  }
  return { command: program, ...payload };
}

function invalid(message: string): CanopyError {
  return new CanopyError("INVALID_ACTION", message, {
    fix: "send an action type of plain words and a payload of plain JSON",
  });
}
