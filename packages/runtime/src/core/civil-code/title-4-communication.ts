// Title IV: speaking to others. Channels are granted by name; many recipients at once need a grant of their own.

import { effectsOf, type MessageSend } from "../effects/effect.ts";
import { ask, deny, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** More recipients than this in one message are bulk. */
export const MOST_RECIPIENTS = 10;

const CHANNELS = "agent_ctx['communication_channels'] = ['...']";
const BULK = "agent_ctx['bulk_authorized'] = True";

/** External Communication: a message asks unless its channel is granted; bulk is denied unless granted. */
export const communication: Rule = effectRule({
  layer: "civil_code",
  id: "Title IV",
  title: "External Communication",
  display: "Title IV — External Communication",
  reads: "messages and publications, by declared verb or by command: channel and count of recipients",
  judges: ["message.send"],
  default: `REQUIRE_APPROVAL; DENY above ${MOST_RECIPIENTS} recipients`,
  override_key: "communication_channels",
  revision: 1,
  judgeAction: judge,
});

function judge(input: RuleInput): readonly Judgement[] {
  const { action, effects } = input;
  const sent = effectsOf(effects, "message.send");
  if (sent.length === 0) return action.verb === "message" ? judgeChannel(input, []) : [];
  return sent.flatMap((message) => [...judgeChannel(input, [message.channel]), ...judgeBulk(input, message)]);
}

function judgeChannel({ action, agent }: RuleInput, channels: readonly string[]): readonly Judgement[] {
  const granted = (agent.communication_channels ?? []).map(fold);
  const names = [action.action_type, action.raw_action_type, ...channels].map(fold);
  if (names.some((name) => granted.includes(name))) return [];
  const channel = channels[0] ?? action.action_type;
  return [liftedBy(CHANNELS, ask(`no channel is granted for \`${channel}\``, channel, "medium"))];
}

function judgeBulk({ agent }: RuleInput, message: MessageSend): readonly Judgement[] {
  if (agent.bulk_authorized) return [];
  if (message.recipients !== null && message.recipients > MOST_RECIPIENTS) {
    const reason = `a message to more than ${MOST_RECIPIENTS} recipients is bulk`;
    return [liftedBy(BULK, deny(reason, `${message.recipients} recipients`, "high"))];
  }
  if (!message.bulk) return [];
  return [liftedBy(BULK, ask("a bulk message to recipients that can't be counted", message.channel))];
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}
