// Programs that run a command for each item of their input.

import type { Effect } from "../effect.ts";
import { nested, reads } from "./describe.ts";
import { has, parseOptions, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { runsScript } from "./given-programs.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Stream, Word } from "./program.ts";
import { row } from "./rows.ts";

const XARGS = shape(
  "adEILnPs",
  "arg-file delimiter max-args max-procs max-chars replace-str process-slot-var",
  "posix",
);
const PARALLEL = shape(
  "aCdEIjLnNPsS",
  "arg-file colsep delimiter jobs max-args max-procs replace-str sshlogin results joblog tmpdir timeout delay retries load nice memfree halt tagstring return transferfile basefile env workdir sshloginfile profile arg-sep arg-file-sep block recstart recend termseq rpl ssh sql sqlmaster sqlworker tmpl shebang",
  "posix",
);

/** Rows of programs that run a command for each item of their input. */
export const RUNNING_MANY: readonly ProgramRow[] = [
  row("xargs gxargs", "https://www.gnu.org/software/findutils/manual/html_node/find_html/xargs-options.html", xargs),
  row("parallel sem parset", "https://www.gnu.org/software/parallel/parallel.html", parallel),
  row("entr", "https://eradman.com/entrproject/", (call) => {
    const options = parseOptions(call.args, shape("", "", "posix"));
    return nested(commandOrText(call, options.operands, has(options, "s")));
  }),
  row("watchexec nodemon reflex watchman-make", "https://github.com/watchexec/watchexec", (call) => {
    const options = parseOptions(
      call.args,
      shape("weirdsfx", "watch ext ignore exec shell restart signal delay filter", "posix"),
    );
    const text = valueOf(options, "x", "exec");
    return nested(
      text === undefined ? commandOrText(call, options.operands, true) : call.run.shell(text.value, call.name),
    );
  }),
];

function xargs(call: ProgramCall): ProgramResult {
  const options = parseOptions(call.args, XARGS);
  const file = valueOf(options, "a", "arg-file");
  const effects: Effect[] = file === undefined ? [] : reads(call, [file]);
  const items = itemsOf(file === undefined ? call.stdin : null, options);
  const marker = valueOf(options, "I", "replace-str")?.value ?? (has(options, "i", "replace") ? "{}" : null);
  if (options.operands.length === 0) return nested(effects);
  const command = marker === null ? [...options.operands, ...items] : replaced(options.operands, marker, items);
  return nested([...effects, ...call.run.words(command, null)]);
}

function parallel(call: ProgramCall): ProgramResult {
  const options = parseOptions(call.args, PARALLEL);
  const at = options.operands.findIndex((word) => /^:::\+?:?$/.test(word.value ?? ""));
  const files = options.operands.findIndex((word) => word.value === "::::");
  const ends = [at, files].filter((index) => index >= 0);
  const command = ends.length === 0 ? options.operands : options.operands.slice(0, Math.min(...ends));
  const given = at < 0 ? null : options.operands.slice(at + 1);
  if (command.length === 0) {
    const lists = [...valuesOf(options, "a", "arg-file"), ...(files < 0 ? [] : options.operands.slice(files + 1))];
    if (lists.length > 0)
      return nested(lists.flatMap((word) => runsScript(call, word, (text) => call.run.shell(text, call.name))));
    if (given === null) return nested(call.stdin === null ? [] : call.run.shell(call.stdin.text, call.name));
    return nested(given.flatMap((word) => call.run.shell(word.value, call.name)));
  }
  const items = columns(given ?? itemsOf(call.stdin, options), options);
  const marker = valueOf(options, "I", "replace-str")?.value ?? "{}";
  const words = command.some((word) => (word.value ?? "").includes("{"))
    ? replaced(command.map(plainMarker), marker, items)
    : [...command, ...items];
  if (command.length > 1) return nested(call.run.words(words, null));
  return nested(call.run.shell(joined(words), call.name));
}

/** `{1}`, `{2.}`, `{/}`: a column or a part of an item is judged as the item. */
function plainMarker(word: Word): Word {
  if (word.value === null || !word.value.includes("{")) return word;
  const value = word.value.replace(/\{(?:\d{1,3}[./]{0,3}|[./]{1,3})\}/g, "{}");
  return value === word.value ? word : { ...word, value, prefix: value };
}

/** Items split into the columns that they are made of. */
function columns(items: readonly Word[], options: Options): readonly Word[] {
  const by = valueOf(options, "C", "colsep")?.value;
  if (by === undefined || by === null || by === "") return items;
  return items.flatMap((item) =>
    item.value === null
      ? [item]
      : item.value.split(unescape(by)).map((value) => ({ ...item, value, text: value, prefix: value })),
  );
}

/** A command given as words, or as one text for the shell. */
function commandOrText(call: ProgramCall, words: readonly Word[], asText: boolean): readonly Effect[] {
  if (words.length === 0) return [];
  return asText ? call.run.shell(joined(words), call.name) : call.run.words(words, null);
}

/** The items that flow in, as words: known texts, a pattern they match, or one unknown word. */
function itemsOf(stdin: Stream | null, options: Options): readonly Word[] {
  if (stdin === null) return [unknown()];
  if (stdin.text !== null) return split(stdin.text, options);
  if (stdin.origin === null) return [unknown()];
  return [{ value: stdin.origin, text: stdin.origin, glob: true, prefix: stdin.origin }];
}

function split(text: string, options: Options): readonly Word[] {
  const delimiter = valueOf(options, "d", "delimiter")?.value;
  const lines = has(options, "I", "i", "replace", "replace-str", "L");
  const by = has(options, "0", "null")
    ? "\0"
    : delimiter === undefined || delimiter === null
      ? lines
        ? /\n+/
        : /\s+/
      : unescape(delimiter);
  return text
    .split(by)
    .filter((item) => item.trim() !== "")
    .slice(0, 256)
    .map((item) => unquoted(lines ? item.trim() : item));
}

function unescape(delimiter: string): string {
  return delimiter === "\\n" ? "\n" : delimiter === "\\t" ? "\t" : delimiter === "\\0" ? "\0" : delimiter;
}

function unquoted(item: string): Word {
  const quoted = /^(["'])(.*)\1$/.exec(item);
  const value = quoted?.[2] ?? item;
  return { value, text: item, glob: false, prefix: value };
}

function unknown(): Word {
  return { value: null, text: "(input)", glob: false, prefix: "" };
}

/** The command with each marker replaced by the items. */
function replaced(command: readonly Word[], marker: string, items: readonly Word[]): readonly Word[] {
  return command.flatMap((word) => {
    if (word.value === marker) return items;
    if (word.value === null || !word.value.includes(marker)) return [word];
    const before = word.value.slice(0, word.value.indexOf(marker));
    const values = items.map((item) => item.value);
    if (values.length === 0 || values.includes(null))
      return [{ value: null, text: word.text, glob: false, prefix: before }];
    return values.map((value, at) => {
      const text = word.value?.replaceAll(marker, value ?? "") ?? "";
      return { value: text, text, glob: items[at]?.glob === true, prefix: text };
    });
  });
}

function joined(words: readonly Word[]): string | null {
  const texts: string[] = [];
  for (const word of words) {
    if (word.value === null) return null;
    texts.push(word.value);
  }
  return texts.join(" ");
}
