import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DEVIATIONS } from "./deviations.mjs";

const page = readFileSync(new URL("../../docs/deviations.md", import.meta.url), "utf8");
const KINDS = ["stricter", "looser", "proven false positive", "refused"];

test("every class of differences has its section, of the same kind, and every section its class", () => {
  const sections = page.split("\n### ").slice(1);
  const documented = sections.map((section) => section.split("\n", 1)[0]);
  assert.deepEqual(new Set(documented), new Set(DEVIATIONS.map(({ id }) => id)));
  assert.equal(documented.length, DEVIATIONS.length);
  for (const { id, kind } of DEVIATIONS) {
    assert.ok(KINDS.includes(kind), id);
    const section = sections.find((text) => text.startsWith(`${id}\n`)) ?? "";
    assert.ok(section.toLowerCase().includes(`*${kind}.*`), id);
  }
});

test("no class covers a decision that is the same", () => {
  const same = { agent_ctx: {}, action_type: "note", action_payload: {}, policy: null, expect: { decision: "ALLOW" } };
  const evaluation = { decision: "ALLOW", rule_ref: null, verb: "other", effects: [], findings: [] };
  for (const { id, covers } of DEVIATIONS) {
    assert.equal(covers({ case: same, evaluation, expected: "ALLOW", direction: "same" }), false, id);
  }
});
