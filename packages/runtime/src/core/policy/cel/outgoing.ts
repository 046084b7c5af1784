// Ways for data to leave.

import type { EffectKind } from "../../effects/effect.ts";

const OUTGOING: ReadonlySet<EffectKind> = new Set<EffectKind>([
  "net.connect",
  "net.shell",
  "message.send",
  "publish",
  "secret.send",
  "deploy.release",
  "agent.spawn",
]);

/** Whether data can leave by an effect of this kind. */
export function isOutgoing(kind: EffectKind): boolean {
  return OUTGOING.has(kind);
}
