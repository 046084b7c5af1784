// Files that this very command wrote or fetched, and then runs.

import { codeEffects } from "../code/index.ts";
import type { Effect } from "../effect.ts";
import { resolvePath } from "../path.ts";
import type { Stream, Word } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import { descriptorOf, descriptorStream, writeDescriptor } from "./descriptors.ts";
import { keepFile } from "./file-content.ts";
import { emit, emitAll, spend, type Machine } from "./machine.ts";
import { runnerOf, runNestedShell } from "./nested.ts";
import { secretRead } from "./secrets.ts";
import { UNKNOWN_OUTPUT } from "./value.ts";
import { wordSet } from "../../word-set.ts";

/** A call whose effects on files are to be kept in mind. */
export interface FileUse {
  readonly base: string;
  readonly words: readonly Word[];
  readonly effects: readonly Effect[];
  readonly stdin: Stream | null;
  /** Whether another command ran inside, whose own files are kept already. */
  readonly wraps: boolean;
}

/** Programs that copy, move or link files and folders as they are. */
const TREES: ReadonlySet<string> = wordSet(
  "cp gcp mv gmv ln gln link install ginstall rsync scp dd dcfldd dc3dd copy xcopy move pcp",
);

/** Keep in mind what a program put into files: fetched, copied, or passed on from its input. */
export function followFiles(machine: Machine, use: FileUse): void {
  if (FETCHERS.has(use.base)) keepFetched(machine, use.words);
  if (PASSING.has(use.base) && use.stdin !== null) passOn(machine, use, use.stdin);
  if (TREES.has(use.base)) copyMade(machine, use);
  const content = writtenContent(machine, use);
  if (content === null) return;
  for (const path of writtenPaths(use)) {
    keepFile(machine, path, content);
    if (MANY.has(use.base)) keepFile(machine, path + ANY_NAME, content);
  }
}

/** Programs that make several files, named by what they write to with more behind it. */
const MANY: ReadonlySet<string> = wordSet("split gsplit csplit tar bsdtar gtar unzip 7z 7za cpio unar");
/** Stands at the end of a path for any further characters. */
const ANY_NAME = "*";

function writtenPaths({ effects }: FileUse): readonly string[] {
  return effects.flatMap((effect) => (effect.kind === "fs.write" ? (effect.target.path ?? []) : []));
}

/** Programs that write what they read. */
const PASSING: ReadonlySet<string> = new Set(["tee", "sponge", "dd", "dcfldd", "dc3dd"]);

// A path may stand for a descriptor, too: `tee /dev/stderr`.
function passOn(machine: Machine, use: FileUse, content: Stream): void {
  for (const path of writtenPaths(use)) keepFile(machine, path, content);
  for (const { value } of use.words.slice(1)) {
    const number = value === null ? null : descriptorOf(machine, value.replace(/^of=/, ""));
    if (number !== null) writeDescriptor(machine, number, content);
  }
}

const FETCHERS: ReadonlySet<string> = new Set(["wget", "curl", "aria2c", "fetch", "axel"]);

const FETCHED_NAME = /^(?:[a-z]+:\/\/[^?#]*|[\w-]+(?:\.[\w-]+)+\/[^?#]*|[\w-]+(?:\.[\w-]+)+)\/([^/?#]+)(?:[?#].*)?$/;

/** Keep in mind that files were fetched. Without a name for it, what is fetched is named as in the address. */
export function keepFetched(machine: Machine, words: readonly Word[]): void {
  for (const word of words.slice(1)) {
    const [, name] = FETCHED_NAME.exec(word.value ?? "") ?? [];
    if (name === undefined) continue;
    const path = resolvePath(name, machine.surroundings).path;
    if (path !== null) keepFile(machine, path, { ...UNKNOWN_OUTPUT, obfuscated: "downloaded" });
  }
}

// What this command made arrives where it is copied to, be it a file, or something in a folder. Whether the place that is
// named is a folder can't be told, so both are kept.
function copyMade(machine: Machine, use: FileUse): void {
  if (machine.files.size === 0) return;
  const sources = operandPaths(machine, use.words);
  const targets = [...writtenPaths(use), ...sources.slice(-1)];
  if (!spend(machine, machine.files.size * sources.length)) return;
  const made = [...machine.files];
  for (const source of sources) {
    const name = source.slice(source.lastIndexOf("/"));
    for (const [path, contents] of made) {
      if (path !== source && !path.startsWith(`${source}/`)) continue;
      const rest = path.slice(source.length);
      for (const target of targets) {
        if (target === source) continue;
        const isNamed = target.endsWith(name);
        for (const content of contents) {
          keepFile(machine, target + rest, content);
          if (!isNamed) keepFile(machine, target + name + rest, content);
        }
      }
    }
  }
}

function operandPaths(machine: Machine, words: readonly Word[]): readonly string[] {
  const plain = words.slice(1).filter(({ value }) => value !== null && !value.startsWith("-"));
  const paths = plain.map(
    ({ value }) => resolvePath((value ?? "").replace(/^(?:if|of)=/, ""), machine.surroundings).path,
  );
  return paths.filter((path) => path !== null);
}

/** The kind of secret in a file that is read, when this very command put it there. */
export function keptSecret(machine: Machine, effects: readonly Effect[]): string | null {
  if (machine.files.size === 0) return null;
  for (const effect of effects) {
    if (effect.kind !== "fs.read") continue;
    const { path, text } = effect.target;
    const kept = machine.files.get(path ?? text)?.find((content) => content.secret !== null);
    if (kept !== undefined) return kept.secret;
  }
  return null;
}

function writtenContent(machine: Machine, use: FileUse): Stream | null {
  // A copy, an archive or an encoded form of a secret is one.
  const content = plainContent(machine, use);
  const secret = secretRead(use.effects) ?? keptSecret(machine, use.effects);
  if (secret === null || (content?.secret ?? null) !== null) return content;
  return { ...(content ?? UNKNOWN_OUTPUT), secret };
}

function plainContent(machine: Machine, use: FileUse): Stream | null {
  if (TREES.has(use.base) || PASSING.has(use.base)) return null;
  if (use.effects.some((effect) => effect.kind === "net.connect"))
    return { ...UNKNOWN_OUTPUT, obfuscated: "downloaded" };
  const obfuscated = use.stdin?.obfuscated ?? null;
  if (obfuscated !== null) return { ...UNKNOWN_OUTPUT, obfuscated };
  return rewrites(machine, use) ? UNKNOWN_OUTPUT : null;
}

/** Compilers: what they write is made of what they read, but is no longer the text of a script. */
const COMPILERS: ReadonlySet<string> = wordSet(
  "gcc g++ cc c++ c99 clang clang++ tcc rustc go ghc javac kotlinc swiftc nim zig dmd gfortran fpc as ld nasm ar tsc esbuild swc babel rollup webpack pandoc pdflatex xelatex touch mkdir",
);

/** Programs that change the text of a file as they are told to. */
const REWRITERS: ReadonlySet<string> = wordSet(
  "sed gsed perl ruby awk gawk mawk python python2 python3 node php lua ed ex patch sd",
);

// What comes out is not followed, only that something this command had a hand in came out.
function rewrites(machine: Machine, use: FileUse): boolean {
  if (use.wraps || COMPILERS.has(use.base)) return false;
  if (REWRITERS.has(use.base) || (use.stdin?.text ?? "") !== "") return true;
  if (machine.files.size === 0) return false;
  // What flows into it may have been packed a moment ago.
  if (MANY.has(use.base) && use.stdin !== null) return true;
  return operandPaths(machine, use.words).some((path) => machine.files.has(path));
}

/** What a file or process substitution was given by this very command; empty when nothing is known of it. */
export function knownContents(machine: Machine, path: string): readonly Stream[] {
  const pipe = machine.pipes.get(path);
  if (pipe !== undefined) return [pipe];
  const { made, ...plain } = machine.surroundings;
  const contents = contentsAt(machine, path, plain);
  if (made === undefined) return contents;
  const real = resolvePath(path, { ...plain, links: { ...plain.links, ...made } }).path;
  return real === null ? contents : [...contents, ...contentsAt(machine, real, plain)];
}

function contentsAt(machine: Machine, path: string, surroundings: Surroundings): readonly Stream[] {
  const number = descriptorOf(machine, path);
  const open = number === null ? null : descriptorStream(machine, number);
  if (open !== null) return [open];
  if (machine.files.size === 0) return [];
  const key = resolvePath(path, surroundings).path ?? path;
  const contents = machine.files.get(key);
  if (contents !== undefined) return contents;
  for (const [start, several] of machine.files)
    if (start.endsWith(ANY_NAME) && key.startsWith(start.slice(0, -1))) return several;
  return [];
}

/** Run a file that this command wrote, if it did; `words` are its name and arguments. */
export function runsKnownFile(machine: Machine, name: string, _words: readonly Word[]): boolean {
  const contents = knownContents(machine, name);
  for (const content of contents) runContent(machine, content, { via: name, language: null });
  return contents.length > 0;
}

interface Interpretation {
  readonly via: string;
  /** Null: what its first line says, else the shell's. */
  readonly language: string | null;
}

/** Run known or unknown content as code, saying how it came to be. */
export function runContent(machine: Machine, content: Stream, as: Interpretation): Stream {
  const { text, obfuscated } = content;
  if (obfuscated !== null) {
    emit(machine, { kind: "exec.obfuscated", via: as.via, how: obfuscated, text: text ?? "" });
  }
  const language = as.language ?? languageOf(text ?? "");
  if (text === null || language === "sh") return runNestedShell(machine, text, as.via);
  emitAll(machine, codeEffects(language, text, runnerOf(machine), machine.surroundings));
  return UNKNOWN_OUTPUT;
}

function languageOf(text: string): string {
  const line = text.startsWith("#!") ? (text.slice(2, 80).split("\n")[0] ?? "") : "";
  return /\b(python|perl|ruby|node|php|lua)/.exec(line)?.[1] ?? "sh";
}
