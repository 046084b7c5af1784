// Art.0: nothing catastrophic. What can't be undone for a whole machine, and what reaches inside from a network tool.

import type { Effect, FsDelete, FsPermission, FsWrite, NetConnect, PathTarget } from "../effects/effect.ts";
import { deny, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";
import { isKeptData, isLocalSystemPath } from "../local-system-path.ts";

/** Zeroth Law: root and system destruction, raw devices, host exhaustion, internal addresses, weapons of mass harm. */
export const noCatastrophicRisk: Rule = effectRule({
  layer: "constitution",
  id: "Art.0",
  title: "Zeroth Law / No Catastrophic Risk",
  display: "Art.0",
  reads:
    "deletes, overwrites and permission changes of the whole file system; writes to raw devices; exhaustion of the host; network actions to this machine, private networks and metadata services; instructions for weapons of mass harm",
  judges: [
    "fs.delete",
    "fs.write",
    "fs.permission",
    "device.write",
    "resource.exhaust",
    "process.kill",
    "net.connect",
    "secret.send",
    "net.shell",
    "content.harm",
  ],
  default: "DENY",
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
    case "fs.permission":
      return judgePermission(effect);
    case "device.write":
      return judgeDevice(effect.target);
    case "resource.exhaust":
      return isHostExhaustion(effect.how) ? deny("exhausts the host until it stops", effect.how) : null;
    case "process.kill":
      return effect.scope === "system" ? deny("stops process 1 or the kernel", effect.text) : null;
    case "net.connect":
      return judgeConnect(effect);
    case "secret.send":
      return effect.host.class === "metadata" ? deny("reaches a cloud metadata service", effect.host.text) : null;
    case "net.shell":
      return effect.host?.class === "metadata" ? deny("reaches a cloud metadata service", effect.host.text) : null;
    case "content.harm":
      return effect.stance === "instruct" && MASS_HARM.has(effect.topic)
        ? deny("instruction or encouragement towards weapons of mass harm", effect.topic)
        : null;
    default:
      return null;
  }
}

const MASS_HARM: ReadonlySet<string> = new Set(["bio_weapon", "nuclear_weapon", "chemical_weapon"]);

function judgeDelete({ target, recursive, moved }: FsDelete): Judgement | null {
  if (target.zone === "root") return deny("deletes the root of the file system", target.text);
  if (moved === true && !target.glob && isKeptData(target)) return null;
  return target.zone === "system" && (recursive || target.glob) && !isLocalSystemPath(target.path)
    ? deny("deletes a folder of the operating system", target.text)
    : null;
}

function judgeWrite({ target, mode, fresh }: FsWrite): Judgement | null {
  if (target.zone === "device") return judgeDevice(target);
  if (target.zone !== "root" || fresh === true) return null;
  return target.glob || mode !== "append" ? deny("overwrites everything in the file system", target.text) : null;
}

// `/dev/sdX` in a manual stands for a device to be filled in: no such device exists, so the firewall asks.
const PLACEHOLDER = /^\/dev\/[a-z]+[NXYZ]{1,4}\d{0,2}$/;

function judgeDevice({ zone, path, text }: PathTarget): Judgement | null {
  if (zone !== "device" && zone !== "root") return null;
  if (path !== null && PLACEHOLDER.test(path)) return null;
  return deny("writes to a raw device destroy what is stored on it", text);
}

function judgePermission({ target, recursive }: FsPermission): Judgement | null {
  return recursive && target.zone === "root"
    ? deny("changes the permissions of the whole file system", target.text)
    : null;
}

function isHostExhaustion(how: string): boolean {
  return /fork|bomb|process/.test(how);
}

function judgeConnect({ host, origin }: NetConnect): Judgement | null {
  if (host.class === "metadata") return deny("reaches a cloud metadata service", host.text);
  if (origin !== "action") return null;
  switch (host.class) {
    case "loopback":
      return deny("a network action must not reach this machine", host.text);
    case "private":
    case "internal_name":
      return deny("a network action must not reach internal addresses", host.text);
    default:
      return null;
  }
}
