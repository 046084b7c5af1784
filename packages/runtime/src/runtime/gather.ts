// The only reads before a decision: clock, kill switches, and where paths really lead. The result is plain data.

import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { AgentContext } from "../core/agent-context.ts";
import type { Effect } from "../core/effects/effect.ts";
import type { Surroundings } from "../core/effects/surroundings.ts";
import type { Facts } from "../core/facts.ts";
import { engagedSwitch, killSwitchScope } from "./kill-switch.ts";
import type { Clock, Ledger } from "./ports.ts";

/** At most this many paths of one action are followed through links; further ones count as they are written. */
const MAX_PATHS = 256;

/** Ancestors and dangling links that are stepped through for one path. */
const MAX_STEPS = 128;

/**
 * The real paths behind the places that effects and safe paths name, for those that pass through a link.
 *
 * Cost: one `realpath` for each distinct absolute path, at most 256.
 */
export function gatherLinks(
  effects: readonly Effect[],
  agent: AgentContext,
  cwd: string | null,
): Readonly<Record<string, string>> {
  const links: Record<string, string> = {};
  const paths = new Set<string>();
  for (const effect of effects) {
    if ("target" in effect && typeof effect.target === "object" && effect.target.path !== null) {
      paths.add(effect.target.path);
    }
  }
  for (const path of agent.safe_paths) paths.add(path);
  for (const path of [...paths].slice(0, MAX_PATHS)) {
    const absolute = path.startsWith("/") ? path : cwd !== null && path.startsWith("./") ? join(cwd, path) : null;
    const real = absolute === null ? null : realPath(absolute);
    if (real !== null && real !== path) links[path] = real;
  }
  return links;
}

/**
 * Where a path leads: the nearest existing ancestor with its links followed, and the rest as written. A link to
 * something that does not exist yet is followed too: writing through it would make that. Null when it can't be told.
 */
function realPath(path: string): string | null {
  let current = resolve(path);
  let rest = "";
  try {
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const found = lstatSync(current, { throwIfNoEntry: false });
      if (found === undefined) {
        if (current === "/") return null;
        rest = join(basename(current), rest);
        current = dirname(current);
      } else if (found.isSymbolicLink() && !existsSync(current)) {
        current = resolve(realpathSync.native(dirname(current)), readlinkSync(current));
      } else {
        const real = realpathSync.native(current);
        return rest === "" ? real : join(real, rest);
      }
    }
  } catch {
    return null;
  }
  return null;
}

/** The facts of one evaluation. `ledger` is null when nothing is recorded; then no recorded kill switch is seen. */
export function gatherFacts(
  clock: Clock,
  ledger: Ledger | null,
  who: { readonly avid: string; readonly tenant_id: string | null },
  surroundings: Surroundings,
): Facts {
  const engaged = ledger === null ? null : engagedSwitch(ledger, who);
  return {
    now_ms: clock.now(),
    kill_switch: engaged === null ? null : { scope: killSwitchScope(engaged), since: engaged.timestamp },
    surroundings,
  };
}
