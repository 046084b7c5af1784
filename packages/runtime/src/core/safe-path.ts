// Whether a target lies under one of the folders that the integrator gave to the agent.

import type { PathTarget } from "./effects/effect.ts";

/**
 * Whether a resolved target is one of the safe folders or below one. Compared segment by segment after
 * normalisation: `/work` covers `/work/a`, never `/work-other`. An unresolved target is under nothing.
 *
 * Cost: linear in the list.
 */
export function isUnderSafePath(target: PathTarget, safePaths: readonly string[]): boolean {
  const { path } = target;
  if (path === null) return false;
  return safePaths.some((entry) => {
    const folder = entry.length > 1 ? entry.replace(/\/{1,8}$/, "") : entry;
    if (folder === "") return false;
    return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
  });
}
