// Stands in for `node:test` where mutants are tried: tests are collected and run when asked, one by one, as often as
// asked, in a process that stays warm. It knows what our tests use of `node:test` and refuses the rest.
import { createRequire } from "node:module";

const { mock } = createRequire(import.meta.url)("node:test");

/** The file being collected: its tests in order, and what runs before and after them. */
let collected = { tests: [], after: [] };
let suite = { names: [], before: [], after: [] };

/** What `register` collects, as a file: `tests` of `{ name, run }` and `close`. */
export async function collect(register) {
  collected = { tests: [], after: [] };
  const root = { names: [], before: [], after: [], ready: undefined };
  suite = root;
  await register();
  const { tests } = collected;
  return { tests, close: () => runAll(root.after) };
}

export function test(...words) {
  const { name, run, options } = parse(words);
  if (options.skip !== undefined || options.todo !== undefined) return Promise.resolve();
  const own = suite;
  collected.tests.push({ name: [...own.names, name].join(" > "), run: () => runTest(own, name, run) });
  return Promise.resolve();
}
export const it = test;

export function describe(...words) {
  const { name, run } = parse(words);
  const outer = suite;
  suite = { names: [...outer.names, name], before: [() => ready(outer)], after: [], ready: undefined };
  run();
  outer.after.push(...suite.after);
  suite = outer;
  return Promise.resolve();
}

export function before(run) {
  suite.before.push(run);
}

export function after(run) {
  suite.after.push(run);
}

export { mock };
export default test;

async function runTest(own, name, run) {
  await ready(own);
  const late = [];
  const context = {
    name,
    mock,
    after: (step) => late.push(step),
    diagnostic: () => undefined,
    test: (inner, step) => step(context),
  };
  try {
    await run(context);
  } finally {
    mock.restoreAll();
    await runAll(late);
  }
}

function ready(own) {
  own.ready ??= runAll(own.before);
  return own.ready;
}

async function runAll(steps) {
  for (const step of steps) await step();
}

function parse(words) {
  const run = words.findLast((word) => typeof word === "function") ?? (() => undefined);
  const name = typeof words[0] === "string" ? words[0] : run.name;
  const options = words.find((word) => typeof word === "object" && word !== null) ?? {};
  return { name, run, options };
}
