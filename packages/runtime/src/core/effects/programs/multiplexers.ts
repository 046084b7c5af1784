// Programs that hold terminals: what is run or typed in these, and what their own commands do.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, reads, settled, unresolved, writes } from "./describe.ts";
import { runsGiven, runsScript } from "./given-programs.ts";
import { injects } from "./injection.ts";
import { has, literal, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { row } from "./rows.ts";
import { shellWords, wrapped } from "./wrapping.ts";

/** Rows of programs that hold terminals. */
export const MULTIPLEXERS: readonly ProgramRow[] = [
  row("tmux byobu", "https://man7.org/linux/man-pages/man1/tmux.1.html", tmux),
  row("screen", "https://www.gnu.org/software/screen/manual/screen.html", screen),
  row("zellij", "https://zellij.dev/documentation/", zellij),
];

// ---- tmux ----

function tmux(call: ProgramCall): ProgramResult {
  const o = parseOptions(call.args, shape("cfLST", "", "posix"));
  const before = [
    ...valuesOf(o, "f").flatMap((word) => runsScript(call, word, (text) => tmuxLines(call, text))),
    ...valuesOf(o, "c").flatMap((word) => call.run.shell(word.value, call.name)),
  ];
  return nested([...before, ...tmuxCommands(call, o.operands)]);
}

/** Commands that stand between words that are, or end with, a semicolon. */
function tmuxCommands(call: ProgramCall, words: readonly Word[]): readonly Effect[] {
  const effects: Effect[] = [];
  let command: Word[] = [];
  for (const word of words) {
    const ends = word.value?.endsWith(";") === true;
    const kept = ends ? literal(word.value?.slice(0, -1) ?? "") : word;
    if (kept.value !== "" && kept.value !== "{" && kept.value !== "}") command.push(kept);
    if (!ends) continue;
    effects.push(...tmuxCommand(call, command));
    command = [];
  }
  return [...effects, ...tmuxCommand(call, command)];
}

/** Commands with an effect, by what they do; each may be shortened, and some have a second name. */
const TMUX_VERBS: readonly (readonly [names: string, does: string])[] = [
  ["new-session new new-window neww split-window splitw respawn-pane respawnp respawn-window respawnw", "run"],
  ["run-shell run display-popup popup pipe-pane pipep", "run"],
  ["send-keys send", "type"],
  ["if-shell if", "if"],
  ["set-hook bind-key bind", "later"],
  ["confirm-before confirm command-prompt choose-tree choose-buffer", "texts"],
  ["display-menu menu", "menu"],
  ["source-file source", "source"],
  ["set-option set set-window-option setw", "set"],
  ["set-environment setenv", "env"],
  ["load-buffer loadb", "read"],
  ["save-buffer saveb", "write"],
];

function doing(verb: string): string {
  for (const [names, does] of TMUX_VERBS) if (names.split(" ").includes(verb)) return does;
  if (verb.length >= 4)
    for (const [names, does] of TMUX_VERBS) if (names.split(" ").some((name) => name.startsWith(verb))) return does;
  return "nothing";
}

function tmuxCommand(call: ProgramCall, [verb, ...rest]: readonly Word[]): readonly Effect[] {
  if (verb === undefined) return [];
  if (verb.value === null) return unresolved(call, "code");
  // A format may hold a command whose output it shows.
  const formats = rest.flatMap((word) => [...(word.value ?? "").matchAll(/#\(([^)]*)\)/g)].slice(0, 16));
  const shown = formats.flatMap((match) => call.run.shell(match[1] ?? null, call.name));
  return [...shown, ...tmuxVerb(call, doing(verb.value), rest)];
}

function tmuxVerb(call: ProgramCall, does: string, rest: readonly Word[]): readonly Effect[] {
  switch (does) {
    case "run":
      return shellWords(call, parseOptions(rest, shape("censtxyFhwN", "", "posix")).operands).effects;
    case "type": {
      const keys = parseOptions(rest, shape("tN", "", "posix")).operands;
      return shellWords(call, keys.filter(isText)).effects;
    }
    case "if": {
      const o = parseOptions(rest, shape("t", "", "posix"));
      const [test, ...then] = o.operands;
      const tested = test === undefined || has(o, "F") ? [] : call.run.shell(test.value, call.name);
      return [...tested, ...then.flatMap((word) => tmuxText(call, word))];
    }
    case "later": {
      const behind = parseOptions(rest, shape("TNt", "", "posix")).operands.slice(1);
      return behind.length === 1 ? behind.flatMap((word) => tmuxText(call, word)) : tmuxCommands(call, behind);
    }
    case "texts":
    case "menu":
      return parseOptions(rest, shape(does === "menu" ? "cTtxybHSs" : "cptITFfKO", "", "posix")).operands.flatMap(
        (word) => tmuxText(call, word),
      );
    case "source":
      return parseOptions(rest, shape("t", "", "posix")).operands.flatMap((word) =>
        word.value === "-" ? tmuxInput(call) : runsScript(call, word, (text) => tmuxLines(call, text)),
      );
    default:
      return tmuxSetting(call, does, rest);
  }
}

function tmuxInput(call: ProgramCall): readonly Effect[] {
  const text = call.stdin?.text ?? null;
  return text === null ? unresolved(call, "code") : tmuxLines(call, text);
}

function tmuxSetting(call: ProgramCall, does: string, rest: readonly Word[]): readonly Effect[] {
  const [name, value] = parseOptions(rest, shape("tb", "", "posix")).operands;
  if (does === "read") return name === undefined ? [] : reads(call, [name]);
  if (does === "write") return name === undefined ? [] : writes(call, [name]);
  if (name === undefined || value === undefined) return [];
  const option = name.value ?? "";
  if (does === "env")
    return injects(option, value.value) ? [{ kind: "exec.injected", via: call.name, variable: option }] : [];
  if (does !== "set") return [];
  if (/^(?:default-command|lock-command|copy-command)$/.test(option)) return call.run.shell(value.value, call.name);
  if (/^(?:default-shell|editor)$/.test(option)) return runsGiven(call, value, option);
  const aliased = option.startsWith("command-alias") ? (value.prefix.split("=", 2)[1] ?? "") : "";
  return aliased === "" ? [] : tmuxLines(call, aliased);
}

/** Whether a word is typed as text, rather than a key by its name. */
function isText(word: Word): boolean {
  return !/^(?:Enter|C-m|Space|Tab|C-[a-z])$/.test(word.value ?? "");
}

/** A word that holds a command, or several. */
function tmuxText(call: ProgramCall, word: Word): readonly Effect[] {
  if (word.value === null) return unresolved(call, "code");
  const verb = /^\s*([a-z-]+)/.exec(word.value)?.[1] ?? "";
  return doing(verb) === "nothing" ? [] : tmuxLines(call, word.value);
}

function tmuxLines(call: ProgramCall, text: string): readonly Effect[] {
  return text
    .split("\n")
    .slice(0, 1000)
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"))
    .flatMap((line) => call.run.shell(`tmux ${line.replace(/\s;\s/g, " \\; ")}`, call.name));
}

// ---- screen ----

const SCREEN = shape("ceEhpsStT", "", "posix");

function screen(call: ProgramCall): ProgramResult {
  const o = parseOptions(call.args, SCREEN);
  const before = [
    ...valuesOf(o, "c").flatMap((word) => runsScript(call, word, (text) => screenLines(call, text))),
    ...valuesOf(o, "s").flatMap((word) => runsGiven(call, word, "shell")),
  ];
  return has(o, "X") ? nested([...before, ...screenCommand(call, o.operands)]) : wrapped(call, o.operands, before);
}

/** Commands of which others follow, behind so many words. */
const SCREEN_PREFIX: ReadonlyMap<string, number> = new Map([
  ["at", 1],
  ["idle", 1],
  ["bind", 1],
  ["bindkey", 1],
]);

function screenCommand(call: ProgramCall, [verb, ...rest]: readonly Word[]): readonly Effect[] {
  if (verb === undefined) return [];
  if (verb.value === null) return unresolved(call, "code");
  const behind = SCREEN_PREFIX.get(verb.value);
  if (behind !== undefined)
    return screenCommand(call, parseOptions(rest, shape("c", "", "posix")).operands.slice(behind));
  const operands = parseOptions(rest, shape("e", "", "posix")).operands;
  switch (verb.value) {
    case "eval":
      return rest.flatMap((word) => (word.value === null ? unresolved(call, "code") : screenLines(call, word.value)));
    case "stuff":
      return shellWords(call, rest.map(typed)).effects;
    case "register":
      return shellWords(call, operands.slice(1).map(typed)).effects;
    case "exec":
      return shellWords(call, rest.slice(/^[.!:|]+$/.test(rest[0]?.value ?? "") ? 1 : 0)).effects;
    case "screen": {
      const command = parseOptions(rest, SCREEN).operands;
      return wrapped(call, command.slice(/^\d+$/.test(command[0]?.value ?? "") ? 1 : 0)).effects;
    }
    case "backtick":
      return shellWords(call, rest.slice(3)).effects;
    case "shell":
    case "defshell":
      return operands.flatMap((word) => runsGiven(call, word, "shell"));
    case "source":
      return operands.flatMap((word) => runsScript(call, word, (text) => screenLines(call, text)));
    default:
      return screenFiles(call, verb.value, operands);
  }
}

function screenFiles(call: ProgramCall, verb: string, operands: readonly Word[]): readonly Effect[] {
  if (verb === "readbuf") return reads(call, operands);
  if (verb === "readreg") return reads(call, operands.slice(1));
  if (/^(?:hardcopy|logfile|writebuf|bufferfile|hardcopydir)$/.test(verb))
    return writes(
      call,
      operands.filter(({ value }) => value !== "flush"),
    );
  if (verb !== "setenv" || operands[0] === undefined) return [];
  const variable = operands[0].value ?? "";
  return injects(variable, operands[1]?.value ?? null) ? [{ kind: "exec.injected", via: call.name, variable }] : [];
}

/** Text as it is typed: `^M` and `\n` end a line. */
function typed(word: Word): Word {
  return word.value === null ? word : literal(word.value.replace(/\\[nr]|\\01[25]|\^M/g, "\n"));
}

function screenLines(call: ProgramCall, text: string): readonly Effect[] {
  return text
    .split("\n")
    .slice(0, 1000)
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"))
    .flatMap((line) => call.run.shell(`screen -X ${line}`, call.name));
}

// ---- zellij ----

function zellij(call: ProgramCall): ProgramResult {
  const o = parseOptions(
    call.args,
    shape("scln", "session layout config new-session-with-layout config-dir data-dir", "posix"),
  );
  // A layout says what each of its panes runs; a configuration, what its keys do.
  const named = valuesOf(o, "l", "layout", "c", "config", "n", "new-session-with-layout");
  const before = named.flatMap((word) => runsScript(call, word, () => unresolved(call, "code")));
  const [verb, ...rest] = o.operands;
  if (verb !== undefined && verb.value === null) return nested([...before, ...unresolved(call, "code")]);
  if (verb?.value === "edit" || verb?.value === "e") return nested([...before, ...edited(call, rest)]);
  if (verb?.value === "action" || verb?.value === "ac") return nested([...before, ...zellijAction(call, rest)]);
  if (verb?.value !== "run" && verb?.value !== "r") return before.length === 0 ? NOTHING : nested(before);
  return wrapped(call, zellijCommand(rest), before);
}

function zellijCommand(rest: readonly Word[]): readonly Word[] {
  const dashes = rest.findIndex(({ value }) => value === "--");
  if (dashes >= 0) return rest.slice(dashes + 1);
  return parseOptions(rest, shape("ndxy", "name direction cwd width height", "posix")).operands;
}

function edited(call: ProgramCall, rest: readonly Word[]): readonly Effect[] {
  const files = parseOptions(rest, shape("ldxy", "line-number direction cwd width height")).operands;
  return [...reads(call, files), ...writes(call, settled(call, files), "change")];
}

function zellijAction(call: ProgramCall, [action, ...rest]: readonly Word[]): readonly Effect[] {
  if (action === undefined) return [];
  switch (action.value) {
    case null:
      return unresolved(call, "code");
    case "write-chars":
      return shellWords(call, rest).effects;
    case "write": {
      const bytes = rest.map(({ value }) => Number(value ?? "NaN"));
      const known = bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
      return call.run.shell(known ? String.fromCharCode(...bytes.slice(0, 4096)) : null, call.name);
    }
    case "edit":
      return edited(call, rest);
    case "dump-screen":
      return writes(call, parseOptions(rest).operands);
    case "new-tab":
      return valuesOf(parseOptions(rest, shape("lnc", "layout name cwd")), "l", "layout").flatMap((word) =>
        runsScript(call, word, () => unresolved(call, "code")),
      );
    case "new-pane":
      return wrapped(call, rest.some(({ value }) => value === "--") ? zellijCommand(rest) : []).effects;
    default:
      return [];
  }
}
