// Policies as large as they may be, and larger: loaded within a second of CPU, or refused within one.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { CanopyError } from "../errors.ts";
import { MAX_RULES } from "./check.ts";
import { compilePolicy } from "./index.ts";
import { MAX_POLICY_BYTES } from "./prescan.ts";

const tools = { sha256Hex: (data: Uint8Array): string => hash("sha256", data, "hex") };

/** How a text loads: the CPU time in milliseconds, and the refusal's message or null. */
function load(text: string): { readonly ms: number; readonly refusal: string | null } {
  const before = process.cpuUsage();
  let refusal: string | null = null;
  try {
    compilePolicy(text, { file: null, source: "argument", tools });
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, "INVALID_POLICY");
    refusal = error.message;
  }
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, refusal };
}

const HEAD = "rules:\n  - action_type: a\n    deny_if:";
const filled = (unit: string, head: string, tail = ""): string =>
  head + unit.repeat(Math.floor((MAX_POLICY_BYTES - head.length - tail.length) / unit.length)) + tail;

const FULL: readonly (readonly [name: string, text: string])[] = [
  ["commas of a flow list", filled("a,", `${HEAD} [`, "]")],
  ["empty flow lists", filled("[],", `${HEAD} [`, "]")],
  ["open brackets", filled("[", `${HEAD} `)],
  ["flow maps", filled("{a: b},", `${HEAD} [`, "]")],
  ["keys of a flow map", filled("k: v, ", "rules: {")],
  ["list items", filled("\n    - x", HEAD)],
  ["dashes", filled("- ", "rules:\n  ")],
  ["rules", filled("  - {deny: true}\n", "rules:\n")],
  ["keys of a rule", filled("    k: v\n", "rules:\n  -\n")],
  ["question marks", filled("? ", "")],
  ["colons", filled(": ", "")],
  ["comments", filled("# x\n", "")],
  ["empty lines", filled("\n", "")],
  ["spaces", filled(" ", "a: b")],
  ["one quoted text", filled("x", `${HEAD} "`, '"')],
  ["escapes", filled("\\x41", `${HEAD} "`, '"')],
  ["escaped line ends", filled("\\\n     ", `${HEAD} "`, '"')],
  ["folded lines", filled("\n     x", `${HEAD} '`, "'")],
  ["quotes", filled("''", `${HEAD} '`, "'")],
  ["quoted items", filled("'a',", `${HEAD} [`, "]")],
  ["quoted text without an end", filled("'a' ", `${HEAD} "`)],
  ["spaces in quotes", filled(" ", `${HEAD} "a\n`, '"')],
  ["one block of text", filled("      x\n", `${HEAD} |\n`)],
  ["blank lines of a block", filled("\n", `${HEAD} |\n      x\n`)],
  ["a plain text of many lines", filled("      x\n", `${HEAD} x\n`)],
  ["a plain text of one line", filled("x ", `${HEAD} `)],
  ["aliases", filled("*a,", `${HEAD} [`, "]")],
  ["anchors", filled("&a b,", `${HEAD} [`, "]")],
  ["tags", filled("!a b,", `${HEAD} [`, "]")],
  ["documents", filled("---\n", "")],
  ["emoji", filled("😀", `${HEAD} `)],
  ["hashes", filled("a#", `${HEAD} `)],
  ["words", filled("\n      - w", HEAD)],
  ["conditions", filled("\n      - payload.a == b", "rules:\n  - action_type: a\n    deny: true\n    when_all:")],
  ["patterns", filled("\n      - a[bc]+", "rules:\n  - action_type: a\n    deny_regex:")],
  ["patterns with a text", filled("\n      - 'aa\\w+\\s'", "rules:\n  - action_type: a\n    deny_regex:")],
  ["large patterns", filled("\n      - '(aa\\w{9}){99}'", "rules:\n  - action_type: a\n    deny_regex:")],
  ["effect tests", filled("\n      - fs.delete", "rules:\n  - action_type: a\n    deny_effects:")],
];

// White space that stands for nothing.
const LOADED: readonly string[] = ["spaces in quotes", "blank lines of a block"];

for (const [name, text] of FULL) {
  test(`4 MiB of ${name} end within a second of CPU`, () => {
    const { ms, refusal } = load(text);
    assert.equal(refusal === null, LOADED.includes(name));
    assert.ok(ms < 1000, `${ms.toFixed(0)} ms: ${refusal}`);
  });
}

test("a policy that is larger still is refused before it is read", () => {
  assert.match(load(`${filled("#", "")}##`).refusal ?? "", /bytes: expected at most 4194304/);
});

const rule = (index: number): string =>
  `  - id: rule-${index}\n    action_type: type_${index % 50}\n    when_all:\n      - agent_ctx.team == "team-${index}"\n` +
  [
    `    deny_regex: '\\bword${index}\\s+-[a-z]+'\n`,
    `    deny_effects: 'fs.write where target.path matches "^/secret${index}/"'\n`,
    `    when_not: agent_ctx.reviewed == true\n    require_approval: true\n`,
    `    require_approval_effects:\n      - net.connect where host.host == "host${index}.example.com"\n`,
    `    deny_if:\n      - word-${index}\n      - 'other ${index}'\n`,
  ][index % 5];

test("as many rules as there may be load within two seconds of CPU; one more is refused", () => {
  const rules = Array.from({ length: MAX_RULES }, (_, index) => rule(index)).join("");
  const { ms, refusal } = load(`rules:\n${rules}`);
  assert.equal(refusal, null);
  assert.ok(ms < 2000, `${ms.toFixed(0)} ms`);
  assert.match(load(`rules:\n${rules}${rule(MAX_RULES)}`).refusal ?? "", /20001 rules: expected at most 20000/);
});
