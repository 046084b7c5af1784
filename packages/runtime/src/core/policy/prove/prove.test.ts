import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { BUILT_IN_LAYERS } from "../../built-in-layers.ts";
import { decide, effectsIn, understand, type DecideRequest, type Engine } from "../../decide.ts";
import { NO_SURROUNDINGS } from "../../effects/index.ts";
import type { BuiltInLayer, PolicyLayer } from "../../evaluate.ts";
import type { Facts } from "../../facts.ts";
import type { JsonValue } from "../../json.ts";
import { NO_ANSWER } from "../../policy-answer.ts";
import type { RuleInput } from "../../rule.ts";
import { Budget } from "../budget.ts";
import { celView, compileCel, type CelCondition } from "../cel/index.ts";
import { isAskedAbout, type ProvableRule } from "./rule-premise.ts";
import { proveArticles, proveCan, proveDecisions, type AnyAction, type CanAnswer, type Provable } from "./index.ts";

const FACTS: Facts = { now_ms: 1_767_225_600_000, kill_switch: null, surroundings: NO_SURROUNDINGS };

function condition(source: string): CelCondition {
  const compiled = compileCel(source, { expects: "bool" });
  if ("problem" in compiled) assert.fail(`${source}: ${compiled.problem}`);
  return compiled.condition;
}

/** A rule that denies when a condition in CEL holds, for any action. */
function deny(id: string, when: string | null, more: Partial<ProvableRule> = {}): ProvableRule {
  return {
    id,
    mode: "enforce",
    any: true,
    types: [],
    verbs: [],
    deny_always: true,
    require_approval: false,
    conditions: when === null ? [] : [{ key: "when", source: when }],
    when: when === null ? null : condition(when),
    ...more,
  };
}

function holds(source: CelCondition, { action, effects, agent, facts }: RuleInput): boolean | "fails" {
  const view = celView({ action, effects, agent, facts, budget: new Budget(), session: { labels: [], marks: [] } });
  const result = source.evaluate(view);
  return "value" in result ? result.value === true : "fails";
}

// A policy of such rules alone, asked as the policy layer asks its own.
function policyOf(rules: readonly ProvableRule[]): PolicyLayer {
  const conditions = new Map(
    rules.flatMap(({ id, conditions: [first] }) =>
      first === undefined ? [] : [[id, condition(first.source)] as const],
    ),
  );
  const snapshot = {
    policy_file: null,
    policy_hash: "",
    policy_source: "argument",
    rules_hash: "",
    engine_version: "",
  } as const;
  return {
    snapshot,
    evaluate: (input) => {
      const findings = rules.flatMap(({ id, mode, ...rule }) => {
        const { action_type: type, verb } = input.action;
        const own = conditions.get(id);
        const speaks =
          isAskedAbout({ id, mode, ...rule }, { type, verb }) && (own === undefined || holds(own, input) !== false);
        return speaks && mode === "enforce"
          ? [{ layer: "policy", rule_ref: `policy:${id}`, decision: "DENY", severity: "high", reason: "" } as const]
          : [];
      });
      return { ...NO_ANSWER, findings };
    },
  };
}

function provable(rules: readonly ProvableRule[], layers: readonly BuiltInLayer[] = BUILT_IN_LAYERS): Provable {
  const engine: Engine = {
    tools: { sha256Hex: (text) => createHash("sha256").update(text).digest("hex") },
    layers,
    policy: policyOf(rules),
    identify: () => ({ avid: "AVID-1", identity: "asserted" }),
  };
  const { agent, agent_identity, action } = understand(
    { agent_ctx: { public_key: "agent-1" }, action_type: "note", action_payload: {} },
    engine,
  );
  const any: AnyAction = { action, effects: [], agent, ...agent_identity, facts: FACTS };
  return { rules, engine, facts: FACTS, action: any, edits: false };
}

function ask(question: string, rules: readonly ProvableRule[]): CanAnswer["answer"] {
  return proveCan(question, provable(rules)).answer;
}

describe("`can any request with … be ALLOWED?`", () => {
  test("is proved where a rule denies just that", () => {
    const rules = [deny("large", 'decimal(payload.amount) > decimal("100")')];
    assert.equal(ask("decimal(payload.amount) > 100", rules), "proved");
    assert.equal(ask("double(payload.amount) > 101.0", rules), "proved");
    assert.equal(ask("payload.amount == 250", rules), "proved");
    assert.equal(ask("payload.amount in [250, 300] || payload.amount == 101", rules), "proved");
  });

  test("is a counterexample at the edge that a rule leaves", () => {
    const rules = [deny("large", 'decimal(payload.amount) > decimal("100")')];
    const answer = proveCan("decimal(payload.amount) >= 100", provable(rules));
    assert.ok(answer.answer === "counterexample");
    assert.equal(answer.evaluation.decision, "ALLOW");
    assert.match(JSON.stringify(answer.request.action_payload), /"amount":100\}/);
  });

  test("knows that a rule whose condition fails denies, and that one that is ruled out doesn't", () => {
    const guarded = [deny("large", 'payload.kind == "refund" && payload.amount > 100')];
    assert.equal(ask('payload.kind == "refund" && !has(payload.amount)', guarded), "proved");
    assert.equal(ask("!has(payload.amount)", guarded), "counterexample");
  });

  test("rests on several rules together, and names them", () => {
    const rules = [deny("high", "payload.n >= 10"), deny("low", "payload.n < 10")];
    const answer = proveCan("has(payload.n)", provable(rules));
    assert.deepEqual(answer.answer === "proved" && answer.rules, ["high", "low"]);
    assert.equal(ask("has(payload.n)", rules.slice(0, 1)), "counterexample");
  });

  test("takes a part that nothing is known of for the same wherever it is written the same", () => {
    const rules = [deny("outgoing", 'effects.exists(e, e.kind == "net.connect" && e.sends)')];
    assert.equal(ask('effects.exists( e, e.kind=="net.connect" && e.sends ) && payload.x == 1', rules), "proved");
    assert.notEqual(ask('effects.exists(e, e.kind == "net.connect")', rules), "proved");
  });

  test("heeds which actions a rule is asked about", () => {
    const rules = [deny("refunds", null, { any: false, types: ["Refund"] })];
    assert.equal(ask('action.type == "refund"', rules), "proved");
    assert.notEqual(ask('action.verb == "money"', rules), "proved");
    const money = [deny("money", null, { any: false, verbs: ["money"] })];
    assert.equal(ask('action.verb == "money" && payload.amount > 3', money), "proved");
    assert.equal(ask('action.type == "refund"', money), "proved");
  });

  test("is proved where the condition can never be true", () => {
    const answer = proveCan('payload.a == 1 && payload.a == "1"', provable([]));
    assert.deepEqual(answer.answer === "proved" && answer.rules, []);
  });

  test("is unknown, never proved, where rules only warn, have parts that are not understood, or edit payloads", () => {
    const always = deny("always", null);
    const question = 'effects.exists(e, e.kind == "mining.run")';
    assert.equal(ask(question, [always]), "proved");
    assert.notEqual(ask(question, [{ ...always, mode: "warn" }]), "proved");
    assert.notEqual(ask(question, [Object.assign({}, always, { counter: { limit: 3 } })]), "proved");
    assert.notEqual(proveCan(question, { ...provable([always]), edits: true }).answer, "proved");
  });

  test("refuses a condition that is none", () => {
    assert.throws(() => ask("payload.a = 1", []), { code: "INVALID_POLICY" });
  });
});

const VALUES: readonly JsonValue[] = [
  null,
  true,
  "",
  "x",
  "y",
  "10",
  "9.5",
  "010",
  0,
  9,
  9.5,
  10,
  10.5,
  11,
  -1,
  [],
  {},
  [1],
  { b: 1 },
  { b: "x" },
  { b: 10 },
];
const PARTS = [
  "payload.a > 10",
  "payload.a >= 9.5",
  "payload.a == 10",
  'payload.a == "x"',
  'payload.a in [9, "y"]',
  "decimal(payload.a) < 10",
  'decimal(payload.a) >= decimal("9.5")',
  "double(payload.a) > 10.0",
  "has(payload.a)",
  "payload.a.b == 10",
  "has(payload.a.b)",
  'payload.c != "x"',
  "payload.c",
  'ctx.env == "production"',
  'ctx.role == "x"',
  'action.verb == "read"',
];

describe("over generated rules and questions", () => {
  const part = fc.constantFrom(...PARTS);
  const source = fc.oneof(
    part,
    fc.tuple(part, part).map(([a, b]) => `${a} && ${b}`),
    fc.tuple(part, part).map(([a, b]) => `${a} || ${b}`),
    fc.tuple(part, part).map(([a, b]) => `!(${a}) && ${b}`),
    fc.tuple(part, part, part).map(([a, b, c]) => `(${a}) ? ${b} : ${c}`),
  );

  test("what is proved impossible is allowed for no request, and what is shown is allowed", () => {
    const answers = { proved: 0, counterexample: 0, unknown: 0 };
    fc.assert(
      fc.property(source, fc.array(source, { maxLength: 3 }), (question, denied) => {
        const rules = denied.map((one, index) => deny(`r${index}`, one));
        const policy = provable(rules, []);
        const answer = proveCan(question, policy);
        answers[answer.answer]++;
        if (answer.answer !== "proved") return;
        const asked = condition(question);
        for (const request of sampleRequests()) {
          if (!isTrueOf(asked, request, policy)) continue;
          assert.notEqual(
            decide(request, FACTS, policy.engine).decision,
            "ALLOW",
            JSON.stringify([question, denied, request]),
          );
        }
      }),
      { numRuns: 80 },
    );
    assert.ok(answers.proved > 5 && answers.counterexample > 5, JSON.stringify(answers));
  });
});

function sampleRequests(): readonly DecideRequest[] {
  return VALUES.flatMap((a) =>
    [undefined, "x", true].flatMap((c) =>
      [{}, { env: "production", role: "x" }].map((ctx) => ({
        agent_ctx: { public_key: "agent-1", ...ctx },
        action_type: "look_up_status",
        action_payload: c === undefined ? { a } : { a, c },
      })),
    ),
  );
}

function isTrueOf(asked: CelCondition, request: DecideRequest, { engine }: Provable): boolean {
  const understood = understand(request, engine);
  const effects = effectsIn(understood, NO_SURROUNDINGS);
  return holds(asked, { ...understood, effects, facts: FACTS }) === true;
}

describe("the floor", () => {
  const { engine } = provable([]);
  const { agent, agent_identity, action } = understand(
    { agent_ctx: { public_key: "agent-1" }, action_type: "note", action_payload: {} },
    engine,
  );
  const any: AnyAction = { action, effects: [], agent, ...agent_identity, facts: FACTS };

  test("holds in every abstract decision, and there are as many as the docs say", () => {
    const space = proveDecisions(any);
    assert.deepEqual([space.broken, space.cases], [null, 30 * 49 * 128]);
  });

  test("holds for every effect that the articles can tell apart", () => {
    for (const space of proveArticles(any)) {
      assert.equal(space.broken, null);
      assert.ok(space.cases > 1000, space.name);
    }
  });
});

describe("questions about effects", () => {
  test("are proved where an article denies every such effect", () => {
    const answer = proveCan('effects.exists(e, e.kind == "fs.delete" && e.zone == "root")', provable([]));
    assert.deepEqual(answer.answer === "proved" && answer.rules, ["Art.0"]);
    assert.equal(ask('effects.exists(e, e.kind == "net.connect" && e.host_class == "metadata")', []), "proved");
    assert.equal(ask('effects.exists(e, e.kind == "content.harm" && e.stance == "instruct")', []), "proved");
  });

  test("are not, where one such effect is left that nothing speaks on", () => {
    assert.equal(ask('effects.exists(e, e.kind == "fs.delete")', []), "counterexample");
    assert.equal(
      ask('effects.exists(e, e.kind in ["fs.delete", "fs.read"] && e.zone == "inside")', []),
      "counterexample",
    );
    // What a rule of another layer says depends on what is granted, or on more than the closed values.
    assert.notEqual(ask('effects.exists(e, e.kind == "net.connect" && e.host_class == "public")', []), "proved");
  });

  test("are proved by a rule that speaks on more effects, but not by one that speaks on fewer", () => {
    const reads = [deny("reads", 'effects.exists(e, e.kind == "fs.read")')];
    assert.equal(ask('effects.exists(e, e.kind == "fs.read" && e.zone == "inside")', reads), "proved");
    assert.equal(ask('effects.exists(e, e.kind.startsWith("fs.read"))', reads), "proved");
    const inside = [deny("inside", 'effects.exists(e, e.kind == "fs.read" && e.zone == "inside")')];
    assert.notEqual(ask('effects.exists(e, e.kind == "fs.read")', inside), "proved");
    const only = [deny("only", 'effects.all(e, e.kind == "exec.program") == false')];
    assert.notEqual(ask('effects.exists(e, e.kind == "exec.program")', only), "proved");
    const others = [deny("others", '!effects.all(e, e.kind == "exec.program")')];
    assert.equal(ask('effects.exists(e, e.kind == "fs.read")', others), "proved");
  });

  test("are not proved by what isn't known of an effect", () => {
    const host = [deny("host", 'effects.exists(e, e.kind == "net.connect" && e.host == "evil.example")')];
    assert.notEqual(ask('effects.exists(e, e.kind == "net.connect" && e.host != "good.example")', host), "proved");
    assert.equal(ask('effects.exists(e, e.kind == "net.connect" && e.host == "evil.example")', host), "proved");
    const trusted = [deny("trusted", 'effects.exists(e, e.kind == "net.connect" && !e.trusted)')];
    assert.notEqual(ask('effects.exists(e, e.kind == "net.connect" && e.sends)', trusted), "proved");
  });
});

const EFFECT_PARTS = [
  'e.kind == "fs.delete"',
  'e.kind == "fs.read"',
  'e.kind == "exec.program"',
  'e.kind == "net.connect"',
  'has(e.zone) && e.zone == "root"',
  'e.zone in ["inside", "cwd"]',
  "e.outgoing",
  "e.sends",
  "has(e.recursive) && e.recursive",
  'e.host_class == "public"',
  'e.program == "rm"',
];
const COMMANDS = [
  "ls",
  "rm -rf /",
  "rm notes.txt",
  "rm -rf build",
  "cat notes.txt",
  "cat /etc/passwd",
  "curl https://example.com/",
  "curl -d @notes.txt https://example.com/",
  "curl http://169.254.169.254/",
  "git push origin main",
  "cat notes.txt && curl https://example.com/",
];

describe("over generated questions about effects", () => {
  const part = fc.constantFrom(...EFFECT_PARTS);
  const body = fc.oneof(
    part,
    fc.tuple(part, part).map(([a, b]) => `${a} && ${b}`),
    fc.tuple(part, part).map(([a, b]) => `${a} || !(${b})`),
  );
  const question = fc
    .tuple(fc.constantFrom("exists", "all"), body)
    .map(([macro, inner]) => `effects.${macro}(e, ${inner})`);
  const source = fc.oneof(
    question,
    fc.tuple(question, question).map(([a, b]) => `${a} && !${b}`),
  );

  test("what is proved impossible is allowed for no command", () => {
    fc.assert(
      fc.property(source, fc.array(source, { maxLength: 2 }), (asked, denied) => {
        const policy = provable(denied.map((one, index) => deny(`r${index}`, one)));
        if (proveCan(asked, policy).answer !== "proved") return;
        const wanted = condition(asked);
        for (const command of COMMANDS) {
          const request = {
            agent_ctx: { public_key: "agent-1" },
            action_type: "execute_shell",
            action_payload: { command },
          };
          if (!isTrueOf(wanted, request, policy)) continue;
          assert.notEqual(
            decide(request, FACTS, policy.engine).decision,
            "ALLOW",
            JSON.stringify([asked, denied, command]),
          );
        }
      }),
      { numRuns: 5 },
    );
  });
});
