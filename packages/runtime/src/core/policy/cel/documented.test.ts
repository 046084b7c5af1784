import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EFFECT_KINDS } from "../predicates/effect-attributes.ts";
import type { Effect } from "../../effects/effect.ts";
import { compileCel } from "./condition.ts";
import { EFFECT_RECORD, EffectRecord, hasAttribute } from "./effect-record.ts";
import { POLICY_ENVIRONMENT } from "./environment.ts";
import { FUNCTIONS } from "./functions/index.ts";
import { typeText } from "./type.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../../../../../docs/policy-cel.md", import.meta.url)), "utf8");

// One effect of each kind is enough to ask which attributes the kind has.
function recordOf(kind: Effect["kind"]): EffectRecord {
  const effect: Effect = { kind: "other.change", via: "", detail: {} };
  return new EffectRecord(Object.assign(effect, { kind }), []);
}

describe("docs/policy-cel.md", () => {
  test("has a row for each name of the environment and each member of its records", () => {
    const missing = Object.entries(POLICY_ENVIRONMENT).flatMap(([name, { type }]) => {
      const root = `| \`${name}\` | ${typeText(type)} |`;
      const members = type.kind === "record" ? Object.entries(type.members) : [];
      const rows = members.map(([member, inner]) => `| \`${name}\` | \`${member}\` | ${typeText(inner)} |`);
      return [root, ...rows].filter((row) => !PAGE.includes(row));
    });
    assert.deepEqual(missing, []);
  });

  test("has a row for each attribute of an effect, with the kinds that have it", () => {
    const rows = Object.entries(EFFECT_RECORD.members).map(([name, type]) => {
      const kinds = EFFECT_KINDS.filter((kind) => hasAttribute(recordOf(kind), name));
      const where = kinds.length === EFFECT_KINDS.length ? "every kind" : kinds.join(", ");
      const closed = name !== "kind" && type.kind === "string" ? type.oneOf : undefined;
      const words = closed === undefined ? "" : `; ${closed.map((word) => (word === "" ? '""' : word)).join(", ")}`;
      return `| \`${name}\` | ${typeText(type)} | ${where}${words} |`;
    });
    const inPage = PAGE.split("\n").filter((line) => rows.includes(line));
    assert.deepEqual(
      rows.filter((row) => !inPage.includes(row)),
      [],
    );
  });

  test("names every function and every code of an error", () => {
    const names = [...Object.keys(FUNCTIONS), "matches", "has", "all", "exists", "exists_one", "map", "filter"];
    assert.deepEqual(
      names.filter((name) => !PAGE.includes(`\`${name}\``) && !PAGE.includes(`\`${name}(`)),
      [],
    );
    const source = readFileSync(
      fileURLToPath(new URL("../../../../src/core/policy/cel/value.ts", import.meta.url)),
      "utf8",
    );
    const union = /export type CelErrorCode =([^;]+);/.exec(source)?.[1] ?? "";
    const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
    assert.ok(codes.length > 10);
    assert.deepEqual(
      codes.filter((code) => !PAGE.includes(`| \`${code}\` |`)),
      [],
    );
  });

  test("shows conditions that compile", () => {
    const section = PAGE.slice(PAGE.indexOf("| condition |"), PAGE.indexOf("## The environment"));
    const samples = [...section.matchAll(/^\| `(.+?)` \| /gm)].map(
      ([, sample]) => sample?.replaceAll("\\|", "|") ?? "",
    );
    assert.ok(samples.length >= 8);
    for (const sample of samples) {
      const compiled = compileCel(sample, { expects: "bool" });
      assert.ok("condition" in compiled, `${sample}: ${"problem" in compiled ? compiled.problem : ""}`);
    }
  });
});
