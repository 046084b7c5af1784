// Names of action types as rules and actions are brought together by.

import { lookUpType } from "../action-types.ts";
import { foldName } from "../effects/text.ts";

/**
 * One key for every spelling of an action type: the registered type's name (`Shell`, `run-command` and `bash` are
 * `execute_shell`), else the name without case, separators and look-alikes. A name with a name space is that name alone:
 * a rule for `mcp__github__create_release` is not one for every `deploy`. Cost: linear in the name.
 */
export function typeKey(name: string): string {
  const folded = foldName(name);
  return folded === "" ? name.trim().toLowerCase() : (lookUpType(folded, null)?.name ?? folded);
}
