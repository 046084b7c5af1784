// docs/policy.md says everything that a policy may say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { attributesOf, EFFECT_KINDS } from "./predicates/effect-attributes.ts";
import { POLICY_KEYS } from "./check.ts";
import { RULE_KEYS } from "./keys/index.ts";

const root = new URL("../../../../../", import.meta.url);
const page = readFileSync(new URL("docs/policy.md", root), "utf8");
const grammar = readFileSync(new URL("docs/policy-language.md", root), "utf8");

test("every key of a policy and of a rule is documented", () => {
  for (const key of [...POLICY_KEYS, ...RULE_KEYS]) assert.ok(page.includes(`| \`${key}\` |`), key);
});

test("the grammar has every key", () => {
  for (const key of [...POLICY_KEYS, ...RULE_KEYS]) assert.ok(grammar.includes(`"${key}"`), key);
});

test("every effect is documented, with its attributes and their values", () => {
  for (const kind of EFFECT_KINDS) {
    const row = page.split("\n").find((line) => line.startsWith("| `") && line.includes(`\`${kind}\``)) ?? "";
    assert.notEqual(row, "", kind);
    for (const [name, type] of Object.entries(attributesOf(kind))) {
      const where =
        name.startsWith("target.") || name.startsWith("host.") || name === "via" || name === "trusted" ? page : row;
      assert.ok(where.includes(`\`${name}\``), `${kind} ${name}`);
      if (typeof type === "string") continue;
      for (const value of type) assert.ok(where.includes(value), `${kind} ${name} ${value}`);
    }
  }
});

test("every code of a problem is documented", () => {
  const source = readFileSync(new URL("packages/runtime/src/core/policy/problem.ts", root), "utf8");
  const union = /type ProblemCode =([^;]*);/.exec(source)?.[1] ?? "";
  const codes = [...union.matchAll(/"([a-z_0-9]+)"/g)].map((match) => match[1]);
  assert.ok(codes.length > 20);
  for (const code of codes) assert.ok(page.includes(`\`${code}\``), code);
});
