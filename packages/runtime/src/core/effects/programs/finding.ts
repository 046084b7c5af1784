// Programs that search for files and run or delete what they find.

import type { Effect } from "../effect.ts";
import { deletes, nested, reads, result, stream, writes } from "./describe.ts";
import { literal, parseOptions, shape, valueOf, valuesOf } from "./options.ts";
import { gravest, place } from "./place.ts";
import { watching } from "./bare-shell.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { harmless, row } from "./rows.ts";
import { OPAQUE } from "../shell/value.ts";
import { isSecretName } from "./secret-words.ts";

const ROWS: readonly ProgramRow[] = [
  row("find gfind", "https://www.gnu.org/software/findutils/manual/html_mono/find.html", find),
  row("fd fdfind", "https://github.com/sharkdp/fd", fd),
  row("locate slocate plocate mlocate mdfind", "https://man7.org/linux/man-pages/man1/locate.1.html", (call) => {
    const name = call.args.find((word) => word.value !== null && isSecretName(word.value));
    return name === undefined ? result([], stream()) : result(searches(call, name.text));
  }),
  harmless("updatedb", "https://man7.org/linux/man-pages/man1/updatedb.1.html"),
];

/** Rows of programs that search for files. */
export const FINDING: readonly ProgramRow[] = ROWS.map(watching);

/** Tests that narrow what is found, with the number of values they take. */
const NAMES = new Set([
  "-name",
  "-iname",
  "-path",
  "-ipath",
  "-wholename",
  "-iwholename",
  "-regex",
  "-iregex",
  "-lname",
  "-ilname",
]);
const TAKES_VALUE = new Set([
  "-amin",
  "-atime",
  "-cmin",
  "-ctime",
  "-mmin",
  "-mtime",
  "-size",
  "-user",
  "-group",
  "-uid",
  "-gid",
  "-perm",
  "-newer",
  "-anewer",
  "-cnewer",
  "-newermt",
  "-newerat",
  "-newerct",
  "-inum",
  "-samefile",
  "-links",
  "-used",
]);
const TAKES_ONE = new Set([
  "-type",
  "-xtype",
  "-maxdepth",
  "-mindepth",
  "-fstype",
  "-printf",
  "-regextype",
  "-D",
  "-context",
  "-files0-from",
]);
const RUNS = new Set(["-exec", "-execdir", "-ok", "-okdir"]);
const ACTIONS = new Set([...RUNS, "-delete", "-print", "-print0", "-printf"]);

interface Search {
  readonly roots: Word[];
  /** Name patterns that everything found matches. */
  readonly names: Word[];
  readonly runs: (readonly Word[])[];
  readonly written: Word[];
  readonly readFrom: Word[];
  /** Whether every branch of the expression holds for some files only. */
  narrowed: boolean;
  deletes: boolean;
  /** Narrowing tests of the branch that is being read. */
  filters: number;
  /** A branch before had no narrowing test. */
  open: boolean;
  /** Tests of the branch that hold for files which are none of the system's, and whether a branch before had none. */
  foreign: number;
  anyones: boolean;
  /** Whether every branch holds only for files that belong to named users, to nobody, or are everybody's to write. */
  isForeign: boolean;
  /** The kind of entry that the branch is about (`f`, `d`). */
  type: string;
}

function find(call: ProgramCall): ProgramResult {
  const search = parseSearch(call.args);
  const found = search.roots.map((root) => foundUnder(call, root, search));
  const effects: Effect[] = [...writes(call, search.written), ...reads(call, search.readFrom)];
  const secretName = search.names.find((name) => name.value !== null && isSecretName(name.value));
  if (secretName !== undefined && search.roots.some((root) => isWide(call, root))) {
    effects.push(...searches(call, secretName.text));
  }
  if (search.deletes) effects.push(...deletes(call, found, !search.narrowed && !search.isForeign));
  for (const command of search.runs) {
    const ran = call.run.words(fill(command, found), null);
    effects.push(...ran);
    if (ran.some(({ kind }) => kind === "fs.read")) effects.push(...reads(call, search.roots.flatMap(below(search))));
  }
  return search.runs.length > 0
    ? { ...nested(effects) }
    : result(effects, stream({ origin: gravest(call, found)?.value ?? null }));
}

function parseSearch(args: readonly Word[]): Search {
  const search: Search = {
    roots: [],
    names: [],
    runs: [],
    written: [],
    readFrom: [],
    narrowed: false,
    deletes: false,
    filters: 0,
    open: false,
    foreign: 0,
    anyones: false,
    isForeign: false,
    type: "",
  };
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at];
    if (word === undefined) break;
    const text = word.value ?? word.prefix;
    if (/^-(H|L|P|O\d|D|E|X|x|s|d)$/.test(text)) continue;
    if (text.startsWith("-") || text === "(" || text === "!" || text === ")") break;
    search.roots.push(word);
  }
  if (search.roots.length === 0) search.roots.push(literal("."));
  let negated = false;
  // Groups that are open, and how many of them stood open before the outermost one that is negated.
  let depth = 0;
  let negatedFrom: number | null = null;
  while (at < args.length) {
    const text = args[at]?.value ?? "";
    if (text === "(") {
      if (negated) negatedFrom ??= depth;
      depth += 1;
    } else if (text === ")") {
      depth -= 1;
      if (negatedFrom !== null && depth <= negatedFrom) negatedFrom = null;
    }
    const next = readTest(args, at, search, negated || negatedFrom !== null);
    negated = text === "!" || text === "-not" ? !negated : false;
    at = next;
  }
  search.narrowed = search.filters > 0 && !search.open;
  search.isForeign = search.foreign > 0 && !search.anyones;
  return search;
}

/** Reads one primary of the expression; returns where the next one stands. */
function readTest(args: readonly Word[], at: number, search: Search, negated: boolean): number {
  const text = args[at]?.value ?? "";
  const next = args[at + 1];
  // Tests behind an action come too late for it: `find / -delete -name x` deletes everything.
  if (ACTIONS.has(text)) {
    if (search.filters === 0) search.open = true;
    if (search.foreign === 0) search.anyones = true;
  }
  if (text === "-delete") search.deletes = true;
  else if (text === "-o" || text === "-or" || text === ",") {
    if (search.filters === 0) search.open = true;
    if (search.foreign === 0) search.anyones = true;
    search.filters = 0;
    search.foreign = 0;
    search.type = "";
  } else if (text === "-empty" && !negated) search.filters++;
  else if ((text === "-nouser" || text === "-nogroup") && !negated) search.foreign++;
  else if (RUNS.has(text)) return readRun(args, at + 1, search);
  else if (NAMES.has(text) && next !== undefined) {
    if (!negated && isNarrow(next.value ?? "")) {
      search.names.push(next);
      search.filters++;
    }
    return at + 2;
  } else if (text.startsWith("-fprint") || text === "-fls") {
    if (next !== undefined) search.written.push(next);
    return at + (text === "-fprintf" ? 3 : 2);
  } else if (TAKES_VALUE.has(text) || text.startsWith("-newer")) {
    if (!negated && isNarrowing(text, next?.value ?? "")) search.filters++;
    if (!negated && isForeign(text, next?.value ?? "", search.type)) search.foreign++;
    return at + 2;
  } else if (TAKES_ONE.has(text)) {
    if (text === "-files0-from" && next !== undefined) search.readFrom.push(next);
    if (text === "-type" && !negated) search.type = next?.value ?? "";
    return at + 2;
  }
  return at + 1;
}

function readRun(args: readonly Word[], from: number, search: Search): number {
  let end = from;
  for (; end < args.length; end++) {
    const text = args[end]?.value;
    if (text === ";" || text === "\\;" || (text === "+" && args[end - 1]?.value === "{}")) break;
  }
  search.runs.push(args.slice(from, end));
  return end + 1;
}

/** Whether a name pattern holds for some names only: it has letters of its own, beyond classes and stars. */
function isNarrow(pattern: string): boolean {
  const letters = pattern.replace(/\[[^\]]*\]/g, "").replace(/[^A-Za-z0-9~#_-]/g, "").length;
  return letters > 1 || (letters === 1 && !/^[*.?].*\*$/.test(pattern));
}

/** Whether a test holds for some files only: older, larger, or exactly so; `-mtime -9` may hold for all. */
function isNarrowing(test: string, value: string): boolean {
  if (test === "-inum" || test === "-samefile") return true;
  return /^-([acm](time|min)|size|used|links)$/.test(test) && /^\+?[1-9]/.test(value);
}

/** Accounts that own the operating system. */
const SYSTEM_ACCOUNT = /^(?:root|bin|daemon|sys|adm|wheel|admin|sudo|shadow|utmp|tty|disk|kmem|operator|\d{1,2}|)$/;

/**
 * Whether a test holds for no file of the operating system: those of a named user, and regular files and folders that
 * everybody may write. A mode before `-type` may be a link's, and a comparison (`+99`) anybody's.
 */
function isForeign(test: string, value: string, type: string): boolean {
  if (test === "-user" || test === "-group" || test === "-uid" || test === "-gid")
    return /^[\w.@-]*$/.test(value) && !value.startsWith("-") && !SYSTEM_ACCOUNT.test(value);
  return test === "-perm" && (type === "f" || type === "d") && /^-?0?[0-7]{2}[2367]$/.test(value);
}

/** What is found below a root, as one word: some names below it, or everything. */
function foundUnder(call: ProgramCall, root: Word, search: Search): Word {
  if (root.value === null) return root;
  const { zone } = place(call, root);
  const base = root.value.replace(/\/+$/, "");
  // What other users own or may write in the whole file system is judged where other users keep theirs.
  if (zone === "root" && search.isForeign) return glob(`/home/${OPAQUE}/${OPAQUE}`);
  if (!search.narrowed) return glob(`${base}/*`);
  const name = search.names.length === 1 ? (search.names[0]?.value ?? "") : "";
  const pattern = name === "" || name.includes("/") ? OPAQUE : name;
  const isNear = zone === "cwd" || zone === "inside" || zone === "temp" || zone === "in_home";
  return glob(isNear ? `${base}/${pattern}` : `${base}/${OPAQUE}/${pattern}`);
}

// A file that is found may lie in any folder below the root, which its own name doesn't say.
function below({ narrowed, names }: Search): (root: Word) => readonly Word[] {
  const name = names.length === 1 ? (names[0]?.value ?? "") : "";
  if (!narrowed || name === "" || name.includes("/")) return (root) => [root];
  return ({ value }) => (value === null ? [] : [glob(`${value.replace(/\/+$/, "")}/**/${name}`)]);
}

function glob(text: string): Word {
  return { value: text, text, glob: true, prefix: text };
}

/** Puts what was found in the place of `{}`. */
function fill(command: readonly Word[], found: readonly Word[]): readonly Word[] {
  return command.flatMap((word) => {
    if (word.value === "{}") return found;
    const first = found[0];
    if (word.value === null || !word.value.includes("{}") || first === undefined) return [word];
    if (first.value === null) return [{ ...word, value: null, prefix: word.value.slice(0, word.value.indexOf("{}")) }];
    const value = word.value.replaceAll("{}", first.value);
    return [{ value, text: word.text, glob: true, prefix: value }];
  });
}

function isWide(call: ProgramCall, root: Word): boolean {
  const { zone } = place(call, root);
  return zone !== "inside" && zone !== "cwd" && zone !== "temp";
}

function searches(call: ProgramCall, name: string): readonly Effect[] {
  return [{ kind: "secret.read", via: call.name, secret: "search", from: name }];
}

const FD = shape(
  "dteESxXocjC",
  "max-depth min-depth type extension exclude size changed-within changed-before owner exec exec-batch threads base-directory search-path color max-results path-separator",
);

function fd(call: ProgramCall): ProgramResult {
  const run = call.args.findIndex((word) => /^(-x|-X|--exec|--exec-batch)$/.test(word.value ?? ""));
  const options = parseOptions(run < 0 ? call.args : call.args.slice(0, run), FD);
  const named = [...options.operands.slice(1), ...valuesOf(options, "search-path", "base-directory")];
  const roots = named.length > 0 ? named : [literal(".")];
  const given = options.operands[0]?.value ?? "";
  const extension = valueOf(options, "e", "extension")?.value ?? "";
  const pattern = /^\.?\*?$/.test(given) && extension !== "" ? `*.${extension}` : given;
  const found = roots.map((root) =>
    foundUnder(call, root, {
      ...parseSearch([root]),
      names: pattern === "" || pattern === "." ? [] : [literal(pattern.includes("*") ? pattern : `*${pattern}*`)],
      narrowed: isNarrow(pattern),
    }),
  );
  if (run < 0) {
    const secret = isSecretName(pattern) && roots.some((root) => isWide(call, root)) ? searches(call, pattern) : [];
    return result(secret, stream({ origin: gravest(call, found)?.value ?? null }));
  }
  const command = call.args.slice(run + 1);
  const filled = command.some((word) => (word.value ?? "").includes("{}"))
    ? fill(command, found)
    : [...command, ...found];
  return nested(call.run.words(filled, null));
}
