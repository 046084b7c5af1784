// Faults of the system at each call that changes a file, one process for each: what the log must be afterwards stands in
// check.mjs, what the process does in subject.mjs, which points there are in points.mjs.
//
//   npm run test:faults                                             all points
//   npm run test:faults -- --point short:write:audit.log:17:EIO     one of them again
//   npm run test:faults -- --most 1000 --seed 7                     so many, in the order of a seed
//   npm run test:faults -- --sample 100                             so many, spread over kinds, faults and files
//   … --scenario mend --jobs 4                                      of one scenario; how many processes at once
//
// Why a library before libc and not strace: a write that is short must have written that much, which strace can't do (it
// skips the call); threads make the count of a call among all calls of a kind differ from run to run, so calls are counted
// for each file. strace is the witness that no call passes it by, and injects a few faults itself: see the peers' test.
import { parseArgs } from "node:util";
import { formatPoint, parsePoint, pointsOf, sampleOf, SCENARIOS, shuffled } from "./points.mjs";
import { injector, runClean, runPoint } from "./run-point.mjs";

const { values } = parseArgs({
  options: {
    point: { type: "string", multiple: true },
    scenario: { type: "string" },
    most: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
  },
});

const library = injector();
const points = values.point?.map(parsePoint) ?? (await allPoints());
const waiting = points.slice(0, Number(values.most ?? points.length));
const tally = new Map();
const failed = [];
const codes = new Map();
let unreached = 0;
let done = 0;

// Interrupted, it ends what it is at and says how far it came.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => waiting.splice(0));
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
report();
process.exitCode = failed.length > 0 ? 1 : 0;

async function allPoints() {
  const scenarios = Object.keys(SCENARIOS).filter((name) => values.scenario === undefined || name === values.scenario);
  const found = [];
  for (const scenario of scenarios) {
    const { trace } = await runClean(library, scenario);
    const made = pointsOf(scenario, trace);
    process.stdout.write(`${scenario}: ${made.length} points\n`);
    found.push(...made);
  }
  const seed = Number(values.seed);
  return values.sample === undefined ? shuffled(found, seed) : sampleOf(found, Number(values.sample), seed);
}

async function work() {
  for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
    await one(point);
    done += 1;
    if (done % 100 === 0) process.stdout.write(`${done} done, ${waiting.length} to go, ${failed.length} failed\n`);
  }
}

async function one(point) {
  const text = formatPoint(point);
  try {
    const { reached, said } = await runPoint(library, point);
    if (!reached) unreached += 1;
    else tally.set(`${point.kind} ${point.fault}`, (tally.get(`${point.kind} ${point.fault}`) ?? 0) + 1);
    for (const code of new Set(said.flatMap((line) => line.code ?? []))) codes.set(code, (codes.get(code) ?? 0) + 1);
  } catch (error) {
    failed.push(text);
    process.stdout.write(`FAILED ${text}\n${error instanceof Error ? error.stack : String(error)}\n`);
  }
}

function report() {
  const kinds = [...new Set([...tally.keys()].map((key) => key.split(" ")[0] ?? ""))].sort((one, other) =>
    one.localeCompare(other),
  );
  for (const kind of kinds) {
    const of = [...tally].filter(([key]) => key.startsWith(`${kind} `));
    const sum = of.reduce((total, [, count]) => total + count, 0);
    const parts = of
      .map(([key, count]) => `${key.split(" ")[1]} ${count}`)
      .sort((one, other) => one.localeCompare(other));
    process.stdout.write(`${kind.padEnd(9)}${String(sum).padStart(6)}   ${parts.join(", ")}\n`);
  }
  const held = [...tally.values()].reduce((total, count) => total + count, 0);
  process.stdout.write(`codes said: ${[...codes].map(([code, count]) => `${code} ${count}`).join(", ")}\n`);
  process.stdout.write(`${held} points held, ${failed.length} failed, ${unreached} were not reached\n`);
  for (const text of failed) process.stdout.write(`  --point ${text}\n`);
}
