// Title III: personal data. It asks wherever it is written or sent, and may leave over the network only to trusted domains.

import { effectsOf, type Effect, type NetConnect, type PersonalData } from "../effects/effect.ts";
import { ask, deny, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";
import { isTrustedHost } from "../trusted-host.ts";

const OVERRIDE = "agent_ctx['trusted_domains'] = ['...']";

/** Personal Data and Privacy: e-mail addresses, card and account numbers, SSNs in outgoing text. */
export const privacy: Rule = effectRule({
  layer: "civil_code",
  id: "Title III",
  title: "Personal Data and Privacy",
  display: "Title III — Personal Data and Privacy",
  reads: "personal data in text that is sent, written or shown, and the hosts that the same action reaches",
  judges: ["personal.data", "net.connect"],
  default: "REQUIRE_APPROVAL; DENY when it goes to a host that is not trusted",
  override_key: "trusted_domains",
  revision: 1,
  judgeAction: judge,
});

function judge({ effects, agent }: RuleInput): readonly Judgement[] {
  const found = effectsOf(effects, "personal.data");
  if (found.length === 0) return [];
  const reached = effects.filter(takesData);
  const stranger = reached.find((effect) => !isTrustedHost(effect.host, agent.trusted_domains));
  if (stranger !== undefined) {
    const reason = `personal data must not go to ${stranger.host.host ?? "an unknown host"}, which is not trusted`;
    return [liftedBy(OVERRIDE, deny(reason, types(found), "high"))];
  }
  return [ask("personal data stands in outgoing text", types(found), "medium")];
}

// A network action carries data in its very address; a command carries it only when it sends.
function takesData(effect: Effect): effect is NetConnect {
  return effect.kind === "net.connect" && (effect.origin === "action" || effect.sends);
}

function types(found: readonly PersonalData[]): string {
  return [...new Set(found.flatMap((effect) => effect.types))].join(", ");
}
