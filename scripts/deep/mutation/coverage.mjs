// Which tests visit which mutants, and how long each takes: every test file is run once.
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { startRunner } from "./process.mjs";
import { sets } from "./sets.mjs";

const PURE = /^(core|ledger|approvals|identity|forensics)\//;
/** Longer tests (milliseconds of the processor) are not used: what only they would notice counts as unnoticed. */
const LONGEST_TEST = 3_000;
/**
 * What one mutant may cost in tests (milliseconds of the processor, as without it), the nearest first, where its set names
 * no other budget.
 */
const BUDGET = 4_000;

/**
 * Runs the files without mutants: the tests of each with what they visit. Those of pure folders share a process. A
 * file that hangs or ends its process has a `problem` and no tests.
 */
export async function collectFiles(dist, files, lane) {
  const into = join(tmpdir(), `canopy-mutation-${process.pid}-${lane}`);
  const found = [];
  let shared;
  for (const file of files) {
    const isPure = PURE.test(file);
    const runner = isPure ? (shared ??= startRunner(dist)) : startRunner(dist);
    const answer = await runner.ask({ collect: file, into }, () => 60_000);
    const isUsable = answer.results !== undefined;
    if (!isPure || !isUsable) runner.close();
    if (isPure && !isUsable) shared = undefined;
    found.push(
      isUsable ? answer : { file, problem: `no answer at ${answer.at}`, atLoad: [], outside: [], results: [] },
    );
  }
  shared?.close();
  return found;
}

/**
 * The same for the questions asked here: what is visited while modules load, which happens once in a shared process,
 * belongs to every test file that imports the module.
 */
export function readCoverage(dist, found, mutants) {
  const fileOf = new Map(mutants.map(({ number, file }) => [number, file.replace(/\.ts$/, ".js")]));
  const whileLoading = [...new Set(found.flatMap(({ atLoad }) => atLoad))];
  const imports = importsOf(dist);
  return found
    .sort((one, other) => (one.file < other.file ? -1 : 1))
    .map(({ file, atLoad, outside, results }) => {
      const own = PURE.test(file) ? whileLoading.filter((id) => imports(file).has(fileOf.get(id))) : atLoad;
      const readable = results.map((result) => ({ ...result, visits: new Map(result.visits) }));
      return { file, atLoad: new Set(own), outside: new Set(outside), results: readable };
    });
}

// What a compiled file imports, and what that imports.
function importsOf(dist) {
  const direct = (file) =>
    [...readFileSync(join(dist, file), "utf8").matchAll(/(?:from|import) "(\.[^"]+)"/g)].map(([, to]) =>
      posix.join(posix.dirname(file), to),
    );
  const known = new Map();
  return (file) => {
    const reached = known.get(file) ?? new Set([file]);
    if (!known.has(file)) for (const one of reached) direct(one).forEach((to) => reached.add(to));
    known.set(file, reached);
    return reached;
  };
}

/**
 * The tests that may notice the mutant, the most promising first. `warm` ones see it only while they run, and belong
 * to files that touch nothing outside; `fresh` ones need a process that has the mutant from the start.
 */
export function testsFor(mutant, coverage) {
  const warm = [];
  const fresh = [];
  for (const file of coverage) {
    const isLoaded = file.atLoad.has(mutant.number);
    const isOutside = file.outside.has(mutant.number);
    file.results.forEach(({ name, ms, why, visits }, index) => {
      const hits = visits.get(mutant.number);
      if (why !== null || ms > LONGEST_TEST || (hits === undefined && !isLoaded && !isOutside)) return;
      const limit = 100 * (hits ?? 0) + 100_000;
      const entry = { file: file.file, index, ms, limit, cost: ms + 100 * distance(mutant.file, file.file, name) };
      (PURE.test(file.file) && !isLoaded && !isOutside ? warm : fresh).push(entry);
    });
  }
  const budget = sets[mutant.set]?.budget ?? BUDGET;
  return { warm: within(warm, budget), fresh: within(fresh, budget) };
}

function within(tests, budget) {
  let left = budget;
  return tests
    .sort((one, other) => one.cost - other.cost)
    .filter(({ ms }) => {
      left -= ms;
      return left >= 0;
    });
}

// How many folders one goes up and down from one file to the other; half of one less when they share their name, and
// none when the test names the source.
function distance(source, test, name) {
  if (name.includes(source.replace(/^[^/]+\/|\.ts$/g, ""))) return 0;
  const from = source.split("/");
  const to = test.split("/");
  let common = 0;
  while (common < from.length - 1 && from[common] === to[common]) common += 1;
  const isBeside = source.replace(/\.ts$/, "") === test.replace(/\.test\.js$/, "");
  return from.length + to.length - 2 - 2 * common - (isBeside ? 0.5 : 0);
}
