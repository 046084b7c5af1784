// Commands of ex, vi and their children: what they run, write, read and load.

import type { Effect } from "../effect.ts";
import { reads, settled, unresolved, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { literal } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";

/** Commands that stand in one text, one a line. */
export function exScript(call: ProgramCall, text: string): readonly Effect[] {
  return text
    .split("\n")
    .slice(0, 1000)
    .flatMap((line) => exCommand(call, literal(line)));
}

/** How many commands are read of one line; more than these aren't known. */
const MAX_BARS = 64;

/** One line: commands between bars, each with modifiers and a range before it. Linear for each command. */
export function exCommand(call: ProgramCall, word: Word): readonly Effect[] {
  if (word.value === null) return unresolved(call, "code");
  const effects: Effect[] = [];
  let text = word.value;
  for (let count = 0; text.trim() !== ""; count++) {
    if (count === MAX_BARS) return [...effects, ...unresolved(call, "code")];
    const command = bareCommand(text);
    const whole = takesAll(call, command);
    if (whole !== null) return [...effects, ...whole];
    const end = barIn(command);
    effects.push(...single(call, command.slice(0, end)));
    text = command.slice(end + 1);
  }
  return effects;
}

const MODIFIER =
  /^[:\s]*(?:(?:sil(?:ent)?|keepa(?:lt)?|keepj(?:umps)?|keepm(?:arks)?|keepp(?:atterns)?|lockm(?:arks)?|noa(?:utocmd)?|nos(?:wapfile)?|uns(?:ilent)?|verb(?:ose)?|vert(?:ical)?|tab|conf(?:irm)?|hid(?:e)?|sandb(?:ox)?|legacy|vim9(?:cmd)?|\d*(?:arg|buf|win|tab|c|l|cf|lf)do)(?![A-Za-z]))!?\s*/;
const RANGE = /^(?:[%*\d.$,;+\s-]|'[A-Za-z<>[\]]|\/(?:[^/\\]|\\.)*\/|\?(?:[^?\\]|\\.)*\?|\\[/?&])*/s;
const GLOBAL = /^(?:g(?:lobal)?|v(?:global)?)!?\s*([^\w\s"|\\])/;

/** A command without what stands before it: modifiers, a range, the pattern of `:global`. */
function bareCommand(text: string): string {
  let rest = text.replace(/^[:\s]+/, "");
  for (let count = 0; count < 16; count++) {
    const modifier = MODIFIER.exec(rest)?.[0] ?? "";
    rest = rest.slice(modifier.length).replace(/^[:\s]+/, "");
    const range = RANGE.exec(rest)?.[0] ?? "";
    rest = rest.slice(range.length);
    const global = GLOBAL.exec(rest);
    if (global !== null) rest = afterPattern(rest.slice(global[0].length), global[1] ?? "/");
    else if (modifier === "" && range === "") break;
  }
  return rest;
}

function afterPattern(text: string, delimiter: string): string {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === delimiter) return text.slice(at + 1);
  }
  return "";
}

/** Where the next command begins: behind a bar that isn't escaped and isn't in the pattern of a substitution. */
function barIn(command: string): number {
  const substitution = /^s(?:ubstitute)?([^\w\s"|\\])/.exec(command);
  let from = 0;
  if (substitution !== null) {
    const behind = afterPattern(command.slice(substitution[0].length), substitution[1] ?? "/");
    const flags = afterPattern(behind, substitution[1] ?? "/");
    from = command.length - (flags === "" ? 0 : flags.length);
  }
  for (let at = from; at < command.length; at++) {
    if (command[at] === "\\") at += 1;
    else if (command[at] === "|") return at;
  }
  return command.length;
}

/** What a command does that takes all of the line, bars too; null for others. */
function takesAll(call: ProgramCall, command: string): readonly Effect[] | null {
  const shell = /^(?:r(?:ead)?\s*|w(?:rite)?\s+)?!(.*)$/s.exec(command);
  if (shell !== null) return call.run.shell(shell[1] ?? null, call.name);
  const [, name = "", code = ""] = INTERPRETED.exec(command) ?? [];
  if (name !== "") return call.run.code(languageOf(name), code, call.name);
  const later = /^au(?:tocmd)?!?\s+(\S+\s+\S+\s+(?:\+\+\w+\s+)*)(.*)$/s.exec(command);
  if (later === null) return null;
  // A group's name may stand before the events.
  const [, , first = ""] = later;
  const behind = first.replace(/^\S+\s+(?:\+\+\w+\s+)*/, "");
  return [...exCommand(call, literal(first)), ...(behind === first ? [] : exCommand(call, literal(behind)))];
}

// Commands may be cut short, down to where the manual's brackets begin: `:pe[rl]`, `:perld[o]`.
const INTERPRETED =
  /^(py(?:t(?:h(?:on?)?)?)?|python[3x]|py[3x]|py[3x]?do?|lua(?:do?)?|pe(?:rl?)?|perldo?|ruby?|rubydo?|tcl?|tcldo?|mz(?:s(?:c(?:h(?:e(?:me?)?)?)?)?)?)\s+(.*)$/s;

function languageOf(name: string): string {
  if (name.startsWith("py")) return "python";
  if (name.startsWith("lua")) return "lua";
  if (name.startsWith("tc")) return "tcl";
  if (name.startsWith("mz")) return "scheme";
  return name.startsWith("r") ? "ruby" : "perl";
}

const RUNS =
  /\b(?:delete|writefile|rename|luaeval|py3?eval|perleval|rubyeval|system|systemlist|libcall|libcallnr|job_start|term_start|jobstart|termopen)\s*\(|^(?:sh|shell|ter|term|terminal|ru|runtime|l?mak|l?make|l?gr|l?grep|l?grepa|l?grepadd|exe|exec|execute|norm|normal|packadd|(?:py[3x]?|lua|ruby|tcl|mz)f(?:i(?:le?)?)?)\b|^(?:set?|setl|setlocal|setg|setglobal)\s.*\b(?:sh|shell|makeprg|mp|grepprg|gp|equalprg|ep|formatprg|fp|keywordprg|kp|shellcmdflag|shcf)\s*[:=]|^let\s+&(?:shell|makeprg|grepprg|equalprg|formatprg|keywordprg)/;

const WRITES =
  /^(?:w|wr|writ|write|wn|wnext|wN|wNext|wp|wprevious|wq|x|xit|exi|exit|up|update|sav|saveas|mks|mksession|mk|mkexrc|mkv|mkvimrc|mkvie|mkview|wv|wviminfo|wsh|wshada|wundo|ha|hardcopy)(?:!\s*|\s+|(?=>))((?:\+\+\S+\s+)*)(?:>>?)?\s*([^\s|].*)$/s;
const REDIRECTS = /^redi(?:r)?!?\s*>>?\s*(.+)$|^set?\s+(?:verbosefile|vfile|viminfofile|vif)\s*=\s*(.+)$/s;
const OPENS =
  /^(?:e|edit|ex|vi|visual|sp|split|vs|vsp|vsplit|new|vne|vnew|tabe|tabedit|tabnew|fin|find|ba|bad|badd|ar|args|arga|argadd|n|next|f|file|dr|drop|ped|pedit|cd|lc|lcd|tcd|chd|chdir)!?\s+(?:\+\S+\s+)*([^\s|#].*)$/s;
const READS = /^(?:r|read|vie|view|sv|sview)!?\s+([^\s|].*)$/s;

/** What one command does. */
function single(call: ProgramCall, command: string): readonly Effect[] {
  if (RUNS.test(command)) {
    const quoted = /\b(?:system|systemlist|job_start|term_start)\s*\(\s*(["'])(.*?)\1/s.exec(command);
    return call.run.shell(quoted?.[2] ?? null, call.name);
  }
  const sourced = /^so(?:u|ur|urc|urce)?!?\s+(\S+)/.exec(command)?.[1];
  if (sourced !== undefined) {
    const known = call.run.written?.(literal(sourced)) ?? null;
    return known === null
      ? call.run.shell(null, call.name)
      : runsScript(call, literal(sourced), (text) => exScript(call, text));
  }
  const written = WRITES.exec(command)?.[2] ?? firstOf(REDIRECTS.exec(command));
  if (written !== undefined) return writes(call, [file(written)]);
  const read = READS.exec(command)?.[1];
  if (read !== undefined) return reads(call, [file(read)]);
  const opened = OPENS.exec(command)?.[1];
  if (opened === undefined) return [];
  const words = [file(opened)];
  return [...reads(call, words), ...writes(call, settled(call, words), "change")];
}

function firstOf(match: RegExpExecArray | null): string | undefined {
  return match?.[1] ?? match?.[2];
}

function file(text: string): Word {
  return literal(text.trim().replace(/\\(?=[ |])/g, ""));
}
