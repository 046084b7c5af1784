import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseAgentContext } from "../agent-context.ts";
import { NO_SURROUNDINGS } from "../effects/surroundings.ts";
import type { Effect } from "../effects/effect.ts";
import { resolvePath } from "../effects/path.ts";
import { ENGINE_VERSION } from "../engine-version.ts";
import { stricter, type Verdict } from "../finding.ts";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { actionOf, compile, FACTS, findings, refusal, type Asked } from "./ask.fixture.test.ts";
import { lintPolicy, POLICY_PACK_NAMES, policyPack } from "./index.ts";

function verdicts(policy: string, asked: Asked): readonly string[] {
  return findings(policy, asked).map((finding) => finding.decision);
}

function rule(body: string): string {
  const lines = body.trim().split("\n");
  return `rules:\n  - action_type: run_job\n${lines.map((line) => `    ${line}\n`).join("")}`;
}

test("a word is found in any writing of capitals and compatibility forms, and elsewhere not", () => {
  const policy = rule('deny_if: ["drop", "Beta"]');
  for (const q of ["drop it", "DROP", "ｄｒｏｐ", "BETA"])
    assert.deepEqual(verdicts(policy, { payload: { q } }), ["DENY"], q);
  assert.deepEqual(verdicts(policy, { payload: { q: "dr op" } }), []);
});

test("a pattern is tried on each text separately, as it came and folded", () => {
  assert.deepEqual(verdicts(rule("deny_regex: 'drop\\s+table'"), { payload: { q: "drop\ntable" } }), ["DENY"]);
  assert.deepEqual(verdicts(rule("deny_regex: '[A-Z]{12}'"), { payload: { q: "AKIAABCDEFGHIJKL" } }), ["DENY"]);
  assert.deepEqual(verdicts(rule("deny_regex: 'v\\d+'"), { payload: { q: "V12" } }), ["DENY"]);
  assert.deepEqual(verdicts(rule("deny_regex: '^x$'"), { payload: { deep: [{ q: "x" }] } }), ["DENY"]);
  assert.deepEqual(verdicts(rule("deny_regex: '^\\{\"q\"'"), { payload: { q: "x" } }), ["DENY"]);
});

test("all rules of a type are evaluated, each gives one finding, and the order decides nothing", () => {
  const policy = `rules:
  - {id: ask, action_type: run_job, require_approval: true}
  - {action_type: run_job, deny_if: bad, severity: critical}
  - {action_type: other, deny_if: bad}
`;
  const told = findings(policy, { payload: { q: "bad" } });
  assert.deepEqual(
    told.map(({ rule_ref, decision, severity }) => [rule_ref, decision, severity]),
    [
      ["policy:ask", "REQUIRE_APPROVAL", "medium"],
      ["policy:rule-2", "DENY", "critical"],
    ],
  );
});

test("a rule's type matches the action's canonical type and its own name, however it is written", () => {
  const policy = "rules: [{action_type: Run-Job, deny_if: bad}]";
  assert.deepEqual(verdicts(policy, { type: "run_job", payload: "bad" }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { type: "execute_shell", raw: " RUN job", payload: "bad" }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { type: "run_jobs", payload: "bad" }), []);
});

test("a rule for a name in a name space is for that name alone", () => {
  const policy = "rules: [{action_type: mcp__github__create_release, require_approval: true}]";
  assert.equal(verdicts(policy, { type: "deploy", raw: "mcp.github.create-release" }).length, 1);
  assert.equal(verdicts(policy, { type: "deploy", raw: "deploy" }).length, 0);
});

test("a rule for a command, file or call looks at those; one for another name at everything", () => {
  const payload = { path: "/w/a", content: "the secret" };
  const asked: Asked = { type: "modify_file", raw: "write_file", verb: "fs.write", payload };
  assert.deepEqual(verdicts("rules: [{action_type: modify_file, deny_if: secret}]", asked), []);
  assert.deepEqual(verdicts("rules: [{action_type: modify_file, deny_if: /w/}]", asked), ["DENY"]);
  assert.deepEqual(verdicts("rules: [{action_type: write_file, deny_if: secret}]", asked), ["DENY"]);
});

function negationOf(condition: string): string {
  return /^(?:!|not )/.test(condition) ? condition.replace(/^(?:!|not )/, "") : `not ${condition}`;
}

test("numbers compare as numbers, text as text, truth as truth, and a missing member equals nothing", () => {
  const cases: readonly (readonly [string, JsonObject, boolean])[] = [
    ["payload.amount == 100", { amount: 100 }, true],
    ["payload.amount == 100", { amount: "100.0" }, true],
    ["payload.amount == '100'", { amount: 100 }, true],
    ["payload.amount == 100", { amount: 101 }, false],
    ["payload.amount == 100", { amount: true }, false],
    ["payload.a.b == x", { a: { b: "x" } }, true],
    ["payload.a.b == x", { a: "x" }, false],
    ["payload.flag == true", { flag: true }, true],
    ["ctx.flag == true", { flag: "true" }, false],
    ["payload.flag == true", { flag: "true" }, true],
    ["payload.kind == delete", { kind: "DELETE" }, true],
    ["payload.kind != read", { kind: "READ" }, true],
    ["not payload.kind == read", { kind: "READ" }, true],
    ["not payload.kind != delete", { kind: "DELETE" }, true],
    ["payload.to == eve", { to: ["bob", "eve"] }, true],
    ["payload.to != bob", { to: ["bob", "eve"] }, true],
    ["not payload.to == bob", { to: ["bob", "eve"] }, true],
    ["not payload.to == bob", { to: ["bob", "bob"] }, false],
    ["payload.to == eve", { to: [] }, false],
    ["payload.to != bob", { to: [] }, true],
    ["payload.kind == big", {}, false],
    ["payload.kind != big", {}, true],
    ["!payload.kind == big", {}, true],
    ["not payload.kind == big", { kind: "big" }, false],
    ["payload.toString != x", {}, true],
    ["payload.constructor == x", {}, false],
  ];
  for (const [condition, payload, expected] of cases) {
    const policy = rule(`when_all: ["${condition}"]\nrequire_approval: true`);
    const asked = { payload, agent: payload };
    assert.equal(verdicts(policy, asked).length > 0, expected, `${condition} ${JSON.stringify(payload)}`);
    const exempt = rule(`when_not: ["${condition}"]\nrequire_approval: true`);
    const negated = rule(`when_all: ["${negationOf(condition)}"]\nrequire_approval: true`);
    assert.deepEqual(verdicts(exempt, asked), verdicts(negated, asked), `not ${condition}`);
  }
});

test("safe paths are compared by place: under passes, outside is denied, nothing configured asks", () => {
  const policy = rule("allow_if: safe_paths");
  const agent = { safe_paths: ["/w"] };
  assert.deepEqual(verdicts(policy, { payload: { path: "/w/a" }, agent }), ["ALLOW"]);
  assert.deepEqual(verdicts(policy, { payload: "/w/b", agent }), ["ALLOW"]);
  assert.deepEqual(verdicts(policy, { payload: { path: "/w/../etc/a" }, agent }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { payload: { path: "/wide/a" }, agent }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { payload: {}, agent }), ["DENY"]);
  assert.deepEqual(verdicts(policy, { payload: { path: "/w/a" } }), ["REQUIRE_APPROVAL"]);
});

test("safe paths also hold what the action would write and delete", () => {
  const effects: readonly Effect[] = [
    { kind: "fs.delete", via: "rm", recursive: false, target: resolvePath("/v/a", NO_SURROUNDINGS) },
  ];
  const agent = { safe_paths: ["/w"] };
  assert.deepEqual(verdicts(rule("allow_if: safe_paths"), { payload: { path: "/w/a" }, agent, effects }), ["DENY"]);
});

test("a text over the limit is denied by every rule that would look into it, and nothing is cut", () => {
  const payload = { q: `${"k".repeat(70_000)} omega` };
  assert.deepEqual(verdicts(rule("deny_if: omega"), { payload }), ["DENY"]);
  assert.deepEqual(verdicts(rule("require_approval: true"), { payload }), ["REQUIRE_APPROVAL"]);
  assert.deepEqual(verdicts(rule("deny_if: omega"), { payload: { q: `${"k".repeat(60_000)} omeg` } }), []);
});

test("effects are asked for by kind and attribute", () => {
  const effects: readonly Effect[] = [
    { kind: "fs.delete", via: "rm", recursive: true, target: resolvePath("/etc", NO_SURROUNDINGS) },
  ];
  const hit = (text: string): boolean => verdicts(rule(`deny_effects: ['${text}']`), { effects }).length > 0;
  assert.ok(hit("fs.delete"));
  assert.ok(hit('fs.delete where target.zone == "system" and recursive == true'));
  assert.ok(hit("fs.delete where target.secret == none"));
  assert.ok(!hit("fs.delete where target.zone != system"));
  assert.ok(!hit("fs.write"));
});

test("what can't be read is refused with its place and what to write instead", () => {
  const cases: readonly (readonly [string, RegExp, string])[] = [
    [rule("deny_iff: drop"), /unknown key `deny_iff`/, "policy:3:5"],
    [rule("require_approval: yes"), /must be true or false/, "policy:3:23"],
    [rule("when_all: ['agent_ctx.team = red']\nrequire_approval: true"), /not a condition/, "policy:3:16"],
    [rule("deny_regex: '(rm'"), /`\(` is not closed/, "policy:3:17"],
    [rule("deny_if: ''"), /empty/, "policy:3:14"],
    [rule("deny_if: 42"), /takes text: found the number 42/, "policy:3:14"],
    [rule("deny_effects: fs.delte"), /no effect `fs.delte`/, "policy:3:19"],
    [rule("deny_effects: fs.delete where zone == root"), /no attribute `zone`/, "policy:3:19"],
    [rule("deny_effects: fs.delete where target.zone == rot"), /is one of root/, "policy:3:19"],
    [rule("allow_if: everything"), /unknown grant/, "policy:3:15"],
    ["foo: bar", /unknown key `foo`/, "policy:1:1"],
    ["rules: []", /at least one rule/, "policy:1:8"],
    ["rules:\n- deny_if: x", /no `action_type`/, "policy:2:3"],
    ["", /a policy is a map/, "policy:1:1"],
  ];
  for (const [text, message, at] of cases) {
    const error = refusal(text);
    assert.match(error.message, message);
    assert.equal(error.at, at, text);
    assert.doesNotMatch(error.message, /\n/);
  }
  assert.equal(refusal(rule("deny_iff: drop")).fix, "did you mean `deny_if`?");
});

test("the snapshot names the very bytes, and the types the rules name are known", () => {
  const text = policyPack("default");
  const policy = compile(text);
  assert.equal(policy.snapshot.policy_hash, `sha256:${hash("sha256", text, "hex")}`);
  assert.equal(compile(new TextEncoder().encode(text)).snapshot.policy_hash, policy.snapshot.policy_hash);
  assert.notEqual(compile(`${text}\n`).snapshot.policy_hash, policy.snapshot.policy_hash);
  assert.ok(policy.action_types.includes("execute_shell"));
});

test("each pack is the file that is shipped", () => {
  for (const name of POLICY_PACK_NAMES) {
    const file = readFileSync(new URL(`../../../policies/${name}.yaml`, import.meta.url), "utf8");
    assert.equal(policyPack(name), file, "run scripts/generate-policy-packs.mjs");
  }
});

test("the packs are the files that are shipped, and lint clean", () => {
  for (const name of ["default", "production"] as const) {
    const file = readFileSync(new URL(`../../../policies/${name}.yaml`, import.meta.url), "utf8");
    assert.equal(policyPack(name), file, "run scripts/generate-policy-packs.mjs");
    assert.deepEqual(lintPolicy(file, name), []);
  }
});

test("the engine's version is the package's", () => {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  assert.equal(JSON.parse(manifest).version, ENGINE_VERSION);
});

test("the linter sees what loads but is odd, and says where", () => {
  const cases: readonly (readonly [string, string, "error" | "warning"])[] = [
    [rule("deny_if: no"), "yaml_boolean", "error"],
    [rule("deny_if: 'rm\\s+-rf'"), "never_matches", "warning"],
    [rule("deny_if: [drop, drop]"), "duplicate_rule", "warning"],
    [rule("deny_regex: 'x*'"), "always_matches", "warning"],
    [rule("require_approval: false"), "no_effect", "warning"],
    [rule("deny_if: x\nseverity: low"), "weak_severity", "warning"],
    ["rules: [{action_type: exceute_shell, deny_if: x}]", "unknown_type", "warning"],
    [rule("deny_if: x\nwhen_not: 'payload.kind == small'"), "claimed_condition", "warning"],
    [rule("deny_if: x\nwhen_all: 'not payload contains ok'"), "claimed_condition", "warning"],
    [rule("deny_if: x\nwhen_all: 'action_type == other'"), "never_matches", "error"],
    [rule("deny_if: x\nwhen_all: 'ctx.a == 1'\nwhen_not: 'ctx.a == 1'"), "never_matches", "error"],
    [`${rule("deny_if: x")}  - {action_type: Run-Job, deny_if: x}\n`, "duplicate_rule", "warning"],
    [`${rule("require_approval: true")}  - {action_type: run_job, require_approval_if: x}\n`, "unreachable", "warning"],
  ];
  for (const [text, code, severity] of cases) {
    const [first, ...others] = lintPolicy(text, "p.yaml");
    assert.deepEqual([first?.code, first?.severity, first?.refused, others], [code, severity, false, []], text);
    compile(text);
  }
});

test("the linter tells all that is refused at once, in the order of the text", () => {
  const found = lintPolicy(rule("deny_iff: x\ndeny_regex: '('\nrequire_approval: yes"), "p.yaml");
  assert.deepEqual(
    found.map(({ line, code }) => [line, code]),
    [
      [3, "unknown_key"],
      [4, "unusable_pattern"],
      [5, "wrong_type"],
    ],
  );
});

test("a refusal is one short line, whatever it quotes", () => {
  for (const text of [
    rule(`when_all: 'not ${"x".repeat(4000)}'\ndeny_if: x`),
    rule("when_all: |\n  a\n  b\ndeny_if: x"),
  ]) {
    const { message } = refusal(text);
    assert.ok(message.length < 400 && !message.includes("\n"), message);
  }
  refusal(rule(`deny_if: ${"x".repeat(5000)}`));
  refusal(`rules: [{action_type: ${"x".repeat(300)}, deny_if: x}]`);
});

test("one YAML document, without aliases, anchors, tags, directives, tabs or depth", () => {
  const ok = rule("deny_if: x");
  for (const text of [ok, `---\n${ok}`, `# note\n${ok}`, ok.replaceAll("\n", "\r\n"), `\ufeff${ok}`]) compile(text);
  const refused = [
    `${ok}---\n${ok}`,
    `${ok}...\n${ok}`,
    `%YAML 1.1\n---\n${ok}`,
    rule("deny_if: &a x"),
    rule("deny_if: *a"),
    rule("deny_if: !!str x"),
    rule("deny_if:\tx"),
    rule(`deny_if: ${"[".repeat(40)}${"]".repeat(40)}`),
    rule('deny_regex: "\\bdrop"'),
    rule('deny_regex: "\\d"'),
    rule("deny_if: x\ndeny_if: y"),
    ok.replaceAll("\n", "\r"),
    `${ok}# \u202e\n`,
    " ".repeat(300_000),
  ];
  for (const text of refused) refusal(text);
  refusal(Uint8Array.of(0x72, 0xff));
});

test("a policy too costly to try is denied by the budget, the same way each time", () => {
  const patterns = Array.from({ length: 60 }, (_, index) => `    - '(a|b)*a(a|b){30}${index}[cd]'\n`).join("");
  const policy = `rules:\n- action_type: run_job\n  deny_regex:\n${patterns}`;
  const q = "ab".repeat(30_000) + Array.from({ length: 60 }, (_, index) => String(index)).join(" ");
  const [finding] = findings(policy, { payload: { q } });
  assert.deepEqual(findings(policy, { payload: { q } }), [finding]);
  assert.equal(finding?.decision, "DENY");
  assert.match(finding?.reason ?? "", /EVALUATION_BUDGET/);
});

test("effects are matched by pattern too, and a list by any of its items", () => {
  const effects: readonly Effect[] = [
    { kind: "exec.program", via: "shell", program: "Bash", known: true, args: ["-lc", null, "ls and rm"] },
    { kind: "exec.program", via: "shell", program: "ls", known: true, args: [] },
  ];
  const hit = (text: string): boolean => verdicts(rule(`deny_effects: ['${text}']`), { effects }).length > 0;
  assert.ok(hit('exec.program where program matches "^(ba)?sh$" and args matches "^-[a-z]*c"'));
  assert.ok(hit("exec.program where args == -lc and program == bash"));
  assert.ok(hit('exec.program where args == "ls and rm"'));
  assert.ok(hit("exec.program where program == ls and args == none"));
  assert.ok(!hit("exec.program where program == bash and args == none"));
  assert.ok(!hit("exec.program where program matches /^sh$/"));
  assert.equal(refusal(rule("deny_effects: 'exec.program where program matches /(/'")).code, "INVALID_POLICY");
  assert.match(refusal(rule("deny_if: |\n      drop\n      erase")).message, /several lines/);
  assert.match(refusal(rule("deny_effects: 'exec.program where known matches x'")).message, /not text/);
  assert.match(refusal(rule("deny_effects: 'exec.program where program ~ x'")).message, /attribute == value/);
});

test("a reason is the author's own words, and the evidence what was seen", () => {
  const effects: readonly Effect[] = [
    { kind: "exec.program", via: "shell", program: "nc", known: true, args: ["secret"] },
  ];
  const [described] = findings(
    rule("id: a\ndescription: no   tunnels\ndeny_effects: exec.program where program == nc"),
    {
      effects,
    },
  );
  assert.equal(described?.reason, "policy rule a denies: no tunnels");
  assert.deepEqual(described?.evidence, ["the effect exec.program where program == nc", "nc"]);
  const [plain] = findings(rule("require_approval_regex: 'dr.p'"), { payload: "drop" });
  assert.equal(plain?.reason, "policy rule rule-1 asks for approval: a text matches /dr.p/");
  assert.equal(plain?.evidence, undefined);
});

test("a condition may rest on whether every path is known to be safe", () => {
  const policy = rule("when_all: paths in safe_paths\nrequire_approval: true");
  const agent = { safe_paths: ["/w"] };
  assert.deepEqual(verdicts(policy, { payload: { path: "/w/a" }, agent }), ["REQUIRE_APPROVAL"]);
  assert.deepEqual(verdicts(policy, { payload: { path: "/v/a" }, agent }), []);
  assert.deepEqual(verdicts(policy, { payload: {}, agent }), []);
});

test("a rule that fails is a DENY that names it", () => {
  const compiled = compile(rule("id: mine\ndeny_if: x"));
  const [finding] = compiled.evaluate({
    action: {
      ...actionOf({}),
      get payload(): JsonValue {
        throw new TypeError("broken");
      },
    },
    effects: [],
    agent: parseAgentContext({ public_key: "k" }),
    facts: FACTS,
  }).findings;
  assert.deepEqual([finding?.decision, finding?.rule_ref], ["DENY", "policy:mine"]);
  assert.match(finding?.reason ?? "", /RULE_FAILED/);
});

test("patterns too large together are refused before they are compiled", () => {
  const patterns = Array.from({ length: 3900 }, (_, index) => `    - '((a{1,30}){1,30}|${index})'\n`).join("");
  // To compile them all takes half a minute.
  const error = assertEnds(() => refusal(`rules:\n- action_type: run_job\n  deny_regex:\n${patterns}`));
  assert.match(error.message, /too large together/);
  assert.ok(
    Number(/^policy:(\d+):/.exec(error.at ?? "")?.[1]) < 1000,
    `refused at ${error.at}, not at the first too many`,
  );
});

// ---- laws ----

const WORDS = ["drop", "Table", "prod", "ok", "/w/a", "é"];
const word = fc.constantFrom(...WORDS);
const body = fc.record(
  {
    deny_if: word,
    deny_regex: fc.constantFrom("^drop", "t.ble$", "\\bprod\\b", "[^a-z]"),
    require_approval: fc.boolean(),
    require_approval_if: fc.array(word, { minLength: 1, maxLength: 3 }),
    allow_if: fc.constant("safe_paths"),
    deny_effects: fc.constantFrom("fs.delete", "fs.delete where recursive == false"),
    when_all: fc.constantFrom("payload.q == drop", "not payload contains ok", "agent_ctx.env != prod"),
    when_not: fc.constantFrom("payload.q != ok", "paths in safe_paths", "effects has fs.delete"),
    severity: fc.constantFrom("low", "critical"),
  },
  { requiredKeys: ["require_approval"] },
);
const ruleOf = body.map((members) => ({ action_type: "run_job", ...members }));
const policyOf = (rules: readonly object[]): string => JSON.stringify({ rules });
const payloadOf = fc.oneof(word, fc.jsonValue({ maxDepth: 3 }), fc.record({ q: word, path: word }));
const effectsOf = fc.subarray<Effect>([
  { kind: "fs.delete", via: "rm", recursive: true, target: resolvePath("/v/a", NO_SURROUNDINGS) },
  { kind: "fs.delete", via: "rm", recursive: false, target: resolvePath("/w/a", NO_SURROUNDINGS) },
]);
const scene = fc.record({
  payload: payloadOf.map((value): JsonValue => JSON.parse(JSON.stringify(value))),
  effects: effectsOf,
  agent: fc.constantFrom<JsonObject>({}, { safe_paths: ["/w"] }, { env: "prod", safe_paths: ["/w", 1] }),
});

function strictest(policy: string, asked: Asked): Verdict {
  return findings(policy, asked).reduce<Verdict>((verdict, finding) => stricter(verdict, finding.decision), "ALLOW");
}

test("the order of rules decides nothing, and a rule more never softens the verdict", () => {
  fc.assert(
    fc.property(fc.array(ruleOf, { minLength: 1, maxLength: 4 }), ruleOf, scene, (rules, extra, asked) => {
      const verdict = strictest(policyOf(rules), asked);
      assert.equal(strictest(policyOf([...rules].reverse()), asked), verdict);
      assert.equal(
        stricter(strictest(policyOf([...rules, extra]), asked), verdict),
        strictest(policyOf([...rules, extra]), asked),
      );
    }),
  );
});

test("no payload makes a policy throw, and every finding names its rule in one line", () => {
  fc.assert(
    fc.property(fc.array(ruleOf, { minLength: 1, maxLength: 3 }), scene, (rules, asked) => {
      for (const finding of findings(policyOf(rules), asked)) {
        assert.match(finding.rule_ref, /^policy:rule-[123]$/);
        assert.doesNotMatch(finding.reason, /\n|RULE_FAILED/);
      }
    }),
  );
});

test("what the linter calls refused does not load, and everything else does", () => {
  const piece = fc.constantFrom(
    "rules:",
    "\n",
    "  - ",
    "action_type: ",
    "a",
    "deny_if: ",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    ": ",
    "# ",
    "|",
    "&x",
    "*x",
    "!t",
    "%",
    "\t",
    "- ",
    "?",
    "x",
    "require_approval: true",
    "deny_regex: ",
    "(",
    "---\n",
    "    ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = `rules:\n  - action_type: a\n    require_approval: true\n${pieces.join("")}`;
      const refused = lintPolicy(text).some((problem) => problem.refused);
      if (refused) refusal(text);
      else compile(text);
    }),
    { numRuns: 500 },
  );
});
