// Policies made to be slow, asked about actions made for them: no decision takes long, and little is remembered.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verb } from "../action.ts";
import type { Effect } from "../effects/effect.ts";
import type { JsonValue } from "../json.ts";
import { parseAgentContext } from "../agent-context.ts";
import { evaluate } from "../evaluate.ts";
import { actionOf, compile, FACTS } from "./ask.fixture.test.ts";
import { Budget } from "./budget.ts";
import { heldTableBytes, MAX_TABLE_BYTES } from "./pattern/engine-memory.ts";
import { compilePattern } from "./pattern/matcher.ts";

/** The CPU time that no decision may take, in milliseconds. The budget counts steps; this is what they come to here. */
const LONGEST_MS = 250;

interface Attack {
  readonly name: string;
  /** How many rules, and each of them. */
  readonly rules: readonly [count: number, rule: (index: number) => object];
  readonly payload: JsonValue;
  readonly verb?: Verb;
  readonly effects?: readonly Effect[];
}

const filled = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
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
    rules: [1, () => ({ ...tool, when: `payload.s.${call}`, deny: true })],
    payload: { s: filled("x", 300_000), h: almost },
  })),
  {
    name: "patterns whose text is there, on the longest text",
    rules: [3000, (index) => ({ ...tool, deny_regex: [`aa(b|c)*d[a-z]{9}${index}`, `aa\\w+\\s${index}`] })],
    payload: { text: filled("aabcbcd", 60_000) },
  },
  {
    name: "patterns whose engines must all be made",
    rules: [6000, (index) => ({ ...tool, deny_regex: `aa[bc]*d[x-z]+[${index % 10}]${"u".repeat(index % 20)}q` })],
    payload: { text: filled(`aabcbcd${"u".repeat(20)}q`, 600) },
  },
  {
    name: "patterns that require no text",
    rules: [3000, (index) => ({ ...tool, deny_regex: `[ab][^c]*[${index % 10}x]$` })],
    payload: { text: filled("ab", 60_000) },
  },
  {
    name: "patterns with many states",
    rules: [400, (index) => ({ ...tool, deny_regex: `(a|b)*a(a|b){${12 + (index % 5)}}[c${index % 9}]` })],
    payload: { text: filled("abbabaababba", 60_000) },
  },
  {
    name: "patterns with classes of all letters, on text beyond ASCII",
    rules: [3000, (index) => ({ ...tool, deny_regex: `\\b\\w[^\\W\\d]*[x-z${index % 10}]$` })],
    payload: { text: filled("aaé1234567890 ", 600) },
  },
  {
    name: "words in many texts",
    rules: [20_000, (index) => ({ ...tool, deny_if: [`x${index}y`, ";", `w ${index}`] })],
    payload: members(3000, (index) => `V${index}`),
  },
  {
    name: "words that look alike",
    rules: [8000, (index) => ({ ...tool, deny_if: [`aaaab${index}`, `baaaa${index}`] })],
    payload: { text: filled("aaaab", 60_000) },
  },
  {
    name: "effect tests on as many effects as there may be",
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
    name: "comparisons with long lists and texts",
    rules: [6000, (index) => ({ ...tool, when_not: `payload.a0 != "É${index}"`, require_approval: true })],
    payload: members(1, () => Array.from({ length: 4000 }, (_, index) => `É${index}`)),
  },
  {
    name: "a place of its own for each rule",
    rules: [20_000, (index) => ({ ...tool, when_all: `payload.a${index}.b == x`, deny: true })],
    payload: members(9000, () => ({ b: ["y", "Ü"] })),
  },
  {
    name: "safe paths, asked by every rule",
    rules: [8000, () => ({ ...tool, allow_if: "safe_paths" })],
    payload: { path: "/srv/a/../b" },
    verb: "fs.write",
  },
  { name: "findings of every rule", rules: [20_000, () => ({ ...tool, deny: true })], payload: {} },
];

for (const { name, rules, payload, verb = "other", effects = [] } of ATTACKS) {
  test(`no decision takes long: ${name}`, () => {
    const [count, rule] = rules;
    const policy = compile(JSON.stringify({ rules: Array.from({ length: count }, (_, index) => rule(index)) }));
    const agent = parseAgentContext({ public_key: "k", safe_paths: ["/srv/b"] });
    const input = { action: actionOf({ type: "tool", verb, payload }), effects, agent, facts: FACTS };
    const before = process.cpuUsage();
    policy.evaluate(input);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < LONGEST_MS, `${(user + system) / 1000} ms`);
  });
}

test("a batch of many calls is one decision: they share what looking may cost", () => {
  const rules = Array.from({ length: 6000 }, (_, index) => ({ actions: "any", id: `r${index}`, deny: true }));
  const policy = compile(JSON.stringify({ rules }));
  const call = actionOf({ type: "tool", verb: "other", payload: {} });
  const action = { ...call, calls: Array.from({ length: 250 }, () => call) };
  const agent = parseAgentContext({ public_key: "k" });
  const before = process.cpuUsage();
  const input = {
    action,
    effects: [],
    agent,
    avid: "a",
    identity: "asserted",
    facts: FACTS,
    layers: [],
    policy,
  } as const;
  const { decision } = evaluate(input);
  const { user, system } = process.cpuUsage(before);
  assert.equal(decision, "DENY");
  assert.ok((user + system) / 1000 < LONGEST_MS, `${(user + system) / 1000} ms`);
});

test("rules that are only tried never use up what rules in force may spend", () => {
  const slow = { mode: "shadow", deny_regex: "(a|b)*a(a|b){12}c" };
  const rules = [...Array.from({ length: 40 }, () => ({ ...tool, ...slow })), { ...tool, deny_if: "zz" }];
  const policy = compile(JSON.stringify({ rules }));
  const budget = new Budget();
  const action = actionOf({ type: "tool", verb: "other", payload: { text: filled("abba", 30_000) } });
  const input = { action, effects: [], agent: parseAgentContext({ public_key: "k" }), facts: FACTS, budget };
  const { findings, shadow } = policy.evaluate(input);
  assert.deepEqual(findings, []);
  assert.ok(shadow.some(({ reason }) => reason.includes("EVALUATION_BUDGET")));
  assert.deepEqual(policy.evaluate(input).findings, []);
});

test("what engines remember is bounded, whatever patterns and texts there are", () => {
  let most = 0;
  let seed = 1;
  for (let index = 0; index < 12; index++) {
    const pattern = compilePattern(`(a|b)*a(a|b){${14 + index}}c`);
    let text = "";
    for (let at = 0; at < 20_000; at++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      text += (seed >> 16) % 2 === 0 ? "a" : "b";
    }
    assert.equal(pattern.test(text), false);
    assert.equal(pattern.test(`${text}${"a".repeat(15 + index)}c`), true);
    assert.ok(heldTableBytes() <= MAX_TABLE_BYTES);
    most = Math.max(most, heldTableBytes());
  }
  assert.ok(most > MAX_TABLE_BYTES / 2, `the bound was not reached: ${most}`);
});
