// Places that are not the agent's to change: the operating system, other users, stored secrets.

import type { Effect, FsDelete, FsPermission, FsWrite, PathTarget } from "../effects/effect.ts";
import { ask, deny, effectRule, type Judgement } from "../effect-rule.ts";
import { isKeptData, isLocalSystemPath } from "../local-system-path.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** Changes of system paths are denied; changes of other users' files and of secrets ask; so do reads in root's home. */
export const protectedPaths: Rule = effectRule({
  layer: "firewall",
  id: "firewall:protected-paths",
  title: "Protected paths",
  display: null,
  reads: "written, deleted and re-permissioned paths, by place; reads in the superuser's home",
  judges: ["fs.write", "fs.delete", "fs.permission", "fs.read"],
  default:
    "DENY for system paths, and for set-user-id on other users' files; REQUIRE_APPROVAL for `/usr/local` and its like, for commands on what sites, services and the superuser keep (`/var/www`, `/var/lib/<service>`, `/root/<name>`) and for new entries that replace nothing (`mkdir`, `ln` without `-f`), for other users' files and stored secrets",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect, { action }: RuleInput): Judgement | null {
  switch (effect.kind) {
    case "fs.write":
      return judgeChange(effect.target, "writes to", action.verb === "exec" && (isNewEntry(effect) || isKept(effect)));
    case "fs.delete":
      return judgeChange(effect.target, "deletes from", action.verb === "exec" && isOneEntry(effect) && isKept(effect));
    case "fs.permission":
      return judgePermission(effect, action.verb === "exec" && isKept(effect));
    case "fs.read":
      return isRootHome(effect.target) ? ask("reads in the superuser's home", effect.target.text, "medium") : null;
    default:
      return null;
  }
}

// What others own, and whoever may write it, must not come to run with their rights.
function judgePermission({ target, change }: FsPermission, isUpkeep: boolean): Judgement | null {
  if (change === "setuid" && target.zone === "others")
    return deny("lets files of other users run as their owner", target.text);
  return judgeChange(target, "changes permissions in", isUpkeep && change !== "setuid");
}

// A file tool has safe paths to work in. Commands are also an administrator's, who moves sites, logs and data: those ask.
function judgeChange(target: PathTarget, does: string, isUpkeep: boolean): Judgement | null {
  if (target.zone === "system" || target.zone === "root") {
    if (isLocalSystemPath(target.path)) return ask(`${does} the machine's own installations`, target.text);
    if (isUpkeep) return ask(`${does} a place of the machine's services and administrators`, target.text);
    return deny(`${does} a place of the operating system`, target.text);
  }
  if (target.zone === "others") return ask(`${does} a place of other users`, target.text);
  if (target.secret !== null) return ask(`${does} a place where secrets are kept`, target.text);
  return null;
}

function isKept({ target }: FsWrite | FsDelete | FsPermission): boolean {
  return isKeptData(target);
}

// What fails where something stands changes nothing that the system has, unless code is looked for there by itself.
function isNewEntry({ fresh, target }: FsWrite): boolean {
  return fresh === true && target.persistence === null && target.secret === null;
}

// Moving keeps what it takes away, a folder or a file.
function isOneEntry({ target, recursive, moved }: FsDelete): boolean {
  return !target.glob && (!recursive || moved === true);
}

function isRootHome({ path, zone }: PathTarget): boolean {
  return zone === "system" && path !== null && (path === "/root" || path.startsWith("/root/"));
}
