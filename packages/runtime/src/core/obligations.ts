// What the executor must do if it proceeds. A decision judges names; only the executor sees the addresses behind them.

import type { Obligation } from "./decision.ts";
import type { Effect } from "./effects/effect.ts";

/**
 * One obligation for each public host name that the action reaches: `pin_addresses` with `host` and `port`. The
 * executor resolves the name once, refuses every address that is not public, and connects to no other.
 *
 * Cost: linear in the effects.
 */
export function obligationsOf(effects: readonly Effect[]): readonly Obligation[] {
  let pinned: Map<string, Obligation> | null = null;
  for (const effect of effects) {
    if (effect.kind !== "net.connect" || effect.host.class !== "public") continue;
    const { host, port, domain } = effect.host;
    // An address needs no resolving: only names have a registrable domain.
    if (host === null || domain === null) continue;
    pinned ??= new Map();
    pinned.set(`${host}:${port ?? ""}`, { type: "pin_addresses", detail: { host, port } });
  }
  return pinned === null ? NONE : [...pinned.values()];
}

const NONE: readonly Obligation[] = [];
