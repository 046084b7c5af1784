import assert from "node:assert/strict";
import { test } from "node:test";
import { joinObligations } from "./obligations.ts";

test("of what several rules oblige to, the strictest holds: all fields are masked, the smallest limit counts", () => {
  const joined = joinObligations([
    { type: "mask_output", detail: { fields: ["iban", "name"] }, rule_ref: "policy:a" },
    { type: "limit_output", detail: { bytes: 4096 }, rule_ref: "policy:a" },
    { type: "mask_output", detail: { fields: ["name", "address"] }, rule_ref: "policy:b" },
    { type: "limit_output", detail: { bytes: 512 }, rule_ref: "policy:b" },
    { type: "limit_output", detail: { bytes: 9000 }, rule_ref: "policy:c" },
  ]);
  assert.deepEqual(joined, [
    { type: "mask_output", detail: { fields: ["iban", "name", "address"], rule_refs: ["policy:a", "policy:b"] } },
    { type: "limit_output", detail: { bytes: 512, rule_refs: ["policy:a", "policy:b", "policy:c"] } },
  ]);
});

test("everybody who is to be told is told once, by whichever rules ask", () => {
  const joined = joinObligations([
    { type: "notify", detail: { to: "security" }, rule_ref: "policy:a" },
    { type: "notify", detail: { to: "finance" }, rule_ref: "policy:b" },
    { type: "notify", detail: { to: "security" }, rule_ref: "policy:b" },
  ]);
  assert.deepEqual(joined, [
    { type: "notify", detail: { to: "security", rule_refs: ["policy:a", "policy:b"] } },
    { type: "notify", detail: { to: "finance", rule_refs: ["policy:b"] } },
  ]);
  assert.deepEqual(joinObligations([]), []);
});
