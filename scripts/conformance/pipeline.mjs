// Each decision beside 0.4.2's. A difference must belong to a class of docs/deviations.md.
import { decideCase, PROJECT } from "./decider.mjs";
import { DEVIATIONS } from "./deviations.mjs";
import { readVectors } from "./vectors.mjs";

const RANK = { ALLOW: 0, REQUIRE_APPROVAL: 1, DENY: 2, ERROR: 3 };

/**
 * Compare all authorize cases. `classes` counts the differences by class, `unexplained` are those without one,
 * `same` the equal decisions, `members` how often other members of the document agree.
 */
export function measurePipeline(surroundings = PROJECT) {
  const cases = readVectors("conformance/pipeline.jsonl").filter((c) => c.kind === "authorize");
  const classes = new Map(DEVIATIONS.map((deviation) => [deviation.id, []]));
  const unexplained = [];
  let same = 0;
  for (const c of cases) {
    const evaluation = decideCase(c, surroundings);
    const expected = c.expect.error === undefined ? c.expect.decision : "ERROR";
    if (evaluation.decision === expected) {
      same += 1;
      continue;
    }
    const difference = { case: c, evaluation, expected, direction: directionOf(evaluation.decision, expected) };
    const deviation = DEVIATIONS.find((candidate) => candidate.covers(difference));
    if (deviation === undefined) unexplained.push(difference);
    else classes.get(deviation.id).push(difference);
  }
  const missed = unexplained.length === 0 ? [] : [`${unexplained.length} differences belong to no class`];
  return { total: cases.length, same, classes, unexplained, missed };
}

/** `stricter`, `looser` (it still stops) or `passes` (0.4.2 stopped it and we allow it). */
function directionOf(ours, theirs) {
  if (RANK[ours] > RANK[theirs]) return "stricter";
  return ours === "ALLOW" ? "passes" : "looser";
}
