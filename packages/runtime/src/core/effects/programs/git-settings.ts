// Settings that make git run programs, or send what it moves elsewhere.

import type { Effect } from "../effect.ts";
import { changesHost, connects } from "./describe.ts";
import { addressOf, extended, isAddress } from "./git-remotes.ts";
import { literal } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";

/** Settings that make git run programs. */
const RUNNING_KEYS =
  /^(core\.(pager|editor|sshcommand|fsmonitor|hookspath|gitproxy|askpass)|alias\..*|.*\.(textconv|clean|smudge|process|cmd|command|driver)|credential\.(.*\.)?helper|diff\.external|sequence\.editor|pager\..*|gpg\.(.*\.)?program|init\.templatedir|uploadpack\.packobjectshook|receive\..*hook|include\.path|includeif\..*\.path|trailer\..*\.(command|cmd)|protocol\.ext\.allow|remote\..*\.(uploadpack|receivepack|proxy))=/i;

/** Whether git runs what stands under the setting of this name. */
export function runsProgram(key: string): boolean {
  return RUNNING_KEYS.test(`${key}=`);
}

/** What a setting of this name and value leads to; nothing for ordinary ones. */
export function configured(call: ProgramCall, assignment: string, value: Word): readonly Effect[] {
  const host = /^url\.(.*)\.(?:push)?insteadof=/i.exec(assignment)?.[1];
  if (
    host !== undefined &&
    isAddress(literal(host)) &&
    !/^(git|ssh|https):\/\/(git@)?github\.com|^git@github\.com:/.test(host)
  )
    return connects(call, addressOf(literal(host)), { sends: true });
  // As `remote set-url`: what is pushed from now on goes there.
  if (/^remote\..*\.(?:push)?url=/i.test(assignment)) {
    const ran = extended(call, value);
    if (ran.length > 0) return ran;
    return isAddress(value) ? connects(call, addressOf(value), { sends: true }) : [];
  }
  if (/^https?\.(?:.*\.)?proxy=/i.test(assignment)) return connects(call, value, { sends: true });
  if (/^http\.sslverify=/i.test(assignment) && /^(false|0|no|off)$/i.test(value.value ?? ""))
    return changesHost(call, "security", "certificate checks off");
  const key = RUNNING_KEYS.exec(assignment)?.[1]?.toLowerCase();
  if (key === undefined) return [];
  if (value.value !== null && isPlainSetting(key, value.value)) return [];
  const code =
    key === "core.hookspath" || key === "init.templatedir"
      ? []
      : call.run.shell(value.value === null ? null : value.value.replace(/^!/, ""), call.name);
  return [{ kind: "persist.install", via: call.name, where: `git ${key}` }, ...code];
}

/** Ordinary values: git's own helpers, pagers, editors, and aliases that only name a git command. */
function isPlainSetting(key: string, value: string): boolean {
  if (key.startsWith("alias.")) return !value.startsWith("!");
  if (value === "" || /^(true|false|always|never)$/.test(value)) return true;
  return /^(cat|less( -[A-Za-z]+)*|more|delta|diff-so-fancy( \| less.*)?|bat|vim?|nvim|nano|emacs( -nw)?|code( --wait)?|subl( -n)?( -w)?|notepad|micro|hx|gpg2?|store|cache( --timeout.*)?|osxkeychain|manager(-core)?|libsecret|gh auth.*|!gh auth git-credential|git-lfs .*|ssh)$/.test(
    value,
  );
}
