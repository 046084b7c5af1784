// Patches: which files a patch would change, read from the patch itself.
//
// Three spellings: unified and context diffs (`--- a/x`, `+++ b/x`, `*** x`), git's extended headers (`rename to x`),
// and the envelope that coding agents write (`*** Begin Patch`, `*** Update File: x`). What can't be read (a file nobody
// knows the content of) is judged by the folder that it is applied in.

import type { Effect } from "../effect.ts";
import { NOTHING, deletes, reads, result, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf, type Options } from "./options.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** How a patch is applied. */
interface Applied {
  /** How many leading folders of each name are taken off; null when the program decides by itself. */
  readonly strip: number | null;
  /** The folder that names are seen from; null: the working folder. */
  readonly folder: Word | null;
}

const PATCH = shape("dioprBDFYVzg", "directory input output strip reject-file prefix suffix fuzz ifdef get");
const APPLY = shape("pC", "directory exclude include whitespace unidiff-zero build-fake-ancestor");

/** Rows of programs that apply patches. */
export const PATCHES: readonly ProgramRow[] = [
  row("patch gpatch", "https://www.gnu.org/software/diffutils/manual/html_node/patch-Options.html", patch),
  row("apply_patch applypatch apply-patch apply_diff", "https://github.com/openai/codex", (call) => {
    const texts = call.args.length > 0 ? call.args.map((word) => word.value) : [call.stdin?.text ?? null];
    return result(texts.flatMap((text) => patched(call, text, { strip: null, folder: null })));
  }),
];

/** `git apply`, `git am`: patches given as files or on standard input. */
export function gitApply(call: ProgramCall, rest: readonly Word[]): ProgramResult {
  const o = parseOptions(rest, APPLY);
  if (has(o, "check", "stat", "numstat", "summary", "abort", "quit", "show-current-patch")) return NOTHING;
  const folder = valueOf(o, "directory") ?? null;
  return result([...reads(call, o.operands), ...applied(call, o.operands, { strip: stripOf(o) ?? 1, folder })]);
}

function patch(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, PATCH);
  if (has(o, "dry-run")) return NOTHING;
  const input = valueOf(o, "i", "input") ?? o.operands[1];
  const named = [...o.operands.slice(0, 1), ...[valueOf(o, "o", "output")].filter((word) => word !== undefined)];
  const folder = valueOf(o, "d", "directory") ?? null;
  const own = writes(
    call,
    named.map((word) => joined(folder, word) ?? word),
    "change",
  );
  // A file that is named is changed, whatever the patch calls it.
  if (named.length > 0) return result(own);
  return result(applied(call, input === undefined ? [] : [input], { strip: stripOf(o), folder }));
}

function stripOf(o: Options): number | null {
  const text = valueOf(o, "p", "strip")?.value ?? null;
  return text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null;
}

/** The effects of applying patch files, or what flows in where none is named. */
function applied(call: ProgramCall, files: readonly Word[], by: Applied): readonly Effect[] {
  const texts = files.length === 0 ? [call.stdin?.text ?? null] : files.map((file) => call.run.written?.(file) ?? null);
  return texts.flatMap((text) => patched(call, text, by));
}

function patched(call: ProgramCall, text: string | null, by: Applied): readonly Effect[] {
  if (text === null) return unread(call, by.folder);
  const changed: Word[] = [];
  const removed: Word[] = [];
  for (const { name, gone, whole } of namesIn(text)) {
    for (const spelling of whole ? [name] : stripped(name, by.strip)) {
      const word = joined(by.folder, literal(spelling)) ?? literal(spelling);
      (gone ? removed : changed).push(word);
    }
  }
  return [...writes(call, changed, "change"), ...deletes(call, removed)];
}

// Somebody else's patch may change anything below the folder: that matters where it isn't the project.
function unread(call: ProgramCall, folder: Word | null): readonly Effect[] {
  const word = folder ?? literal(".");
  const { zone } = place(call, word);
  return zone === "cwd" || zone === "inside" || zone === "temp" || zone === "null_device"
    ? []
    : writes(call, [word], "change");
}

interface NamedFile {
  readonly name: string;
  readonly gone: boolean;
  /** The name is no diff's, so nothing is taken off it. */
  readonly whole: boolean;
}

// Names that stand there whole: of the envelope, and in git's extended headers.
const ENVELOPE = /^(?:\*\*\* (?:(Update|Add|Delete) File|Move to):|rename (?:from|to)|copy to) (.+)$/;
const HEADER = /^(?:--- |\+\+\+ |\*\*\* (?!\d)|Index: )"?([^\t"]+)/;

/** The files that a patch names. Linear in the text; at most a thousand. */
function namesIn(text: string): readonly NamedFile[] {
  const found: NamedFile[] = [];
  let before: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (found.length > MAX_NAMES) break;
    const [, verb, whole] = ENVELOPE.exec(line) ?? [];
    if (whole !== undefined) {
      found.push({ name: whole.trim(), gone: verb === "Delete", whole: true });
      continue;
    }
    const name = HEADER.exec(line)?.[1]?.trim() ?? null;
    if (name === null || name === "Begin Patch" || name === "End Patch" || name === "End of File") continue;
    if (name === "/dev/null") {
      if (line.startsWith("+++") && before !== null) found.push({ name: before, gone: true, whole: false });
      continue;
    }
    if (line.startsWith("--- ")) before = name;
    found.push({ name, gone: false, whole: false });
  }
  return found;
}

const MAX_NAMES = 1000;

/** The names that a diff's name may stand for. */
function stripped(name: string, strip: number | null): readonly string[] {
  // Dates of old diffs follow two spaces.
  const plain = name.replace(/\s{2,}\d.*$/, "");
  if (strip === null) return plain.includes("/") ? [plain, plain.slice(plain.lastIndexOf("/") + 1)] : [plain];
  let rest = plain;
  for (let count = 0; count < strip; count += 1) {
    const slash = rest.search(/[^/]\/+/);
    if (slash < 0) break;
    rest = rest.slice(slash + 1).replace(/^\/+/, "");
  }
  return [rest];
}

function joined(folder: Word | null, word: Word | null): Word | null {
  if (folder === null || word === null) return word ?? folder;
  if (word.prefix.startsWith("/") || word.prefix.startsWith("~")) return word;
  if (folder.value === null || word.value === null) return { ...folder, value: null };
  return literal(`${folder.value.replace(/\/+$/, "")}/${word.value}`);
}
