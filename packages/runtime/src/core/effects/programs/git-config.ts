// `git config`: what it changes, in which file, and what it shows.

import { NOTHING, reads, readsSecret, result, stream, writes } from "./describe.ts";
import { configured } from "./git-settings.ts";
import { has, literal, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramResult, Word } from "./program.ts";

const CONFIG = shape("f", "file blob type default comment value url");
const VERBS = /^(?:set|get|list|unset|edit|rename-section|remove-section|get-all|get-regexp)$/;
const SECRETS = /credential|token|password|extraheader/i;

/** The effects of reading and changing settings. */
export function gitConfig(call: ProgramCall, rest: readonly Word[]): ProgramResult {
  const o = parseOptions(rest, CONFIG);
  const verb = VERBS.test(o.operands[0]?.value ?? "") ? o.operands[0]?.value : undefined;
  const [key, value] = verb === undefined ? o.operands : o.operands.slice(1);
  const files = [...valuesOf(o, "f", "file"), ...(has(o, "system") ? [literal("/etc/gitconfig")] : [])];
  const gets = verb?.startsWith("get") === true || has(o, "get", "get-all", "get-regexp", "get-urlmatch");
  if (gets || verb === "list" || has(o, "l", "list")) {
    const looked = reads(call, valuesOf(o, "f", "file"));
    return gets && o.operands.some((word) => SECRETS.test(word.prefix))
      ? result([...looked, ...readsSecret(call, "git_credentials", "config")], stream({ secret: "git_credentials" }))
      : result(looked);
  }
  const edits =
    /^(?:unset|edit|re)/.test(verb ?? "") ||
    has(o, "unset", "unset-all", "remove-section", "rename-section", "e", "edit");
  if (edits) return result(writes(call, files, "change"));
  if (key === undefined || value === undefined) return NOTHING;
  return result([...configured(call, `${key.prefix}=`, value), ...writes(call, files, "change")]);
}
