// Output that never ends: `yes`, `/dev/zero` and their like, and what passes it on. Into a file it fills the disk, into
// a program that keeps it all it fills the memory.

import { bytesOf, FILLING_BYTES } from "../programs/sizes.ts";
import type { Stream, Word } from "../programs/program.ts";
import { wordSet } from "../../word-set.ts";

const SOURCES: ReadonlySet<string> = new Set(["/dev/zero", "/dev/full", "/dev/urandom", "/dev/random"]);

/** Programs that end by themselves, whatever flows in. */
const ENDING: ReadonlySet<string> = wordSet(
  "head ghead timeout gtimeout read shuf ls stat file test chmod chown rm ln mknod shred cryptsetup",
);

const BLOCKS = /^(?:dd|dcfldd|dc3dd)$/;

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

/** Whether what a program writes never ends: it is a source, reads one, or passes one on; `pipes` are its operands' streams. */
export function writesEndlessly(
  base: string,
  words: readonly Word[],
  from: { readonly stdin: Stream | null; readonly pipes: ReadonlyMap<string, Stream> },
): boolean {
  const { stdin, pipes } = from;
  if (BLOCKS.test(base)) {
    const ends = words.some(({ value }) => /^(?:count|of|hof|ofs)=/.test(value ?? ""));
    return !ends && (isEndless(stdin) || words.some(({ value }) => isEndlessSource((value ?? "").replace(/^if=/, ""))));
  }
  if (ENDING.has(base) && !takesMuch(base, words)) return false;
  if (base === "yes") return !words.some((word) => word.value === "--help" || word.value === "--version");
  if (isEndless(stdin)) return true;
  return words.some(
    ({ value }, at) =>
      at > 0 && value !== null && (isEndlessSource(value) || (pipes.size > 0 && isEndless(pipes.get(value) ?? null))),
  );
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

/** Whether a program keeps all of its input in memory. */
export function keepsEndlessly(base: string): boolean {
  return KEEPING.has(base);
}
