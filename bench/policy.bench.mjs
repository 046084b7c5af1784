// The policy layer as the rules grow a thousandfold, beside five other engines on rules of equal meaning. Every engine
// must give every request the same verdict before anything is measured. Rounds are interleaved; CPU time.
import { createRuntime } from "canopy-runtime";
import { engines, installPeers, ourRequest, policyText } from "./policy/engines.mjs";
import { makeRequests, makeRules } from "./policy/load.mjs";
import { summarize } from "./statistics.mjs";

export const title =
  "policy rules, CPU µs per evaluation (best / median of batches), over requests of which half break one";

const SIZES = [20, 1000, 10_000];
const REQUESTS = 256;
const BATCH_MS = 80;
const WARM_UP_MS = 1500;

export async function run({ full }) {
  const present = installPeers(tell) ? engines(tell) : engines(() => {}).slice(0, 1);
  const measured = new Map();
  for (const size of SIZES) measured.set(size, await measure(present, size, full ? 9 : 3));
  const decisions = await measureDecisions(full ? 15 : 5);
  return [...engineRows(present, measured), ...ratioRows(measured), ...decisionRows(decisions)];
}

function tell(line) {
  process.stdout.write(`  ${line}\n`);
}

async function measure(present, size, rounds) {
  const rules = makeRules(size);
  const requests = makeRequests(rules, REQUESTS);
  const runners = [];
  for (const engine of present) runners.push(await load(engine, rules, requests));
  for (let round = 0; round < rounds; round += 1) for (const runner of runners) runner.spent.push(batch(runner));
  return new Map(runners.map(({ name, spent, loadMs }) => [name, { ...summarize(spent), loadMs }]));
}

async function load({ name, load, prepare, library, elsewhere = false }, rules, requests) {
  const before = process.cpuUsage();
  const started = performance.now();
  const allows = await load(rules, library);
  const { user, system } = process.cpuUsage(before);
  // What another process compiled is told by the clock.
  const loadMs = elsewhere ? performance.now() - started : (user + system) / 1000;
  const prepared = requests.map(prepare);
  requests.forEach((request, index) => {
    if (allows(prepared[index]) !== !request.breaks) {
      throw new Error(`${name}, ${rules.length} rules: another verdict on ${JSON.stringify(request)}`);
    }
  });
  const runner = { name, loadMs, allows, prepared, count: 16, next: 0, spent: [] };
  // As in a process that has run for a while; what a batch holds is told by how fast it is then.
  let each = batch(runner);
  for (let spent = 0; spent < WARM_UP_MS * 1000; spent += each * runner.count) each = batch(runner);
  return { ...runner, count: Math.max(16, Math.ceil((BATCH_MS * 1000) / each)) };
}

function batch(runner) {
  const { allows, prepared, count } = runner;
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) allows(prepared[(runner.next + index) % prepared.length]);
  const { user, system } = process.cpuUsage(before);
  runner.next += count;
  return (user + system) / count;
}

// The whole decision, all four layers, digest included: the median over requests of each one's best.
async function measureDecisions(rounds) {
  const prepared = [];
  for (const size of SIZES) {
    const rules = makeRules(size);
    const requests = makeRequests(rules, REQUESTS).map(ourRequest);
    const runtime = createRuntime({ cwd: null, policy: policyText(rules) });
    prepared.push({ size, runtime, requests, best: requests.map(() => Infinity) });
  }
  for (let round = 0; round < rounds + 1; round += 1) for (const one of prepared) decideAll(one);
  for (const { runtime } of prepared) await runtime.close();
  return prepared.map(({ size, best }) => ({ size, ...summarize(best) }));
}

const REPEATS = 20;

function decideAll({ runtime, requests, best }) {
  requests.forEach(({ agent_ctx, action_type, action_payload }, index) => {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < REPEATS; repeat += 1) runtime.evaluate(agent_ctx, action_type, action_payload);
    const { user, system } = process.cpuUsage(before);
    best[index] = Math.min(best[index], (user + system) / REPEATS);
  });
}

function engineRows(present, measured) {
  const rows = present.map(({ name, note }) => ({
    measure: `${name} (${note})`,
    value: SIZES.map((size) => figures(measured.get(size).get(name))).join("  "),
  }));
  const loads = present.map(({ name }) => ({
    measure: `${name}: load, ms`,
    value: SIZES.map((size) => measured.get(size).get(name).loadMs.toFixed(0)).join(" / "),
  }));
  return [{ measure: "rules", value: SIZES.join("  ") }, ...rows, ...loads];
}

function figures({ min, median }) {
  return `${short(min)}/${short(median)}`;
}

function short(value) {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function ratioRows(measured) {
  const most = measured.get(SIZES.at(-1));
  const loaded = most.get("canopy").loadMs;
  const peers = [...most].filter(([name]) => name !== "canopy").toSorted(([, left], [, right]) => left.min - right.min);
  const rows = peers.map(([name, { min, median }]) => {
    const ratio = Math.min(min / most.get("canopy").min, median / most.get("canopy").median);
    return {
      measure: `${name}: times our CPU at 10,000`,
      value: `${ratio.toFixed(0)}x`,
      should: "≥ 50x",
      met: ratio >= 50,
    };
  });
  return [
    ...rows,
    {
      measure: "load of 10,000 rules, CPU",
      value: `${loaded.toFixed(0)} ms`,
      should: "≤ 1,000 ms",
      met: loaded <= 1000,
    },
  ];
}

function decisionRows(decisions) {
  const [few, , many] = decisions;
  const growth = many.median / few.median;
  const rows = decisions.map(({ size, median, p99 }) => ({
    measure: `whole decision, ${size} rules: p50 and p99 over requests`,
    value: `${median.toFixed(1)} and ${p99.toFixed(1)} µs`,
  }));
  return [
    ...rows,
    {
      measure: "p50 at 10,000 rules over p50 at 20",
      value: `${growth.toFixed(2)}x`,
      should: "≤ 1.5x",
      met: growth <= 1.5,
    },
  ];
}
