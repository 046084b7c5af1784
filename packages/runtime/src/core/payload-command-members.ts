// Members of a payload that hold what is run: commands, words, arguments, input and environment.

import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import type { Found } from "./payload-found.ts";
import { wordsInJson } from "./payload-looks.ts";

/** Reads the members of an object that stands in a member's list. */
export type OpenMembers = (object: JsonObject, found: Found, member: string) => void;

/** Read what a command is fed: text, or a list of lines. */
export function readInput(value: JsonValue, found: Found, member: string): void {
  if (typeof value === "string") found.parts.stdin = value;
  else if (Array.isArray(value) && value.every((line) => typeof line === "string"))
    found.parts.stdin = value.join("\n");
  else if (typeof value !== "boolean") found.doubts.push(`member \`${member}\` must be text or a list of lines`);
}

/** Names of shells: `{"command": "ls", "shell": "/bin/bash"}` says who runs it, not what. */
const SHELL_CHOICE = /^(?:\/(?:usr\/)?bin\/)?(?:ba|z|k|da|fi|c|tc)?sh$|^(?:pwsh|powershell|cmd)(?:\.exe)?$/i;

/** Read a command: text, a list of words, or a list of commands. What it opens is read by `open`. */
export function readCommand(value: JsonValue, found: Found, member: string, open: OpenMembers): void {
  if (found.verb !== "exec" && typeof value === "string" && EDITOR_OPERATIONS.has(value)) return;
  if (typeof value === "boolean") return;
  if (typeof value === "string") {
    if (found.parts.commands.length > 0 && SHELL_CHOICE.test(value)) return;
    addCommand(value, found, member);
    return;
  }
  if (Array.isArray(value)) {
    readCommandList(value, found, member, open);
    return;
  }
  found.doubts.push(`member \`${member}\` must be text or a list of words`);
}

const EDITOR_OPERATIONS: ReadonlySet<string> = new Set([
  "view",
  "create",
  "str_replace",
  "insert",
  "undo_edit",
  "write",
  "append",
  "edit",
  "replace",
  "delete",
  "rename",
  "read",
  "open",
  "save",
  "move",
  "copy",
  "list",
]);

function addCommand(text: string, found: Found, member: string): void {
  noteUnexpected(found, member);
  const { commands } = found.parts;
  if (commands.includes(text)) return;
  const words = wordsInJson(text);
  if (words !== null) {
    found.doubts.push(`member \`${member}\` holds a list written as text`);
    found.parts.argvs.push(words);
    return;
  }
  const before = commands.find((command) => !SHELL_CHOICE.test(command));
  if (before !== undefined) found.doubts.push(`member \`${member}\` and another member hold different commands`);
  commands.push(text);
}

// A list of words is one command; a list of lists, or of whole commands, is several.
function readCommandList(value: JsonValue, found: Found, member: string, open: OpenMembers): void {
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [];
  const words = items.filter((item) => typeof item === "string");
  if (words.length === items.length && words.length > 0) {
    noteUnexpected(found, member);
    if (/commands|cmds|argvs/i.test(member)) {
      for (const word of words) found.parts.commands.push(word);
      return;
    }
    if (found.parts.argvs.length > 0 || found.parts.commands.some((command) => !SHELL_CHOICE.test(command))) {
      if (found.parts.argvs.length > 0)
        found.doubts.push(`member \`${member}\` and another member hold different commands`);
    }
    found.parts.argvs.push(words);
    return;
  }
  for (const item of items) {
    if (Array.isArray(item)) readWords(item, found, member);
    else if (isJsonObject(item)) open(item, found, member);
    else if (typeof item === "string") found.parts.commands.push(item);
    else found.doubts.push(`member \`${member}\` must be a list of words`);
  }
}

// `[["ls"], ["rm", "-rf", "/"]]`: each list within is the words of one command.
function readWords(value: readonly JsonValue[], found: Found, member: string): void {
  const words = value.filter((word) => typeof word === "string");
  if (words.length === value.length && words.length > 0) found.parts.argvs.push(words);
  else found.doubts.push(`member \`${member}\` must hold lists of words`);
}

/** Note a doubt when a member holds what an action of this type does not run. */
export function noteUnexpected(found: Found, member: string): void {
  if (found.verb === "exec" || (found.known && (found.verb === "other" || found.verb === "read"))) return;
  found.doubts.push(`member \`${member}\` reads like a command, which this type of action does not run`);
}

/** Read the words that stand after a program. */
export function readArguments(value: JsonValue, found: Found, member: string): void {
  if (found.verb !== "exec") return;
  if (typeof value === "string") found.parts.args = [value];
  else if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    const words = items.filter((item) => typeof item === "string" || typeof item === "number").map(String);
    if (words.length === items.length) found.parts.args = words;
    else found.doubts.push(`member \`${member}\` must be a list of words`);
  } else if (typeof value !== "boolean") found.doubts.push(`member \`${member}\` must be text or a list of words`);
}

/** Read variables that an object names. */
export function readEnvironment(env: JsonObject, found: Found, member: string): void {
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === "string" || typeof value === "number") found.parts.env.push([name, String(value)]);
    else if (value !== null && typeof value !== "boolean")
      found.doubts.push(`member \`${member}.${name}\` must be text`);
  }
}

/** Read `["NAME=value", …]`, or one such text. */
export function readEnvironmentList(value: JsonValue, found: Found, member: string): void {
  if (found.verb !== "exec") return;
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
  for (const item of items) {
    const match = typeof item === "string" ? /^([^=\s]+)=([\s\S]*)$/.exec(item) : null;
    if (match !== null) found.parts.env.push([match[1] ?? "", match[2] ?? ""]);
    else if (Array.isArray(value)) found.doubts.push(`member \`${member}\` must hold texts like \`NAME=value\``);
  }
}
