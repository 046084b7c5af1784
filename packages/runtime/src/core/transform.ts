// A payload that the policy edits: a new action with a new digest, which is decided anew, once.

import type { Action } from "./action.ts";
import type { Evaluation, Transformed } from "./decision.ts";
import { CanopyError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import type { JsonValue } from "./json.ts";
import { normalizeAction, type NormalizeTools } from "./normalize.ts";
import { joinObligations } from "./obligations.ts";
import { applyEdits, overlappingPath, pathOf } from "./payload-edit.ts";
import type { RuleEdits, RuleObligation } from "./policy-answer.ts";

/** The edited action, or why there is none. */
export type TransformResult =
  | { readonly action: Action; readonly transformed: Transformed }
  | { readonly refusal: Finding };

/** Edit an action's payload as rules ask; null when that changes nothing. Rules that edit the same member contradict each other. */
export function transformAction(
  action: Action,
  byRules: readonly RuleEdits[],
  tools: NormalizeTools,
): TransformResult | null {
  const rule_refs = [...new Set(byRules.map(({ rule_ref }) => rule_ref))];
  const edits = [...new Map(byRules.flatMap((of) => of.edits).map((edit) => [JSON.stringify(edit), edit])).values()];
  const clash = overlappingPath(edits.map(pathOf));
  if (clash !== null) return refused(rule_refs, `\`${clash}\` is edited in more than one way`);
  const edited = applyEdits(action.payload, edits);
  if ("failure" in edited) return refused(rule_refs, edited.failure);
  const again = actionWith(action, edited.payload, tools);
  if (typeof again === "string") return refused(rule_refs, again);
  if (again.digest === action.digest) return null;
  return { action: again, transformed: { from_digest: action.digest, rule_refs, edits } };
}

// The folder was asked for with the action, or named by its payload: an edit must not move it.
function actionWith(action: Action, action_payload: JsonValue, tools: NormalizeTools): Action | string {
  const { raw_action_type: action_type, cwd } = action;
  try {
    const free = normalizeAction({ action_type, action_payload }, tools);
    if (free.cwd === cwd) return free;
    const before = normalizeAction({ action_type, action_payload: action.payload }, tools);
    if (free.cwd !== before.cwd) return "the edit would change the working folder";
    return normalizeAction({ action_type, action_payload, cwd }, tools);
  } catch (error) {
    if (error instanceof CanopyError) return `the edited action can't be decided (${error.code})`;
    throw error;
  }
}

function refused(rule_refs: readonly string[], why: string): TransformResult {
  const rule_ref = rule_refs[0] ?? "policy:engine";
  const reason = `policy transform by ${rule_refs.join(", ")} failed: ${why}, so the action is not allowed`;
  return { refusal: { layer: "policy", rule_ref, decision: "DENY", severity: "high", reason } };
}

/** The evaluation of an edited action, which keeps what rules obliged to before the edit. */
export function withTransform(
  evaluation: Evaluation,
  transformed: Transformed,
  before: readonly RuleObligation[],
): Evaluation {
  if (evaluation.decision === "DENY" || before.length === 0) return { ...evaluation, transformed };
  const now = evaluation.obligations.flatMap(asRuleObligations);
  const derived = evaluation.obligations.filter(({ detail }) => detail["rule_refs"] === undefined);
  return { ...evaluation, transformed, obligations: [...derived, ...joinObligations([...before, ...now])] };
}

function asRuleObligations({ type, detail }: Evaluation["obligations"][number]): readonly RuleObligation[] {
  const { rule_refs, ...rest } = detail;
  if (!Array.isArray(rule_refs)) return [];
  const refs: readonly unknown[] = rule_refs;
  return refs.flatMap((rule_ref) => (typeof rule_ref === "string" ? [{ type, detail: rest, rule_ref }] : []));
}
