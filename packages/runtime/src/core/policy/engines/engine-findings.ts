// What other engines said → findings of the policy layer. Pure: the answers are facts.
//
//   DENY, REQUIRE_APPROVAL     a finding of that verdict
//   ALLOW                      nothing: no engine lowers what a layer found
//   no opinion                 by the engine's `no_opinion`: a DENY, or nothing
//   failed, or not asked       a DENY that names the engine

import type { Finding, Verdict } from "../../finding.ts";
import type { EngineSource } from "./engine-source.ts";
import type { EngineFailure, ExternalAnswer, ExternalFacts } from "./external-answer.ts";

/** The findings of a policy's engines. One for each at most. */
export function engineFindings(
  engines: readonly EngineSource[],
  external: ExternalFacts | undefined,
): readonly Finding[] {
  return engines.flatMap((engine) => {
    const answer = external !== undefined && Object.hasOwn(external, engine.id) ? external[engine.id] : undefined;
    const finding = answer === undefined ? notAsked(engine) : findingOf(engine, answer);
    return finding === null ? [] : [finding];
  });
}

function findingOf(engine: EngineSource, answer: ExternalAnswer): Finding | null {
  switch (answer.kind) {
    case "verdict":
      return verdictFinding(engine, answer);
    case "no_opinion": {
      if (engine.no_opinion === "pass") return null;
      return denial(engine, `ENGINE_NO_OPINION: the policy engine ${engine.id} has nothing to say of the action`);
    }
    case "failed":
      return denial(engine, `${CODES[answer.failure]}: the policy engine ${engine.id} ${answer.reason}`);
    default:
      return answer satisfies never;
  }
}

const CODES: Readonly<Record<EngineFailure, string>> = {
  missing: "ENGINE_MISSING",
  wrong_hash: "ENGINE_WRONG_HASH",
  unusable: "ENGINE_UNUSABLE",
  timeout: "ENGINE_TIMEOUT",
  error: "ENGINE_FAILED",
  unreadable: "ENGINE_UNREADABLE",
};

function verdictFinding(
  engine: EngineSource,
  { decision, reason, by }: Extract<ExternalAnswer, { kind: "verdict" }>,
): Finding | null {
  if (decision === "ALLOW") return null;
  const says = DOES[decision];
  const why = reason === "" ? "" : `: ${reason}`;
  const finding: Finding = {
    layer: "policy",
    rule_ref: ruleRef(engine),
    decision,
    severity: decision === "DENY" ? "high" : "medium",
    reason: `policy engine ${engine.id} ${says}${why}`,
  };
  return by.length === 0 ? finding : { ...finding, evidence: by };
}

const DOES: Readonly<Record<Exclude<Verdict, "ALLOW">, string>> = {
  REQUIRE_APPROVAL: "asks for approval",
  DENY: "denies",
};

function notAsked(engine: EngineSource): Finding {
  return denial(
    engine,
    `ENGINE_NOT_ASKED: the policy engine ${engine.id} can only be asked in an asynchronous decision`,
  );
}

function denial(engine: EngineSource, why: string): Finding {
  const reason = `${why}, so the action is not allowed`;
  return { layer: "policy", rule_ref: ruleRef(engine), decision: "DENY", severity: "high", reason };
}

function ruleRef({ id }: EngineSource): string {
  return `policy:engine:${id}`;
}
