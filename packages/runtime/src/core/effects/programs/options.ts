// One reader of command-line options for every row of the table: short clusters (`-xvf FILE`), long names with
// `=` or a following value and GNU abbreviations, single-dash long names (`-out FILE`), DOS switches (`/s`), `--`.
//
// It is lenient: an option it was not told of is a flag without a value. A word whose value can't be known is an
// operand, unless the part of it that is known starts like an option.

import type { Word } from "./program.ts";

/** How a program's options are written. Made once by `shape`. */
export interface OptionShape {
  /** Letters that take a value. */
  readonly short: ReadonlySet<string>;
  /** Letters and long names that take what follows in the same word only (`xargs -i%`, `cp --backup=t`). */
  readonly attached: ReadonlySet<string>;
  /** Long names that take a value. */
  readonly long: ReadonlySet<string>;
  /**
   * `gnu`: options anywhere; `posix`: the first operand ends them (wrappers); `single`: long names after one dash;
   * `dos`: switches after a slash, or after a dash.
   */
  readonly style: "gnu" | "posix" | "single" | "dos";
}

/** The options and operands of one call. */
export interface Options {
  /** Values by option name, without dashes; a flag without a value has an empty list. */
  readonly flags: ReadonlyMap<string, readonly Word[]>;
  readonly operands: readonly Word[];
}

/** Shapes made before, by their long names and letters: a row may ask for its shape at each call. */
const SHAPES = new Map<string, Map<string, OptionShape>>();

/**
 * Describes the options of a program: the letters and the (space-separated) long names that take a value. Those with
 * two colons behind them take it in the same word only: their value may be left out, or they have none and begin like
 * the name of another (`install --strip`, beside `--strip-program`).
 */
export function shape(short: string = "", long: string = "", style: OptionShape["style"] = "gnu"): OptionShape {
  const known = SHAPES.get(long)?.get(short);
  if (known !== undefined && known.style === style) return known;
  const names = long.split(" ").filter(Boolean);
  const made = {
    short: new Set(short.replace(/.::/g, "")),
    attached: new Set([
      ...(short.match(/.(?=::)/g) ?? []),
      ...names.filter((name) => name.endsWith("::")).map((name) => name.slice(0, -2)),
    ]),
    long: new Set(names.filter((name) => !name.endsWith("::"))),
    style,
  };
  let alike = SHAPES.get(long);
  if (alike === undefined) SHAPES.set(long, (alike = new Map()));
  if (known === undefined) alike.set(short, made);
  return made;
}

/** Options that take no values at all. */
export const PLAIN: OptionShape = shape();

/** Reads arguments by a shape. Linear in their number and length. */
export function parseOptions(args: readonly Word[], by: OptionShape = PLAIN): Options {
  const flags = new Map<string, Word[]>();
  const operands: Word[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === undefined) break;
    const text = word.value ?? word.prefix;
    if (text === "--" && word.value !== null) {
      for (let rest = at + 1; rest < args.length; rest++) push(operands, args[rest]);
      break;
    }
    const taken = isOption(text, by) ? readOption({ word, text, next: args[at + 1] }, by, flags) : -1;
    if (taken >= 0) at += taken;
    else if (by.style === "posix") return { flags, operands: args.slice(at) };
    else operands.push(word);
  }
  return { flags, operands };
}

/** Whether any of the options was given; a long one also by an abbreviation of three letters or more. */
export function has(options: Options, ...names: readonly string[]): boolean {
  return find(options, names) !== undefined;
}

/** The last value given to any of the options, if one was. */
export function valueOf(options: Options, ...names: readonly string[]): Word | undefined {
  return find(options, names)?.at(-1);
}

/** All values given to the options, in the order of the names. */
export function valuesOf(options: Options, ...names: readonly string[]): readonly Word[] {
  if (options.flags.size === 0) return [];
  return names.flatMap((name) => options.flags.get(name) ?? []);
}

/** A word that is exactly this text. */
export function literal(text: string): Word {
  return { value: text, text, glob: false, prefix: text };
}

/** The rest of a word after its first `count` characters. */
export function tail(word: Word, count: number): Word {
  return {
    ...word,
    value: word.value === null ? null : word.value.slice(count),
    text: word.text.slice(count),
    prefix: word.prefix.slice(count),
  };
}

interface OptionAt {
  readonly word: Word;
  readonly text: string;
  readonly next: Word | undefined;
}

function isOption(text: string, by: OptionShape): boolean {
  if (by.style === "dos" && text.length > 1 && text.startsWith("/")) return text.indexOf("/", 1) < 0;
  return text.length > 1 && text.startsWith("-");
}

/** Records one option word; returns how many following words it took. */
function readOption(at: OptionAt, by: OptionShape, flags: Map<string, Word[]>): number {
  if (by.style === "dos") return readSwitch(at, flags);
  if (at.text.startsWith("--") || by.style === "single") return readLong(at, by, flags);
  return readCluster(at, by, flags);
}

function readSwitch({ word, text }: OptionAt, flags: Map<string, Word[]>): number {
  const colon = text.indexOf(":");
  const name = text.slice(1, colon < 0 ? undefined : colon).toLowerCase();
  add(flags, name, colon < 0 ? undefined : tail(word, colon + 1));
  return 0;
}

function readLong({ word, text, next }: OptionAt, by: OptionShape, flags: Map<string, Word[]>): number {
  const dashes = text.startsWith("--") ? 2 : 1;
  const equals = text.indexOf("=");
  if (equals >= 0) {
    add(flags, text.slice(dashes, equals), tail(word, equals + 1));
    return 0;
  }
  const name = text.slice(dashes);
  const takes =
    by.long.has(name) ||
    (dashes === 1 && by.short.has(name)) ||
    (!by.attached.has(name) && isAbbreviation(name, by.long));
  add(flags, name, takes ? next : undefined);
  return takes && next !== undefined ? 1 : 0;
}

function isAbbreviation(name: string, names: ReadonlySet<string>): boolean {
  if (name.length < 3) return false;
  let matches = 0;
  for (const full of names) if (full.startsWith(name)) matches++;
  return matches === 1;
}

function readCluster({ word, text, next }: OptionAt, by: OptionShape, flags: Map<string, Word[]>): number {
  for (let at = 1; at < text.length; at++) {
    const letter = text.charAt(at);
    if (by.attached.has(letter)) {
      add(flags, letter, at + 1 < text.length || word.value === null ? tail(word, at + 1) : undefined);
      return 0;
    }
    if (!by.short.has(letter)) {
      add(flags, letter, undefined);
      continue;
    }
    const attached = at + 1 < text.length || word.value === null;
    add(flags, letter, attached ? tail(word, at + 1) : next);
    return attached || next === undefined ? 0 : 1;
  }
  return 0;
}

function add(flags: Map<string, Word[]>, name: string, value: Word | undefined): void {
  const values = flags.get(name);
  if (values === undefined) flags.set(name, value === undefined ? [] : [value]);
  else if (value !== undefined) values.push(value);
}

function push(words: Word[], word: Word | undefined): void {
  if (word !== undefined) words.push(word);
}

function find(options: Options, names: readonly string[]): readonly Word[] | undefined {
  if (options.flags.size === 0) return undefined;
  for (const name of names) {
    const exact = options.flags.get(name);
    if (exact !== undefined) return exact;
  }
  for (const [given, values] of options.flags) {
    if (given.length >= 3 && names.some((name) => name.length > given.length && name.startsWith(given))) return values;
  }
  return undefined;
}
