import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { parseAgentContext } from "../../agent-context.ts";
import type { Verdict } from "../../finding.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import { normalizeAction } from "../../normalize.ts";
import { actionOf, compile, FACTS } from "../ask.fixture.test.ts";
import type { StateFacts } from "../state/state-facts.ts";
import { engineFindings } from "./engine-findings.ts";
import { engineInputs, type EngineQuestion } from "./engine-input.ts";
import type { EngineSource } from "./engine-source.ts";
import type { EngineFailure, ExternalAnswer } from "./external-answer.ts";
import { failed, readEngineAnswer, stricterAnswer, verdict } from "./read-engine-answer.ts";

const HASH = "0".repeat(64);
const TOOLS = { sha256Hex: (text: string): string => hash("sha256", text) };
const IDENTITY = { avid: "avid:1", identity: "proven" } as const;

function engine(id: string, no_opinion: "deny" | "pass" = "deny"): EngineSource {
  const file = { file: "a.cedar", sha256: HASH };
  return { line: 1, col: 1, id, engine: "cedar", file, schema: null, timeout_ms: 100, no_opinion };
}

const asks = (id: string, answer: ExternalAnswer, no_opinion?: "deny" | "pass"): unknown =>
  engineFindings([engine(id, no_opinion)], { [id]: answer });

test("a verdict of an engine is a finding under its name; its leave is none", () => {
  assert.deepEqual(asks("c", { kind: "verdict", decision: "ALLOW", reason: "x", by: ["p"] }), []);
  assert.deepEqual(asks("c", { kind: "verdict", decision: "DENY", reason: "", by: [] }), [
    {
      layer: "policy",
      rule_ref: "policy:engine:c",
      decision: "DENY",
      severity: "high",
      reason: "policy engine c denies",
    },
  ]);
  assert.deepEqual(asks("c", { kind: "verdict", decision: "REQUIRE_APPROVAL", reason: "too much", by: ["p1", "p2"] }), [
    {
      layer: "policy",
      rule_ref: "policy:engine:c",
      decision: "REQUIRE_APPROVAL",
      severity: "medium",
      reason: "policy engine c asks for approval: too much",
      evidence: ["p1", "p2"],
    },
  ]);
});

function denial(reason: string): unknown {
  return [{ layer: "policy", rule_ref: "policy:engine:c", decision: "DENY", severity: "high", reason }];
}

test("an engine without an opinion denies, unless its policy lets that pass", () => {
  const why = "ENGINE_NO_OPINION: the policy engine c has nothing to say of the action, so the action is not allowed";
  assert.deepEqual(asks("c", { kind: "no_opinion" }), denial(why));
  assert.deepEqual(asks("c", { kind: "no_opinion" }, "pass"), []);
});

test("an engine that failed denies, whatever its policy lets pass, and says how", () => {
  const codes: Readonly<Record<EngineFailure, string>> = {
    missing: "ENGINE_MISSING",
    wrong_hash: "ENGINE_WRONG_HASH",
    unusable: "ENGINE_UNUSABLE",
    timeout: "ENGINE_TIMEOUT",
    error: "ENGINE_FAILED",
    unreadable: "ENGINE_UNREADABLE",
  };
  const failures: readonly EngineFailure[] = ["missing", "wrong_hash", "unusable", "timeout", "error", "unreadable"];
  for (const failure of failures) {
    const why = `${codes[failure]}: the policy engine c did not do it, so the action is not allowed`;
    assert.deepEqual(asks("c", failed(failure, "did not do it"), "pass"), denial(why));
  }
});

const notAsked = (id: string): string =>
  `ENGINE_NOT_ASKED: the policy engine ${id} can only be asked in an asynchronous decision, so the action is not allowed`;

test("an engine that was not asked denies; a name of Object's is no answer", () => {
  assert.deepEqual(engineFindings([engine("c")], undefined), denial(notAsked("c")));
  assert.deepEqual(engineFindings([engine("c")], {}), denial(notAsked("c")));
  assert.deepEqual(
    engineFindings([engine("constructor"), engine("d", "pass")], { d: { kind: "no_opinion" } }).map(
      ({ reason }) => reason,
    ),
    [notAsked("constructor")],
  );
});

test("a policy with engines joins their findings to those of its rules, those of engines first", () => {
  const policy = compile(
    `engines:\n  - {id: c, engine: cedar, file: a, sha256: "${HASH}"}\nrules:\n  - {id: r, actions: any, deny: true}\n`,
  );
  const input = { action: actionOf({}), effects: [], agent: parseAgentContext({ public_key: "k" }), facts: FACTS };
  const allowed = { external: { c: verdict("ALLOW", "", []) } };
  const refs = (more: object): readonly string[] =>
    policy.evaluate({ ...input, facts: { ...FACTS, ...more } }).findings.map(({ rule_ref }) => rule_ref);
  assert.deepEqual(refs({}), ["policy:engine:c", "policy:r"]);
  assert.deepEqual(refs(allowed), ["policy:r"]);
});

const said = (decision: Verdict, reason = ""): ExternalAnswer => ({ kind: "verdict", decision, reason, by: [] });
const unreadable = (reason: string): ExternalAnswer => ({ kind: "failed", failure: "unreadable", reason });

test("what an engine of Rego answers is read strictly", () => {
  const cases: readonly (readonly [JsonValue | undefined, ExternalAnswer])[] = [
    [undefined, { kind: "no_opinion" }],
    [true, said("ALLOW")],
    [false, said("DENY")],
    [{ decision: "ALLOW" }, said("ALLOW")],
    [{ decision: "DENY", reason: "no" }, said("DENY", "no")],
    [{ decision: "REQUIRE_APPROVAL", reason: "" }, said("REQUIRE_APPROVAL")],
    [{ decision: "DENY", reason: " a\n\tb\u0000\u200bc " }, said("DENY", "a b c")],
    [{ decision: "DENY", reason: "x".repeat(301) }, said("DENY", "x".repeat(300))],
    [null, unreadable("answered neither a boolean nor an object")],
    ["ALLOW", unreadable("answered neither a boolean nor an object")],
    [1, unreadable("answered neither a boolean nor an object")],
    [[true], unreadable("answered neither a boolean nor an object")],
    [{}, unreadable("gave a decision that is none of ALLOW, DENY and REQUIRE_APPROVAL")],
    [{ decision: "allow" }, unreadable("gave a decision that is none of ALLOW, DENY and REQUIRE_APPROVAL")],
    [{ decision: true }, unreadable("gave a decision that is none of ALLOW, DENY and REQUIRE_APPROVAL")],
    [{ decision: "ALLOW", reason: 5 }, unreadable("gave a reason that is no text")],
    [{ decision: "ALLOW", reason: null }, unreadable("gave a reason that is no text")],
    [{ decision: "ALLOW", allow: true }, unreadable("answered an unknown member `allow`")],
    [{ decision: "ALLOW", ["y".repeat(70)]: 1 }, unreadable(`answered an unknown member \`${"y".repeat(64)}\``)],
  ];
  for (const [value, expected] of cases) assert.deepEqual(readEngineAnswer(value), expected, JSON.stringify(value));
});

test("a verdict names eight policies at most, each on one line of bounded length", () => {
  const by = ["a\nb", "y".repeat(400), ...Array.from({ length: 8 }, (_, at) => `p${at}`)];
  assert.deepEqual(verdict("DENY", " why\n", by), {
    kind: "verdict",
    decision: "DENY",
    reason: "why",
    by: ["a b", "y".repeat(300), "p0", "p1", "p2", "p3", "p4", "p5"],
  });
  assert.deepEqual(failed("timeout", `a\u2028${"z".repeat(400)}`), {
    kind: "failed",
    failure: "timeout",
    reason: `a ${"z".repeat(298)}`,
  });
});

test("of two answers the stricter one counts: failed, denied, no opinion that denies, asks, allowed", () => {
  const deny = verdict("DENY", "d", []);
  const ask = verdict("REQUIRE_APPROVAL", "a", []);
  const allow = verdict("ALLOW", "l", []);
  const none: ExternalAnswer = { kind: "no_opinion" };
  const broken = failed("error", "e");
  const strict = [broken, deny, none, ask, allow];
  strict.forEach((one, at) => {
    for (const other of strict.slice(at)) {
      assert.equal(stricterAnswer(one, other, "deny"), one);
      assert.equal(stricterAnswer(other, one, "deny"), one);
    }
  });
  for (const other of [broken, deny, ask]) {
    assert.equal(stricterAnswer(none, other, "pass"), other);
    assert.equal(stricterAnswer(other, none, "pass"), other);
  }
  // Neither of these stops anything: the first one given stands.
  assert.equal(stricterAnswer(none, allow, "pass"), none);
  assert.equal(stricterAnswer(allow, none, "pass"), allow);
});

function question(payload: JsonObject, more: Partial<EngineQuestion> = {}): EngineQuestion {
  const action = normalizeAction({ action_type: "run_job", action_payload: payload, cwd: "/srv/app" }, TOOLS);
  const agent = parseAgentContext({ public_key: "k" });
  return { action, effects: [], agent, agent_identity: IDENTITY, facts: FACTS, ...more };
}

test("an engine is given the action, its effects flat, the agent, the context, the session and the time", () => {
  const state: StateFacts = {
    now_ms: 5,
    counters: {},
    marks: [
      { mark: "z", scope: "agent", at_ms: 1 },
      { mark: "a", scope: "trace", at_ms: 2 },
      { mark: "a", scope: "agent", at_ms: 3 },
    ],
    labels: ["l"],
    resources: {},
  };
  const asked = question(
    { a: 1 },
    {
      agent: parseAgentContext({ public_key: "k", env: "prod", n: 1, trace_id: "t", trusted_domains: ["example.com"] }),
      effects: [
        {
          kind: "fs.write",
          via: "x",
          mode: "change",
          target: {
            path: "/a",
            text: "a",
            zone: "inside",
            glob: false,
            secret: null,
            governance: null,
            persistence: null,
          },
        },
        {
          kind: "net.connect",
          via: "curl",
          host: { host: "a.example.com", text: "A.example.com", class: "public", port: 443, domain: "example.com" },
          sends: true,
          origin: "shell",
          scheme: "https",
        },
        { kind: "net.shell", via: "nc", direction: "bind", host: null },
        { kind: "package.install", via: "npm", manager: "npm", system: true },
        { kind: "infra.change", via: "x", system: "aws", operation: "delete", destructive: true, count: null },
        { kind: "personal.data", via: "x", types: ["email"] },
      ],
      facts: { ...FACTS, now_ms: 7, state },
    },
  );
  const { action } = asked;
  assert.deepEqual(engineInputs(asked), [
    {
      action: {
        type: action.action_type,
        raw_type: "run_job",
        verb: action.verb,
        known: action.known,
        digest: action.digest,
      },
      payload: { a: 1 },
      effects: [
        {
          trusted: false,
          outgoing: false,
          kind: "fs.write",
          via: "x",
          mode: "change",
          path: "/a",
          path_text: "a",
          zone: "inside",
          glob: false,
          secret: null,
          governance: null,
          persistence: null,
        },
        {
          trusted: true,
          outgoing: true,
          kind: "net.connect",
          via: "curl",
          host: "a.example.com",
          host_text: "A.example.com",
          host_class: "public",
          port: 443,
          domain: "example.com",
          sends: true,
          origin: "shell",
          scheme: "https",
        },
        { trusted: false, outgoing: true, kind: "net.shell", via: "nc", direction: "bind", host: null },
        { trusted: false, outgoing: false, kind: "package.install", via: "npm", manager: "npm", system_wide: true },
        {
          trusted: false,
          outgoing: true,
          kind: "infra.change",
          via: "x",
          system: "aws",
          operation: "delete",
          destructive: true,
          count: null,
        },
        { trusted: false, outgoing: false, kind: "personal.data", via: "x", types: ["email"] },
      ],
      agent: { ...IDENTITY },
      ctx: { public_key: "k", n: 1, trace_id: "t", trusted_domains: ["example.com"], environment: "prod", env: "prod" },
      session: { id: "t", labels: ["l"], marks: ["a", "z"] },
      now_ms: 7,
    },
  ]);
});

const sessionOf = (agent: JsonObject): unknown =>
  engineInputs(question({}, { agent: parseAgentContext({ public_key: "k", ...agent }) }))?.[0]?.["session"];
const contextOf = (agent: JsonObject): unknown =>
  engineInputs(question({}, { agent: parseAgentContext({ public_key: "k", ...agent }) }))?.[0]?.["ctx"];

test("a session is named by itself, else by its trace, else by nothing; without history it has neither labels nor marks", () => {
  assert.deepEqual(sessionOf({ session_id: "s", trace_id: "t" }), { id: "s", labels: [], marks: [] });
  assert.deepEqual(sessionOf({ trace_id: "t" }), { id: "t", labels: [], marks: [] });
  assert.deepEqual(sessionOf({}), { id: "", labels: [], marks: [] });
});

test("an empty environment is none, under both of its names", () => {
  assert.deepEqual(contextOf({ env: "", environment: "" }), { public_key: "k" });
  assert.deepEqual(contextOf({ environment: "e" }), { public_key: "k", environment: "e", env: "e" });
});

const calls = (count: number): JsonObject => ({
  tool_calls: Array.from({ length: count }, (_, at) => ({
    name: "execute_shell",
    arguments: { command: `rm /srv/f${at}` },
  })),
});

test("each call within an action is asked about as well, as it would be alone; too many are none", () => {
  const inputs = engineInputs(question(calls(2)));
  assert.deepEqual(
    inputs?.map(({ payload }) => payload),
    [calls(2), { command: "rm /srv/f0" }, { command: "rm /srv/f1" }],
  );
  const kinds = inputs?.map(({ effects }) => (Array.isArray(effects) ? effects.length : -1)) ?? [];
  assert.equal(kinds[0], 0);
  assert.ok((kinds[1] ?? 0) > 0 && (kinds[2] ?? 0) > 0);
  assert.equal(engineInputs(question(calls(64)))?.length, 65);
  assert.equal(engineInputs(question(calls(65))), null);
});
