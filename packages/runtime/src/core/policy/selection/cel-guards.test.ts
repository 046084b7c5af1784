// The law of guards, for conditions in CEL: where a clause isn't true of an action, the condition is false.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAgentContext } from "../../agent-context.ts";
import type { Effect } from "../../effects/effect.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import type { RuleInput } from "../../rule.ts";
import { finish } from "../../steps.ts";
import { actionOf, FACTS, HOST } from "../ask.fixture.test.ts";
import { Budget } from "../budget.ts";
import { celView, compileCel, type CelCondition } from "../cel/index.ts";
import { celClauses } from "./cel-guards.ts";
import type { Clause } from "./guard.ts";
import { indexOf } from "./rule-index.ts";

function conditionOf(source: string): CelCondition {
  const result = compileCel(source, { expects: "bool" });
  assert.ok("condition" in result, source);
  return result.condition;
}

function isTrueOf(clause: Clause, input: RuleInput): boolean {
  let found = false;
  const index = finish(indexOf([{ number: 0, clauses: [clause], texts: null }]));
  index.select(input, (rules) => (found ||= rules.length > 0));
  return found;
}

function inputOf(payload: JsonValue, agent: JsonObject = {}, effects: readonly Effect[] = []): RuleInput {
  const action = actionOf({ type: "tool", verb: "other", payload });
  return { action, effects, agent: parseAgentContext({ public_key: "k", ...agent }), facts: FACTS };
}

/** What the condition gives: its value, or null when it fails. */
function valueOf(condition: CelCondition, input: RuleInput): unknown {
  const result = condition.evaluate(celView({ ...input, budget: new Budget(), session: { labels: [], marks: [] } }));
  return "value" in result ? result.value : null;
}

const EFFECTS: readonly Effect[] = [
  { kind: "exec.program", via: "rm", program: "rm", known: true, args: ["-rf"] },
  { kind: "net.connect", via: "curl", host: HOST, sends: true, origin: "shell", scheme: "https" },
  { kind: "net.connect", via: "curl", host: { ...HOST, host: null }, sends: true, origin: "shell", scheme: null },
  { kind: "publish", via: "npm", to: "npm" },
];

const place = fc.constantFrom(
  "payload.a",
  'payload["a"]',
  "payload.a.b",
  "ctx.a",
  "ctx.env",
  "ctx.environment",
  "action.type",
  "action.verb",
);
const texts = fc.constantFrom('"drop"', '"x"', '""', '"ab"', '"rop t"', '"50"', '"tool"');
const numbers = fc.constantFrom("1", "50", "50.0", "-1", "1.5", "0", "9007199254740993", "2u");
const literal = fc.oneof(texts, numbers, fc.constantFrom("true", "false", "null"));
const patterns = fc.constantFrom('"dr[aeiou]p"', '"(?i)DROP t"', '"^ab"', '"a|b"', '"[a-z]+x"', '"\\\\bab\\\\b"');
const call = fc
  .tuple(place, fc.constantFrom("startsWith", "endsWith", "contains"), texts)
  .map(([at, name, text]) => `${at}.${name}(${text})`);
const comparison = fc.oneof(
  fc.tuple(place, fc.constantFrom("==", "!=", "<", "<=", ">", ">="), literal).map((parts) => parts.join(" ")),
  fc.tuple(literal, fc.constantFrom("==", "<", ">="), place).map((parts) => parts.join(" ")),
  fc.tuple(place, fc.array(literal, { maxLength: 3 })).map(([at, items]) => `${at} in [${items.join(", ")}]`),
  fc
    .tuple(place, fc.constantFrom("<", "<=", ">", ">="), fc.constantFrom('"50"', '"9.99"', '"-1"', "50", "9.99"))
    .map(([at, operator, value]) => `decimal(${at}) ${operator} decimal(${value})`),
);
const attribute = fc.oneof(
  fc.constantFrom('e.host == "a.example.com"', 'e.host.endsWith(".example.com")', 'e.program == "rm"', "e.sends"),
  fc.constantFrom('e.host.matches("exam")', "!e.sends", 'e.via in ["npm", "rm"]', "e.trusted", 'e.to.contains("np")'),
  comparison,
);
const kind = fc.constantFrom(
  'e.kind == "net.connect"',
  'e.kind in ["publish", "exec.program"]',
  'e.kind == "fs.read"',
  "e.outgoing",
);
const exists = fc
  .tuple(fc.constantFrom("exists", "all"), fc.shuffledSubarray([0, 1, 2], { minLength: 1 }), kind, attribute, attribute)
  .map(([macro, order, ...parts]) => `effects.${macro}(e, ${order.map((at) => parts[at] ?? "true").join(" && ")})`);
const simple = fc.oneof(
  comparison,
  call,
  exists,
  fc.tuple(place, patterns).map(([at, pattern]) => `${at}.matches(${pattern})`),
  fc.constantFrom("payload.a", "!payload.a", "has(payload.a)", "has(payload.a.b)", "has(ctx.env)", "true", "false"),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    simple,
    fc.array(tie("condition"), { minLength: 2, maxLength: 3 }).map((parts) => parts.map((p) => `(${p})`).join(" && ")),
    fc.array(tie("condition"), { minLength: 2, maxLength: 3 }).map((parts) => parts.map((p) => `(${p})`).join(" || ")),
    tie("condition").map((inner) => `!(${inner})`),
    fc.tuple(tie("condition"), tie("condition")).map(([test, other]) => `(${test}) ? true : (${other})`),
  ),
}));

const scalar = fc.constantFrom<JsonValue>(
  "drop",
  "drop table",
  "DROP T",
  "ab",
  "x",
  "",
  "50",
  "9.99",
  "50.0",
  "1e3",
  "tool",
  "a.example.com",
  1,
  50,
  50.5,
  -1,
  0,
  1.5,
  9007199254740992,
  true,
  false,
  null,
);
const value = fc.oneof(
  { weight: 3, arbitrary: scalar },
  scalar.map((b): JsonValue => ({ b })),
  scalar.map((item): JsonValue => [item]),
);
const members = fc.dictionary(fc.constantFrom("a", "c"), value, { maxKeys: 2 });
const agent = fc.record({ a: scalar, env: fc.constantFrom("drop", "x", "") }, { requiredKeys: [] });

test("where a clause isn't true of an action, the condition is false", () => {
  let excluded = 0;
  fc.assert(
    fc.property(
      condition,
      fc.oneof(members, scalar),
      agent,
      fc.subarray([...EFFECTS]),
      (source, payload, ctx, effects) => {
        const compiled = compileCel(source, { expects: "bool" });
        if (!("condition" in compiled)) return;
        const input = inputOf(payload, ctx, effects);
        for (const clause of celClauses(compiled.condition.ast)) {
          if (isTrueOf(clause, input)) continue;
          assert.equal(valueOf(compiled.condition, input), false, JSON.stringify({ source, payload, ctx, effects }));
          excluded++;
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(excluded > 80, `too few to tell: ${excluded}`);
});

test("what conditions are usually about excludes the actions it isn't about", () => {
  const cases: readonly (readonly [source: string, payload: JsonValue])[] = [
    ['payload.kind == "refund"', { kind: "sale" }],
    ['payload.kind in ["refund", "void"]', { kind: "sale" }],
    ["payload.amount > 50", { amount: 9 }],
    ["payload.amount > 50.5", { amount: 50 }],
    ['decimal(payload.amount) > decimal("50")', { amount: "49.99" }],
    ["1000 < payload.amount && payload.amount < 2000", { amount: 3000 }],
    ['payload.path.startsWith("/secret/")', { path: "/work/a" }],
    ['payload.path.endsWith(".key")', { path: "/work/a" }],
    ['payload.command.contains("rm -rf")', { command: "ls -la" }],
    ['payload.command.matches("rm\\\\s+-rf")', { command: "ls -la" }],
    ['has(payload.kind) && payload.kind == "refund"', {}],
    ['effects.exists(e, e.kind == "net.connect" && !e.trusted)', {}],
    ['effects.exists(e, e.kind == "publish") || payload.kind == "refund"', { kind: "sale" }],
    ["payload.force", { force: false }],
    ['ctx.env == "production"', {}],
  ];
  for (const [source, payload] of cases) {
    const input = inputOf(payload, { env: "staging" });
    const clauses = celClauses(conditionOf(source).ast);
    assert.ok(
      clauses.some((clause) => !isTrueOf(clause, input)),
      source,
    );
  }
});

test("a member that is missing, or of another type, excludes nothing: the condition fails there", () => {
  for (const source of [
    'payload.kind == "refund"',
    "payload.amount > 50",
    'payload.kind.startsWith("x")',
    "payload.on",
  ]) {
    for (const payload of [{}, { kind: 7, amount: "60", on: "yes" }, { kind: null, amount: null, on: null }, "text"]) {
      const clauses = celClauses(conditionOf(source).ast);
      assert.equal(clauses.length, 1);
      assert.ok(
        clauses.every((clause) => isTrueOf(clause, inputOf(payload))),
        `${source} ${JSON.stringify(payload)}`,
      );
    }
  }
});
