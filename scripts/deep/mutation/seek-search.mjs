// The search itself: which requests come past a mutant, which of them tell it from the engine as it is, and, where none
// does, small changes of them until one does.
import { Script } from "node:vm";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { createHints, linesIn, siblingsOf, suggestions } from "./seek-hints.mjs";
import { smaller, vary } from "./seek-vary.mjs";

/** So many requests of the record are kept for each mutant that they come past. */
const VISITORS = 32;
/** So many mutants, neighbours in a file, are looked for together. */
const TOGETHER = 40;
/** So many of them, at most, are asked what a changed request says. */
const ASKED = 10;
/** A mutant that takes effect so often in one evaluation does not end. */
const MOST_HITS = 200_000;
/** Milliseconds for one step of the work; one that takes longer does not end. */
const LONGEST_STEP = 8_000;
const LONGEST_TEXT = 600;
/** Longer requests (characters) are used only where there are few others. */
const SHORT = 400;

/**
 * A search in a world. `found({ id, request })` is called for each mutant that is told apart by a request of its own.
 * Its methods, in their order: `trace(requests)`, `resume(numbers)`, `units()`, `work(unit)`; `noticed()` and
 * `progress()` at any time.
 */
export function createSearch({ world, mutants, draw, tries, found, say }) {
  const sources = new Map(mutants.map(({ file }) => [file, undefined]));
  for (const file of sources.keys())
    sources.set(file, readFileSync(join(root, "packages", "runtime", "src", file), "utf8"));
  const all = mutants
    .map((mutant) => ({ ...mutant, n: Number(mutant.number.split("-")[1]) }))
    .sort((one, other) => one.n - other.n)
    .map((mutant) => ({ ...mutant, noticed: false, asked: 0, visitors: [], atLoad: false }));
  const seen = new Uint8Array(all.at(-1).n + 1);
  const mutation = { active: -1, hits: 0, hit: () => hit(mutation), seen };
  const it = {
    world,
    mutation,
    draw,
    tries,
    found,
    say,
    all,
    byNumber: new Map(all.map((mutant) => [mutant.n, mutant])),
    linesOf: linesIn(sources),
    hintsOf: createHints(sources),
    instance: undefined,
    spoken: [],
    mentions: new Map(),
    counts: {
      byRecord: 0,
      found: 0,
      beside: 0,
      endless: 0,
      atLoad: 0,
      foundAtLoad: 0,
      evaluations: 0,
      units: 0,
      thrown: 0,
    },
  };
  renew(it);
  return {
    trace: (requests) => trace(it, requests),
    resume: (numbers) => numbers.forEach((n) => (it.byNumber.get(n).noticed = true)),
    noticed: () => all.filter(({ noticed }) => noticed).map(({ n }) => n),
    left: () =>
      all.filter(({ isChecked, noticed, atLoad, asked }) => !noticed && (isChecked || (atLoad && asked > 0))).map(told),
    units: () => unitsOf(all),
    work: (unit) => work(it, unit),
    progress: () => progress(it),
  };
}

function told({ id, original, replacement, text, asked, visitors }) {
  return { id, original, replacement, text, asked, visitors: visitors.slice(0, 3).map(({ request }) => request) };
}

function progress({ all, counts }) {
  const noticed = all.filter((mutant) => mutant.noticed).length;
  const checked = all.filter((mutant) => mutant.isChecked);
  const { isLeft } = { isLeft: checked.filter((mutant) => !mutant.noticed).length };
  return `${noticed} of ${all.length} noticed; ${isLeft} of ${checked.length} looked at are left; ${JSON.stringify(counts)}`;
}

function hit(mutation) {
  mutation.hits += 1;
  if (mutation.hits > MOST_HITS) throw new Error("the mutant does not end");
  return true;
}

// A fresh instance, on which no mutant has been. What it passes while it starts is passed at load.
function renew(it) {
  it.mutation.active = -1;
  it.instance = it.world.start(it.mutation);
}

function trace(it, requests) {
  const { seen } = it.mutation;
  seen.fill(0);
  renew(it);
  it.all.forEach((mutant) => (mutant.atLoad = seen[mutant.n] === 1));
  const order = requests.map((request) => [it.draw.below(2 ** 30), request]).sort(([one], [other]) => one - other);
  for (const [, request] of order) {
    seen.fill(0);
    const whole = ask(it, it.instance, request);
    const most = JSON.stringify(request).length > SHORT ? 3 : VISITORS;
    if (whole.startsWith("!")) continue;
    const { id: _, ...rest } = request;
    const entry = { request: rest, whole };
    for (let n = seen.indexOf(1); n !== -1; n = seen.indexOf(1, n + 1)) {
      const { visitors } = it.byNumber.get(n);
      if (visitors.length < most) visitors.push(entry);
    }
    if (most > 3) it.spoken.push({ entry, text: JSON.stringify(rest) });
  }
  const reached = it.all.filter(({ visitors }) => visitors.length > 0).length;
  const atLoad = it.all.filter((mutant) => mutant.atLoad).length;
  it.say(`${requests.length} requests come past ${reached} mutants; ${atLoad} more or the same are passed at load`);
}

// Requests in which the word is said, a few of them.
function mentioning(it, word) {
  const known = it.mentions.get(word);
  if (known !== undefined) return known;
  const found = [];
  const { spoken } = it;
  const start = it.draw.below(spoken.length);
  for (let at = 0; at < spoken.length && found.length < 8; at += 1) {
    const { entry, text } = spoken[(start + at) % spoken.length];
    if (text.includes(word)) found.push(entry);
  }
  it.mentions.set(word, found);
  return found;
}

// Neighbours of a file, those at load apart from the others.
function unitsOf(all) {
  const units = [];
  for (const [file, list] of Map.groupBy(all, (mutant) => mutant.file)) {
    for (const atLoad of [false, true]) {
      const own = list.filter((mutant) => mutant.atLoad === atLoad);
      for (let from = 0; from < own.length; from += TOGETHER)
        units.push({ file, atLoad, mutants: own.slice(from, from + TOGETHER) });
    }
  }
  return units;
}

function work(it, unit) {
  it.counts.units += 1;
  if (it.counts.units % 100 === 0) renew(it);
  if (unit.atLoad) for (const mutant of unit.mutants) workAtLoad(it, mutant, unit);
  else workTogether(it, unit.mutants);
}

function workTogether(it, mutants) {
  const open = () => mutants.filter((mutant) => !mutant.noticed);
  for (const mutant of open()) {
    step(it, mutant, () => {
      mutant.isChecked = true;
      for (const entry of mutant.visitors) if (tells(it, mutant, entry)) return notice(it, mutant, "byRecord");
      return undefined;
    });
  }
  for (const mutant of open()) if (mutant.visitors.length > 0) suggested(it, mutant, mutant.visitors);
  let left = open().length === 0 ? 0 : it.tries / 2 + (it.tries / 40) * open().length;
  for (; left > 0 && open().length > 0; left -= 1) {
    const target = it.draw.of(open());
    const before = open().length;
    step(it, target, () => tryOne(it, target, open()));
    left += 20 * (before - open().length);
  }
}

// One changed request, asked of all open neighbours that it passes.
function tryOne(it, target, open) {
  const entry = variant(it, target);
  const all = open.filter(({ n }) => it.mutation.seen[n] === 1);
  const from = it.draw.below(Math.max(1, all.length - ASKED));
  const passed = all.slice(from, from + ASKED);
  if (entry === undefined || passed.length === 0) return;
  for (const mutant of passed) if (mutant.visitors.length < 12) mutant.visitors.push(entry);
  for (const mutant of passed) {
    if (mutant.noticed || !tells(it, mutant, entry)) continue;
    settle(it, mutant, entry);
  }
}

// Keeps what tells the mutant apart, made short, unless the instance answers otherwise than before by now.
function settle(it, mutant, entry) {
  if (ask(it, it.instance, entry.request) !== entry.whole) return renew(it);
  const small = minimised(it, mutant, entry);
  if (ask(it, it.instance, small.request) !== small.whole) return renew(it);
  notice(it, mutant, mutant.atLoad ? "foundAtLoad" : "found");
  it.found({ id: mutant.id, request: small.request });
  sweep(it, small, mutant);
  return small;
}

function answered(it, request) {
  it.mutation.seen.fill(0);
  const whole = ask(it, it.instance, request);
  return whole.startsWith("!") ? undefined : { request, whole };
}

function variant(it, target) {
  const { draw } = it;
  const near = target.visitors.length > 0 ? target.visitors : visitorsNear(it, target);
  const base = draw.of(near).request;
  const other = draw.of(near).request;
  if (target.hints === undefined || draw.below(12) === 0) target.hints = it.hintsOf(target, draw);
  const request = vary(base, draw, target.hints, other);
  if (JSON.stringify(request).length > LONGEST_TEXT + JSON.stringify(base).length) return undefined;
  it.mutation.seen.fill(0);
  const whole = ask(it, it.instance, request);
  if (!whole.startsWith("!")) return { request, whole };
  it.counts.thrown += 1;
  if (it.counts.thrown < 10) it.say(`the engine itself throws: ${whole.slice(0, 200)}: ${JSON.stringify(request)}`);
  return undefined;
}

// Those of mutants before and after it in its file; any others when it has none.
function visitorsNear(it, { n, file }) {
  for (let far = 1; far < 400; far += 1)
    for (const other of [it.byNumber.get(n - far), it.byNumber.get(n + far)])
      if (other?.file === file && other.visitors.length > 0) return other.visitors;
  return [it.draw.of(it.spoken).entry];
}

function sweep(it, entry, from) {
  it.mutation.seen.fill(0);
  ask(it, it.instance, entry.request);
  for (const { n, isChecked, visitors } of it.all)
    if (it.mutation.seen[n] === 1 && !isChecked) visitors.splice(4, 0, entry);
  const passed = it.all.filter(
    (mutant) => it.mutation.seen[mutant.n] === 1 && !mutant.noticed && mutant.isChecked && mutant.asked < 400,
  );
  const near = passed.sort((one, other) => Math.abs(one.n - from.n) - Math.abs(other.n - from.n)).slice(0, 250);
  for (const mutant of near) if (tells(it, mutant, entry)) notice(it, mutant, "beside");
}

// A mutant of what is made at load: an instance of its own, asked what the record and changed requests say.
function workAtLoad(it, mutant, unit) {
  if (mutant.noticed) return;
  mutant.isChecked = !mutant.atLoad;
  it.counts.atLoad += 1;
  step(it, mutant, () => {
    it.mutation.active = mutant.n;
    mutant.own = it.world.start(it.mutation);
    it.mutation.active = -1;
  });
  if (mutant.own === undefined) return;
  const near = candidates(it, mutant, unit);
  step(it, mutant, () => {
    for (const entry of near) if (tells(it, mutant, entry)) return notice(it, mutant, "byRecord");
    return undefined;
  });
  mutant.visitors = [...near, ...mutant.visitors];
  suggested(it, mutant, near);
  for (let left = it.tries / 4; left > 0 && !mutant.noticed; left -= 1) {
    step(it, mutant, () => {
      const entry = variant(it, mutant);
      if (entry === undefined || !tells(it, mutant, entry)) return;
      const small = settle(it, mutant, entry);
      if (small !== undefined) (unit.seeds ??= []).push(small);
    });
  }
  delete mutant.own;
}

// Requests in which its words, or those near it, are said, and those that told its neighbours apart.
function candidates(it, mutant, unit) {
  const words = siblingsOf(mutant, it.linesOf(mutant.file));
  const said = words.slice(0, 24).flatMap((word) => mentioning(it, word));
  const list = [...(unit.seeds ?? []).slice(-10), ...said.slice(0, 80), ...mutant.visitors.slice(0, 20)];
  return list.length > 0 ? list : visitorsNear(it, mutant).slice(0, 40);
}

// What its own words and expressions suggest, before anything is drawn.
function suggested(it, mutant, entries) {
  let left = it.tries / 3;
  for (const request of suggestions(
    mutant,
    it.linesOf(mutant.file),
    entries.map((entry) => entry.request),
    it.draw,
  )) {
    if (mutant.noticed || (left -= 1) < 0) return;
    step(it, mutant, () => {
      const entry = answered(it, request);
      if (entry === undefined || !tells(it, mutant, entry)) return;
      settle(it, mutant, entry);
    });
  }
}

function minimised(it, mutant, entry) {
  let least = entry;
  let left = 80;
  for (let isSmaller = true; isSmaller && left > 0;) {
    isSmaller = false;
    for (const request of smaller(least.request)) {
      if ((left -= 1) <= 0) break;
      const whole = ask(it, it.instance, request);
      if (whole.startsWith("!") || !tells(it, mutant, { request, whole })) continue;
      least = { request, whole };
      isSmaller = true;
      break;
    }
  }
  return least;
}

function notice(it, mutant, how) {
  mutant.noticed = true;
  it.counts[how] += 1;
}

function tells(it, mutant, { request, whole }) {
  it.mutation.active = mutant.n;
  it.mutation.hits = 0;
  const other = ask(it, mutant.own ?? it.instance, request);
  it.mutation.active = -1;
  mutant.asked += 1;
  return other !== whole;
}

function ask(it, instance, request) {
  it.counts.evaluations += 1;
  try {
    const { said, whole } = instance.answerTo(request);
    return `${said} ${whole}`;
  } catch (error) {
    return `! ${error?.name} ${error?.message}`;
  }
}

const guarded = new Script("globalThis.__seekStep__()");

// Does the job, or ends it when a mutant runs on and on: it counts as noticed, as a test would run out of time.
function step(it, mutant, job) {
  globalThis.__seekStep__ = job;
  try {
    guarded.runInThisContext({ timeout: LONGEST_STEP });
  } catch (error) {
    if (error?.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      if (it.mutation.active === -1) throw error;
      it.mutation.active = -1;
      if (mutant.atLoad) notice(it, mutant, "byRecord");
      return;
    }
    const running = it.byNumber.get(it.mutation.active) ?? mutant;
    if (it.mutation.active !== -1) notice(it, running, "endless");
    renew(it);
  }
}
