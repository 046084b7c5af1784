// Mutation testing of engine and ledger: small faults are put into the code, one at a time, and the tests must notice.
//
//   npm run test:mutation                              600 mutants of each set
//   npm run test:mutation -- --set ledger --seed 7 --sample 200
//   npm run test:mutation -- --file "ledger/tlog/**" --sample all
//   npm run test:mutation -- --replay ledger/chain.ts:31:7:EqualityOperator
//   npm run test:mutation -- --json result.json --minutes 30
//
// A mutant is tried on the tests that reach it, the nearest first, until one fails. What was tried stands in
// .cache/mutation until a source or test changes, so that a run cut short goes on where it was. Mutants are tried in
// random order, so that what was tried within `--minutes` is a sample too.
import { randomInt } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, setPriority } from "node:os";
import { join, matchesGlob } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../setup.mjs";
import { collectFiles, readCoverage } from "./coverage.mjs";
import { filesOf, hashOf, makeMutants } from "./mutants.mjs";
import { scoreOf, survivor, table } from "./report.mjs";
import { sample, shuffled } from "./sample.mjs";
import { makeSandbox, testFiles } from "./sandbox.mjs";
import { environment, sets, tooLong } from "./sets.mjs";
import { createLane } from "./verdict.mjs";

const LANES = Math.min(2, availableParallelism());
const CACHE = join(root, ".cache", "mutation");
/** One in so many mutants is tried again with no fault in it: a test that fails then is a fault of this tool. */
const CONTROLS = 40;

const { values: asked } = parseArgs({
  options: {
    set: { type: "string", multiple: true, default: Object.keys(sets) },
    seed: { type: "string" },
    sample: { type: "string", default: "600" },
    file: { type: "string" },
    tests: { type: "string", default: "**" },
    replay: { type: "string", multiple: true },
    json: { type: "string" },
    minutes: { type: "string" },
  },
});
const seed = Number(asked.seed ?? randomInt(2 ** 31));
const size = asked.sample === "all" ? Infinity : Number(asked.sample);

setPriority(10);
Object.assign(process.env, environment);
mkdirSync(CACHE, { recursive: true });
const { chosen, texts } = await choose();
say(`seed ${seed}: ${chosen.length} mutants`);
const { dist, hash } = await makeSandbox(`tree-${process.pid}`, texts, chosen);
const kept = keptResults(hash);
const end = asked.minutes === undefined ? Infinity : Date.now() + 60_000 * Number(asked.minutes);
const open = chosen.filter(({ id }) => !kept.results.has(id));
if (open.length > 0) await tryAll(shuffled(open, seed));
const results = chosen.flatMap((mutant) => {
  const verdict = kept.results.get(mutant.id);
  return verdict === undefined ? [] : [{ ...mutant, ...verdict }];
});
print(results);

async function choose() {
  const chosen = [];
  const texts = new Map();
  const replayed = new Set(asked.replay);
  const only = (file) => asked.replay.some((id) => id.startsWith(`${file}:`));
  for (const name of asked.set) {
    const files = filesOf(name, asked.file).filter((file) => asked.replay === undefined || only(file));
    const made = await makeMutants(files, `${name}-`);
    const taken =
      asked.replay === undefined ? sample(made.mutants, size, seed) : made.mutants.filter(({ id }) => replayed.has(id));
    chosen.push(...taken.map((mutant) => ({ ...mutant, set: name })));
    made.texts.forEach((text, file) => texts.set(file, text));
  }
  return { chosen, texts };
}

async function tryAll(mutants) {
  const used = asked.set.flatMap((name) => sets[name].tests);
  const tests = testFiles(dist)
    .filter((file) => used.some((glob) => matchesGlob(file, glob)) && !tooLong.some((glob) => matchesGlob(file, glob)))
    .filter((file) => matchesGlob(file, asked.tests));
  say(`running ${tests.length} test files to see what reaches what …`);
  const found = [];
  await inLanes([0, 1], async (half, lane) => {
    const own = tests.filter((_, index) => index % 2 === half);
    found.push(...(await collectFiles(dist, own, lane)));
  });
  writeFileSync(join(CACHE, "coverage.json"), JSON.stringify(found));
  for (const { file, problem, results } of found) {
    if (problem !== null) say(`${file} is left out: ${problem}`);
    for (const { name, why } of results) if (why !== null) say(`${file}, left out: ${name}: ${why}`);
  }
  const known = readCoverage(dist, found, mutants);
  const lanes = Array.from({ length: LANES }, () => createLane(dist, known));
  let done = 0;
  await inLanes(mutants, async (mutant, lane) => {
    const verdict = await lanes[lane].try(mutant);
    kept.add(mutant.id, verdict);
    done += 1;
    if (verdict.killedBy === null) say(survivor({ ...mutant, ...verdict }).join("\n"));
    if (done % 20 === 0) say(`${done} of ${mutants.length} tried`);
    if (done % CONTROLS === 0) await control(lanes[lane], mutant);
  });
  lanes.forEach((lane) => lane.close());
}

async function control(lane, mutant) {
  const { killedBy, why } = await lane.try(mutant, "none");
  if (killedBy !== null) say(`NOT SOUND: ${killedBy} fails without a fault: ${why}`);
}

async function inLanes(items, work) {
  const queue = items.entries();
  const lane = async (number) => {
    for (const [, item] of queue) if (Date.now() < end) await work(item, number);
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
}

// Verdicts by mutant, in a file that is named by all they depend on but the tests' choice.
function keptResults(hash) {
  const path = join(CACHE, `results-${hashOf([hash, asked.tests])}.ndjson`);
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  const results = new Map(lines.filter((line) => line !== "").map((line) => JSON.parse(line)));
  const add = (id, verdict) => {
    results.set(id, verdict);
    appendFileSync(path, `${JSON.stringify([id, verdict])}\n`);
  };
  return { results, add };
}

function print(results) {
  const bySet = Map.groupBy(results, ({ set }) => set);
  for (const [name, list] of bySet) {
    say(`\n${name}: ${sets[name].what}`);
    for (const result of list) if (result.killedBy === null) say(survivor(result).join("\n"));
    say(table(name, list).join("\n"));
  }
  if (asked.json === undefined) return;
  const scores = Object.fromEntries([...bySet].map(([name, list]) => [name, scoreOf(list)]));
  writeFileSync(asked.json, `${JSON.stringify({ seed, sample: asked.sample, scores, results }, null, 1)}\n`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
