// Policies made of others: by content, with parameters, each rule under a prefix.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { CanopyError } from "../errors.ts";
import { actionOf, FACTS, type Asked } from "./ask.fixture.test.ts";
import { parseAgentContext } from "../agent-context.ts";
import { compilePolicy, policyPack, type CompiledPolicy, type ResolveInclude } from "./index.ts";

const sha256Hex = (bytes: Uint8Array | string): string => hash("sha256", bytes, "hex");
const tools = { sha256Hex };

/** A host whose files are those of a record; each includes by names of the same record. */
function hostOf(files: Readonly<Record<string, string>>): ResolveInclude {
  return ({ file }) => {
    const text = file === null ? undefined : files[file];
    if (file === null) return null;
    return text === undefined ? { problem: "there is no such file" } : { bytes: text, file };
  };
}

function compile(text: string, files: Readonly<Record<string, string>> = {}): CompiledPolicy {
  return compilePolicy(text, { file: "main.yaml", source: "argument", tools, resolve: hostOf(files) });
}

function refusal(text: string, files: Readonly<Record<string, string>> = {}): CanopyError {
  try {
    compile(text, files);
  } catch (error) {
    assert.ok(error instanceof CanopyError && error.code === "INVALID_POLICY", String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "the policy was accepted" });
}

function refs(policy: CompiledPolicy, asked: Asked): readonly string[] {
  const input = { action: actionOf(asked), effects: [], agent: parseAgentContext({ public_key: "k" }), facts: FACTS };
  return policy.evaluate(input).findings.map(({ rule_ref, decision }) => `${rule_ref} ${decision}`);
}

const BASE = `name: base
parameters:
  limit: {type: decimal, default: 100, description: USD at once}
  kinds: {type: list, default: [pay, refund]}
rules:
  - id: large
    action_type: run_job
    when: 'payload.kind in params.kinds && decimal(payload.amount) > params.limit'
    deny: true
  - action_type: run_job
    when: 'payload.kind == "never"'
    deny: true
`;
const including = (more = "", text = BASE): string =>
  `include:\n  - file: shared/base.yaml\n    sha256: "${sha256Hex(text)}"\n${more}`;
const FILES = { "shared/base.yaml": BASE };

test("an included policy decides, its rules under its name, with its defaults or what is given", () => {
  const asked = { payload: { kind: "pay", amount: 150 } };
  assert.deepEqual(refs(compile(including(), FILES), asked), ["policy:base.large DENY"]);
  assert.deepEqual(refs(compile(including("    as: b\n"), FILES), asked), ["policy:b.large DENY"]);
  const raised = compile(including("    with: {limit: 200.5}\n"), FILES);
  assert.deepEqual(refs(raised, asked), []);
  assert.deepEqual(refs(raised, { payload: { kind: "pay", amount: 200.51 } }), ["policy:base.large DENY"]);
  const other = compile(including("    with: {kinds: [read]}\n"), FILES);
  assert.deepEqual(refs(other, asked), []);
});

test("a policy is named by its own bytes, which pin what it includes; those are given out to be kept", () => {
  const text = including();
  const policy = compile(text, FILES);
  assert.equal(policy.snapshot.policy_hash, `sha256:${sha256Hex(text)}`);
  assert.deepEqual(
    policy.files.map(({ name, hash: of, bytes }) => [name, of, Buffer.from(bytes).toString()]),
    [["shared/base.yaml", `sha256:${sha256Hex(BASE)}`, BASE]],
  );
  assert.equal(policy.rule_count, 2);
});

test("packs are included by name; what a policy says itself stands beside them", () => {
  const text = `include:\n  - {pack: production, sha256: "${sha256Hex(policyPack("production"))}", as: prod}
rules:\n  - {id: own, action_type: run_job, require_approval: true}\n`;
  const policy = compilePolicy(text, { file: null, source: "argument", tools });
  assert.ok(policy.rules.some(({ id }) => id.startsWith("prod.")));
  assert.deepEqual(refs(policy, {}), ["policy:own REQUIRE_APPROVAL"]);
});

test("an included policy may include, and be included twice under two names", () => {
  const middle = `include:\n  - {file: base.yaml, sha256: "${sha256Hex(BASE)}", with: {limit: 10}}\n`;
  const files = { "base.yaml": BASE, "middle.yaml": middle };
  const pin = sha256Hex(middle);
  const text = `include:\n  - {file: middle.yaml, sha256: "${pin}", as: a}\n  - {file: middle.yaml, sha256: "${pin}", as: b}\n`;
  const asked = { payload: { kind: "pay", amount: 11 } };
  assert.deepEqual(refs(compile(text, files), asked), ["policy:a.base.large DENY", "policy:b.base.large DENY"]);
});

test("a hash that is wrong or missing is told with the right one", () => {
  const changed = { "shared/base.yaml": `${BASE}# more\n` };
  const wrong = refusal(including(), changed);
  assert.match(wrong.message, /is not what was included/);
  assert.ok(wrong.fix?.includes(sha256Hex(`${BASE}# more\n`)));
  const missing = refusal("include:\n  - file: shared/base.yaml\n", FILES);
  assert.match(missing.message, /has no `sha256`/);
  assert.ok(missing.fix?.includes(sha256Hex(BASE)));
});

test("what is wrong inside an included policy is told with its place there", () => {
  const bad = "rules:\n  - action_type: a\n    denny: true\n";
  const error = refusal(including("", bad), { "shared/base.yaml": bad });
  assert.match(error.message, /shared\/base\.yaml:3:5: unknown key `denny`/);
  assert.equal(error.at, "main.yaml:2:5");
});

test("includes that can't be used are refused", () => {
  const pin = `sha256: "${"0".repeat(64)}"`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ["include: base.yaml\n", /must be a list/],
    ["include: []\n", /empty/],
    ["include: [base.yaml]\n", /an include is a map/],
    [`include: [{${pin}}]\n`, /one of `pack` and `file`/],
    [`include: [{file: a, pack: default, ${pin}}]\n`, /one of `pack` and `file`/],
    [`include: [{file: nowhere.yaml, ${pin}}]\n`, /no such file/],
    [`include: [{pack: defaullt, ${pin}}]\n`, /no such pack/],
    [`include: [{file: shared/base.yaml, sha256: abc}]\n`, /64 lower-case hex digits/],
    [`include: [{file: shared/base.yaml, ${pin}, whit: {}}]\n`, /unknown key `whit`/],
    [`include: [{file: shared/base.yaml, ${pin}, as: "a b"}]\n`, /can't begin ids/],
    [`include: [{file: "shared/my base.yaml", ${pin}}]\n`, /can't begin ids/],
    [including("    with: {limits: 1}\n"), /no parameter `limits`/],
    [including("    with: {limit: much}\n"), /of type decimal: found text/],
    [including("    with: [limit]\n"), /`with` is a map/],
    [`${including()}  - {file: shared/base.yaml, sha256: "${sha256Hex(BASE)}"}\n`, /two includes have the prefix/],
    [`${including()}rules:\n  - {id: base.large, action_type: a, deny: true}\n`, /is taken by the rule/],
  ];
  for (const [text, message] of cases) assert.match(refusal(text, FILES).message, message, text);
});

test("includes without end are refused: too deep, too many, too large", () => {
  // A file can't hold its own hash: a host that gives other bytes each time is as near as it gets.
  const nested = (depth: number): Record<string, string> => {
    const files: Record<string, string> = { "0.yaml": "rules:\n  - {actions: any, deny: true}\n" };
    for (let at = 1; at <= depth; at++) {
      files[`${at}.yaml`] =
        `include:\n  - {file: ${at - 1}.yaml, sha256: "${sha256Hex(files[`${at - 1}.yaml`] ?? "")}"}\n`;
    }
    return files;
  };
  const deep = nested(9);
  assert.match(refusal(deep["9.yaml"] ?? "", deep).message, /deeper than 8/);
  const shallow = nested(7);
  assert.equal(compile(shallow["7.yaml"] ?? "", shallow).rule_count, 1);
  const pin = sha256Hex(BASE);
  const many = Array.from(
    { length: 60 },
    (_, at) => `  - {file: shared/base.yaml, sha256: "${pin}", as: i${at}}\n`,
  ).join("");
  const wide = `include:\n${many}`;
  const files = { ...FILES, "wide.yaml": wide };
  const twice = `include:\n  - {file: wide.yaml, sha256: "${sha256Hex(wide)}", as: a}\n  - {file: wide.yaml, sha256: "${sha256Hex(wide)}", as: b}\n`;
  assert.match(refusal(twice, files).message, /includes too much/);
});

test("parameters are typed, named and given, or the policy doesn't load", () => {
  const rules = "rules:\n  - {actions: any, deny: true}\n";
  const cases: readonly (readonly [string, RegExp])[] = [
    ["parameters: [a]\n", /`parameters` is a map/],
    ["parameters: {a b: {type: int, default: 1}}\n", /no name of a parameter/],
    ["parameters: {a: 5}\n", /a parameter is a map/],
    ["parameters: {a: {default: 5}}\n", /has a `type`/],
    ["parameters: {a: {type: number, default: 5}}\n", /no type of a parameter/],
    ["parameters: {a: {type: int}}\n", /has no value/],
    ["parameters: {a: {type: int, default: 1.5}}\n", /of type int: found the number 1.5/],
    ["parameters: {a: {type: int, default: 99999999999999999999}}\n", /of type int/],
    ["parameters: {a: {type: decimal, default: 1e5}}\n", /of type decimal/],
    ["parameters: {a: {type: string, default: 5}}\n", /of type string/],
    ["parameters: {a: {type: bool, default: 'true'}}\n", /of type bool/],
    ["parameters: {a: {type: list, default: [{a: 1}]}}\n", /of type list/],
    ["parameters: {a: {type: int, default: 1, min: 0}}\n", /unknown key `min`/],
  ];
  for (const [text, message] of cases) assert.match(refusal(text + rules).message, message, text);
  const unknown =
    "parameters: {limit: {type: int, default: 1}}\nrules:\n  - {actions: any, when: params.limitt == 1, deny: true}\n";
  assert.match(refusal(unknown).message, /limitt/);
});
