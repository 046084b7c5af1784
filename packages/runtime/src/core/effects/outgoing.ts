// The ways for data to leave: effects after which somebody outside may have what was sent.

import type { EffectKind } from "./effect.ts";

const OUTGOING: ReadonlySet<EffectKind> = new Set<EffectKind>([
  "net.connect",
  "net.listen",
  "net.shell",
  "message.send",
  "publish",
  "secret.send",
  "deploy.release",
  "infra.change",
  "agent.spawn",
]);

/** The kinds of effect by which data can leave, in a fixed order. */
export const OUTGOING_KINDS: readonly EffectKind[] = [...OUTGOING];

/** Whether data can leave by an effect of this kind. */
export function isOutgoing(kind: EffectKind): boolean {
  return OUTGOING.has(kind);
}
