// Programs that copy, move, link, make and split files.

import type { Effect } from "../effect.ts";
import {
  NOTHING,
  deletes,
  moves,
  permits,
  reads,
  result,
  secretIn,
  settled,
  stream,
  wipes,
  writes,
} from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf, type Options } from "./options.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramRow, Word } from "./program.ts";
import { asksForHelp, optionRow, row } from "./rows.ts";
import { factorsOf, FILLING_BYTES } from "./sizes.ts";

const COPY = shape("tS", "target-directory suffix sparse");
const INSTALL = shape("gmotS", "group mode owner target-directory suffix strip-program strip::");

/** Rows of programs that copy, move, link, make and split files. */
export const COPYING: readonly ProgramRow[] = [
  row("cp gcp copy xcopy pcp", "https://www.gnu.org/software/coreutils/manual/html_node/cp-invocation.html", copies),
  optionRow(
    "robocopy",
    "https://learn.microsoft.com/windows-server/administration/windows-commands/robocopy",
    shape("", "", "dos"),
    mirrors,
  ),
  optionRow(
    "mv gmv move",
    "https://www.gnu.org/software/coreutils/manual/html_node/mv-invocation.html",
    COPY,
    (call, o) => {
      const { sources, written } = copied(o);
      const isLost = written.some((word) => word.value?.startsWith("/dev/") === true);
      const taken = isLost ? deletes(call, sources, true) : moves(call, sources);
      return [...taken, ...secretsMoved(call, sources), ...writes(call, written)];
    },
  ),
  optionRow("rename prename perl-rename file-rename", "https://manpages.debian.org/rename", shape("eE"), (call, o) => {
    // A pattern is code of Perl to most programs of this name; plain words are none.
    const given = valuesOf(o, "e", "E");
    const code = given.length > 0 ? given : o.operands.slice(0, 1).filter(({ prefix }) => /\W/.test(prefix));
    return [
      ...code.flatMap((word) => call.run.code("perl", word.value, call.name)),
      ...writes(call, given.length > 0 ? o.operands : o.operands.slice(1), "change"),
    ];
  }),
  row(
    "ln link symlink mklink",
    "https://www.gnu.org/software/coreutils/manual/html_node/ln-invocation.html",
    makesLinks,
  ),
  optionRow(
    "install ginstall",
    "https://www.gnu.org/software/coreutils/manual/html_node/install-invocation.html",
    INSTALL,
    installs,
  ),
  row("dd dcfldd dc3dd", "https://www.gnu.org/software/coreutils/manual/html_node/dd-invocation.html", copiesBlocks),
  row("tee sponge", "https://www.gnu.org/software/coreutils/manual/html_node/tee-invocation.html", (call) => {
    const o = parseOptions(call.args, shape());
    const effects = writes(call, o.operands, has(o, "a", "append") ? "append" : "create");
    return call.stdin === null ? result(effects) : result(effects, call.stdin);
  }),
  optionRow(
    "touch",
    "https://www.gnu.org/software/coreutils/manual/html_node/touch-invocation.html",
    shape("drt", "date reference time"),
    (call, o) => writes(call, settled(call, o.operands), "change"),
  ),
  optionRow(
    "mkdir md mkfifo",
    "https://www.gnu.org/software/coreutils/manual/html_node/mkdir-invocation.html",
    shape("m", "mode"),
    // A new folder overwrites nothing, so its name decides only where it is known.
    (call, o) => fresh(writes(call, o.operands.filter(isKnown))),
  ),
  optionRow(
    "mknod",
    "https://www.gnu.org/software/coreutils/manual/html_node/mknod-invocation.html",
    shape("m", "mode"),
    (call, o) => [
      ...writes(call, o.operands.slice(0, 1)),
      ...(o.operands[1]?.value === "p"
        ? []
        : ([{ kind: "privilege.raise", via: call.name, how: "device node" }] satisfies Effect[])),
    ],
  ),
  optionRow(
    "split csplit",
    "https://www.gnu.org/software/coreutils/manual/html_node/split-invocation.html",
    shape(
      "abClntf",
      "suffix-length bytes line-bytes lines number separator filter additional-suffix prefix digits suffix-format",
    ),
    splits,
  ),
];

function isKnown(word: Word): boolean {
  return word.value !== null || word.prefix !== "";
}

/** Writing that replaces nothing. */
function fresh(effects: readonly Effect[]): readonly Effect[] {
  return effects.map((effect) => (effect.kind === "fs.write" ? { ...effect, fresh: true } : effect));
}

interface Copied {
  readonly sources: readonly Word[];
  readonly written: readonly Word[];
}

/** Sources and what is written of `SOURCE… DEST` or `-t DIR SOURCE…`. */
function copied(o: Options): Copied {
  const folder = valueOf(o, "t", "target-directory");
  if (folder !== undefined) return { sources: o.operands, written: o.operands.map((source) => within(folder, source)) };
  const dest = o.operands.at(-1);
  if (dest === undefined || o.operands.length < 2) return { sources: o.operands, written: [] };
  const sources = o.operands.slice(0, -1);
  const isFolder = dest.value !== null && /(^|\/)\.{0,2}\/*$|^~$/.test(dest.value);
  return { sources, written: isFolder ? sources.map((source) => within(dest, source)) : [dest] };
}

/** `robocopy FROM TO`: mirroring deletes from `TO` what `FROM` lacks. */
function mirrors(call: ProgramCall, o: Options): readonly Effect[] {
  const [from, to] = o.operands;
  if (from === undefined || to === undefined) return [];
  return [
    ...reads(call, [from]),
    ...writes(call, [to]),
    ...(has(o, "mir", "purge") ? deletes(call, [to], true) : []),
    ...(has(o, "mov", "move") ? moves(call, [from]) : []),
  ];
}

/** The place that a source gets inside a folder. */
function within(folder: Word, source: Word): Word {
  if (folder.value === null || source.value === null) return folder;
  const name = source.value.slice(source.value.replace(/\/+$/, "").lastIndexOf("/") + 1);
  if (name === "" || name === "." || name === "..") return folder;
  const value = `${folder.value.replace(/\/+$/, "")}/${name}`;
  return { value, text: value, glob: source.glob, prefix: value };
}

/** Moving or linking to a secret is a way to reach it by another name. */
function secretsMoved(call: ProgramCall, sources: readonly Word[]): readonly Effect[] {
  const secret = secretIn(call, sources);
  return secret === null ? [] : [{ kind: "secret.read", via: call.name, secret, from: sources[0]?.text ?? "" }];
}

// A hard link can't be told from the file afterwards, so making one counts as a change of the file.
function makesLinks(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, COPY);
  const { sources, written } = copied(o);
  const replaces = has(o, "f", "F", "force", "b", "backup", "i", "interactive", "S", "suffix");
  const soft = has(o, "s", "symbolic") || call.name === "symlink" || call.name === "mklink";
  return result([
    ...secretsMoved(call, sources),
    ...(soft ? [] : writes(call, settled(call, sources), "change")),
    ...(replaces ? writes(call, written) : fresh(writes(call, settled(call, written)))),
  ]);
}

function copies(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, COPY);
  const { sources, written } = copied(o);
  const sameFile = has(o, "l", "link") ? writes(call, settled(call, sources), "change") : [];
  return result([...reads(call, sources), ...sameFile, ...writes(call, written)]);
}

function installs(call: ProgramCall, o: Options): readonly Effect[] {
  const mode = valueOf(o, "m", "mode")?.value ?? "";
  const { sources, written } = has(o, "d", "directory") ? { sources: [], written: o.operands } : copied(o);
  const setuid = /^0*[2467][0-7]{3}$/.test(mode) || /[ug+=]s/.test(mode);
  return [...reads(call, sources), ...writes(call, written), ...(setuid ? permits(call, written, "setuid") : [])];
}

function copiesBlocks(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  const values = new Map<string, Word>();
  for (const word of call.args) {
    const equals = word.prefix.indexOf("=");
    if (equals > 0) values.set(word.prefix.slice(0, equals), tail(word, equals + 1));
  }
  const from = values.get("if");
  const to = values.get("of") ?? values.get("hof") ?? values.get("ofs");
  const effects = from === undefined ? [] : reads(call, [from]);
  if (to !== undefined) effects.push(...writes(call, [to]));
  for (const word of [values.get("wipe"), values.get("hwipe")])
    if (word !== undefined) effects.push(...wipes(call, [word]));
  const endless = from?.value === "/dev/zero" || from?.value === "/dev/urandom" || from?.value === "/dev/random";
  const block = values.get("bs") ?? values.get("ibs");
  const bytes = (factorsOf(block?.value ?? "512") ?? 0) * (factorsOf(values.get("count")?.value) ?? 0);
  const fills = !values.has("count") || bytes >= FILLING_BYTES;
  if (endless && to !== undefined && fills && place(call, to).zone !== "null_device") {
    effects.push({ kind: "resource.exhaust", via: call.name, how: "endless write" });
  }
  if (from === undefined)
    return call.stdin === null || to !== undefined ? result(effects) : result(effects, call.stdin);
  return result(effects, stream({ secret: secretIn(call, [from]) }));
}

function splits(call: ProgramCall, o: Options): readonly Effect[] {
  const filter = valueOf(o, "filter");
  const prefix = call.name === "csplit" ? valueOf(o, "f", "prefix") : o.operands[1];
  return [
    ...reads(call, o.operands.slice(0, 1)),
    ...writes(call, [prefix ?? literal("./xaa")]),
    ...(filter === undefined ? [] : call.run.shell(filter.value, call.name)),
  ];
}
