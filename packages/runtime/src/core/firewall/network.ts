// The network: internal addresses, strangers, and open doors. Art.0 judges what a network action must never reach.

import type { Effect, NetConnect } from "../effects/effect.ts";
import { ask, deny, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";
import { isTrustedHost } from "../trusted-host.ts";

/** Connections to hosts that the integrator didn't name, internal addresses from a shell, listening, calls without an address. */
export const network: Rule = effectRule({
  layer: "firewall",
  id: "firewall:network",
  title: "Network",
  display: null,
  reads: "connections and listening, by class of host, against agent_ctx.trusted_domains",
  judges: ["net.connect", "net.listen"],
  default: "REQUIRE_APPROVAL unless the host is in trusted_domains; DENY for a call without an address",
  override_key: "trusted_domains",
  revision: 1,
  judgeEffect: judge,
  judgeAction: judgeAddress,
});

function judge(effect: Effect, { agent }: RuleInput): Judgement | null {
  switch (effect.kind) {
    case "net.connect":
      return isTrustedHost(effect.host, agent.trusted_domains) ? null : judgeConnect(effect);
    case "net.listen":
      return ask(
        "opens a door for others to connect",
        effect.port === null ? effect.via : `port ${effect.port}`,
        "medium",
      );
    default:
      return null;
  }
}

function judgeConnect({ host, sends }: NetConnect): Judgement {
  switch (host.class) {
    case "public":
      return ask("reaches a host that is not in trusted_domains", host.text, sends ? "high" : "medium");
    case "loopback":
      return ask("reaches this machine over the network", host.text, "medium");
    case "private":
    case "internal_name":
    case "metadata":
      return ask("reaches an internal address", host.text);
    case "invalid":
      return ask("the address can't be understood", host.text);
    case "unresolved":
      return ask("the host can't be known from the text", host.text);
    default:
      return ask("reaches a host of an unknown class", host.text);
  }
}

function judgeAddress({ action, effects }: RuleInput): readonly Judgement[] {
  if (action.action_type !== "call_external_api") return [];
  if (effects.some((effect) => effect.kind === "net.connect")) return [];
  return [deny("a call to an external API names no address", action.action_type, "high")];
}
