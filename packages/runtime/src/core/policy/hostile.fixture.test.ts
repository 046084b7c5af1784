// Policies made to be slow, and actions made for them: asked by the tests, which count, and by the benchmark, which times.

import type { Verb } from "../action.ts";
import { parseAgentContext } from "../agent-context.ts";
import type { Effect } from "../effects/effect.ts";
import { evaluate, type PolicyLayer } from "../evaluate.ts";
import type { Finding } from "../finding.ts";
import type { JsonValue } from "../json.ts";
import { actionOf, compile, FACTS } from "./ask.fixture.test.ts";
import { Budget } from "./budget.ts";

/** What one question came to. */
export interface HostileAnswer {
  readonly findings: readonly Finding[];
  /** What rules were asked with: one budget for the whole decision. */
  readonly budgets: ReadonlySet<Budget>;
}

/** A policy and an action, made for each other. */
export interface HostileShape {
  readonly name: string;
  /** What it comes to: the end of the budget, or about so many units. */
  readonly costs: "all" | number;
  /** Compile the policy. What it gives asks once, with a budget of its own: that is the decision. */
  readonly prepare: () => () => HostileAnswer;
}

interface Attack {
  readonly name: string;
  readonly costs: "all" | number;
  /** How many rules, and each of them. */
  readonly rules: readonly [count: number, rule: (index: number) => object];
  readonly payload: JsonValue;
  readonly verb?: Verb;
  readonly effects?: readonly Effect[];
}

/** A text of that length, of one unit over and over. */
export const filled = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

const members = (count: number, value: (index: number) => JsonValue): JsonValue =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, value(index)]));
const programs = Array.from({ length: 2000 }, (_, index): Effect => ({
  kind: "exec.program",
  via: "x",
  program: `p${index}`,
  known: true,
  args: ["-a", `zz${index}`],
}));
const tool = { action_type: "tool" };

// Found nowhere, and compared to its middle at each place.
const almost = `${filled("x", 50_000)}y${filled("x", 50_000)}`;

const ATTACKS: readonly Attack[] = [
  ...[
    "contains(payload.h)",
    "indexOf(payload.h) >= 0",
    "lastIndexOf(payload.h) >= 0",
    "split(payload.h).size() > 1",
  ].map((call): Attack => ({
    name: `a payload that is looked for in itself by ${call}`,
    costs: "all",
    rules: [1, () => ({ ...tool, when: `payload.s.${call}`, deny: true })],
    payload: { s: filled("x", 300_000), h: almost },
  })),
  {
    name: "patterns whose text is there, on the longest text",
    costs: "all",
    rules: [3000, (index) => ({ ...tool, deny_regex: [`aa(b|c)*d[a-z]{9}${index}`, `aa\\w+\\s${index}`] })],
    payload: { text: filled("aabcbcd", 60_000) },
  },
  {
    name: "patterns whose engines must all be made",
    costs: "all",
    rules: [6000, (index) => ({ ...tool, deny_regex: `aa[bc]*d[x-z]+[${index % 10}]${"u".repeat(index % 20)}q` })],
    payload: { text: filled(`aabcbcd${"u".repeat(20)}q`, 600) },
  },
  {
    name: "patterns that require no text",
    costs: "all",
    rules: [3000, (index) => ({ ...tool, deny_regex: `[ab][^c]*[${index % 10}x]$` })],
    payload: { text: filled("ab", 60_000) },
  },
  {
    name: "patterns with many states",
    costs: "all",
    rules: [400, (index) => ({ ...tool, deny_regex: `(a|b)*a(a|b){${12 + (index % 5)}}[c${index % 9}]` })],
    payload: { text: filled("abbabaababba", 60_000) },
  },
  {
    name: "patterns with classes of all letters, on text beyond ASCII",
    costs: "all",
    rules: [3000, (index) => ({ ...tool, deny_regex: `\\b\\w[^\\W\\d]*[x-z${index % 10}]$` })],
    payload: { text: filled("aaé1234567890 ", 600) },
  },
  {
    name: "words in many texts",
    costs: "all",
    rules: [20_000, (index) => ({ ...tool, deny_if: [`x${index}y`, ";", `w ${index}`] })],
    payload: members(3000, (index) => `V${index}`),
  },
  {
    name: "words that look alike",
    costs: 8,
    rules: [8000, (index) => ({ ...tool, deny_if: [`aaaab${index}`, `baaaa${index}`] })],
    payload: { text: filled("aaaab", 60_000) },
  },
  {
    name: "effect tests on as many effects as there may be",
    costs: 8,
    rules: [
      20_000,
      (index) => ({
        ...tool,
        deny_effects: `exec.program where program != "p${index}" and args matches "zz${index}x"`,
      }),
    ],
    payload: {},
    effects: programs,
  },
  {
    name: "effect tests that no effect rules out beforehand",
    costs: "all",
    rules: [
      3000,
      (index) => ({ ...tool, deny_effects: `exec.program where program != "p${index}" and args matches "z[0-9]+x"` }),
    ],
    payload: {},
    effects: programs,
  },
  {
    name: "comparisons with long lists and texts",
    costs: "all",
    rules: [6000, (index) => ({ ...tool, when_not: `payload.a0 != "É${index}"`, require_approval: true })],
    payload: members(1, () => Array.from({ length: 4000 }, (_, index) => `É${index}`)),
  },
  {
    name: "a place of its own for each rule",
    costs: 160_000,
    rules: [20_000, (index) => ({ ...tool, when_all: `payload.a${index}.b == x`, deny: true })],
    payload: members(9000, () => ({ b: ["y", "Ü"] })),
  },
  {
    name: "safe paths, asked by every rule",
    costs: 960_000,
    rules: [8000, () => ({ ...tool, allow_if: "safe_paths" })],
    payload: { path: "/srv/a/../b" },
    verb: "fs.write",
  },
  {
    name: "comparisons of many short texts with a long one",
    costs: "all",
    rules: [400, (index) => ({ ...tool, when_not: `payload.a0 != "${filled("É", 4000)}${index}"`, deny: true })],
    payload: members(1, () => Array.from({ length: 4000 }, (_, index) => `É${index}`)),
  },
  { name: "findings of every rule", costs: 2_400_000, rules: [20_000, () => ({ ...tool, deny: true })], payload: {} },
];

function prepare({ rules: [count, rule], payload, verb = "other", effects = [] }: Attack): () => HostileAnswer {
  const policy = compile(JSON.stringify({ rules: Array.from({ length: count }, (_, index) => rule(index)) }));
  const agent = parseAgentContext({ public_key: "k", safe_paths: ["/srv/b"] });
  const action = actionOf({ type: "tool", verb, payload });
  return () => {
    const budget = new Budget();
    const { findings } = policy.evaluate({ action, effects, agent, facts: FACTS, budget });
    return { findings, budgets: new Set([budget]) };
  };
}

// A decision as a whole. The policy tells which budgets it was asked with.
function prepareBatch(): () => HostileAnswer {
  const rules = Array.from({ length: 6000 }, (_, index) => ({ actions: "any", id: `r${index}`, deny: true }));
  const policy = compile(JSON.stringify({ rules }));
  const call = actionOf({ type: "tool", verb: "other", payload: {} });
  const action = { ...call, calls: Array.from({ length: 250 }, () => call) };
  const agent = parseAgentContext({ public_key: "k" });
  const about = { action, effects: [], agent, avid: "a", identity: "asserted", facts: FACTS, layers: [] } as const;
  return () => {
    const budgets = new Set<Budget>();
    const counted: PolicyLayer = {
      snapshot: policy.snapshot,
      evaluate: (input) => {
        if (input.budget !== undefined) budgets.add(input.budget);
        return policy.evaluate(input);
      },
    };
    return { findings: evaluate({ ...about, policy: counted }).findings, budgets };
  };
}

/** Every shape. */
export const HOSTILE: readonly HostileShape[] = [
  ...ATTACKS.map((attack) => ({ name: attack.name, costs: attack.costs, prepare: () => prepare(attack) })),
  { name: "a batch of many calls, each told of by every rule", costs: "all", prepare: prepareBatch },
];
