// The only reads before a decision: clock, kill switches, and where paths really lead. The result is plain data.

import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AgentContext } from "../core/agent-context.ts";
import type { Effect } from "../core/effects/effect.ts";
import type { Surroundings } from "../core/effects/surroundings.ts";
import type { Facts } from "../core/facts.ts";
import type { Clock, Ledger, LedgerEntry } from "./ports.ts";

/** At most this many paths of one action are followed through links; further ones count as they are written. */
const MAX_PATHS = 256;

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

/** The real path of the nearest existing ancestor, with the rest appended; null when nothing of it can be followed. */
function realPath(path: string): string | null {
  let rest = "";
  let current = path.replace(/\/+$/u, "") || "/";
  for (let depth = 0; depth < 64; depth += 1) {
    try {
      const real = realpathSync.native(current);
      return rest === "" ? real : join(real, rest);
    } catch (error) {
      if (!isMissing(error)) return null;
    }
    if (current === "/") return null;
    rest =
      rest === ""
        ? current.slice(current.lastIndexOf("/") + 1)
        : join(current.slice(current.lastIndexOf("/") + 1), rest);
    current = dirname(current);
  }
  return null;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** The facts of one evaluation. `ledger` is null when nothing is recorded; then no recorded kill switch is seen. */
export function gatherFacts(
  clock: Clock,
  ledger: Ledger | null,
  who: { readonly avid: string; readonly tenant_id: string | null },
  surroundings: Surroundings,
): Facts {
  const engaged = ledger === null ? undefined : ledger.killSwitches().find((entry) => concerns(entry, who));
  return {
    now_ms: clock.now(),
    kill_switch: engaged === undefined ? null : { scope: scopeOf(engaged), since: engaged.timestamp },
    surroundings,
  };
}

function concerns(entry: LedgerEntry, who: { readonly avid: string; readonly tenant_id: string | null }): boolean {
  const scope = scopeOf(entry);
  if (scope === "all") return true;
  if (scope === "agent") return entry["avid"] === who.avid;
  return (entry["tenant_id"] ?? null) === who.tenant_id;
}

function scopeOf(entry: LedgerEntry): "agent" | "tenant" | "all" {
  const scope = entry["scope"];
  // An unreadable scope must not free anybody: it stops all.
  return scope === "agent" || scope === "tenant" ? scope : "all";
}
