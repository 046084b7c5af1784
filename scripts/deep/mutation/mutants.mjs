// Makes the mutants with Stryker's instrumenter: one text per file that holds all of them behind switches, of which
// `fold` keeps only those asked for, so that the rest costs nothing at run time.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { transform } from "esbuild";
import { root } from "../../setup.mjs";
import { sets } from "./sets.mjs";

const SOURCES = join(root, "packages", "runtime", "src");
const SWITCH = /stryMutAct_9fa48\("([\w-]+)"\)/g;
const COVERAGE = /stryCov_9fa48\(("[\w-]+"(?:, "[\w-]+")*)\)/g;
const NUMBER = /(?<=stry(?:MutAct|Cov)_9fa48\((?:"[\w-]+", )*")(?=\d+")/g;

// What a mutated file starts with instead of the library's own header: the active mutant comes from the environment,
// so that threads and child processes have it too; each first visit is written down at once, since a process may be
// killed; and a mutant visited a hundred times as often as without it has lost its way.
const HEADER = `
function mutation_9fa48() {
  return (globalThis.__mutation__ ??= startMutation_9fa48(globalThis.process));
}
function startMutation_9fa48(process) {
  const path = process.env.CANOPY_MUTATION_COVERAGE;
  const seen = new Set();
  const visit = (id) => {
    if (seen.has(id)) return;
    seen.add(id);
    process.getBuiltinModule("node:fs").appendFileSync(path, id + "\\n");
  };
  return { active: process.env.CANOPY_MUTANT, hits: 0, limit: Infinity, visit: path === undefined ? undefined : visit };
}
function stryMutAct_9fa48(id) {
  const state = mutation_9fa48();
  if (state.active !== id) return false;
  state.hits += 1;
  if (state.hits > state.limit) throw new Error("the mutant does not end");
  return true;
}
function stryCov_9fa48(...ids) {
  const { visit } = mutation_9fa48();
  if (visit !== undefined) for (const id of ids) visit(id);
}
`;

/** The set's files, as paths under packages/runtime/src; all sets' when none is named. */
export function filesOf(name, only) {
  const { globs, without } = sets[name];
  return globs
    .flatMap((glob) => globSync(glob, { cwd: SOURCES }))
    .filter((file) => !file.endsWith(".test.ts") && !file.endsWith(".d.ts"))
    .filter((file) => !without.some(({ glob }) => matchesGlob(file, glob)))
    .filter((file) => only === undefined || matchesGlob(file, only))
    .sort();
}

/**
 * All mutants of the files and the texts they are switched in. A mutant's `id` is its file, place, kind and number
 * among those of the same place; it stays as long as the file does. The numbers in the texts start with the prefix.
 */
export async function makeMutants(files, prefix) {
  const { Instrumenter } = await import("@stryker-mutator/instrumenter");
  const inputs = files.map((file) => ({
    name: file,
    mutate: true,
    content: readFileSync(join(SOURCES, file), "utf8"),
  }));
  const options = { plugins: [], ignorers: [], excludedMutations: [], noHeader: true };
  const made = await quietly(() => new Instrumenter(silent()).instrument(inputs, options));
  const lines = new Map(inputs.map(({ name, content }) => [name, content.split("\n")]));
  const seen = new Map();
  return {
    mutants: made.mutants.map((mutant) => ({
      number: prefix + mutant.id,
      ...describe(mutant, lines.get(mutant.fileName), seen),
    })),
    texts: new Map(made.files.map(({ name, content }) => [name, content.replaceAll(NUMBER, prefix)])),
  };
}

/** The JavaScript of a file in which the mutants of `kept`, by number, can be switched on and no other. */
export async function fold(text, kept) {
  const folded = text
    .replace(SWITCH, (call, id) => (kept.has(id) ? call : "false"))
    .replace(COVERAGE, (_call, list) => {
      const ids = list.split(", ").filter((id) => kept.has(id.slice(1, -1)));
      return ids.length === 0 ? "0" : `stryCov_9fa48(${ids.join(", ")})`;
    })
    .replaceAll(/((?:from|import) |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"');
  const { code } = await transform(HEADER + folded, {
    loader: "ts",
    target: "node22",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return code;
}

function describe(mutant, lines, seen) {
  const { start, end } = mutant.location;
  const place = `${mutant.fileName}:${start.line + 1}:${start.column + 1}`;
  const key = `${place}:${mutant.mutatorName}`;
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return {
    id: count === 1 ? key : `${key}:${count}`,
    file: mutant.fileName,
    line: start.line + 1,
    kind: mutant.mutatorName,
    original: cut(lines, start, end),
    replacement: mutant.replacement,
    text: lines[start.line].trim(),
  };
}

function cut(lines, start, end) {
  if (start.line === end.line) return lines[start.line].slice(start.column, end.column);
  const between = lines.slice(start.line + 1, end.line);
  return [lines[start.line].slice(start.column), ...between, lines[end.line].slice(0, end.column)].join("\n");
}

/** A hash of whatever the verdict on a mutant depends on. */
export function hashOf(texts) {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex").slice(0, 16);
}

// The library writes a page for each regular expression it can't read, whatever its logger; such an expression is
// mutated as a whole or not at all.
async function quietly(work) {
  const { error } = console;
  console.error = no;
  try {
    return await work();
  } finally {
    console.error = error;
  }
}

function silent() {
  const names = ["trace", "debug", "info", "warn", "error", "fatal"];
  const flags = names.map((name) => `is${name[0].toUpperCase()}${name.slice(1)}Enabled`);
  return Object.fromEntries([...names, ...flags].map((name) => [name, no]));
}

function no() {
  return false;
}
