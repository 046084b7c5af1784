// The schema for editors: it knows every key, takes every policy that loads, and refuses what its shape can show is wrong.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { POLICY_KEYS } from "./check.ts";
import { compile } from "./ask.fixture.test.ts";
import { RULE_KEYS } from "./keys/index.ts";

const root = new URL("../../../../../", import.meta.url);
const schema: {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly definitions: { readonly rule: { readonly properties: Readonly<Record<string, unknown>> } };
} = JSON.parse(readFileSync(new URL("packages/runtime/schemas/policy.schema.json", root), "utf8"));
const isPolicy = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(schema);

const accepts = (text: string): boolean => isPolicy(parse(text));

test("every key of a policy and of a rule is in the schema", () => {
  for (const key of POLICY_KEYS) assert.ok(Object.hasOwn(schema.properties, key), key);
  for (const key of RULE_KEYS) assert.ok(Object.hasOwn(schema.definitions.rule.properties, key), key);
});

test("every policy that is shipped is accepted", () => {
  const folder = new URL("packages/runtime/policies/", root);
  const files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file));
  assert.ok(files.length >= 2);
  for (const file of files) {
    assert.ok(accepts(readFileSync(new URL(file, folder), "utf8")), `${file}: ${JSON.stringify(isPolicy.errors)}`);
  }
});

interface AttackLine {
  readonly id: string;
  readonly must: { readonly load: string };
  readonly body_b64?: string;
}

test("a hostile policy that loads is accepted, and of the others the schema refuses those whose shape is wrong", () => {
  const lines = readFileSync(new URL("vectors/attacks/policies.jsonl", root), "utf8").trim().split("\n");
  let refused = 0;
  for (const line of lines) {
    const { id, body_b64, must }: AttackLine = JSON.parse(line);
    if (body_b64 === undefined) continue;
    const text = Buffer.from(body_b64, "base64").toString();
    let value: unknown;
    try {
      value = parse(text, { maxAliasCount: 0, uniqueKeys: true, logLevel: "error" });
    } catch {
      continue;
    }
    if (must.load === "accept") assert.ok(isPolicy(value), `${id}: ${JSON.stringify(isPolicy.errors)}`);
    else if (!isPolicy(value)) refused += 1;
  }
  assert.ok(refused >= 3, String(refused));
});

const GOOD = [
  `engines: [{id: c, engine: cedar, file: a.cedar, sha256: "${"0".repeat(64)}", timeout: 250ms, no_opinion: pass}]`,
  "engines: [{id: o, engine: opa-http, url: 'https://opa.example.com', entrypoint: canopy/decision}]",
  "rules: [{action_type: a, deny_if: x}]",
  "rules: [{actions: any, when: 'payload.a == 1.0', deny: true}]",
  "rules: [{actions: [a, 'verb:money'], require_approval: true, approval: {by: {role: r}, count: 2, within: 1h}}]",
  "rules: [{actions: any, obligations: [{redact: payload.a}, {require_dry_run: true}, {notify: x}]}]",
  "rules: [{actions: any, transform: [{set: payload.a, to: null}, {set: payload.b, cel: '1'}, {remove: payload.c}]}]",
  "rules: [{actions: any, expires: 2027-01-31, mode: warn, owner: o, severity: low, id: x.y, deny: true, tests: [{expect: DENY}]}]",
  "parameters: {limit: {type: decimal, default: 9.99}, on: {type: bool, default: true}}\nrules: [{actions: any, deny: true}]",
];

test("what loads is accepted", () => {
  for (const text of GOOD) {
    compile(text);
    assert.ok(accepts(text), `${text}: ${JSON.stringify(isPolicy.errors)}`);
  }
});

test("wrong shapes are refused, as they are when they load", () => {
  const bad = [
    "engines: [{id: o, engine: casbin}]",
    "engines: [{id: o, engine: opa-http, url: 'ftp://opa.example.com', entrypoint: canopy/decision}]",
    "engines: [{id: c, engine: cedar, file: a.cedar, sha256: abc}]",
    "rules: []",
    "rules: {}",
    "foo: bar",
    "rules: [{deny_if: x}]",
    "rules: [{action_type: a}]",
    "rules: [{action_type: a, actions: any, deny: true}]",
    "rules: [{action_type: a, deny_iff: x}]",
    "rules: [{action_type: a, deny_if: 42}]",
    "rules: [{action_type: a, deny: 'yes'}]",
    "rules: [{action_type: a, mode: audit, deny: true}]",
    "rules: [{actions: all, deny: true}]",
    "rules: [{actions: ['verb:mony'], deny: true}]",
    "rules: [{actions: ['*'], deny: true}]",
    "rules: [{actions: any, deny: true, approval: {count: 2}}]",
    "rules: [{actions: any, require_approval: true, approval: {count: 0}}]",
    "rules: [{actions: any, require_approval: true, approval: {within: 1y}}]",
    "rules: [{actions: any, require_approval: true, approval: {by: [{group: a}]}}]",
    "rules: [{actions: any, obligations: [{redact: card}]}]",
    "rules: [{actions: any, obligations: [{require_dry_run: false}]}]",
    "rules: [{actions: any, transform: [{set: payload.a}]}]",
    "rules: [{actions: any, transform: [{set: payload.a, to: 1, cel: '1'}]}]",
    "rules: [{actions: any, transform: [{remove: payload}]}]",
    "parameters: {a: {type: number, default: 1}}\nrules: [{actions: any, deny: true}]",
    "include: [{file: a.yaml}]",
    "include: [{file: a.yaml, sha256: abc}]",
  ];
  for (const text of bad) {
    assert.throws(() => compile(text), text);
    assert.ok(!accepts(text), text);
  }
});
