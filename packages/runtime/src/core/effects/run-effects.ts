// What an action's commands and code would do: handed to the shell's and the programs' readers.

import type { Action } from "../action.ts";
import { lookalikes } from "./code/foreign.ts";
import type { Effect } from "./effect.ts";
import { resolvePath } from "./path.ts";
import { argvEffects, shellEffects } from "./shell/index.ts";
import { sqlEffects } from "./sql.ts";
import type { Surroundings } from "./surroundings.ts";
import { unnamedCode } from "./unnamed-code.ts";
import { wordSet } from "../word-set.ts";

/** Longest text that is parsed, in UTF-16 code units; longer ones at least ask. */
export const MAX_PARSED_LENGTH = 65_536;

/** How a language's code is given to its interpreter. */
const INTERPRETERS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["python", ["python3", "-c"]],
  ["python3", ["python3", "-c"]],
  ["py", ["python3", "-c"]],
  ["ipython", ["python3", "-c"]],
  ["javascript", ["node", "-e"]],
  ["js", ["node", "-e"]],
  ["node", ["node", "-e"]],
  ["nodejs", ["node", "-e"]],
  ["typescript", ["node", "-e"]],
  ["ts", ["node", "-e"]],
  ["deno", ["node", "-e"]],
  ["bun", ["node", "-e"]],
  ["perl", ["perl", "-e"]],
  ["ruby", ["ruby", "-e"]],
  ["rb", ["ruby", "-e"]],
  ["php", ["php", "-r"]],
  ["lua", ["lua", "-e"]],
  ["awk", ["awk", ""]],
]);

const SHELLS: ReadonlySet<string> = wordSet("shell bash sh zsh ksh dash ash terminal console shellscript");

/** The effects of every command, list of words and piece of code in the payload. */
export function runEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const { commands, argvs, codes } = action.fields;
  const effects: Effect[] = [];
  for (const command of commands) append(effects, commandEffects(command, surroundings));
  for (const argv of argvs) append(effects, wordsEffects(argv, surroundings));
  for (const { language, text } of codes) append(effects, codeEffectsOf(language, text, surroundings));
  if (POWERSHELL.test(action.raw_action_type)) {
    effects.push({
      kind: "exec.unresolved",
      via: action.raw_action_type,
      part: "code",
      text: "PowerShell is not read",
    });
  }
  return effects;
}

/** Types that run another shell than the one that is read here. */
const POWERSHELL = /powershell|pwsh|cmd\.?exe|batch[_ -]?(?:file|script)/i;

function append(effects: Effect[], more: readonly Effect[]): void {
  for (const effect of more) effects.push(effect);
}

function commandEffects(command: string, surroundings: Surroundings): readonly Effect[] {
  return command.length > MAX_PARSED_LENGTH ? tooLong("payload command") : shellEffects(command, surroundings);
}

function wordsEffects(argv: readonly string[], surroundings: Surroundings): readonly Effect[] {
  const length = argv.reduce((sum, word) => sum + word.length, 0);
  if (length > MAX_PARSED_LENGTH) return tooLong("payload words");
  const effects = argvEffects(argv, surroundings);
  // A first word with spaces is a whole command to the tools that join their words.
  return /\s/.test(argv[0] ?? "") ? [...effects, ...shellEffects(argv.join(" "), surroundings)] : effects;
}

function codeEffectsOf(language: string, text: string, surroundings: Surroundings): readonly Effect[] {
  if (text.length > MAX_PARSED_LENGTH) return tooLong("payload code");
  if (SHELLS.has(language)) return shellEffects(text, surroundings);
  if (language === "prose") return [];
  if (language === "sql") return sqlEffects(text, "sql");
  const written = text.includes("%%") ? WRITTEN_CELL.exec(text)?.[1] : undefined;
  if (written !== undefined) {
    return [{ kind: "fs.write", via: "%%writefile", target: resolvePath(written, surroundings), mode: "create" }];
  }
  const cell = cellOf(text);
  if (cell !== null) return codeEffectsOf(cell.language, cell.rest, surroundings);
  const magic = UNREAD_MAGIC.exec(text);
  if (magic !== null) {
    return [
      { kind: "exec.unresolved", via: language, part: "code", text: magic[0] },
      ...codeEffectsOf(language, text.replaceAll(ALL_UNREAD_MAGIC, ""), surroundings),
    ];
  }
  const escaped = escapedToShell(text);
  if (escaped !== "") {
    return [...shellEffects(escaped, surroundings), ...codeEffectsOf(language, withoutEscapes(text), surroundings)];
  }
  if (language === "") return unnamedCode(text, (likely, code) => readAs(likely, code, surroundings));
  const interpreter = INTERPRETERS.get(language);
  if (interpreter === undefined) return [{ kind: "exec.unresolved", via: language, part: "code", text }];
  const effects = argvEffects(
    [...interpreter, text].filter((word) => word !== ""),
    surroundings,
  );
  const others = lookalikes(READ_AS.get(interpreter[0]) ?? interpreter[0], text);
  return others.length === 0 ? effects : [...effects, ...others.flatMap((other) => readAs(other, text, surroundings))];
}

/** The language of an interpreter, where it is not its name. */
const READ_AS: ReadonlyMap<string, string> = new Map([["python3", "python"]]);

/** Code that looks like another language than the one it is said to be. */
function readAs(language: string, text: string, surroundings: Surroundings): readonly Effect[] {
  if (language === "shell") return shellEffects(text, surroundings);
  if (language === "sql") return sqlEffects(text, "sql");
  const interpreter = LOOKED_AS.get(language) ?? INTERPRETERS.get(language);
  return interpreter === undefined ? [] : argvEffects([...interpreter, text], surroundings);
}

/** How code that only looks like a language is given to its interpreter. */
const LOOKED_AS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["powershell", ["pwsh", "-c"]],
  ["r", ["Rscript", "-e"]],
]);

/** Lines of a notebook that run what is not read here: files, saved code, code after a change of place. */
const UNREAD_MAGIC = /^[ \t]*%(?:run|macro|alias)\b.*$|^[ \t]*%cd[ \t]+(?:\/|~|\.\.).*$/m;
const ALL_UNREAD_MAGIC = new RegExp(UNREAD_MAGIC.source, "gm");

/** `%%bash`, or `%sh` alone on the first line: the rest is in that language. */
const CELL_MAGIC = /^\s*%(?:%([\w.]+)([^\n]*)|([\w.]+)[ \t]*)(?:\n|$)/;
const ESCAPED_LINE = /^[ \t]*(?:[\w, ]+=[ \t]*)?(?:!{1,2}|%(?:sx|system|sh|bash)[ \t])(.*)$/gm;
/** Programs that have a magic of their own. */
const PROGRAM_LINE = /^[ \t]*%(?:fs[ \t]+)?((?:rm|rmdir|mv|cp|cat|mkdir|ls|pip|conda)\b.*)$/gm;
/** `%%writefile path`: the cell is what the file gets. */
const WRITTEN_CELL = /^\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?(\S+)/;

const CELL_LANGUAGES: ReadonlyMap<string, string> = new Map([
  ...["bash", "sh", "script", "system", "sx", "shell", "zsh"].map((name) => [name, "bash"] as const),
  ...["python", "python3", "py", "pyspark", "pypy", "ipython"].map((name) => [name, "python"] as const),
  ...["javascript", "js", "node", "typescript"].map((name) => [name, "javascript"] as const),
  ...["sql", "bigquery", "jdbc"].map((name) => [name, "sql"] as const),
  ...["md", "markdown", "html", "latex", "svg", "angular", "mermaid"].map((name) => [name, "prose"] as const),
  ["perl", "perl"],
  ["ruby", "ruby"],
  ["r", "r"],
  ["scala", "scala"],
  ["cmd", "cmd"],
  ["powershell", "powershell"],
]);

// A cell whose first line says what the rest is in; null when it doesn't.
function cellOf(text: string): { readonly language: string; readonly rest: string } | null {
  if (!text.includes("%")) return null;
  const magic = CELL_MAGIC.exec(text);
  if (magic === null) return null;
  const name = (magic[1] ?? magic[3] ?? "").toLowerCase();
  const language = CELL_LANGUAGES.get(name.slice(name.lastIndexOf(".") + 1));
  const rest = text.slice(magic[0].length);
  if (language === undefined) return null;
  const runner = name === "script" ? /^\s*(?:\S*\/)?([\w.]+)/.exec(magic[2] ?? "")?.[1] : undefined;
  return { language: runner === undefined || SHELLS.has(runner) ? language : runner, rest };
}

// Notebooks hand `!command` lines and `%%bash` cells to a shell.
function escapedToShell(text: string): string {
  if (!text.includes("!") && !text.includes("%")) return "";
  return [...text.matchAll(ESCAPED_LINE), ...text.matchAll(PROGRAM_LINE)].map((match) => match[1] ?? "").join("\n");
}

// What is left is the language's own; a magic that only measures stands before it.
function withoutEscapes(text: string): string {
  return text.replaceAll(ESCAPED_LINE, "").replaceAll(PROGRAM_LINE, "");
}

function tooLong(what: string): readonly Effect[] {
  return [{ kind: "exec.unparsed", via: what, problem: `longer than ${MAX_PARSED_LENGTH} characters` }];
}
