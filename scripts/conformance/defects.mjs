// What 0.4.2 decides wrongly, and the look-alikes it must not be traded for.
import { decideCase, PROJECT } from "./decider.mjs";
import { guarded } from "./hang-guard.mjs";
import { readVectors } from "./vectors.mjs";

const LEAST_ALLOWED_PERCENT = 80;

/**
 * Decide all defects. `wrong` are the cases whose decision is not acceptable, `classes` count each class, `hung`
 * those that did not end as work on their input should.
 */
export function measureDefects(surroundings = PROJECT) {
  const cases = readVectors("conformance/defects.jsonl");
  const classes = new Map();
  const wrong = [];
  const hung = [];
  let benign = 0;
  let allowed = 0;
  for (const c of cases) {
    const { result: evaluation, hung: problem } = guarded(() => decideCase(c, surroundings));
    if (problem !== null) hung.push({ id: c.id, problem });
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
  if (hung.length > 0) missed.push(`${hung.length} decisions hang`);
  if (allowedPercent < LEAST_ALLOWED_PERCENT) missed.push(`benign ALLOW must be at least ${LEAST_ALLOWED_PERCENT} %`);
  return { total: cases.length, benign, allowedPercent, classes, wrong, hung, missed };
}
