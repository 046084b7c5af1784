// Places that are not the agent's to change: the operating system, other users, stored secrets.

import type { Effect, PathTarget } from "../effects/effect.ts";
import { ask, deny, effectRule, type Judgement } from "../effect-rule.ts";
import { isLocalSystemPath } from "../local-system-path.ts";
import type { Rule } from "../rule.ts";

/** Changes of system paths are denied; changes of other users' files and of secrets ask; so do reads in root's home. */
export const protectedPaths: Rule = effectRule({
  layer: "firewall",
  id: "firewall:protected-paths",
  title: "Protected paths",
  display: null,
  reads: "written, deleted and re-permissioned paths, by place; reads in the superuser's home",
  judges: ["fs.write", "fs.delete", "fs.permission", "fs.read"],
  default:
    "DENY for system paths (the superuser's home is one); REQUIRE_APPROVAL for `/usr/local` and its like, other users' files and stored secrets",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect): Judgement | null {
  switch (effect.kind) {
    case "fs.write":
      return judgeChange(effect.target, "writes to");
    case "fs.delete":
      return judgeChange(effect.target, "deletes from");
    case "fs.permission":
      return judgeChange(effect.target, "changes permissions in");
    case "fs.read":
      return isRootHome(effect.target) ? ask("reads in the superuser's home", effect.target.text, "medium") : null;
    default:
      return null;
  }
}

function judgeChange(target: PathTarget, does: string): Judgement | null {
  if (target.zone === "system" || target.zone === "root") {
    if (isLocalSystemPath(target.path)) return ask(`${does} the machine's own installations`, target.text);
    return deny(`${does} a place of the operating system`, target.text);
  }
  if (target.zone === "others") return ask(`${does} a place of other users`, target.text);
  if (target.secret !== null) return ask(`${does} a place where secrets are kept`, target.text);
  return null;
}

function isRootHome({ path, zone }: PathTarget): boolean {
  return zone === "system" && path !== null && (path === "/root" || path.startsWith("/root/"));
}
