// What some programs write is known well enough to go on with: a date has no path steps in it, a count is a number,
// a temporary file lies in the temporary folder.

import type { Stream, Word } from "../programs/program.ts";
import { OPAQUE, textStream } from "./value.ts";

/** The output of a program whose row doesn't tell it, or null. The words are its name and arguments. */
export function knownOutput(base: string, words: readonly Word[]): Stream | null {
  const write = Object.hasOwn(WRITERS, base) ? WRITERS[base] : undefined;
  if (write === undefined || words.some((word) => word.value === null)) return null;
  const text = write(words.slice(1).map((word) => word.value ?? ""));
  return text === null ? null : textStream(`${text}\n`);
}

type Writer = (args: readonly string[]) => string | null;

const opaque: Writer = () => OPAQUE;

const WRITERS: Readonly<Record<string, Writer>> = {
  date: writeDate,
  gdate: writeDate,
  mktemp: writeTemporaryName,
  realpath: onlyOperand,
  readlink: (args) => (args[0] === "-f" || args[0] === "-m" || args[0] === "-e" ? onlyOperand(args.slice(1)) : null),
  seq: writeSequence,
  nproc: opaque,
  arch: opaque,
  whoami: opaque,
  logname: opaque,
  hostname: (args) => (args.some((arg) => /^-[^s]/.test(arg)) ? null : OPAQUE),
  uname: (args) => (args.length > 1 || args[0] === "-a" ? null : OPAQUE),
  id: (args) => (/^-[ugn]+$/.test(args[0] ?? "") && !(args[0] ?? "").includes("G") ? OPAQUE : null),
  wc: (args) => (args.length === 1 && /^-[lwcm]$/.test(args[0] ?? "") ? OPAQUE : null),
  git: (args) => (args[0] === "rev-parse" && /^(?:HEAD|--short)$/.test(args[1] ?? "") ? OPAQUE : null),
  uuidgen: opaque,
  brew: (args) => (args.length === 1 && args[0] === "--prefix" ? "/opt/homebrew" : null),
};

function onlyOperand(args: readonly string[]): string | null {
  const operands = args.filter((arg) => !arg.startsWith("-"));
  const [path] = operands;
  return operands.length === 1 && path !== undefined && !path.includes("..") ? path : null;
}

/** Directives of `date` that write one word of letters and digits. */
const ONE_WORD = /^%[-_0^#]?(?:[aAbBCdeGghHIjklmMnNpPsSuUVwWyYqzZ]|:z)/;
const SEVERAL: Readonly<Record<string, string>> = {
  "%F": `${OPAQUE}-${OPAQUE}-${OPAQUE}`,
  "%T": `${OPAQUE}:${OPAQUE}:${OPAQUE}`,
  "%R": `${OPAQUE}:${OPAQUE}`,
  "%D": `${OPAQUE}/${OPAQUE}/${OPAQUE}`,
  "%%": "%",
  "%n": "\n",
  "%t": "\t",
};

function writeDate(args: readonly string[]): string | null {
  const format = args.find((arg) => arg.startsWith("+"));
  if (format === undefined) return null;
  let text = "";
  for (let at = 1; at < format.length;) {
    if (format[at] !== "%") {
      text += format.charAt(at);
      at += 1;
      continue;
    }
    const several = SEVERAL[format.slice(at, at + 2)];
    const one = ONE_WORD.exec(format.slice(at, at + 4));
    if (several === undefined && one === null) return null;
    text += several ?? OPAQUE;
    at += several === undefined ? (one?.[0].length ?? 2) : 2;
  }
  return text;
}

function writeTemporaryName(args: readonly string[]): string | null {
  if (args.some((arg) => arg.startsWith("-p") || arg.startsWith("--tmpdir=") || arg.startsWith("--suffix")))
    return null;
  const template = args.find((arg) => !arg.startsWith("-"));
  if (template === undefined) return `/tmp/tmp.${OPAQUE}`;
  const name = template.replace(/X{3,}/, OPAQUE);
  return args.some((arg) => /^-\w*t|^--tmpdir/.test(arg)) ? `/tmp/${name}` : name;
}

const MAX_NUMBERS = 256;

function writeSequence(args: readonly string[]): string | null {
  const numbers = args.map(Number);
  if (numbers.length === 0 || numbers.length > 3 || numbers.some((number) => !Number.isSafeInteger(number)))
    return null;
  const last = numbers.at(-1) ?? 0;
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
  const count = step === 0 ? -1 : Math.floor((last - first) / step) + 1;
  if (count < 0 || count > MAX_NUMBERS) return null;
  return Array.from({ length: count }, (_, index) => String(first + index * step)).join("\n");
}
