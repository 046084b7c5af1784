// What 0.4.2 decides wrongly, and the look-alikes it must not be traded for.
import { decideCase, PROJECT } from "./decider.mjs";
import { readVectors } from "./vectors.mjs";

const LEAST_ALLOWED_PERCENT = 80;

/**
 * Decide all defects. `wrong` are the cases whose decision is not acceptable, `classes` count each class, `slow` those
 * over their time.
 */
export function measureDefects(surroundings = PROJECT) {
  const cases = readVectors("conformance/defects.jsonl");
  const classes = new Map();
  const wrong = [];
  const slow = [];
  let benign = 0;
  let allowed = 0;
  for (const c of cases) {
    const started = performance.now();
    const evaluation = decideCase(c, surroundings);
    const ms = performance.now() - started;
    if (c.budget_ms !== undefined && ms > c.budget_ms) slow.push({ id: c.id, ms, budget_ms: c.budget_ms });
    const right = c.acceptable.includes(evaluation.decision);
    if (!right) wrong.push({ case: c, evaluation });
    const key = `${c.class} (${c.label})`;
    const count = classes.get(key) ?? { total: 0, right: 0 };
    classes.set(key, { total: count.total + 1, right: count.right + (right ? 1 : 0) });
    if (c.label === "benign") {
      benign += 1;
      if (evaluation.decision === "ALLOW") allowed += 1;
    }
  }
  const allowedPercent = (100 * allowed) / benign;
  const missed = [];
  if (wrong.length > 0) missed.push(`${wrong.length} of ${cases.length} decisions are not acceptable`);
  if (slow.length > 0) missed.push(`${slow.length} decisions are over their time`);
  if (allowedPercent < LEAST_ALLOWED_PERCENT) missed.push(`benign ALLOW must be at least ${LEAST_ALLOWED_PERCENT} %`);
  return { total: cases.length, benign, allowedPercent, classes, wrong, slow, missed };
}
