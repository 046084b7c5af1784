// `allow_if: safe_paths`: everything the action names or changes must lie under the agent's safe paths.

import type { PathTarget } from "../effects/effect.ts";
import { isUnder, resolvePath } from "../effects/path.ts";
import type { RuleInput } from "../rule.ts";

/** What `allow_if: safe_paths` says of an action. */
export type SafePathsVerdict =
  | { readonly verdict: "inside" }
  /** There is nothing to compare with: the agent has no safe paths. */
  | { readonly verdict: "not_configured" }
  /** The action names no path at all. */
  | { readonly verdict: "no_path" }
  | { readonly verdict: "outside"; readonly path: string }
  | { readonly verdict: "unresolved"; readonly path: string };

/** Compare an action's paths and changed targets with the agent's safe paths. Cost: their product, for the first rule that asks. */
export function judgeSafePaths(input: RuleInput): SafePathsVerdict {
  const { action, effects, agent, facts } = input;
  const same = last.action === action && last.effects === effects && last.agent === agent && last.facts === facts;
  if (!same) last = { action, effects, agent, facts, verdict: judge(input) };
  return last.verdict;
}

// Every rule with `allow_if` asks the same of an action: the last answer is kept.
let last: Partial<RuleInput> & { readonly verdict: SafePathsVerdict } = { verdict: { verdict: "no_path" } };

function judge(input: RuleInput): SafePathsVerdict {
  const safe = input.agent.safe_paths.filter((folder) => folder !== "");
  if (safe.length === 0) return { verdict: "not_configured" };
  const targets = [...namedTargets(input), ...changedTargets(input)];
  if (targets.length === 0) return { verdict: "no_path" };
  const { surroundings } = input.facts;
  const strays = targets.filter((target) => !safe.some((folder) => isUnder(target, folder, surroundings)));
  const outside = strays.find((target) => !isUntellable(target));
  if (outside !== undefined) return { verdict: "outside", path: outside.text };
  const unresolved = strays[0];
  return unresolved === undefined ? { verdict: "inside" } : { verdict: "unresolved", path: unresolved.text };
}

// A plain text given to a type that has no paths of its own is read as one, as 0.4.2 does.
function namedTargets(input: RuleInput): readonly PathTarget[] {
  const { fields, payload } = input.action;
  const texts = fields.paths.map((path) => path.text);
  if (texts.length === 0 && typeof payload === "string" && payload !== "") texts.push(payload);
  return texts.map((text) => resolvePath(text, input.facts.surroundings));
}

function changedTargets(input: RuleInput): readonly PathTarget[] {
  const targets: PathTarget[] = [];
  for (const effect of input.effects) {
    switch (effect.kind) {
      case "fs.write":
      case "fs.delete":
      case "fs.permission":
      case "device.write":
        if (effect.target.zone !== "null_device") targets.push(effect.target);
        break;
      default:
        break;
    }
  }
  return targets;
}

function isUntellable(target: PathTarget): boolean {
  return target.path === null || target.zone === "unresolved";
}
