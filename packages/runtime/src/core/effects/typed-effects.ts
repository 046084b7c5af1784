// Text typed into a screen, a field or a terminal. Nobody says what will read it: so text that reads as a command is
// judged as one, and what is plainly prose is nothing.
//
// `foo\n`, `foo<Enter>` and `foo` followed by the key `Return` are the same: the text is not only typed, it is entered.

import type { Action } from "../action.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { MEMBER_ROLES } from "../payload-roles.ts";
import type { Effect } from "./effect.ts";
import { findProgram } from "./programs/index.ts";
import { argvEffects, shellEffects } from "./shell/index.ts";
import { sqlEffects } from "./sql.ts";
import type { Surroundings } from "./surroundings.ts";
import { foldName, nameWords } from "./text.ts";
import { wordSet } from "../word-set.ts";

const MAX_TYPED = 65_536;

/** The effects of what an action types. Cost: linear in the text. */
export function typedEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const pieces: string[] = [];
  collectTyped(action.members, "", pieces);
  const whole = pieces.join("");
  if (whole.trim() === "") return [];
  if (whole.length > MAX_TYPED) {
    return [{ kind: "exec.unparsed", via: action.action_type, problem: `longer than ${MAX_TYPED} characters` }];
  }
  const texts = new Set([whole, pieces.join(" "), ...pieces]);
  const effects = [...texts].flatMap((text) => effectsOfTyped(text.trim(), surroundings));
  if (effects.length === 0 && /\n\s*$/.test(whole) && !staysInPage(action)) {
    effects.push({ kind: "exec.unresolved", via: action.action_type, part: "program", text: whole.slice(0, 200) });
  }
  return effects;
}

/** Members that say something about a command. */
const SAID = wordSet(
  "description explanation title reason purpose name id comment comments label thought thoughts thinking summary status message note notes goal intent rationale justification encoding user username expected requestid prompt context",
);

/** Members whose text a runner puts behind the command. */
const ADDED = wordSet("append suffix postfix appended tail trailer");

/** `shell: true` beside a list of words: they are joined, and a shell reads the line. */
function joinedEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const [argv] = action.fields.argvs;
  const { shell, use_shell, useShell } = action.members;
  const on = [shell, use_shell, useShell].some(
    (value) => value === true || (typeof value === "string" && value !== "" && value !== "false"),
  );
  if (argv === undefined || !on) return [];
  const line = argv.join(" ");
  return line.length <= MAX_TYPED ? shellEffects(line, surroundings) : [];
}

/**
 * The effects of what stands beside a command in members that nobody knows (`post_run`, `fallback`): a runner of another
 * make may run it too. Cost: linear in the texts.
 */
export function besideEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const { commands, argvs, codes, texts } = action.fields;
  if (argvs.length > 0) {
    const joined = joinedEffects(action, surroundings);
    if (joined.length > 0) return joined;
  }
  if (texts.length < 2 || commands.length + argvs.length + codes.length === 0) return [];
  const [command] = commands;
  return texts.flatMap(({ member, text }): readonly Effect[] => {
    if (command !== undefined && ADDED.has(member) && command.length + text.length <= MAX_TYPED)
      return [`${command}${text}`, `${command} ${text}`].flatMap((whole) => shellEffects(whole, surroundings));
    const at = member.lastIndexOf(".");
    const key = foldName(member.slice(at + 1));
    if (SAID.has(key) || MEMBER_ROLES.has(key) || text.length > MAX_TYPED || commands.includes(text)) return [];
    if (at > 0 && MEMBER_ROLES.has(foldName(member.slice(member.lastIndexOf(".", at - 1) + 1, at)))) return [];
    return /\s/.test(text.trim()) ? effectsOfTyped(text.trim(), surroundings) : [];
  });
}

/** Members that say where or how something is typed, not what. */
const ASIDE = wordSet(
  "action type command operation selector ref element elementid elementname locator xpath css coordinate coordinates position region button url description label id sessionid session pane window windowid app application title name role reason tab frame placeholder duration delay modifier field device explanation thought status",
);
/** Members whose texts are names of keys. */
const KEYS = wordSet("key keys keycombo keycombination hotkey keystrokes keystroke shortcut sequence keysequence");

function collectTyped(value: JsonValue, key: string, into: string[]): void {
  if (typeof value === "string") {
    const typed = KEYS.has(key) ? typedByKeys(value) : withLineEnds(value);
    if (typed !== "") into.push(typed);
  } else if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    for (const item of items) collectTyped(item, key, into);
  } else if (isJsonObject(value)) {
    const pressing = /^(?:key|keypress|presskey|press|hotkey|hotkeys|keycombo)$/.test(foldName(operationOf(value)));
    for (const [name, item] of Object.entries(value)) {
      const inner = foldName(name);
      if (ASIDE.has(inner) && (typeof item === "string" || inner.startsWith("coord"))) continue;
      collectTyped(item, pressing && inner === "text" ? "key" : inner, into);
    }
  }
}

function operationOf(value: Readonly<Record<string, JsonValue>>): string {
  const named = value["action"] ?? value["type"] ?? value["operation"] ?? "";
  return typeof named === "string" && named.length <= 40 ? named : "";
}

const ENTER_MARK =
  /<(?:enter|return|cr|nl)>|\{(?:enter|return)\}|\[(?:enter|return)\]|\\[nr]|\r\n?|[ ](?:Enter|C-m|C-j|KPEnter)$/gi;

function withLineEnds(text: string): string {
  return /[<{[\\\r]| (?:Enter|C-m|C-j|KPEnter)$/i.test(text) ? text.replace(ENTER_MARK, "\n") : text;
}

const NAMED_KEYS: ReadonlyMap<string, string> = new Map([
  ["enter", "\n"],
  ["return", "\n"],
  ["kpenter", "\n"],
  ["numpadenter", "\n"],
  ["linefeed", "\n"],
  ["space", " "],
  ["minus", "-"],
  ["slash", "/"],
  ["period", "."],
  ["semicolon", ";"],
  ["bar", "|"],
  ["asciitilde", "~"],
]);

// A key's name is what it types; a chord (`ctrl+alt+t`) types nothing; anything longer is text.
function typedByKeys(text: string): string {
  if (text.length === 1) return text;
  const named = NAMED_KEYS.get(foldName(text));
  if (named !== undefined) return named;
  if (/^[A-Za-z0-9_]+(?:[+-][A-Za-z0-9_]+)*$/.test(text) && !/^-|--/.test(text)) return "";
  return withLineEnds(text);
}

const PAGE_WORDS = wordSet("browser page web element field form dom playwright puppeteer selenium webdriver");
const PAGE_MEMBERS = wordSet("selector ref locator xpath css elementid fields uid");

// A field of a page reads no commands; a screen may show a terminal.
function staysInPage({ raw_action_type, members }: Action): boolean {
  return (
    nameWords(raw_action_type).some((word) => PAGE_WORDS.has(word)) ||
    Object.keys(members).some((name) => PAGE_MEMBERS.has(foldName(name)))
  );
}

function effectsOfTyped(text: string, surroundings: Surroundings): readonly Effect[] {
  // An editor's or a prompt's own way to a shell: `:!command`, `!command`.
  const command = text.replace(/^\s*:?!+\s*/, "");
  if (WINDOWS_COMMAND.test(command)) {
    return [{ kind: "exec.unresolved", via: "typed text", part: "code", text: "a command of Windows is not read" }];
  }
  if (SQL_COMMAND.test(command)) return sqlEffects(command, "typed text");
  const effects = shellEffects(command, surroundings);
  if (!effects.some((effect) => effect.kind === "exec.unparsed")) return asCommand(effects, command);
  const byLine = command.includes("\n") ? effectsByLine(command, surroundings) : asCommand(effects, command);
  return [...byLine, ...asCode(command, surroundings)];
}

// Each line is a command of its own, with a budget of its own: a line that stands there before is not read again, and
// only so many are read.
function effectsByLine(text: string, surroundings: Surroundings): readonly Effect[] {
  const known = new Map<string, readonly Effect[]>();
  const effects: Effect[] = [];
  for (const line of text.split("\n")) {
    let found = known.get(line);
    if (found === undefined) {
      if (known.size >= MAX_TYPED_LINES) {
        effects.push({ kind: "exec.unparsed", via: "typed text", problem: `more than ${MAX_TYPED_LINES} lines` });
        break;
      }
      found = isBare(line) ? [] : asCommand(shellEffects(line, surroundings), line);
      known.set(line, found);
    }
    for (const effect of found) effects.push(effect);
  }
  return effects;
}

const MAX_TYPED_LINES = 1_000;

const SQL_COMMAND = /^\s*(?:drop|truncate|delete\s+from|alter|grant|revoke)\s[^;]*;/i;

/** Characters and words that a command has and a sentence seldom. */
const COMMAND_MARK = /[|;&<>$`{}~*]|(?:^|\s)--?[A-Za-z]|(?:^|\s)\.{0,2}\//;
const SENTENCE_WORD =
  /(?:^|\s)(?:a|an|the|to|of|in|on|for|and|or|is|are|was|were|me|my|your|you|we|us|it|its|this|that|with|how|what|why|at|by|from|not|can|should|please|i|be|will|about)(?=[\s,.?!]|$)/i;
const MOST_BARE_WORDS = 4;

// What a text does as a command, if it is one: its program is known, and it doesn't read as a sentence.
function asCommand(effects: readonly Effect[], text: string): readonly Effect[] {
  if (isBare(text)) return [];
  const runs = effects.some(
    (effect) => effect.kind === "exec.program" && (effect.known || findProgram(effect.program) !== null),
  );
  const marked = COMMAND_MARK.test(text);
  return effects.filter((effect) => {
    switch (effect.kind) {
      case "exec.program":
        return false;
      case "exec.unparsed":
        return marked && STARTS_AS_COMMAND.test(text);
      case "exec.unresolved":
      case "exec.obfuscated":
      case "net.connect":
        return runs;
      case "host.change":
        return marked || effect.destructive || effect.area === "power" || effect.area === "users";
      default:
        return true;
    }
  });
}

function isBare(text: string): boolean {
  return !COMMAND_MARK.test(text) && (SENTENCE_WORD.test(text) || text.trim().split(/\s+/).length > MOST_BARE_WORDS);
}

const STARTS_AS_COMMAND =
  /^[ \t]*(?:sudo|doas|rm|dd|mkfs\S*|curl|wget|bash|sh|zsh|python3?|perl|ruby|node|cat|chmod|chown|cp|mv|echo|printf|kill\S*|git|npm|npx|pip3?|apt\S*|docker|kubectl|tar|ssh|scp|nc|ncat|eval|exec|crontab|systemctl|iptables|shred)[ \t]+\S/m;

const CODE_CALL = /[\w)\]]\s*\(|^\s*(?:import|from|require)\b/m;
const WINDOWS_COMMAND =
  /(?:^|[;|&\n])\s*(?:(?:Remove|Set|Stop|Invoke|Clear|Format|Start|Disable|Restart|Uninstall|New|Add)-[A-Z]\w+|(?:iex|iwr|irm)\s|(?:del|erase|rd|rmdir|format|reg|taskkill|vssadmin|wmic|bcdedit|diskpart|cipher|schtasks|net)\s+(?:\/|[a-z]:|add|delete|user|stop|shadowcopy))/i;

// Typed into an interpreter's prompt, or into another system's shell.
function asCode(text: string, surroundings: Surroundings): readonly Effect[] {
  if (!CODE_CALL.test(text)) return [];
  const found = [
    ...argvEffects(["python3", "-c", text], surroundings),
    ...argvEffects(["node", "-e", text], surroundings),
  ];
  return found.filter(({ kind }) => kind !== "exec.program" && kind !== "exec.unparsed" && kind !== "exec.unresolved");
}
