// Abstract text: a word's value is known, unknown, or known but for opaque runs.

import type { Stream, Word } from "../programs/program.ts";

/**
 * Stands in a value for a run of characters that is not known but can't hold a separator, a quote or a path step:
 * a date's digits, a counter, a temporary name. A path with it has a known place; a program name or code with it is unresolved.
 */
export const OPAQUE = "\u{E000}";

/** Nothing came out. */
export const NO_OUTPUT: Stream = { text: "", secret: null, obfuscated: null, origin: null };

/** Something came out that is not known and not remarkable. */
export const UNKNOWN_OUTPUT: Stream = { text: null, secret: null, obfuscated: null, origin: null };

/** A word whose value is known. */
export function known(value: string, text: string = value): Word {
  return { value, text, glob: false, prefix: value };
}

/** A word whose value is not known. */
export function unknown(text: string): Word {
  return { value: null, text, glob: false, prefix: "" };
}

/** The value of a variable that was unset: empty, and none where an expansion asks for one. */
export const UNSET: Word = known("");

/** A stream of known text. */
export function textStream(text: string): Stream {
  return { text, secret: null, obfuscated: null, origin: null };
}

/** The place that a stream spells, where its spelling is not known. */
const PLACES: WeakMap<Stream, string> = new WeakMap();

/** A stream of unknown text that names a known place (`pwd` where nobody said where that is). */
export function placeStream(path: string): Stream {
  const stream: Stream = { ...UNKNOWN_OUTPUT };
  PLACES.set(stream, path);
  return stream;
}

/** The place that a stream names, if its text is not known but that is. */
export function placeOf(stream: Stream): string | null {
  return PLACES.get(stream) ?? null;
}

/** What a word's value is as a stream. */
export function wordStream(word: Word, end: string): Stream {
  if (word.symbolic === true && word.value !== null) return placeStream(word.value);
  const text = word.value === null ? null : word.value + end;
  return { text, secret: word.secret ?? null, obfuscated: word.obfuscated ?? null, origin: null };
}

/** One stream after another. */
export function joinStreams(first: Stream, second: Stream): Stream {
  if (first === NO_OUTPUT) return second;
  if (second === NO_OUTPUT) return first;
  return {
    text: first.text === null || second.text === null ? null : first.text + second.text,
    secret: first.secret ?? second.secret,
    obfuscated: first.obfuscated ?? second.obfuscated,
    origin: first.origin === second.origin ? first.origin : null,
  };
}

/** Either stream, when it isn't known which. */
export function eitherStream(first: Stream, second: Stream): Stream {
  if (first === second || second === NO_OUTPUT) return first;
  if (first === NO_OUTPUT) return second;
  return {
    text: first.text === second.text ? first.text : null,
    secret: first.secret ?? second.secret,
    obfuscated: first.obfuscated ?? second.obfuscated,
    origin: first.origin ?? second.origin,
  };
}

/** Whether text that is read as arithmetic, or as an array's element, would run something. */
export function hidesCode(text: string): boolean {
  return SUBSTITUTION.test(text);
}

// `${ command; }` and `${| command; }` are substitutions in newer shells; `${x@P}` expands the value once more.
const SUBSTITUTION = /`|\$\(|\$\{(?:[\s|]|\w{1,40}@P\})/;

/** A word as shell code, where what isn't known of it is the parameter `$_`: no value of that is ever known here. */
export function spelledOut(word: Word): string {
  const text = word.value ?? word.prefix;
  const plain = text.includes(OPAQUE) ? text.replaceAll(OPAQUE, UNKNOWN_PARAMETER) : text;
  return word.value === null ? plain + UNKNOWN_PARAMETER : plain;
}

const UNKNOWN_PARAMETER = "${_}";
