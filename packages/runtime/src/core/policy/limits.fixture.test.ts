// Policies as large as they may be: loaded or refused by the tests, and timed by the benchmark.

import { MAX_RULES } from "./check.ts";
import { MAX_POLICY_BYTES } from "./prescan.ts";

const HEAD = "rules:\n  - action_type: a\n    deny_if:";
/** A policy of as many bytes as there may be, of one unit over and over. */
export const filled = (unit: string, head: string, tail = ""): string =>
  head + unit.repeat(Math.floor((MAX_POLICY_BYTES - head.length - tail.length) / unit.length)) + tail;

/** 4 MiB of one thing each. */
export const FULL: readonly (readonly [name: string, text: string])[] = [
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

const rule = (index: number): string =>
  `  - id: rule-${index}\n    action_type: type_${index % 50}\n    when_all:\n      - agent_ctx.team == "team-${index}"\n` +
  [
    `    deny_regex: '\\bword${index}\\s+-[a-z]+'\n`,
    `    deny_effects: 'fs.write where target.path matches "^/secret${index}/"'\n`,
    `    when_not: agent_ctx.reviewed == true\n    require_approval: true\n`,
    `    require_approval_effects:\n      - net.connect where host.host == "host${index}.example.com"\n`,
    `    deny_if:\n      - word-${index}\n      - 'other ${index}'\n`,
  ][index % 5];

/** A policy of so many rules of every kind. */
export function manyRules(count: number = MAX_RULES): string {
  return `rules:\n${Array.from({ length: count }, (_, index) => rule(index)).join("")}`;
}
