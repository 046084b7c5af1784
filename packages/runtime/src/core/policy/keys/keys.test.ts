// What the keys of a rule mean, beyond words, patterns and conditions, and what is refused of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, compile, findings, refusal } from "../ask.fixture.test.ts";

const verdicts = (policy: string, asked: Parameters<typeof ask>[1]): readonly string[] =>
  findings(policy, asked).map(({ decision }) => decision);

function rule(body: string): string {
  return `rules:\n  - ${body.trim().split("\n").join("\n    ")}\n`;
}

test("a rule for any action, for verbs, or for several types is asked about those, once each", () => {
  const policy = rule('id: a\nactions: [run_job, "Run-Job", "verb:money", refund]\ndeny: true');
  assert.deepEqual(verdicts(policy, { type: "run_job" }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { type: "refund", raw: "run job", verb: "money" }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { type: "spend_money", verb: "money" }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { type: "other", verb: "read" }), []);
  assert.deepEqual(verdicts(rule("actions: any\ndeny: true"), { type: "whatever", verb: "read" }), ["DENY"]);
  assert.deepEqual([...compile(policy).action_types], ["run_job", "Run-Job", "refund"]);
  assert.deepEqual([...compile(rule("actions: any\ndeny: true")).action_types], []);
});

test("rules for a type, a verb and any action all speak of the same action", () => {
  const policy = `rules:
  - {id: type, action_type: refund, require_approval: true}
  - {id: any, actions: any, require_approval: true}
  - {id: verb, actions: ["verb:money"], require_approval: true}
`;
  const refs = findings(policy, { type: "refund", verb: "money" }).map(({ rule_ref }) => rule_ref);
  assert.deepEqual(refs.toSorted(), ["policy:any", "policy:type", "policy:verb"]);
});

test("a rule for execute_shell alone looks at commands; one for any action at the whole payload", () => {
  const asked = { type: "execute_shell", verb: "exec", payload: { command: "ls", note: "drop" } } as const;
  assert.deepEqual(verdicts(rule("actions: [execute_shell]\ndeny_if: drop"), asked), []);
  assert.deepEqual(verdicts(rule("actions: any\ndeny_if: drop"), asked), ["DENY"]);
  assert.deepEqual(verdicts(rule('actions: [execute_shell, "verb:exec"]\ndeny_if: drop'), asked), ["DENY"]);
});

test("a rule holds to the end of its last day, UTC", () => {
  const policy = rule("action_type: run_job\ndeny: true\nexpires: 2028-02-29");
  const end = Date.parse("2028-03-01T00:00:00Z");
  assert.deepEqual(verdicts(policy, { facts: { now_ms: end - 1 } }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { facts: { now_ms: end } }), []);
  for (const day of ["1970-01-01", "2000-12-31", "2100-03-01", "9999-12-31"]) {
    const after = Date.parse(`${day}T00:00:00Z`) + 86_400_000;
    const dated = rule(`action_type: run_job\ndeny: true\nexpires: ${day}`);
    assert.deepEqual(verdicts(dated, { facts: { now_ms: after - 1 } }), ["DENY"], day);
    assert.deepEqual(verdicts(dated, { facts: { now_ms: after } }), [], day);
  }
});

test("a rule that warns stands among the findings and decides nothing; one in shadow stands beside them", () => {
  const policy = `rules:
  - {id: soft, action_type: run_job, mode: warn, deny: true, severity: critical}
  - {id: dark, action_type: run_job, mode: shadow, require_approval: true}
  - {id: firm, action_type: run_job, mode: enforce, require_approval: true}
`;
  const answer = ask(policy, {});
  assert.deepEqual(answer.findings, [
    {
      layer: "policy",
      rule_ref: "policy:firm",
      decision: "REQUIRE_APPROVAL",
      severity: "medium",
      reason: "policy rule firm asks for approval: every such action",
    },
    {
      layer: "policy",
      rule_ref: "policy:soft",
      decision: "ALLOW",
      severity: "critical",
      reason: "policy rule soft would deny: every such action",
      mode: "warn",
      would: "DENY",
    },
  ]);
  assert.deepEqual(
    answer.shadow.map(({ rule_ref, decision, would, reason }) => [rule_ref, decision, would, reason]),
    [["policy:dark", "ALLOW", "REQUIRE_APPROVAL", "policy rule dark would ask for approval: every such action"]],
  );
});

test("what a tried rule costs takes nothing from the rules in force", () => {
  const patterns = Array.from({ length: 60 }, (_, index) => `    - '(a|b)*a(a|b){30}${index}[cd]'\n`).join("");
  const policy = `rules:
- {id: dark, action_type: run_job, mode: shadow, deny_regex: [
${patterns.replaceAll("    - ", "    ").replaceAll("\n", ",\n")}  ]}
- {id: firm, action_type: run_job, deny_if: omega}
`;
  const q = "ab".repeat(30_000) + Array.from({ length: 60 }, (_, index) => String(index)).join(" ");
  const answer = ask(policy, { payload: { q } });
  assert.deepEqual(answer.findings, []);
  assert.equal(answer.shadow[0]?.would, "DENY");
  assert.match(answer.shadow[0]?.reason ?? "", /EVALUATION_BUDGET/);
});

test("findings are capped: the strictest are told, and how many others there are", () => {
  const asks = Array.from({ length: 100 }, (_, index) => `  - {id: a${index}, actions: any, require_approval: true}\n`);
  const policy = `rules:\n${asks.join("")}  - {id: last, actions: any, deny: true}\n`;
  const told = findings(policy, {});
  assert.equal(told.length, 65);
  assert.equal(told[63]?.rule_ref, "policy:last");
  assert.equal(told[64]?.decision, "REQUIRE_APPROVAL");
  assert.match(told[64]?.reason ?? "", /^policy has 37 more findings/);
});

test("hostile values of the keys are refused, with their place", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["actions: any\naction_type: a\ndeny: true", /both `action_type` and `actions`/],
    ["actions: all\ndeny: true", /must be `any` or a list/],
    ["actions: [any]\ndeny: true", /stands alone/],
    ["actions: []\ndeny: true", /empty/],
    ["actions: {any: true}\ndeny: true", /must be `any` or a list/],
    ['actions: ["verb:mony"]\ndeny: true', /no verb `mony`/],
    ['actions: ["verb:toString"]\ndeny: true', /no verb/],
    ['actions: ["*"]\ndeny: true', /patterns of types/],
    ["actions: [refund, all]\ndeny: true", /`all` is not a type's name/],
    ["action_type: any\ndeny: true", /`any` is not a type's name/],
    ["action_type: all\ndeny: true", /`all` is not a type's name/],
    ['action_type: "verb:money"\ndeny: true', /`verb:money` is not a type's name/],
    ["actions: [[a]]\ndeny: true", /takes text/],
    [`actions: [${Array.from({ length: 300 }, (_, index) => `t${index}`).join(", ")}]\ndeny: true`, /at most 256/],
    ["action_type: a\ndeny: yes", /must be true or false/],
    ["action_type: a\nmode: audit\ndeny: true", /unknown mode `audit`/],
    ["action_type: a\nmode: true\ndeny: true", /must be text/],
    ["action_type: a\nexpires: 2027-02-29\ndeny: true", /not a day/],
    ["action_type: a\nexpires: 2027-13-01\ndeny: true", /not a day/],
    ["action_type: a\nexpires: 1969-12-31\ndeny: true", /not a day/],
    ["action_type: a\nexpires: tomorrow\ndeny: true", /not a day/],
    ["action_type: a\nexpires: 20270101\ndeny: true", /must be text/],
    ["action_type: a\nowner: [a]\ndeny: true", /must be text/],
    ["action_type: a\ntests: x\ndeny: true", /must be a list/],
    ["action_type: a\ntests: [x]\ndeny: true", /a test is a map/],
    ["action_type: a\nowner: ops", /decides nothing/],
    ["deny: true", /no `action_type`/],
    ["action_type: a\nwhen: payload.a ==\ndeny: true", /`when`: /],
    ["action_type: a\nwhen: [payload.a]\ndeny: true", /must be a condition in CEL: found a list/],
    ["action_type: a\nwhen: '1 + 1'\ndeny: true", /expected a truth value/],
    ["action_type: a\nwhen: 'payloat.a == 1'\ndeny: true", /payloat/],
    [`action_type: a\nwhen: '${"(".repeat(2000)}true${")".repeat(2000)}'\ndeny: true`, /`when`: /],
    ["action_type: a\ndeny: true\napproval: {count: 2}", /beside nothing that asks/],
    ["action_type: a\nrequire_approval: false\ndeny: true\napproval: {count: 2}", /beside nothing that asks/],
    ["action_type: a\nrequire_approval: true\napproval: 2", /`approval` is a map: found the number 2/],
    ["action_type: a\nrequire_approval: true\napproval: {}", /found an empty one/],
    ["action_type: a\nrequire_approval: true\napproval: {count: 0}", /whole number from 1 to 64/],
    ["action_type: a\nrequire_approval: true\napproval: {count: 1.5}", /whole number from 1 to 64/],
    ["action_type: a\nrequire_approval: true\napproval: {count: '2'}", /whole number from 1 to 64/],
    ["action_type: a\nrequire_approval: true\napproval: {within: 3600}", /must be a duration/],
    ["action_type: a\nrequire_approval: true\napproval: {within: 0s}", /must be a duration/],
    ["action_type: a\nrequire_approval: true\napproval: {within: 1y}", /must be a duration/],
    ["action_type: a\nrequire_approval: true\napproval: {by: finance}", /is a map: found text/],
    ["action_type: a\nrequire_approval: true\napproval: {by: [{role: a, approver: b}]}", /both `role` and `approver`/],
    ["action_type: a\nrequire_approval: true\napproval: {by: [{group: a}]}", /unknown key `group`/],
    ["action_type: a\nrequire_approval: true\napproval: {who: a}", /unknown key `who` in `approval`/],
    ["action_type: a\nobligations: {redact: x}", /must be a list/],
    ["action_type: a\nobligations: [redact]", /an obligation is a map/],
    ["action_type: a\nobligations: [{redakt: payload.a}]", /unknown key `redakt`/],
    ["action_type: a\nobligations: [{redact: card}]", /names no member/],
    ["action_type: a\nobligations: [{redact: payload}]", /names no member/],
    ["action_type: a\nobligations: [{require_dry_run: false}]", /obliges to nothing/],
    ["action_type: a\nobligations: [{limit_output: 64k}]", /whole number/],
    ["action_type: a\nobligations: [{limit_output: 0}]", /whole number/],
    ["action_type: a\nobligations: [{notify: ''}]", /must be text/],
    ["action_type: a\ntransform: [{set: payload.a}]", /either sets a member to one thing/],
    ["action_type: a\ntransform: [{set: payload.a, to: 1, cel: '1'}]", /either sets a member to one thing/],
    ["action_type: a\ntransform: [{set: payload.a, remove: payload.a}]", /either sets a member to one thing/],
    ["action_type: a\ntransform: [{set: action_type, to: b}]", /names no member of the payload/],
    ["action_type: a\ntransform: [{remove: payload}]", /names no member of the payload/],
    ["action_type: a\ntransform: [{set: payload.a, to: .inf}]", /no number that JSON can hold/],
    ["action_type: a\ntransform: [{set: payload.a, to: 0x10}]", /no number that JSON can hold/],
    [
      "action_type: a\ntransform: [{set: payload.a, to: 1}, {remove: payload.a.b}]",
      /edits `payload.a.b` more than once/,
    ],
    ["action_type: a\ntransform: [{set: payload.a, cel: 'payload.a +'}]", /`cel`: /],
  ];
  for (const [body, message] of cases) assert.match(refusal(rule(body)).message, message, body);
  assert.match(refusal(`name: [x]\n${rule("actions: any\ndeny: true")}`).message, /`name` must be text/);
  assert.equal(refusal(`nam: x\n${rule("actions: any\ndeny: true")}`).fix, "did you mean `name`?");
  assert.match(refusal("tests:\n  - {expect: DENY}\n").fix ?? "", /`canopy policy test` runs/);
  assert.match(
    refusal(rule("action_type: a\nwhen: 'ctx.env == production'\ndeny: true")).fix ?? "",
    /quotes: "production"/,
  );
});

test("a condition in CEL is one more that must hold, and is refused at its place in the file", () => {
  const policy = rule(
    "action_type: run_job\nwhen: 'payload.amount > 100.0 && ctx.environment == \"production\"'\ndeny: true",
  );
  assert.deepEqual(verdicts(policy, { payload: { amount: 101 }, agent: { env: "production" } }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { payload: { amount: 99 }, agent: { env: "production" } }), []);
  const typo = "action_type: run_job\ndeny: true\nwhen: 'payload.amount > 1.0 && effekts.size() > 0'";
  assert.equal(refusal(rule(typo)).at, "policy:4:36");
});

test("a condition that can't be told denies, names the rule and what is missing, unless another rules it out", () => {
  const policy = rule("id: cap\naction_type: run_job\nwhen: payload.amount > 100.0\ndeny: true\ndescription: too much");
  const [finding] = findings(policy, { payload: {} });
  assert.equal(finding?.decision, "DENY");
  assert.match(finding?.reason ?? "", /^policy rule cap denies: RULE_FAILED: `when`: .*amount.*not allowed$/);
  assert.deepEqual(verdicts(policy, { payload: { amount: "much" } }), ["DENY"]);
  const ruledOut = rule(
    "action_type: run_job\nwhen: payload.amount > 100.0\nwhen_all: payload.kind == pay\ndeny: true",
  );
  assert.deepEqual(verdicts(ruledOut, { payload: { kind: "read" } }), []);
  assert.deepEqual(verdicts(ruledOut, { payload: { kind: "pay" } }), ["DENY"]);
  const shadow = rule("action_type: run_job\nmode: shadow\nwhen: payload.amount > 100.0\ndeny: true");
  const answer = ask(shadow, {});
  assert.deepEqual(answer.findings, []);
  assert.equal(answer.shadow[0]?.would, "DENY");
});

test("what rules ask of approvals is told for those that ask, and only in force", () => {
  const policy = `rules:
  - {id: a, action_type: run_job, require_approval: true, approval: {by: {role: finance}, count: 2, within: 24h}}
  - {id: b, action_type: run_job, require_approval_if: nowhere, approval: {count: 9}}
  - {id: c, action_type: run_job, mode: warn, require_approval: true, approval: {count: 9}}
`;
  assert.deepEqual(ask(policy, {}).approvals, [
    {
      count: 2,
      within_ms: 86_400_000,
      not_requester: true,
      reason_required: false,
      by: [{ any: [{ role: "finance" }], count: 2, rule_refs: ["policy:a"] }],
    },
  ]);
});

test("obligations and edits are those of rules that apply", () => {
  const policy = `rules:
  - {id: a, action_type: run_job, when_all: payload.kind == pay, obligations: [{notify: ops}, {limit_output: 10}]}
  - {id: b, action_type: run_job, when: 'payload.kind == "pay"', transform: [{set: payload.n, cel: '"x" + payload.kind'}]}
  - {id: c, action_type: run_job, mode: shadow, transform: [{remove: payload.kind}]}
`;
  const answer = ask(policy, { payload: { kind: "pay" } });
  assert.deepEqual(answer.obligations, [
    { type: "notify", detail: { to: "ops" }, rule_ref: "policy:a" },
    { type: "limit_output", detail: { bytes: 10 }, rule_ref: "policy:a" },
  ]);
  assert.deepEqual(answer.edits, [{ rule_ref: "policy:b", edits: [{ set: "payload.n", to: "xpay" }] }]);
  const other = ask(policy, { payload: { kind: "read" } });
  assert.deepEqual([other.obligations, other.edits], [[], []]);
});

test("an edit whose value can't be told makes its rule fail", () => {
  const policy = rule("action_type: run_job\ntransform: [{set: payload.n, cel: payload.m}]");
  const answer = ask(policy, { payload: {} });
  assert.equal(answer.findings[0]?.decision, "DENY");
  assert.match(answer.findings[0]?.reason ?? "", /RULE_FAILED: `payload.n`: .*m/);
  assert.deepEqual(answer.edits, []);
});
