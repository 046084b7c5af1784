// Regulation (EU) 2024/1689, Articles 12 (record-keeping) and 14 (human oversight).
// @see https://eur-lex.europa.eu/eli/reg/2024/1689/oj

import type { Framework } from "./control.ts";
import { atMostPartial, decided, facts, happened, neverShown } from "./count-evidence.ts";

/** The paragraphs, each with what the log shows of it. */
export const EU_AI_ACT: Framework = {
  title: "EU AI Act, Articles 12 and 14",
  source: "https://eur-lex.europa.eu/eli/reg/2024/1689/oj",
  controls: [
    {
      id: "Art. 12(1)",
      name: "Events are recorded automatically over the lifetime",
      evidence: facts(
        (tally) => ({ what: "entries recorded", entries: tally.entries }),
        decided("decisions among them"),
      ),
      standing: atMostPartial,
      notShown: "That nothing was left out: calls that bypass Canopy, and the time before the first entry.",
    },
    {
      id: "Art. 12(2)(a)",
      name: "Situations of risk and substantial changes can be identified",
      evidence: facts(
        (tally) => ({ what: "decisions denied or asked about", entries: tally.decisions.deny + tally.decisions.ask }),
        happened("changes of the policy", ["policy_activated", "policy_rejected"]),
      ),
      notShown: "Risks that no rule names, and changes of the model itself.",
    },
    {
      id: "Art. 12(2)(b)",
      name: "Post-market monitoring is facilitated",
      evidence: facts(
        happened("results of tools attested", ["tool_result"]),
        happened("incidents opened and followed", ["incident_event"]),
      ),
      notShown: "The provider's monitoring plan and its findings.",
    },
    {
      id: "Art. 12(2)(c)",
      name: "The operation is monitored",
      evidence: facts(
        happened("executions begun under a decision", ["tool_start"]),
        happened("results of tools attested", ["tool_result"]),
      ),
      notShown: "Whether anybody looked.",
    },
    {
      id: "Art. 12(3)",
      name: "Remote biometric identification: periods, databases, matches, persons",
      evidence: facts(),
      standing: neverShown,
      notShown: "All of it: the log has no such members. It does not apply to other systems.",
    },
    {
      id: "Art. 14(1)",
      name: "People can oversee the system while it is in use",
      evidence: facts(
        (tally) => ({ what: "decisions that asked a person", entries: tally.decisions.ask }),
        happened("signed answers of approvers", ["approval_granted", "approval_rejected"]),
      ),
      notShown: "Competence, training and authority of these people.",
    },
    {
      id: "Art. 14(4)(a)–(c)",
      name: "Overseers understand the system, its limits and its output",
      evidence: facts((tally) => ({
        what: "decisions recorded with the rules that spoke",
        entries: ruled(tally.rules.largest()),
      })),
      standing: atMostPartial,
      notShown: "What a person understood, and whether they relied on the system too much.",
    },
    {
      id: "Art. 14(4)(d)",
      name: "Overseers can decide not to use it, or override it",
      evidence: facts(
        happened("actions rejected by an approver", ["approval_rejected"]),
        happened("actions skipped for want of an answer", ["approval_skipped"]),
      ),
      standing: (input, evidence) => ((evidence[0]?.entries ?? 0) > 0 ? "shown" : atMostPartial(input, evidence)),
      notShown: "Decisions taken outside of Canopy.",
    },
    {
      id: "Art. 14(4)(e)",
      name: "Overseers can intervene or stop it",
      evidence: facts(happened("kill switches engaged or released", ["kill_switch"])),
      notShown: "That the switch would have worked when nobody used it; tests show that.",
    },
    {
      id: "Art. 14(5)",
      name: "Two persons confirm a biometric identification",
      evidence: facts(),
      standing: neverShown,
      notShown: "All of it. It does not apply to other systems; a policy can demand two approvers for any action.",
    },
  ],
};

function ruled(rules: readonly { readonly allow: number; readonly deny: number; readonly ask: number }[]): number {
  return rules.reduce((total, { allow, deny, ask }) => total + allow + deny + ask, 0);
}
