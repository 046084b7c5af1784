// Which members of a payload mean what. Names are folded (`filePath`, `file-path`, `FILE_PATH` are one) and found one or
// two wrappers deep (`input`, `kwargs`, `arguments`). What is bound to be run but can't be read for sure is a doubt.

import type { ActionFields, Verb } from "./action.ts";
import { foldName } from "./effects/text.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import {
  noteUnexpected,
  readArguments,
  readCommand,
  readEnvironment,
  readEnvironmentList,
  readInput,
} from "./payload-command-members.ts";
import { composeCommands } from "./payload-commands.ts";
import type { Found } from "./payload-found.ts";
import { looksLikeCode, looksLikePath, looksLikeSql, readByLooks } from "./payload-looks.ts";
import { CODE_INPUTS, isWrapper, MEMBER_ROLES, roleOf, WRAPPERS } from "./payload-roles.ts";
import { collectTexts, patchedPaths, readPatches } from "./payload-texts.ts";

const MAX_WRAPPING = 3;
const MAX_MEMBERS_READ = 2000;

/** What was read from a payload. */
export interface PayloadReading {
  readonly fields: ActionFields;
  readonly doubts: readonly string[];
  /** The working folder the payload names. */
  readonly cwd: string | null;
}

/**
 * Read a payload's members for a type of the given verb.
 *
 * @param language the language that the type itself runs (`python`), or null.
 * Cost: linear in the payload.
 */
export function readPayload(members: JsonObject, verb: Verb, known: boolean, language: string | null): PayloadReading {
  const found: Found = {
    verb,
    known,
    parts: { commands: [], argvs: [], args: null, stdin: null, env: [] },
    codes: [],
    paths: [],
    urls: [],
    queries: [],
    texts: [],
    doubts: [],
    language: language ?? "",
    cwd: null,
    read: 0,
  };
  readObject(members, found, 0, "");
  collectTexts(members, found.texts, "", 0);
  if (isFileVerb(verb)) readPatches(found.texts, found.paths);
  readByLooks(found);
  if (verb === "exec") readAnyCommand(found);
  const composed = composeCommands(found.parts);
  found.doubts.push(...composed.doubts);
  const codes = found.codes.map(({ text }) => ({ language: found.language, text }));
  return {
    fields: {
      commands: composed.commands,
      argvs: composed.argvs,
      codes,
      paths: found.paths,
      urls: found.urls,
      queries: found.queries,
      texts: found.texts,
    },
    doubts: found.doubts,
    cwd: found.cwd,
  };
}

// Something is to be run, and no member is known to hold it: every text may be what runs.
function readAnyCommand(found: Found): void {
  const { parts } = found;
  // `{"file": "rm", "args": ["-rf", "/"]}`: what the arguments are for stands as a file.
  if (parts.commands.length + parts.argvs.length === 0 && parts.args !== null) {
    for (const { text } of found.paths) parts.commands.push(text);
  }
  if (parts.commands.length + parts.argvs.length + found.codes.length > 0 || parts.args !== null) return;
  const inCode = found.language !== "" && found.language !== "shell";
  for (const { member, text } of found.texts) {
    if (inCode && CODE_INPUTS.has(foldName(member))) {
      found.codes.push({ language: "", text });
      continue;
    }
    if (parts.env.some(([, value]) => value === text) || text === found.cwd) continue;
    parts.commands.push(text);
    found.doubts.push(`no member that is known to hold a command; \`${member}\` may be it`);
  }
  parts.stdin = null;
}

function openMembers(object: JsonObject, found: Found, member: string): void {
  readObject(object, found, MAX_WRAPPING, `${member}.`);
}

function readObject(object: JsonObject, found: Found, depth: number, prefix: string): void {
  for (const [name, value] of Object.entries(object)) {
    found.read += 1;
    if (found.read > MAX_MEMBERS_READ) return;
    const key = foldName(name);
    const member = `${prefix}${name}`;
    if (isJsonObject(value)) {
      const env = MEMBER_ROLES.get(key) === "env";
      if (env && found.verb === "exec") readEnvironment(value, found, member);
      else if (isWrapper(key, value, found.verb) && depth < MAX_WRAPPING)
        readObject(value, found, depth + 1, `${member}.`);
      else readMember(name, value, found, member);
      continue;
    }
    const written = WRAPPERS.has(key) && depth < MAX_WRAPPING ? objectInJson(value) : null;
    if (written === null) readMember(name, value, found, member);
    else readObject(written, found, depth + 1, `${member}.`);
  }
}

// Models often write a call's arguments as JSON text: `{"arguments": "{\"command\": …}"}`.
function objectInJson(value: JsonValue): JsonObject | null {
  if (typeof value !== "string" || !/^\s*\{/.test(value)) return null;
  try {
    const read: JsonValue = JSON.parse(value);
    return isJsonObject(read) ? read : null;
  } catch {
    return null;
  }
}

function readMember(name: string, value: JsonValue, found: Found, member: string): void {
  if (value === null || value === "") return;
  const key = foldName(name);
  const role = found.verb === "exec" && key === "input" ? "stdin" : roleOf(name, key);
  if (role === undefined) return;
  switch (role) {
    case "command":
    case "argv":
      return readCommand(value, found, member, openMembers);
    case "program":
      return found.verb === "exec" ? readCommand(value, found, member, openMembers) : readCode(value, found, member);
    case "args":
      return readArguments(value, found, member);
    case "code":
      return readCode(value, found, member);
    case "step":
      if (found.verb !== "exec") return;
      if (isJsonObject(value)) return readObject(value, found, MAX_WRAPPING, `${member}.`);
      return readCommand(value, found, member, openMembers);
    case "stdin":
      if (found.verb === "exec") readInput(value, found, member);
      return;
    case "language":
      if (typeof value === "string") found.language = foldName(value);
      return;
    case "cwd":
      if (typeof value === "string") found.cwd = value;
      return;
    case "env":
      return readEnvironmentList(value, found, member);
    case "wrapper":
      return;
    default:
      return readNamed(role, value, found, member);
  }
}

function readNamed(
  role: "path" | "place" | "thing" | "patch" | "url" | "query",
  value: JsonValue,
  found: Found,
  member: string,
): void {
  switch (role) {
    case "path":
      return readTexts(value, found, member, found.paths);
    case "place":
      return found.verb === "exec" && /source$/i.test(member)
        ? readCode(value, found, member)
        : readPlace(value, found, member);
    case "thing":
      for (const text of Array.isArray(value) ? value : [value]) {
        if (typeof text === "string" && looksLikePath(text)) found.paths.push({ member, text });
      }
      return;
    case "patch":
      if (typeof value === "string" && isFileVerb(found.verb)) {
        for (const text of patchedPaths(value)) found.paths.push({ member, text });
      }
      return;
    case "url":
      readFileUris(value, found, member);
      return readTexts(value, found, member, found.urls);
    case "query":
      if (found.verb === "db" || found.verb === "exec" || !found.known) readQueries(value, found, member);
      return;
    default:
      return role satisfies never;
  }
}

// A `file:` URI names a place of this machine, whatever the member that holds it is called.
function readFileUris(value: JsonValue, found: Found, member: string): void {
  for (const text of Array.isArray(value) ? value : [value]) {
    if (typeof text === "string" && /^\s*file:/i.test(text)) found.paths.push({ member, text });
  }
}

function isFileVerb(verb: Verb): boolean {
  return verb === "fs.write" || verb === "fs.delete" || verb === "fs.read";
}

// `source`, `to`, `target` name places only where the verb says so.
function readPlace(value: JsonValue, found: Found, member: string): void {
  if (isFileVerb(found.verb)) {
    if (typeof value === "string" && looksLikeText(value)) return;
    readTexts(value, found, member, found.paths);
  } else if (found.verb === "net" && typeof value === "string" && !/\s/.test(value))
    found.urls.push({ member, text: value });
}

function looksLikeText(value: string): boolean {
  return value.length > 400 || value.includes("\n");
}

function readTexts(value: JsonValue, found: Found, member: string, into: { member: string; text: string }[]): void {
  if (typeof value === "string") {
    into.push({ member, text: value });
    return;
  }
  if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    for (const item of items.slice(0, MAX_MEMBERS_READ)) {
      if (typeof item === "string") into.push({ member, text: item });
      else if (isJsonObject(item)) readObject(item, found, MAX_WRAPPING, `${member}.`);
    }
    return;
  }
  if (isFileVerb(found.verb) || found.verb === "net")
    found.doubts.push(`member \`${member}\` must be text or a list of texts`);
}

function readCode(value: JsonValue, found: Found, member: string): void {
  const text = typeof value === "string" ? value : null;
  if (text === null) {
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
      readCode(value.join("\n"), found, member);
    }
    return;
  }
  if (found.verb === "exec") found.codes.push({ language: "", text });
  else if (looksLikeCode(text, member) && !isFileVerb(found.verb)) {
    found.codes.push({ language: "", text });
    noteUnexpected(found, member);
  }
}

function readQueries(value: JsonValue, found: Found, member: string): void {
  const add = (text: string): void => {
    if (found.verb === "db" || looksLikeSql(text)) found.queries.push(text);
  };
  if (typeof value === "string") add(value);
  else if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    for (const item of items) {
      if (typeof item === "string") add(item);
      else if (found.verb === "db") found.doubts.push(`member \`${member}\` must be text or a list of texts`);
    }
  } else if (found.verb === "db" && typeof value !== "boolean") found.doubts.push(`member \`${member}\` must be text`);
}
