// Names of action types as rules and actions are brought together by.

import { lookUpType } from "../action-types.ts";
import { foldName } from "../effects/text.ts";

/**
 * One key for every spelling of an action type: the registered type's name (`Shell`, `run-command` and `bash` are
 * `execute_shell`), else the name without case, separators and look-alikes. Cost: linear in the name.
 */
export function typeKey(name: string): string {
  const trimmed = name.trim();
  const registered = lookUpType(trimmed, null)?.name ?? foldName(trimmed);
  return registered === "" ? trimmed.toLowerCase() : registered;
}
