// A process in which tests meet mutants. The parent sends `{ mutant, tests }`, tests as `{ file, index, limit }`
// (`index` of a test in its file); this answers with each test as it starts, then with the first that failed, or none.
// With `{ collect: file }` it runs a file without any mutant and says what each of its tests visited and took: `ms` of
// the processor, `waitMs` in all.
import { registerHooks } from "node:module";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { collect } from "./harness.mjs";
import fc from "fast-check";

const harness = new URL("./harness.mjs", import.meta.url).href;
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "node:test" && context.parentURL?.endsWith(".test.js")) {
      return { url: harness, format: "module", shortCircuit: true };
    }
    return next(specifier, context);
  },
});
// A counterexample needs no shrinking here: that it exists is enough.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20261122, endOnFailure: true });

const dist = process.env.CANOPY_MUTATION_DIST;
const files = new Map();
const state = (globalThis.__mutation__ = { active: undefined, hits: 0, limit: Infinity, visit: undefined });
let fail = () => undefined;
process.on("uncaughtException", (error) => fail(error));
process.on("unhandledRejection", (error) => fail(error));

process.on("message", (message) => {
  const work = message.collect === undefined ? tryMutant(message) : collectFile(message);
  work.then(
    (answer) => process.send(answer),
    () => process.exit(1),
  );
});
process.send({ ready: true });

// A mutant whose effect is at import must be there at import: the parent starts a fresh process for it.
async function tryMutant({ mutant, fresh, tests }) {
  if (fresh) activate(mutant);
  for (const { file, index, limit } of tests) {
    process.send({ at: `${file} ${index}` });
    let failure;
    try {
      const { tests: found } = await load(file);
      activate(mutant);
      state.hits = 0;
      state.limit = limit;
      failure = await failureOf(found[index]);
    } catch (error) {
      failure = error;
    }
    if (failure !== undefined)
      return { killedBy: `${file} ${index}`, why: oneLine(failure), sound: await isSound(fresh, file, index) };
    if (!fresh) activate(undefined);
  }
  return { killedBy: null };
}

// Whether the process can go on: the test that failed passes again without the mutant.
async function isSound(fresh, file, index) {
  if (fresh) return false;
  activate(undefined);
  const { tests } = await load(file);
  return (await failureOf(tests[index])) === undefined;
}

function activate(mutant) {
  state.active = mutant;
  if (mutant === undefined) delete process.env.CANOPY_MUTANT;
  else process.env.CANOPY_MUTANT = mutant;
}

function load(file) {
  const known = files.get(file);
  if (known !== undefined) return known;
  const loading = collect(() => import(pathToFileURL(join(dist, file)).href));
  files.set(file, loading);
  return loading;
}

// Undefined when the test passes. An error that nobody caught counts as the running test's.
async function failureOf(found) {
  const stray = new Promise((_, reject) => {
    fail = reject;
  });
  stray.catch(() => undefined);
  try {
    await Promise.race([found.run(), stray]);
    return undefined;
  } catch (error) {
    return error ?? new Error("thrown: nothing");
  } finally {
    fail = () => undefined;
  }
}

async function collectFile({ collect: file, into }) {
  writeFileSync(into, "");
  process.env.CANOPY_MUTATION_COVERAGE = into;
  let visits = new Map();
  state.active = undefined;
  state.visit = (id) => visits.set(id, (visits.get(id) ?? 0) + 1);
  const found = await load(file).catch((error) => ({ tests: [], problem: oneLine(error) }));
  const atLoad = [...visits.keys()];
  const results = [];
  for (const entry of found.tests) {
    visits = new Map();
    process.send({ at: `${file} ${results.length}` });
    const started = performance.now();
    const before = process.cpuUsage();
    const failure = await failureOf(entry);
    const { user, system } = process.cpuUsage(before);
    const why = failure === undefined ? null : oneLine(failure);
    const waitMs = Math.round(performance.now() - started);
    results.push({ name: entry.name, ms: Math.round((user + system) / 1000), waitMs, why, visits: [...visits] });
  }
  await markDependent(found.tests, results);
  const outside = [...new Set(readFileSync(into, "utf8").split("\n"))].filter((id) => id !== "");
  rmSync(into);
  return { file, problem: found.problem ?? null, atLoad, outside, results };
}

// A test that passes only after those before it in its file can't be asked alone: such a one counts as failed.
async function markDependent(tests, results) {
  state.visit = undefined;
  for (const [index, result] of [...results.entries()].reverse()) {
    if (result.why !== null || result.ms > 300) continue;
    const failure = await failureOf(tests[index]);
    if (failure !== undefined) result.why = `can't be asked alone: ${oneLine(failure)}`;
  }
}

function oneLine(error) {
  return String(error?.message ?? error)
    .split("\n")
    .slice(0, 3)
    .join(" ")
    .slice(0, 200);
}
