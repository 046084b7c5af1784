// Secrets and shells that leave: reading a secret asks, sending one is denied, and no shell is given to the network.

import type { Effect, SecretSend } from "../effects/effect.ts";
import { ask, deny, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";
import { isTrustedHost } from "../trusted-host.ts";

/** Secret reads, secrets that reach the network, shells over the network, raw reads of devices. */
export const exfiltration: Rule = effectRule({
  layer: "firewall",
  id: "firewall:exfiltration",
  title: "Secrets and exfiltration",
  display: null,
  reads: "secret reads and sends, files that hold secrets, shells given to the network, raw device reads",
  judges: ["secret.read", "secret.send", "fs.read", "net.shell", "device.read"],
  default: "DENY for secrets sent and shells given to the network; REQUIRE_APPROVAL for secret and raw device reads",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect, input: RuleInput): Judgement | null {
  switch (effect.kind) {
    case "secret.send":
      return judgeSend(effect, input);
    case "net.shell":
      return deny(`gives a ${effect.direction} shell to the network`, effect.host?.text ?? effect.via);
    case "secret.read":
      return ask(`reads a secret (${effect.secret})`, effect.from);
    case "fs.read":
      if (effect.target.secret !== null) return ask(`reads a secret (${effect.target.secret})`, effect.target.text);
      return effect.target.zone === "device" ? ask("reads a raw device", effect.target.text) : null;
    case "device.read":
      return effect.target.zone === "null_device" ? null : ask("reads a raw device", effect.target.text);
    default:
      return null;
  }
}

// A trusted host may be the very one the secret is for (a token to its own API), so a person may say yes.
function judgeSend({ secret, host }: SecretSend, { agent }: RuleInput): Judgement {
  return isTrustedHost(host, agent.trusted_domains)
    ? ask(`sends a secret (${secret}) to a trusted host`, host.text)
    : deny(`sends a secret (${secret}) over the network`, host.text);
}
