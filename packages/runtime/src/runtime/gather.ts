// The only reads before a decision: clock, kill switches, and where paths really lead. The result is plain data.

import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { AgentContext } from "../core/agent-context.ts";
import type { Effect } from "../core/effects/effect.ts";
import { stepsOf } from "../core/effects/path-walk.ts";
import type { Surroundings } from "../core/effects/surroundings.ts";
import { CanopyError } from "../core/errors.ts";
import type { Facts } from "../core/facts.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { StateFacts, StateQuery } from "../core/policy/state/state-facts.ts";
import { engagedSwitch, killSwitchScope } from "./kill-switch.ts";
import type { Clock, Ledger } from "../ledger/ports.ts";
import { zoneOffsets } from "./time-zones.ts";

/** An action that names more places than this is refused: each costs a look at the file system. */
const MAX_PATHS = 8192;

/** Ancestors and dangling links that are stepped through for one path. */
const MAX_STEPS = 128;

/**
 * The real paths behind the places that effects and safe paths name, for those that pass through a link.
 *
 * Cost: one or two system calls for each distinct absolute path.
 *
 * @throws {CanopyError} `INVALID_ACTION` for an action that names more than 8,192 places.
 */
export function gatherLinks(
  effects: readonly Effect[],
  agent: AgentContext,
  surroundings: Surroundings,
): Readonly<Record<string, string>> {
  const links: Record<string, string> = {};
  for (const path of placesOf(effects, agent, surroundings)) {
    const real = path.startsWith("/") ? realPath(path) : null;
    if (real !== null && real !== path) links[path] = real;
  }
  return links;
}

function placesOf(effects: readonly Effect[], agent: AgentContext, surroundings: Surroundings): ReadonlySet<string> {
  const paths = new Set<string>(agent.safe_paths);
  for (const effect of effects) {
    if (!("target" in effect) || typeof effect.target === "string") continue;
    const { path, text } = effect.target;
    if (path === null) continue;
    paths.add(path);
    // A step up from a link leaves the folder that the link leads to, not the one that it stands in.
    if (text.includes("..")) for (const step of stepsOf(text, surroundings)) paths.add(step);
  }
  if (paths.size <= MAX_PATHS) return paths;
  throw new CanopyError("INVALID_ACTION", `an action must name at most ${MAX_PATHS} places`, {
    fix: "split it into several actions",
  });
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

/** The facts about time zones that a policy names; none for none. */
export function gatherZones(names: readonly string[], now_ms: number): Pick<Facts, "zones"> {
  return names.length === 0 ? {} : { zones: zoneOffsets(names, now_ms) };
}

/**
 * What the log's history says to a policy's question. Without a ledger history is empty: nothing was spent, marked or
 * labelled. Cost: see `Ledger.state`.
 */
export function gatherState(query: StateQuery, now_ms: number, ledger: Ledger | null): StateFacts {
  if (ledger !== null) return ledger.state(query, now_ms);
  return new StateBook({ longest_window_ms: null }).answer(query, now_ms, () => "");
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
