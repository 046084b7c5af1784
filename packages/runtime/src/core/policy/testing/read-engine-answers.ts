// What a test lets the policy's other engines say: tests are about the policy, so engines are not asked.
//
//   engines: {company: DENY, egress: no_opinion, payments: timeout}

import type { ExternalAnswer, ExternalFacts } from "../engines/external-answer.ts";
import { failed, verdict } from "../engines/read-engine-answer.ts";
import type { LocatedEntry } from "../parse.ts";
import type { ProblemList } from "../problem.ts";

const ANSWERS: Readonly<Record<string, ExternalAnswer>> = {
  ALLOW: verdict("ALLOW", "", []),
  DENY: verdict("DENY", "", []),
  REQUIRE_APPROVAL: verdict("REQUIRE_APPROVAL", "", []),
  no_opinion: { kind: "no_opinion" },
  timeout: failed("timeout", "did not answer in time"),
};

/** The answer of an engine that a test does not name. */
export const ALLOWING: ExternalAnswer = verdict("ALLOW", "", []);

/** Read the answers by the engines' ids. */
export function readEngineAnswers(entry: LocatedEntry | undefined, problems: ProblemList): ExternalFacts {
  if (entry === undefined) return {};
  if (entry.value.kind !== "map") {
    problems.refuse("wrong_type", entry.value, "`engines` must be a map", "write {company: DENY}");
    return {};
  }
  return Object.fromEntries(
    entry.value.entries.flatMap(({ key, value }) => {
      const word = value.kind === "text" ? value.text : "";
      const answer = Object.hasOwn(ANSWERS, word) ? ANSWERS[word] : undefined;
      if (answer !== undefined) return [[key, answer] as const];
      problems.refuse("unknown_value", value, `an engine says one of ${Object.keys(ANSWERS).join(", ")}`);
      return [];
    }),
  );
}
