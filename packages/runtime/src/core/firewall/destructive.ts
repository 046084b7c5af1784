// Destruction of files: what may be deleted without asking is a named child of the working folder, or of a temporary one.
// Moving loses nothing, so it asks only where everything goes at once, or nobody can tell what goes.

import type { Effect, FsDelete, FsWrite } from "../effects/effect.ts";
import { ask, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Deletes beyond the working folder, or of all of it. Roots and system paths are judged by Art.0 and protected paths. */
export const destructive: Rule = effectRule({
  layer: "firewall",
  id: "firewall:destructive",
  title: "Destructive file operations",
  display: null,
  reads: "deleted, moved and emptied paths, by the place where they lie; writes to devices",
  judges: ["fs.delete", "fs.write", "device.write"],
  default: "REQUIRE_APPROVAL outside the working folder, for the folder itself, for everything in it, and for devices",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect): Judgement | null {
  switch (effect.kind) {
    case "fs.delete":
      return judgeDelete(effect);
    case "fs.write":
      return judgeWrite(effect);
    case "device.write":
      return effect.target.zone === "null_device"
        ? null
        : ask("writes to a raw device", effect.target.text, "critical");
    default:
      return null;
  }
}

function judgeDelete({ target, recursive, moved }: FsDelete): Judgement | null {
  switch (target.zone) {
    case "inside":
    case "root":
    case "system":
    case "null_device":
      return null;
    case "cwd":
      return moved === true && target.glob ? null : ask("deletes the working folder or everything in it", target.text);
    case "temp":
      return moved !== true && isTempFolderItself(target.path)
        ? ask("deletes everybody's temporary files", target.text)
        : null;
    case "home":
      return ask("deletes or moves the home folder", target.text, "critical");
    case "others":
      return ask("deletes or moves what belongs to other users", target.text, "critical");
    case "in_home":
    case "outside":
      return moved === true
        ? null
        : ask("deletes outside the working folder", target.text, recursive ? "high" : "medium");
    case "device":
      return ask("deletes a device entry", target.text);
    case "unresolved":
      return ask("deletes or moves something that can't be known from the text", target.text);
    default:
      return ask("deletes at an unknown place", target.text);
  }
}

function isTempFolderItself(path: string | null): boolean {
  return path === null || /^(?:\/private)?\/(?:var\/)?tmp(?:\/\*)?$/.test(path);
}

function judgeWrite({ target, mode }: FsWrite): Judgement | null {
  if (mode !== "truncate") return null;
  switch (target.zone) {
    case "home":
    case "others":
    case "outside":
    case "in_home":
      return ask("empties files outside the working folder", target.text);
    case "cwd":
      return ask("empties everything in the working folder", target.text);
    default:
      return null;
  }
}
