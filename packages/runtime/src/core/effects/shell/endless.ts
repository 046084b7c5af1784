// Output that never ends: `yes`, `/dev/zero` and their like, and what passes it on. Into a file it fills the disk, into
// a program that keeps it all it fills the memory.

import { bytesOf, FILLING_BYTES } from "../programs/sizes.ts";
import type { Stream, Word } from "../programs/program.ts";
import { wordSet } from "../../word-set.ts";

const SOURCES: ReadonlySet<string> = new Set(["/dev/zero", "/dev/full", "/dev/urandom", "/dev/random"]);

/** Programs that end by themselves, whatever flows in. */
const ENDING: ReadonlySet<string> = wordSet(
  "head ghead dd timeout gtimeout read shuf ls stat file test chmod chown rm ln mknod shred cryptsetup",
);

/** Programs that keep all of their input before they end. */
const KEEPING: ReadonlySet<string> = new Set(["tail", "sort", "tac", "sponge"]);

/** Streams that never end. Kept beside them: nothing else about a stream changes by it. */
const ENDLESS: WeakSet<Stream> = new WeakSet();

/** Whether the path is a device that gives bytes without end. */
export function isEndlessSource(path: string | null): boolean {
  return path !== null && SOURCES.has(path);
}

/** A stream without end. */
export function endless(stream: Stream): Stream {
  const marked = { ...stream };
  ENDLESS.add(marked);
  return marked;
}

/** Whether a stream never ends. */
export function isEndless(stream: Stream | null): boolean {
  return stream !== null && ENDLESS.has(stream);
}

/** Whether what a program writes never ends: it is a source, reads one, or passes one on. */
export function writesEndlessly(base: string, words: readonly Word[], stdin: Stream | null): boolean {
  if (ENDING.has(base) && !takesMuch(base, words)) return false;
  if (base === "yes") return !words.some((word) => word.value === "--help" || word.value === "--version");
  return isEndless(stdin) || words.some((word, at) => at > 0 && isEndlessSource(word.value));
}

/** `head -c 1T`: it ends, but not before the disk is full. */
function takesMuch(base: string, words: readonly Word[]): boolean {
  if (base !== "head" && base !== "ghead") return false;
  return words.some(({ value }, at) => {
    const size =
      /^(?:-c|--bytes=)(.+)$/.exec(value ?? "")?.[1] ??
      (value === "-c" || value === "--bytes" ? words[at + 1]?.value : null);
    return (bytesOf(size) ?? 0) >= FILLING_BYTES;
  });
}

/** Whether a program keeps in memory what never ends. */
export function keepsEndlessly(base: string, words: readonly Word[], stdin: Stream | null): boolean {
  return KEEPING.has(base) && writesEndlessly(base, words, stdin);
}
