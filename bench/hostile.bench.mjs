// What is made to be slow: policies and actions made for them, texts of 64 KiB, policies of 4 MiB. CPU time, each asked
// for the first time, as a host would meet it. The tests assert what the same shapes cost in counted units, or that
// they end; this says what that comes to here.
import { createHash } from "node:crypto";
import { createRuntime } from "canopy-runtime";
import { compilePolicy } from "canopy-runtime/policy";
import {
  HOSTILE_PLACES,
  HOSTILE_UNITS,
  hostileText,
} from "../packages/runtime/dist/core/effects/hostile-text.fixture.test.js";
import { HOSTILE } from "../packages/runtime/dist/core/policy/hostile.fixture.test.js";
import { FULL, manyRules } from "../packages/runtime/dist/core/policy/limits.fixture.test.js";

export const title = "the costliest decisions and policies, CPU ms";

const DECISION_MS = 250;
const LOADING_MS = 1000;
const LOADING_MOST_MS = 2000;

export async function run() {
  return [...decisions(), ...(await texts()), ...loads()];
}

function decisions() {
  return HOSTILE.map(({ name, prepare }) => row(name, [cpuOf(prepare())], DECISION_MS));
}

// A whole decision about each text, wherever it may stand: the slowest place.
async function texts() {
  const runtime = createRuntime({ cwd: null });
  const rows = HOSTILE_UNITS.map((unit) => {
    const text = hostileText(unit);
    const spent = HOSTILE_PLACES.map(([type, member]) =>
      cpuOf(() => runtime.evaluate({ public_key: "bench-agent" }, type, { [member]: text })),
    );
    return row(`64 KiB of ${plain(unit)}, wherever it stands`, spent, DECISION_MS);
  });
  await runtime.close();
  return rows;
}

// Marks would stand on the quote before them.
function plain(unit) {
  return JSON.stringify(unit).replaceAll(/[^ -~]/gu, (mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`);
}

function loads() {
  const full = FULL.map(([name, text]) => row(`loading 4 MiB of ${name}`, [cpuOf(() => load(text))], LOADING_MS));
  const text = manyRules();
  return [...full, row("loading as many rules as there may be", [cpuOf(() => load(text))], LOADING_MOST_MS)];
}

function load(text) {
  const tools = { sha256Hex: (bytes) => createHash("sha256").update(bytes).digest("hex") };
  try {
    compilePolicy(text, { file: null, source: "argument", tools });
  } catch (error) {
    if (error.code !== "INVALID_POLICY") throw error;
  }
}

function cpuOf(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function row(measure, spent, aim) {
  const ms = Math.max(...spent);
  return { measure, value: `${ms.toFixed(0)} ms`, should: `≤ ${aim} ms`, met: ms <= aim };
}
