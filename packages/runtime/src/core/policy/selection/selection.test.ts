// The law of selection: rules that aren't selected would have said nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseAgentContext } from "../../agent-context.ts";
import type { Verb } from "../../action.ts";
import { deriveEffects } from "../../effects/derive.ts";
import type { Effect } from "../../effects/effect.ts";
import { NO_SURROUNDINGS } from "../../effects/surroundings.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import { normalizeAction } from "../../normalize.ts";
import type { RuleInput } from "../../rule.ts";
import { actionOf, compile, FACTS, HOST } from "../ask.fixture.test.ts";
import { evaluateRules } from "../evaluate.ts";
import { isWrittenFor } from "../explain.ts";
import { policyPack, type CompiledPolicy } from "../index.ts";
import { finish } from "../../steps.ts";
import { selectorOf } from "./rule-selector.ts";

/** What the policy says, asked of the selected rules and of all. */
function assertSame(policy: CompiledPolicy, input: RuleInput, hint: string): void {
  const written = policy.rules.filter((rule) => isWrittenFor(rule, input.action));
  assert.deepEqual(policy.evaluate(input), evaluateRules(written, input), hint);
}

interface Parts {
  readonly payload: JsonValue;
  readonly agent?: JsonObject;
  readonly effects?: readonly Effect[];
  readonly verb?: Verb;
  readonly type?: string;
}

function inputOf({ payload, agent = {}, effects = [], verb = "other", type = "tool" }: Parts): RuleInput {
  return {
    action: actionOf({ type, verb, payload }),
    effects,
    agent: parseAgentContext({ public_key: "k", ...agent }),
    facts: FACTS,
  };
}

/** How many rules are asked. */
function selectedCount(policy: CompiledPolicy, input: RuleInput): number {
  return finish(selectorOf(policy.rules)).select(input).length;
}

const WORDS = ["drop", "Drop table", "rm -rf", "ab", "é", "straße", "STRASSE", "ſecret", "1", "1.0", "true", "x"];
const NAMES = ["a", "b", "env", "environment", "kind"];
const EFFECTS: readonly Effect[] = [
  { kind: "exec.program", via: "rm", program: "rm", known: true, args: ["-rf", null, "/Tmp"] },
  { kind: "exec.program", via: "x", program: "Drop", known: false, args: [] },
  { kind: "net.connect", via: "curl", host: HOST, sends: true, origin: "shell", scheme: "https" },
  { kind: "net.listen", via: "nc", port: 1 },
  { kind: "publish", via: "npm", to: "npm" },
];

const literal = fc.oneof(
  fc.constantFrom(...WORDS).map((word) => JSON.stringify(word)),
  fc.constantFrom("1", "1.0", "true", "false", "drop", "0", "100000000000000000000000000"),
);
const PATTERNS = [
  "dr[aeiou]p",
  "(?i)DROP\\s",
  "\\bab\\b",
  "a|b",
  "^rm",
  "se?cret",
  "[a-z]+",
  "k",
  "(?i)secret",
  "tabl.$",
];
const EFFECT_TESTS = [
  "exec.program",
  "exec.program where known == false",
  'exec.program where program == "RM"',
  'exec.program where args == "-rf"',
  'exec.program where args matches "^/tm" and program == rm',
  'exec.program where program != "rm"',
  'net.connect where host.host matches "example"',
  "net.connect where host.port == 443",
  "net.connect where host.port == none",
  "net.listen where port == 1",
  'publish where to == "pypi"',
];
const predicate = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("", "!", "not "),
      fc.constantFrom("payload", "ctx", "agent_ctx"),
      fc.constantFrom(...NAMES, "a.b"),
      fc.constantFrom("==", "!="),
      literal,
    )
    .map(([not, root, name, operator, value]) => `${not}${root}.${name} ${operator} ${value}`),
  fc.tuple(fc.constantFrom("", "!"), fc.constantFrom(...WORDS)).map(([not, w]) => `${not}payload contains "${w}"`),
  fc.constantFrom(...PATTERNS).map((pattern) => `payload matches ${pattern}`),
  fc.tuple(fc.constantFrom("", "!"), fc.constantFrom(...EFFECT_TESTS)).map(([not, t]) => `${not}effects has ${t}`),
  fc.constantFrom("paths in safe_paths", "action_type == tool", "action_type != tool"),
);

const lists = (item: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(item, { minLength: 1, maxLength: 2 });
const VERDICTS = {
  deny: fc.constant(true),
  deny_if: lists(fc.constantFrom(...WORDS)),
  deny_regex: lists(fc.constantFrom(...PATTERNS)),
  deny_effects: lists(fc.constantFrom(...EFFECT_TESTS)),
  require_approval: fc.boolean(),
  require_approval_if: lists(fc.constantFrom(...WORDS)),
  require_approval_regex: lists(fc.constantFrom(...PATTERNS)),
  require_approval_effects: lists(fc.constantFrom(...EFFECT_TESTS)),
  allow_if: fc.constant("safe_paths"),
} as const;
const verdict: fc.Arbitrary<JsonObject> = fc.oneof(
  ...Object.entries(VERDICTS).map(([key, value]) => (value as fc.Arbitrary<JsonValue>).map((v) => ({ [key]: v }))),
);
const conditions = fc.record(
  { when_all: lists(predicate), when_any: lists(predicate), when_not: lists(predicate) },
  { requiredKeys: [] },
);
const target: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom({ action_type: "tool" }, { action_type: "execute_shell" }, { actions: "any" }),
  fc.constantFrom({ actions: ["tool", "verb:exec"] }, { actions: ["verb:other"] }),
);
const more = fc.record(
  {
    mode: fc.constantFrom("enforce", "warn", "shadow"),
    severity: fc.constantFrom("low", "critical"),
    expires: fc.constantFrom("1970-01-01", "2999-01-01"),
    when: fc.constantFrom('payload.kind == "drop"', "payload.n > 1.0", 'ctx.env == "prod" || payload.q == "drop"'),
    obligations: fc.constant([{ notify: "ops" }]),
    transform: fc.constant([{ set: "payload.n", cel: "payload.n" }]),
  },
  { requiredKeys: [] },
);
const rule = fc
  .tuple(target, conditions, fc.array(verdict, { minLength: 1, maxLength: 2 }), more)
  .map(([on, when, verdicts, rest]) => ({ ...on, ...when, ...Object.assign({}, ...verdicts), ...rest }));

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(...WORDS, 1, 0, -0, 1.5, true, false, null, " 1 ", "TRUE", "ＤＲＯＰ", "x".repeat(70_000)),
  fc.constantFrom<JsonValue>("a drop b", "xrm -rf /tmp", "DROP  TABLE", "ABCdrop tablexyz", "ſECRET"),
);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  scalar.map((b) => ({ b })),
  scalar.map((item): JsonValue => Array.from({ length: 70 }, () => item)),
);
const members = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 4 });
const context = fc.dictionary(fc.constantFrom("a", "b", "kind"), value, { maxKeys: 3 });
const environment = fc.record(
  { env: fc.constantFrom(...WORDS, ""), environment: fc.constantFrom(...WORDS) },
  { requiredKeys: [] },
);

test("selected rules say what all rules say, whatever the policy and the action", () => {
  let fewer = 0;
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 8 }),
      fc.oneof(members, scalar),
      fc.tuple(context, environment),
      fc.tuple(fc.subarray([...EFFECTS]), fc.constantFrom<Verb>("exec", "other")),
      (rules, payload, [agent, env], [effects, verb]) => {
        const policy = compile(JSON.stringify({ rules }));
        const input = inputOf({ payload, agent: { ...agent, ...env }, effects, verb });
        assertSame(policy, input, JSON.stringify({ rules, payload }).slice(0, 2000));
        if (selectedCount(policy, input) < policy.rules.length) fewer++;
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(fewer > 150, `too few to tell: ${fewer}`);
});

test("the packs say of every shell command of the vectors what all their rules say", () => {
  const text = readFileSync(new URL("../../../../../../vectors/external/nl2bash.jsonl", import.meta.url), "utf8");
  const packs = [compile(policyPack("default")), compile(policyPack("production"))];
  let compared = 0;
  for (const line of text.trim().split("\n").slice(0, 200)) {
    const { action_type, action_payload }: { action_type: string; action_payload: JsonValue } = JSON.parse(line);
    const action = normalizeAction({ action_type, action_payload, cwd: null }, { sha256Hex: () => "0".repeat(64) });
    const agent = parseAgentContext({ public_key: "k" });
    const input = { action, effects: deriveEffects(action, NO_SURROUNDINGS), agent, facts: FACTS };
    for (const pack of packs) assertSame(pack, input, line);
    compared++;
  }
  assert.ok(compared > 150);
});

test("of many rules, those are asked whose guards hold", () => {
  const rules = Array.from({ length: 500 }, (_, index) => [
    { id: `a${index}`, action_type: "tool", when_all: ["ctx.env == production", `ctx.team == t${index}`], deny: true },
    { id: `b${index}`, action_type: "tool", deny_if: `needle ${index}x` },
    { id: `c${index}`, action_type: "tool", deny_regex: `\\bword${index}z\\s+-[a-z]+` },
    { id: `d${index}`, action_type: "tool", deny_effects: `net.connect where host.host == "h${index}.example.com"` },
    { id: `e${index}`, actions: "any", when_all: `payload.kind == k${index}`, require_approval: true },
  ]).flat();
  const policy = compile(JSON.stringify({ rules }));
  const nothing = inputOf({ payload: { text: "all is well" }, agent: { env: "production", team: "none" } });
  assert.equal(selectedCount(policy, nothing), 0);
  const some = inputOf({
    payload: { text: "NEEDLE 7X, word8z -f", kind: "K9" },
    agent: { env: "production", team: "t3" },
    effects: [
      {
        kind: "net.connect",
        via: "x",
        host: { ...HOST, host: "h5.example.com" },
        sends: false,
        origin: "shell",
        scheme: null,
      },
    ],
  });
  const refs = policy.evaluate(some).findings.map(({ rule_ref }) => rule_ref);
  assert.deepEqual(refs, ["policy:a3", "policy:d5", "policy:b7", "policy:c8", "policy:e9"]);
  assert.equal(selectedCount(policy, some), 5);
});
