// What a text looks like, where a member's name alone doesn't say what it holds.

import type { Verb } from "./action.ts";
import { foldName } from "./effects/text.ts";
import type { CommandParts } from "./payload-commands.ts";
import { roleOf } from "./payload-roles.ts";
import { wordSet } from "./word-set.ts";

const SQL_START =
  /^\s*(?:\(|--|\/\*|(?:select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|merge|replace|copy|exec|execute|call|begin|vacuum|attach|explain|pragma|set|do|load)\s)/i;

/** Whether a text reads as an SQL statement. */
export function looksLikeSql(text: string): boolean {
  return SQL_START.test(text) && /\b(?:from|into|table|set|database|schema|values|program|user|role|on)\b/i.test(text);
}

/** Whether a text reads as code: a country's code or the script of a play is none. */
export function looksLikeCode(text: string, member: string): boolean {
  if (!/[\s(]/.test(text)) return false;
  return (
    /[;(){}|&$=]|^[ \t]*[!%]|^[ \t]*(?:import|from|rm|curl|wget|bash|sh|sudo|python|echo)\b/m.test(text) ||
    /script|macro/i.test(member)
  );
}

/** Whether a text is a path and nothing else: absolute, in the home folder, or climbing. */
export function looksLikePath(text: string): boolean {
  return text.length <= 400 && /^\s*(?:\/(?!\/)|~[\w-]*\/|\.\.?\/|file:|[A-Za-z]:[\\/])\S*\s*$/i.test(text);
}

function looksLikeUrl(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:\/\/\S+\s*$/i.test(text);
}

interface MemberText {
  readonly member: string;
  readonly text: string;
}

interface Readable {
  readonly verb: Verb;
  readonly paths: MemberText[];
  readonly urls: MemberText[];
  readonly queries: string[];
  readonly texts: readonly MemberText[];
  readonly parts: CommandParts;
  readonly doubts: string[];
  readonly cwd: string | null;
}

const ENCODED = /^(?:base-?64(?:url)?|b64|hex|gzip|deflate|zlib|rot-?13|url-?encoded|percent|utf-?16(?:le)?|utf-?7)$/i;

/** Read what no member's name gave away, but its text does. Cost: linear in the texts. */
export function readByLooks(found: Readable): void {
  if (found.verb === "exec") return readRunner(found);
  const { verb, paths, urls, queries, texts } = found;
  for (const { member, text } of texts) {
    if (verb.startsWith("fs.") && paths.length === 0 && looksLikePath(text)) paths.push({ member, text });
    else if (verb === "net" && urls.length === 0 && looksLikeUrl(text)) urls.push({ member, text });
    else if (verb === "db" && !queries.includes(text) && looksLikeSql(text)) queries.push(text);
  }
}

const PROGRAM = /^[\w./+-]+$/;

function readRunner(found: Readable): void {
  const { texts, parts, doubts } = found;
  const [only] = parts.commands;
  if (only !== undefined && parts.commands.length === 1) {
    if (/^\s*data:/i.test(only)) doubts.push("what runs is a data URI");
  }
  const operands = operandsBeside(found);
  if (operands.length > 0) {
    // `{"command": "rm", "path": "/"}`: a program's name alone, and what it works on beside it.
    if (only !== undefined && PROGRAM.test(only) && parts.args === null && parts.argvs.length === 0)
      parts.args = operands;
    else parts.operands = operands;
  } else parts.folder = folderBeside(found);
  // `["-c", …]` are words for a program that nobody names.
  const first = parts.argvs[0]?.[0] ?? (parts.commands.length === 0 ? parts.args?.[0] : undefined);
  if (first?.startsWith("-") === true && parts.commands.length === 0)
    doubts.push("words for a program that is not named");
  if (texts.length < 2) return;
  for (const { member, text } of texts) {
    if (text.length <= LONGEST_ENCODING && /encod|format/i.test(member) && ENCODED.test(text.trim()))
      doubts.push(`what runs is encoded: ${text}`);
  }
}

const LONGEST_ENCODING = 20;

const OPTION = /^(?:[-+][\w=,.:/-]*|\d+[A-Za-z]?|[ugoa]*[+=-][rwxXst]+)$/;
const PREFIXES: ReadonlySet<string> = new Set(["sudo", "doas", "nohup", "time", "nice", "command", "busybox"]);
const TAKE_ONE_WORD: ReadonlySet<string> = new Set(["chown", "chgrp", "chmod", "setfacl", "chattr", "install"]);

// What stands beside one command that is a program and its options, with nothing that it would work on.
function operandsBeside({ paths, texts, parts, cwd }: Readable): readonly string[] {
  if (parts.commands.length + parts.argvs.length !== 1) return [];
  const beside = texts.filter(({ member }) => mayName(member));
  // Mostly a command stands alone.
  if (paths.length + beside.length === 0) return [];
  const [line = ""] = parts.commands;
  if (line.length > LONGEST_LINE) return [];
  const words = [...(parts.argvs[0] ?? line.trim().split(/\s+/)), ...(parts.args ?? [])];
  while (PREFIXES.has(words[0] ?? "")) words.shift();
  const [program = "", ...rest] = words;
  const options = TAKE_ONE_WORD.has(program) && !OPTION.test(rest.at(-1) ?? "-") ? rest.slice(0, -1) : rest;
  if (!PROGRAM.test(program) || !options.every((word) => OPTION.test(word))) return [];
  const named = paths.map(({ text }) => text);
  const known = new Set([cwd, ...parts.env.map(([, value]) => value)]);
  const looking = beside.filter(({ text }) => !known.has(text) && looksLikePath(text));
  return [...new Set([...named, ...looking.map(({ text }) => text)])];
}

const LONGEST_LINE = 400;
const FOLDERS: ReadonlySet<string> = wordSet(
  "path dir directory folder dirpath directorypath folderpath root rootdir basedir base repo repopath projectdir projectpath projectroot location in at where place",
);

// `{"command": "rm x", "directory": "/etc"}`: where the command may be run, when nothing else says so.
function folderBeside({ texts, parts, cwd }: Readable): string | null {
  if (cwd !== null || parts.commands.length + parts.argvs.length !== 1) return null;
  const folders = texts.filter(({ member, text }) => {
    const key = foldName(member.slice(member.lastIndexOf(".") + 1));
    return FOLDERS.has(key) && /^[/~]/.test(text) && looksLikePath(text);
  });
  const [only] = folders;
  return only === undefined || folders.length > 1 ? null : only.text;
}

// A member with another task (a folder to run in, a shell) names nothing that the program works on.
function mayName(member: string): boolean {
  const name = member.slice(member.lastIndexOf(".") + 1);
  const role = roleOf(name, foldName(name));
  return role === undefined || role === "path" || role === "place" || role === "thing";
}

/** The words of a list written as JSON text, which some runners decode before they run it: `["rm", "-rf", "/"]`; null for other texts. */
export function wordsInJson(text: string): readonly string[] | null {
  if (!/^\s*\[\s*"/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : null;
  } catch {
    return null;
  }
}
