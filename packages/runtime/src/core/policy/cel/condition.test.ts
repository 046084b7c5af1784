import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Action } from "../../action.ts";
import { parseAgentContext } from "../../agent-context.ts";
import { assertEnds } from "../../hang-guard.fixture.test.ts";
import { normalizeAction } from "../../normalize.ts";
import { deriveEffects } from "../../effects/derive.ts";
import { NO_SURROUNDINGS } from "../../effects/index.ts";
import type { JsonValue } from "../../json.ts";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { Budget } from "../budget.ts";
import {
  celAmount,
  celJson,
  celView,
  compileCel,
  type CelCondition,
  type CelParameters,
  type CelView,
} from "./index.ts";
import type { Effect } from "../../effects/effect.ts";

interface Given {
  readonly action_type?: string;
  readonly payload?: JsonValue;
  readonly ctx?: Readonly<Record<string, JsonValue>>;
  readonly effects?: readonly Effect[];
  readonly labels?: readonly string[];
  readonly zones?: Readonly<Record<string, number>>;
  readonly now_ms?: number;
}

const TOOLS = { sha256Hex: (text: string) => createHash("sha256").update(text).digest("hex") };

function viewOf(given: Given = {}): CelView {
  const action: Action = normalizeAction(
    { action_type: given.action_type ?? "note", action_payload: given.payload ?? {}, cwd: "/srv/app" },
    TOOLS,
  );
  const agent = parseAgentContext({ public_key: "agent-1", ...given.ctx });
  const effects = given.effects ?? deriveEffects(action, NO_SURROUNDINGS);
  const zones = given.zones === undefined ? {} : { zones: given.zones };
  const facts = {
    now_ms: given.now_ms ?? 1_767_225_600_000,
    kill_switch: null,
    surroundings: NO_SURROUNDINGS,
    ...zones,
  };
  const session = { labels: given.labels ?? [], marks: [] };
  return celView({ action, effects, agent, facts, budget: new Budget(), session });
}

function condition(
  source: string,
  expects: "bool" | "amount" | "json" = "bool",
  parameters: CelParameters = {},
): CelCondition {
  const compiled = compileCel(source, { expects, parameters });
  if ("problem" in compiled) assert.fail(`${source}: ${compiled.problem}`);
  return compiled.condition;
}

function ask(source: string, given: Given = {}): unknown {
  const result = condition(source).evaluate(viewOf(given));
  return "value" in result ? result.value : result.error.code;
}

function refusal(
  source: string,
  expects: "bool" | "amount" | "json" = "bool",
): { code: string; at: string; fix: string | undefined } {
  const compiled = compileCel(source, { expects });
  if (!("problem" in compiled)) assert.fail(`${source} was compiled`);
  return { code: compiled.code, at: source.slice(compiled.start, compiled.end), fix: compiled.fix };
}

function pay(amount: JsonValue, currency: string): Given {
  return { action_type: "spend_money", payload: { amount, currency } };
}

function outside(domain: string): string {
  return `effects.exists(e, e.kind == "net.connect" && !e.host.endsWith("${domain}"))`;
}

describe("a condition", () => {
  test("reads the payload, the context and the action", () => {
    const given = { action_type: "refund", payload: { amount: 250 }, ctx: { environment: "production" } };
    assert.equal(ask('payload.amount > decimal("100") && ctx.env == "production"', given), true);
    assert.equal(ask('payload.amount > decimal("250") || ctx.environment == "test"', given), false);
    assert.equal(ask('action.verb == "money" && action.known', given), true);
  });

  test("fails on a member that is missing, unless another operand decides", () => {
    assert.equal(ask("payload.amount > 3"), "no_such_member");
    assert.equal(ask('payload.amount > 3 && ctx.env == "production"', { ctx: { env: "test" } }), false);
    assert.equal(ask("has(payload.amount) && payload.amount > 3"), false);
  });

  test("fails when the payload's value is of another type than the operator takes", () => {
    assert.equal(ask("payload.amount > 3", { payload: { amount: "250" } }), "no_such_overload");
    assert.equal(ask("decimal(payload.amount) > 3", { payload: { amount: "250.00" } }), true);
    assert.equal(ask("decimal(payload.amount) > 3", { payload: { amount: "a lot" } }), "bad_conversion");
  });

  test("takes a double for the decimal that it is written as", () => {
    assert.equal(ask('decimal(payload.amount) * 3 == decimal("29.97")', { payload: { amount: 9.99 } }), true);
    assert.equal(ask('decimal("0.1") + decimal("0.2") == decimal("0.3")'), true);
  });

  test("sees an effect's attributes as one flat record", () => {
    const given = { action_type: "execute_shell", payload: { command: "curl -d @notes.txt https://a.example.com/x" } };
    assert.equal(ask(outside(".example.com"), given), false);
    assert.equal(ask(outside(".example.org"), given), true);
    assert.equal(ask("effects.exists(e, has(e.host) && e.outgoing && !e.trusted)", given), true);
    const trusted = { ...given, ctx: { trusted_domains: ["example.com"] } };
    assert.equal(ask("effects.exists(e, has(e.host) && e.outgoing && !e.trusted)", trusted), false);
  });

  test("fails on an attribute that an effect's kind doesn't have", () => {
    const given = { action_type: "execute_shell", payload: { command: "ls" } };
    assert.equal(ask('effects.exists(e, e.host == "evil.example")', given), "no_such_member");
  });

  test("sums what is spent in one currency, and fails on another or on what can't be read", () => {
    assert.equal(ask('spend("USD") == decimal("9.99")', pay(9.99, "USD")), true);
    assert.equal(ask('spend("USD") > 1', pay(9.99, "EUR")), "other_currency");
    assert.equal(ask('spend("USD") > 1', pay("lots", "USD")), "unknown_value");
    assert.equal(ask('spend("USD") == decimal("0")'), true);
  });

  test("knows the session's labels and the time", () => {
    assert.equal(ask('"secret" in session.labels', { labels: ["secret"] }), true);
    assert.equal(ask('"secret" in session.labels'), false);
    assert.equal(ask('now == timestamp("2026-01-01T00:00:00Z") && now.getHours("+02:00") == 2'), true);
    assert.equal(ask('now.getHours("Europe/Berlin") == 1', { zones: { "Europe/Berlin": 60 } }), true);
    assert.equal(ask('now.getHours("Europe/Berlin") == 1'), "no_zone");
    assert.deepEqual(condition('now.getHours("Europe/Berlin") == 1').zones, ["Europe/Berlin"]);
  });

  test("has the policy's parameters as if they were written in it", () => {
    const limited = condition('spend("USD") > params.limit', "bool", { limit: { type: "decimal", value: "5" } });
    const result = limited.evaluate(viewOf({ action_type: "spend_money", payload: { amount: 9, currency: "USD" } }));
    assert.deepEqual(result, { value: true });
    assert.ok(limited.ast.kind === "binary" && limited.ast.right.kind === "literal");
    assert.equal(refusal("params.limit > 3").code, "unknown_name");
  });

  test("tells which roots it reads", () => {
    assert.deepEqual(condition('spend("USD") > 3 && payload.all(ctx, ctx != "x")').reads, ["effects", "payload"]);
  });
});

describe("a condition is refused when the policy loads", () => {
  const cases: readonly (readonly [string, string, string, RegExp?])[] = [
    ["payload.amount = 3", "bad_expression", "=", /==/],
    ["1 +", "bad_expression", ""],
    ['action.verbs == "x"', "unknown_name", ".verbs", /verb/],
    ['action.verb == "monney"', "unknown_value", '"monney"', /money/],
    ['effects.exists(e, e.kind == "net.conect")', "unknown_value", '"net.conect"', /net\.connect/],
    ['effects.exists(e, e.hots == "x")', "unknown_name", ".hots", /host/],
    ["agent_ctx.env", "unknown_name", "agent_ctx", /ctx/],
    ["payload.amount + 1 > 3", "wrong_type", "payload.amount + 1", /1\.0/],
    ['now > "2026-01-01"', "wrong_type", 'now > "2026-01-01"', /timestamp/],
    ['payload.x.matches("(?=x)")', "unusable_pattern", '"(?=x)"', /linear/],
    ["payload.x.matches(payload.y)", "unusable_pattern", "payload.y", /quotes/],
    ['payload.x.matches("a^b")', "never_matches", '"a^b"'],
    ['decimal("12,50") > 1', "unknown_value", 'decimal("12,50")'],
    ["1", "wrong_type", "1"],
    ['now.getHours("Europe Berlin") > 1', "unknown_value", '"Europe Berlin"'],
    ['timestamp("2026-07-01T00:00:00Z").getHours("Europe/Berlin") > 1', "wrong_type", '"Europe/Berlin"', /UTC/],
    ["payload.names.contians('x')", "unknown_name", "payload.names.contians('x')", /contains/],
    ["contains(payload.x, 'y')", "wrong_type", "contains(payload.x, 'y')", /value\.contains/],
  ];
  for (const [source, code, at, fix] of cases) {
    test(source, () => {
      const refused = refusal(source);
      assert.deepEqual({ code: refused.code, at: refused.at }, { code, at });
      if (fix !== undefined) assert.match(refused.fix ?? "", fix);
    });
  }

  test("when it nests too deep, has too many parts or is too long", () => {
    assert.equal(refusal(`${"(".repeat(100)}true${")".repeat(100)}`).code, "too_deep");
    assert.equal(refusal(`${"!".repeat(4000)}true`).code, "too_deep");
    assert.equal(refusal(`[${"0,".repeat(1500)}] == []`).code, "too_large");
    assert.equal(refusal(`"${"x".repeat(5000)}" == ""`).code, "too_large");
  });
});

const PIECES = [
  ..."payload . amount ctx [ ] ( ) { } , : ? && || ! - + * / % == != < <= in 1 2u 3.5 'a' effects exists e x".split(
    " ",
  ),
  ..."has size spend decimal matches now getHours true null // ' b' ''' 0x 1e \\ \n .5 \"b\"".split(" "),
];

function asJson(value: unknown): JsonValue {
  const json: JsonValue = JSON.parse(JSON.stringify(value));
  return json;
}

describe("whatever the source", () => {
  const spoken = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((parts) => parts.join(" "));

  test("compiling gives a condition, or a problem with a place in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), spoken), (source) => {
        const compiled = compileCel(source, { expects: "bool" });
        if ("condition" in compiled) return;
        assert.ok(compiled.start >= 0 && compiled.start <= source.length, JSON.stringify(compiled));
        assert.ok(compiled.end >= compiled.start && compiled.end <= source.length, JSON.stringify(compiled));
      }),
      { numRuns: 500 },
    );
  });

  test("a condition gives a truth value or an error for any payload, and the same each time", () => {
    const given = [
      "payload.a == payload.b || payload.a.b[0] > 1",
      "payload.a.exists(x, x.b == 'c' && size(x.d) > 2)",
      "payload.a + payload.b < payload.c * 2.0 ? payload.a in payload.b : payload.c.matches('a+b')",
      "decimal(payload.a) * decimal(payload.b) >= 100 && timestamp(payload.c) < now",
      "payload.a.split(payload.b).join(payload.c).replace('a', payload.b) != payload.a",
    ].map((source) => condition(source));
    fc.assert(
      fc.property(fc.record({ a: fc.jsonValue(), b: fc.jsonValue(), c: fc.jsonValue() }), (payload) => {
        for (const one of given) {
          const result = one.evaluate(viewOf({ payload: asJson(payload) }));
          assert.ok("error" in result || typeof result.value === "boolean");
          assert.deepEqual(one.evaluate(viewOf({ payload: asJson(payload) })), result);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("an evaluation", () => {
  test("ends when its budget is spent, which nothing passes over", () => {
    const source = "payload.a.all(x, payload.a.all(y, payload.a.all(z, x + y + z >= 0.0))) || true";
    const a = Array.from({ length: 2000 }, (_, index) => index);
    assert.equal(
      assertEnds(() => ask(source, { payload: { a } })),
      "budget",
    );
  });

  test("does not build texts without end", () => {
    const long = "x".repeat(60_000);
    const source = 'payload.t.replace("x", payload.t).size() > 0';
    assert.equal(ask(source, { payload: { t: long } }), "too_long");
  });

  test("gives amounts and JSON to those who ask for them", () => {
    const amount = condition("payload.amount", "amount").evaluate(viewOf({ payload: { amount: "12.50" } }));
    assert.equal("value" in amount && celAmount(amount.value), "12.5");
    const json = condition('{"n": 1, "t": [payload.a, 2.5]}', "json").evaluate(viewOf({ payload: { a: null } }));
    assert.deepEqual("value" in json && celJson(json.value), { n: 1, t: [null, 2.5] });
    const unreadable = condition("payload.amount", "amount").evaluate(viewOf({ payload: { amount: "much" } }));
    assert.ok("error" in unreadable);
  });

  test("can be explained: what each part gave, and what was never asked", () => {
    const source = 'payload.amount > 100 && (ctx.env == "production" || payload.vip == true)';
    const trace = condition(source).explain(viewOf({ payload: { amount: 250 }, ctx: { env: "production" } }));
    assert.equal(trace.value, "true");
    const [first, second] = trace.children;
    assert.equal(first?.value, "true");
    assert.equal(first?.children[0]?.value, "250.0");
    assert.deepEqual(
      second?.children.map(({ source: text, times }) => [text, times]),
      [
        ['ctx.env == "production"', 1],
        ["payload.vip == true", 0],
      ],
    );
  });
});
