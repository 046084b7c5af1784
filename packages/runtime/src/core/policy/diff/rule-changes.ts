// How the rules of two policies differ as they are written. Their order means nothing, so it isn't compared.

import { canonicalJson } from "../../canonical.ts";
import type { JsonObject } from "../../json.ts";
import type { RuleWords } from "./rule-words.ts";

/** A rule that both policies have, and the keys that differ. */
export interface ChangedRule {
  readonly id: string;
  readonly keys: readonly string[];
}

/** How two policies differ as they are written. */
export interface RuleChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedRule[];
  /** Keys beside the rules that differ. */
  readonly policy_keys: readonly string[];
}

/** A policy as it is written: its rules, and what it says beside them. */
export interface WrittenPolicy {
  readonly rules: readonly RuleWords[];
  readonly members: JsonObject;
}

/** The changes from one policy to another. Cost: linear in both. */
export function ruleChanges(from: WrittenPolicy, to: WrittenPolicy): RuleChanges {
  const [before, after] = withoutEqual(from.rules, to.rules);
  const [old, now] = [byId(before), byId(after)];
  return {
    added: [...now.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !now.has(id)),
    changed: [...now].flatMap(([id, rule]) => {
      const known = old.get(id);
      return known === undefined ? [] : [{ id, keys: differingKeys(known.source, rule.source) }];
    }),
    policy_keys: differingKeys(from.members, to.members),
  };
}

// Rules without an id are called by their number, which changes when one is put in before: equal ones are taken out first.
function withoutEqual(
  from: readonly RuleWords[],
  to: readonly RuleWords[],
): readonly [readonly RuleWords[], readonly RuleWords[]] {
  const left = new Map<string, number>();
  for (const { source } of from) left.set(canonicalJson(source), (left.get(canonicalJson(source)) ?? 0) + 1);
  const shared = new Map<string, number>();
  const after = to.filter(({ source }) => {
    const key = canonicalJson(source);
    const count = left.get(key) ?? 0;
    if (count === 0) return true;
    left.set(key, count - 1);
    shared.set(key, (shared.get(key) ?? 0) + 1);
    return false;
  });
  const before = from.filter(({ source }) => {
    const key = canonicalJson(source);
    const count = shared.get(key) ?? 0;
    if (count > 0) shared.set(key, count - 1);
    return count === 0;
  });
  return [before, after];
}

function byId(rules: readonly RuleWords[]): ReadonlyMap<string, RuleWords> {
  return new Map(rules.map((rule) => [rule.id, rule]));
}

function differingKeys(from: JsonObject, to: JsonObject): readonly string[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.filter((name) => canonicalJson(from[name] ?? null) !== canonicalJson(to[name] ?? null));
}
