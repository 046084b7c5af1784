import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { policyPack } from "../core/policy/index.ts";
import { provePolicy } from "./prove-policy.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../../../docs/policy-prove.md", import.meta.url)), "utf8");

test("the floor holds for the packs, over spaces of the sizes that the docs give", () => {
  const report = provePolicy({ bytes: policyPack("production"), file: null, source: "default" }, null);
  assert.equal(report.floor.holds, true);
  for (const { name, cases } of report.floor.spaces) {
    assert.ok(PAGE.includes(`| ${name} | ${cases.toLocaleString("en-US")} |`), `${name}: ${cases}`);
  }
});

test("a question about a pack is answered by its rules", () => {
  const report = provePolicy(
    { bytes: policyPack("default"), file: null, source: "default" },
    'action.type == "call_external_api"',
  );
  assert.deepEqual(report.can?.answer === "proved" && report.can.rules, ["external-calls"]);
});
