// The four functions of the NIST AI Risk Management Framework 1.0 (NIST AI 100-1).
// @see https://doi.org/10.6028/NIST.AI.100-1

import type { Framework } from "./control.ts";
import { atMostPartial, decided, facts, happened } from "./count-evidence.ts";

/** The functions, each with what the log shows of it. They are about an organisation: no line is ever more than partial. */
export const NIST_AI_RMF: Framework = {
  title: "NIST AI Risk Management Framework 1.0",
  source: "https://doi.org/10.6028/NIST.AI.100-1",
  controls: [
    {
      id: "GOVERN",
      name: "Policies and accountability are in place and followed",
      evidence: facts(
        (tally) => ({ what: "decisions that name the policy they were made by", entries: tally.withPolicy }),
        happened("policies activated or refused", ["policy_activated", "policy_rejected"]),
        happened("rotations of keys", ["key_rotated"]),
      ),
      standing: atMostPartial,
      notShown: "Who is accountable, training, culture, and whether the policy is a good one.",
    },
    {
      id: "MAP",
      name: "Contexts and risks are recognised",
      evidence: facts(decided("decisions that name agent, action and effects"), (tally) => ({
        what: "of them judged high or critical",
        entries: severe(tally.severities.get("high"), tally.severities.get("critical")),
      })),
      standing: atMostPartial,
      notShown: "Purposes, people affected and uses that were never governed.",
    },
    {
      id: "MEASURE",
      name: "Risks are analysed and tracked",
      evidence: facts(
        happened("results of tools attested", ["tool_result"]),
        happened("checkpoints of the log", ["checkpoint_meta"]),
      ),
      standing: atMostPartial,
      notShown: "Quality, fairness or safety of what models say; no metric of them is taken.",
    },
    {
      id: "MANAGE",
      name: "Risks are acted upon",
      evidence: facts(
        (tally) => ({ what: "decisions denied or asked about", entries: tally.decisions.deny + tally.decisions.ask }),
        happened("signed answers of approvers", ["approval_granted", "approval_rejected"]),
        happened("incidents opened and followed", ["incident_event"]),
        happened("kill switches engaged or released", ["kill_switch"]),
      ),
      standing: atMostPartial,
      notShown: "Plans, resources and what was learnt from incidents.",
    },
  ],
};

function severe(
  ...counts: readonly ({ readonly allow: number; readonly deny: number; readonly ask: number } | null)[]
): number {
  return counts.reduce((total, count) => total + (count === null ? 0 : count.allow + count.deny + count.ask), 0);
}
