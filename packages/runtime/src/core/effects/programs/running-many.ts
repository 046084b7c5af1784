// Programs that run a command for each item of their input.

import type { Effect } from "../effect.ts";
import { nested, reads, stream } from "./describe.ts";
import { has, parseOptions, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { runsScript } from "./given-programs.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Stream, Word } from "./program.ts";
import { row } from "./rows.ts";

const XARGS = shape(
  "adEIJLnPRsSe::i::l::",
  "arg-file delimiter max-args max-procs max-chars process-slot-var",
  "posix",
);
const PARALLEL = shape(
  "aCdEIjLnNPsSUe::i::l::",
  "arg-file colsep delimiter jobs max-args max-procs max-replace-args sshlogin results joblog tmpdir timeout delay retries load nice memfree halt tagstring return transferfile basefile env workdir sshloginfile profile arg-sep arg-file-sep block recstart recend termseq rpl ssh sql sqlmaster sqlworker tmpl header trim tag:: ctagstring ctag:: sshdelay semaphorename semaphore:: id semaphoretimeout shard bin group-by limit memsuspend filter process-slot-var trc transfer:: combineexec",
  "posix",
);

const WATCHEXEC = shape(
  "wWefiosdjE",
  "watch watch-file watch-non-recursive exts filter filter-file ignore ignore-file on-busy-update signal stop-signal stop-timeout debounce delay-run poll shell env workdir project-origin filter-prog fs-events emit-events-to map-signal socket",
  "posix",
);
const WATCHERS: ReadonlyMap<string, ReturnType<typeof shape>> = new Map([
  ["nodemon", shape("xewidIs", "exec ext watch ignore delay signal config cwd", "posix")],
  ["reflex", shape("rRgGdc", "regex inverse-regex glob inverse-glob decoration config", "posix")],
  ["watchman-make", shape("pt", "pattern target make run settle root", "posix")],
]);

/** Rows of programs that run a command for each item of their input. */
export const RUNNING_MANY: readonly ProgramRow[] = [
  row("xargs gxargs", "https://www.gnu.org/software/findutils/manual/html_node/find_html/xargs-options.html", xargs),
  row("parallel sem parset", "https://www.gnu.org/software/parallel/parallel.html", parallel),
  row("entr", "https://eradman.com/entrproject/", (call) => {
    const options = parseOptions(call.args, shape("", "", "posix"));
    return nested(commandOrText(call, options.operands, has(options, "s")));
  }),
  row("watchexec nodemon reflex watchman-make", "https://github.com/watchexec/watchexec", (call) => {
    const options = parseOptions(call.args, WATCHERS.get(call.name) ?? WATCHEXEC);
    const text = valueOf(options, "x", "exec", "run");
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
  const marker = markerOf(options) ?? (has(options, "i", "replace") ? "{}" : null);
  if (options.operands.length === 0) return nested(effects);
  const command = marker === null ? [...options.operands, ...items] : replaced(options.operands, marker, items);
  return nested([...effects, ...call.run.words(command, null)]);
}

function parallel(call: ProgramCall): ProgramResult {
  const options = parseOptions(call.args, PARALLEL);
  const { command, given, lists } = sourcesOf(options);
  if (command.length === 0) {
    if (lists.length > 0)
      return nested(lists.flatMap((word) => runsScript(call, word, (text) => call.run.shell(text, call.name))));
    if (given.length === 0) return nested(call.stdin === null ? [] : call.run.shell(call.stdin.text, call.name));
    return nested(given.flatMap((word) => call.run.shell(word.value, call.name)));
  }
  const listed = lists.flatMap((word) => itemsOf(written(call, word), options));
  const flowing = given.length + listed.length === 0 ? itemsOf(call.stdin, options) : [];
  const items = columns([...given, ...listed, ...flowing], options);
  const words = command.some((word) => (word.value ?? "").includes("{"))
    ? replaced(command.map(plainMarker), markerOf(options) ?? "{}", items)
    : [...command, ...items];
  const effects = [...reads(call, lists), ...expressions(call, command)];
  if (command.length > 1) return nested([...effects, ...call.run.words(words, null)]);
  return nested([...effects, ...call.run.shell(joined(words), call.name)]);
}

/** What `parallel` is given: a command, items behind `:::`, files of items behind `::::` or `-a`. */
interface Sources {
  readonly command: readonly Word[];
  readonly given: readonly Word[];
  readonly lists: readonly Word[];
}

function sourcesOf(options: Options): Sources {
  const items = valueOf(options, "arg-sep")?.value ?? ":::";
  const files = valueOf(options, "arg-file-sep")?.value ?? "::::";
  const command: Word[] = [];
  const given: Word[] = [];
  const lists: Word[] = [...valuesOf(options, "a", "arg-file")];
  let into = command;
  for (const word of options.operands) {
    const mark = (word.value ?? "").replace(/\+$/, "");
    if (mark === items) into = given;
    else if (mark === files) into = lists;
    else into.push(word);
  }
  return { command, given, lists };
}

/** What this very command wrote into a list of items; otherwise nothing is known of it. */
function written(call: ProgramCall, list: Word): Stream | null {
  if (list.value === "-") return call.stdin;
  const text = call.run.written?.(list) ?? null;
  return text === null ? null : stream({ text });
}

/** `{= … =}`: a piece of Perl that makes a part of the command. */
function expressions(call: ProgramCall, command: readonly Word[]): readonly Effect[] {
  const code = command.flatMap(({ value }) => /\{=(.*?)=\}/s.exec(value ?? "")?.[1] ?? []);
  return code.flatMap((text) => call.run.code("perl", text, call.name));
}

/** The text that items take the place of, when one is named. */
function markerOf(options: Options): string | null {
  return valuesOf(options, "i", "replace", "I", "J", "U").at(-1)?.value ?? null;
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
  const lines = has(options, "I", "i", "replace", "L");
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
