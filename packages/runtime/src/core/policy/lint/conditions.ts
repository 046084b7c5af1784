// Conditions that are known before any action is seen: a rule that never applies, and parts that decide nothing.

import type { RuleSource } from "../check.ts";
import type { Located } from "../located.ts";
import { placeWithin } from "../place-within.ts";
import type { Place, ProblemList } from "../problem.ts";
import { knownParts } from "./cel-truth.ts";

/** Report parts of conditions in CEL that always or never hold. `root` is the policy as it was read. */
export function reportConditions(rules: readonly RuleSource[], root: Located, problems: ProblemList): void {
  const values = whenValues(root);
  for (const rule of rules) {
    const { when } = rule;
    if (when === null) continue;
    for (const { start, end, holds, whole } of knownParts(when.source, when.ast)) {
      const value = values.get(rule.number);
      const at: Place = value === undefined ? rule : placeWithin(value, start);
      const part = whole ? "its condition" : `\`${when.source.slice(start, end)}\``;
      const message = whole
        ? `rule ${rule.id} ${holds ? "has a condition that always holds" : `never applies: ${part} can't hold`}`
        : `in rule ${rule.id}, ${part} ${holds ? "always holds" : "can never hold"}`;
      const code = holds ? "always_matches" : "never_matches";
      problems.report(whole && !holds ? "error" : "warning", code, at, { message });
    }
  }
}

type Text = Extract<Located, { readonly kind: "text" }>;

/** The texts of `when`, by the number of their rule. */
function whenValues(root: Located): ReadonlyMap<number, Text> {
  const found = new Map<number, Text>();
  const rules = memberOf(root, "rules");
  if (rules?.kind !== "list") return found;
  for (const [index, rule] of rules.items.entries()) {
    const when = memberOf(rule, "when");
    if (when?.kind === "text") found.set(index + 1, when);
  }
  return found;
}

function memberOf(value: Located, key: string): Located | undefined {
  return value.kind === "map" ? value.entries.find((entry) => entry.key === key)?.value : undefined;
}
