// Archivers: what they read, write, unpack, delete, and the programs that they can be told to run.

import type { Effect } from "../effect.ts";
import { NOTHING, deletes, reads, result, secretIn, settled, stream, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf, type Options } from "./options.ts";
import { place } from "./place.ts";
import { watching } from "./bare-shell.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const TAR = shape(
  "fCbXTIFgKLNHV",
  "file directory exclude exclude-from files-from use-compress-program to-command checkpoint-action checkpoint:: rsh-command rmt-command info-script new-volume-script owner group mode mtime transform strip-components listed-incremental newer after-date format label index-file suffix starting-file tape-length blocking-factor warning sort xform one-top-level::",
);

const ROWS: readonly ProgramRow[] = [
  row("tar gtar bsdtar star", "https://www.gnu.org/software/tar/manual/tar.html", tar),
  row("zip zipcloak zipsplit", "https://infozip.sourceforge.net/Zip.html", (call) => {
    const o = parseOptions(
      call.args,
      shape("bntiRxPsO", "unzip-command temp-path suffixes password exclude include out"),
    );
    const test = valueOf(o, "unzip-command") ?? runOption(call.args, "-TT");
    const sources = o.operands.slice(1);
    return archived(call, sources, [
      ...reads(call, sources),
      ...writes(call, o.operands.slice(0, 1)),
      ...(has(o, "m", "move") ? deletes(call, sources, true) : []),
      ...(test === undefined ? [] : call.run.shell(test.value, call.name)),
    ]);
  }),
  row("unzip funzip unar cabextract extract dtrx", "https://infozip.sourceforge.net/UnZip.html", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("dPxo", "output-directory password exclude"));
    const prints = has(o, "l", "p", "t", "v", "Z", "c");
    return result(
      [
        ...reads(call, o.operands.slice(0, 1)),
        ...(prints ? [] : writesInto(call, valueOf(o, "d", "o", "output-directory"))),
      ],
      stream({ obfuscated: "decoded" }),
    );
  }),
  row("7z 7za 7zr 7zz p7zip", "https://www.7-zip.org/", (call) => {
    const verb = call.args[0]?.value ?? "";
    const rest = call.args.slice(1);
    const output = rest.find((word) => word.prefix.startsWith("-o"));
    const operands = rest.filter((word) => !word.prefix.startsWith("-"));
    if (verb === "x" || verb === "e") {
      const folder = output === undefined ? undefined : literal(output.prefix.slice(2));
      return result(
        [...reads(call, operands.slice(0, 1)), ...writesInto(call, folder)],
        stream({ obfuscated: "decoded" }),
      );
    }
    if (verb !== "a" && verb !== "u" && verb !== "d") return result(reads(call, operands));
    const moves = rest.some((word) => word.value === "-sdel");
    return archived(call, operands.slice(1), [
      ...reads(call, operands.slice(1)),
      ...writes(call, operands.slice(0, 1)),
      ...(moves ? deletes(call, operands.slice(1), true) : []),
    ]);
  }),
  row("unrar rar arj unace lha", "https://www.rarlab.com/rar_add.htm", (call) => {
    const verb = call.args[0]?.value ?? "";
    const rest = call.args.slice(1);
    const operands = rest.filter(isNoOption);
    const archive = operands.slice(0, 1);
    const others = operands.slice(1);
    if (/^[ex]/.test(verb)) {
      const folders = [
        ...others.filter((word) => word.prefix.endsWith("/")),
        ...rest.filter((word) => /^-op./.test(word.prefix)).map((word) => tail(word, 3)),
      ];
      return result(
        [...reads(call, archive), ...folders.flatMap((word) => writesInto(call, word))],
        stream({ obfuscated: "decoded" }),
      );
    }
    if (!/^[amufdk]/.test(verb)) return result(reads(call, archive));
    return archived(call, others, [
      ...reads(call, others),
      ...writes(call, archive),
      ...(verb.startsWith("m") || rest.some((word) => word.value === "-df") ? deletes(call, others, true) : []),
    ]);
  }),
  row("cpio", "https://www.gnu.org/software/cpio/manual/cpio.html", (call) => {
    const o = parseOptions(call.args, shape("CDEFHIMOR", "directory pattern-file file format owner rsh-command"));
    const program = valueOf(o, "rsh-command");
    const secret = call.stdin?.secret ?? null;
    const copies = has(o, "p", "pass-through") ? writes(call, o.operands.slice(-1)) : [];
    const extracts = has(o, "i", "extract") ? writesInto(call, valueOf(o, "D", "directory")) : [];
    return result(
      [
        ...reads(call, valuesOf(o, "I", "E", ...(has(o, "o", "create") ? [] : ARCHIVE))),
        ...writes(call, valuesOf(o, "O", ...(has(o, "o", "create") ? ARCHIVE : []))),
        ...copies,
        ...extracts,
        ...(program === undefined ? [] : call.run.shell(program.value, call.name)),
      ],
      stream({ secret: secret ?? wideOrigin(call.stdin?.origin ?? null) }),
    );
  }),
  row("pax", "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html", (call) => {
    const o = parseOptions(call.args, shape("fbopsxTE"));
    if (has(o, "r") && has(o, "w"))
      return result([...reads(call, o.operands.slice(0, -1)), ...writes(call, o.operands.slice(-1))]);
    if (has(o, "w")) return archived(call, o.operands, [...reads(call, o.operands), ...writes(call, valuesOf(o, "f"))]);
    return result(reads(call, valuesOf(o, "f")));
  }),
  row("ar gcc-ar llvm-ar ranlib", "https://sourceware.org/binutils/docs/binutils/ar.html", (call) => {
    const operands = call.args.slice(1);
    return result([...reads(call, operands.slice(1)), ...writes(call, operands.slice(0, 1), "change")]);
  }),
  row(
    "mksquashfs unsquashfs genisoimage mkisofs xorriso xorrisofs",
    "https://www.gnu.org/software/xorriso/",
    (call) => {
      const o = parseOptions(call.args, shape("odVA", "o output d dest", "single"));
      return result([...reads(call, o.operands), ...writes(call, valuesOf(o, "o", "output", "d", "dest"))]);
    },
  ),
];

/** The options of `cpio` that name the archive. */
const ARCHIVE = ["F", "file"] as const;

function isNoOption(word: Word): boolean {
  return !word.prefix.startsWith("-");
}

/** Rows of archivers. */
export const ARCHIVES: readonly ProgramRow[] = ROWS.map(watching);

/** Archive contents on the way: of whole homes or systems they hold secrets. */
function archived(call: ProgramCall, sources: readonly Word[], effects: readonly Effect[]): ProgramResult {
  return result(effects, stream({ secret: secretIn(call, sources) ?? treeSecret(call, sources) }));
}

/** Whether a tree as wide as a home or the system is read: it surely holds secrets. */
export function treeSecret(call: ProgramCall, sources: readonly Word[]): string | null {
  for (const word of sources) {
    const { zone, path } = place(call, word);
    if (zone === "root" || zone === "home" || zone === "others" || path === "/etc" || path === "/root")
      return "whole_tree";
  }
  return null;
}

function wideOrigin(origin: string | null): string | null {
  return origin !== null && /^(\/|~)\/?\*$|^\/(home|root|etc|Users)\b/.test(origin) ? "whole_tree" : null;
}

/** Unpacking into a folder that is not the working folder. */
function writesInto(call: ProgramCall, folder: Word | undefined): readonly Effect[] {
  if (folder === undefined || folder.value === "." || folder.value === "./") return [];
  return writes(call, [folder]);
}

function runOption(args: readonly Word[], name: string): Word | undefined {
  const at = args.findIndex((word) => word.prefix.startsWith(name));
  const word = args[at];
  if (word === undefined) return undefined;
  return word.value === name ? args[at + 1] : tail(word, name.length);
}

function tar(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(dashed(call.args), TAR);
  const programs = tarPrograms(call, o);
  const files = valuesOf(o, "f", "file");
  const folder = valueOf(o, "C", "directory");
  if (has(o, "x", "extract", "get")) {
    const absolute = has(o, "P", "absolute-names") ? writes(call, [literal("/")]) : [];
    const prints = has(o, "O", "to-stdout");
    const members = prints
      ? []
      : writes(
          call,
          settled(
            call,
            o.operands.map((word) => inFolder(folder, word)),
          ),
        );
    return result(
      [
        ...reads(call, files),
        ...(prints ? [] : [...writesInto(call, folder), ...movedTo(call, o)]),
        ...members,
        ...absolute,
        ...programs,
      ],
      stream({ obfuscated: "decoded" }),
    );
  }
  if (has(o, "t", "list", "d", "diff", "compare")) return result([...reads(call, files), ...programs]);
  const sources = o.operands.map((word) => inFolder(folder, word));
  const removed = has(o, "remove-files") ? deletes(call, sources, true) : [];
  const toOutput = files.length === 0 || files[0]?.value === "-";
  const effects = [
    ...reads(call, [...sources, ...valuesOf(o, "T", "files-from")]),
    ...(toOutput ? [] : writes(call, files)),
    ...removed,
    ...programs,
  ];
  return toOutput ? archived(call, sources, effects) : result(effects);
}

/** `s,^,/etc/,`: the place outside that a name is changed to. */
function newPlace(expression: string): readonly Word[] {
  const parts = expression.replace(/^(?:flags=\w*;)?s?/, "");
  const mark = parts.charAt(0);
  // A mark behind a backslash ends nothing.
  const [, , target = ""] = parts.replaceAll(`\\${mark}`, "\0").split(mark, 3);
  const name = target.replaceAll("\0", mark).replace(/[&\\].*$/s, "");
  return /^\/|(?:^|\/)\.\.(?:\/|$)/.test(name) ? [literal(name)] : [];
}

/** Where what is unpacked goes besides: a folder for all of it, or a name that each is given. */
function movedTo(call: ProgramCall, o: Options): readonly Effect[] {
  const folders = call.args.filter((word) => word.prefix.startsWith("--one-top-level="));
  const short = call.name === "bsdtar" ? runOption(call.args, "-s") : undefined;
  const renamed = [...valuesOf(o, "transform", "xform"), ...(short === undefined ? [] : [short])];
  const outside = renamed.flatMap((word) =>
    word.value === null ? [{ ...word, prefix: "" }] : word.value.split(/;(?=s)/).flatMap(newPlace),
  );
  return writes(call, [...folders.map((word) => tail(word, "--one-top-level=".length)), ...outside]);
}

/** The old way of writing options without a dash: `tar xzf FILE`. Letters that take values take the next words in order. */
function dashed(args: readonly Word[]): readonly Word[] {
  const first = args[0];
  if (first === undefined || first.value === null || !/^[a-zA-Z]+$/.test(first.value)) return args;
  const out: Word[] = [];
  let next = 1;
  for (const letter of first.value) {
    out.push(literal(`-${letter}`));
    const value = args[next];
    if (TAR.short.has(letter) && value !== undefined) {
      out.push(value);
      next++;
    }
  }
  return [...out, ...args.slice(next)];
}

function inFolder(folder: Word | undefined, word: Word): Word {
  if (folder === undefined || folder.value === null || word.value === null || word.value.startsWith("/")) return word;
  const value = `${folder.value}/${word.value}`;
  return { ...word, value, prefix: value };
}

function tarPrograms(call: ProgramCall, o: Options): readonly Effect[] {
  const effects: Effect[] = [];
  for (const word of valuesOf(
    o,
    "to-command",
    "I",
    "use-compress-program",
    "F",
    "info-script",
    "new-volume-script",
    "rsh-command",
    "rmt-command",
  )) {
    effects.push(...call.run.shell(word.value, call.name));
  }
  for (const word of valuesOf(o, "checkpoint-action")) {
    if (word.value === null || word.value.startsWith("exec="))
      effects.push(...call.run.shell(word.value?.slice(5) ?? null, call.name));
  }
  return effects;
}
