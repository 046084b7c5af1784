// OWASP Top 10 for Agentic Applications (2026), ASI01 to ASI10.
// @see https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/

import type { Framework } from "./control.ts";
import { atMostPartial, decided, facts, happened, stoppedBy } from "./count-evidence.ts";

/** The risks, each with what the log shows of meeting it. */
export const OWASP_AGENTIC: Framework = {
  title: "OWASP Top 10 for Agentic Applications 2026",
  source: "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/",
  controls: [
    {
      id: "ASI01",
      name: "Agent goal hijack",
      evidence: facts(
        stoppedBy("decisions stopped for injection or hidden meaning", ["firewall:injection", "firewall:obfuscation"]),
        stoppedBy("decisions stopped for sending data away", ["firewall:exfiltration"]),
      ),
      standing: atMostPartial,
      notShown:
        "Whether a goal was hijacked: the log has actions, not intent, and an allowed action under a false goal looks like any other.",
    },
    {
      id: "ASI02",
      name: "Tool misuse and exploitation",
      evidence: facts(
        decided("decisions before a tool ran"),
        (tally) => ({ what: "of them denied or asked about", entries: tally.decisions.deny + tally.decisions.ask }),
        happened("executions bound to a decision", ["tool_start"]),
      ),
      notShown: "Calls that were never sent to Canopy.",
    },
    {
      id: "ASI03",
      name: "Identity and privilege abuse",
      evidence: facts(
        (tally) => ({ what: "decisions for agents that proved their key", entries: tally.identities.proven }),
        stoppedBy("decisions stopped for identity or privilege", ["firewall:identity", "firewall:privileged"]),
      ),
      standing: (input, evidence) => {
        const isWhole = input.tally.identities.asserted === 0 && evidence.every(({ entries }) => entries > 0);
        return isWhole ? "shown" : atMostPartial(input, evidence);
      },
      notShown: "Who stands behind a key, and what an agent may do in systems that don't ask Canopy.",
    },
    {
      id: "ASI04",
      name: "Agentic supply chain vulnerabilities",
      evidence: facts(stoppedBy("installations of packages stopped", ["firewall:packages"])),
      standing: atMostPartial,
      notShown: "Where models, prompts, tools and servers come from; no provenance is checked.",
    },
    {
      id: "ASI05",
      name: "Unexpected code execution",
      evidence: facts(
        stoppedBy("commands and code stopped", [
          "firewall:destructive",
          "firewall:content",
          "firewall:unresolved",
          "firewall:host",
          "firewall:unknown",
        ]),
      ),
      standing: atMostPartial,
      notShown: "What code did once it was allowed to run; a sandbox shows that, not a log of decisions.",
    },
    {
      id: "ASI06",
      name: "Memory and context poisoning",
      evidence: facts(stoppedBy("writes to places that outlive the task stopped", ["firewall:persistence"])),
      standing: atMostPartial,
      notShown: "What stands in an agent's memory or retrieval store, and whether it is true.",
    },
    {
      id: "ASI07",
      name: "Insecure inter-agent communication",
      evidence: facts(stoppedBy("messages and sub-agents stopped", ["Title IV", "Title V"])),
      standing: atMostPartial,
      notShown: "Messages between agents: they are not signed or read by Canopy.",
    },
    {
      id: "ASI08",
      name: "Cascading failures",
      evidence: facts(
        happened("kill switches engaged or released", ["kill_switch"]),
        happened("results attested, failures among them", ["tool_result"]),
      ),
      notShown: "What failed in systems behind the tools.",
    },
    {
      id: "ASI09",
      name: "Human-agent trust exploitation",
      evidence: facts(
        (tally) => ({ what: "decisions that asked a person", entries: tally.decisions.ask }),
        happened("signed answers of approvers", ["approval_granted", "approval_rejected"]),
      ),
      notShown: "Whether approvers understood what they approved.",
    },
    {
      id: "ASI10",
      name: "Rogue agents",
      evidence: facts(
        stoppedBy("decisions stopped by a kill switch or a stop", ["Art.7"]),
        happened("kill switches engaged or released", ["kill_switch"]),
        happened("incidents opened and followed", ["incident_event"]),
      ),
      notShown: "Agents that act without asking Canopy: the log cannot see ungoverned calls.",
    },
  ],
};
