// Programs that change the rights and attributes of files.

import type { Effect, FsPermission } from "../effect.ts";
import { changesHost, permits } from "./describe.ts";
import { has, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramRow, Word } from "./program.ts";
import { harmless, optionRow } from "./rows.ts";

/** Rows of programs that change the rights and attributes of files. */
export const PERMISSIONS: readonly ProgramRow[] = [
  optionRow(
    "chmod gchmod",
    "https://www.gnu.org/software/coreutils/manual/html_node/chmod-invocation.html",
    shape("", "reference"),
    chmod,
  ),
  optionRow(
    "chown chgrp lchown takeown",
    "https://www.gnu.org/software/coreutils/manual/html_node/chown-invocation.html",
    shape("", "reference from"),
    (call, o) =>
      permits(call, has(o, "reference") ? o.operands : o.operands.slice(1), "owner", has(o, "R", "recursive")),
  ),
  optionRow("chattr chflags", "https://man7.org/linux/man-pages/man1/chattr.1.html", shape("vp"), (call, o) =>
    permits(
      call,
      o.operands.filter((word) => !/^[+=-][a-zA-Z]+$/.test(word.prefix)),
      "attribute",
      has(o, "R"),
    ),
  ),
  optionRow(
    "setfacl icacls cacls nfs4_setfacl",
    "https://man7.org/linux/man-pages/man1/setfacl.1.html",
    shape("mxMX", "modify remove set set-file modify-file restore"),
    (call, o) =>
      o.operands.flatMap((word) => permits(call, [word], listChange(call, o, word), has(o, "R", "recursive"))),
  ),
  optionRow("setcap", "https://man7.org/linux/man-pages/man8/setcap.8.html", shape("n"), (call, o) =>
    permits(call, o.operands.slice(1), has(o, "r") ? "other" : "setuid"),
  ),
  optionRow(
    "chcon setfattr restorecon",
    "https://man7.org/linux/man-pages/man1/chcon.1.html",
    shape("urtlnvx", "user role type range reference name value remove"),
    (call, o) => permits(call, o.operands.slice(-1), "attribute", has(o, "R", "recursive")),
  ),
  optionRow(
    "setenforce setsebool semanage aa-disable aa-complain aa-teardown apparmor_parser",
    "https://man7.org/linux/man-pages/man8/setenforce.8.html",
    shape(),
    (call) => changesHost(call, "security", call.name, true),
  ),
  harmless(
    "getfacl getcap getfattr lsattr getenforce getsebool sestatus aa-status namei",
    "https://man7.org/linux/man-pages/man1/getfacl.1.html",
  ),
];

function chmod(call: ProgramCall, o: Options): readonly Effect[] {
  const like = valueOf(o, "reference");
  if (like !== undefined) return permits(call, o.operands, changeLike(call, like), has(o, "R", "recursive"));
  const removal = ["r", "w", "x", "X", "s", "t"].some((letter) => o.flags.has(letter));
  const files = removal ? o.operands : o.operands.slice(1);
  const mode = removal ? "-" : (o.operands[0]?.value ?? null);
  // An unknown mode may be the worst.
  return permits(call, files, mode === null ? "setuid" : changeOf(mode), has(o, "R", "recursive"));
}

/** Programs that systems install with a set-user-id mode. */
const RAISED =
  /^(?:su|sudo\w*|doas|passwd|chsh|chfn|gpasswd|newgrp|mount|umount|pkexec|crontab|at|ping\d?|fusermount\d?|new[ug]idmap|ssh-keysign|unix_chkpwd|dbus-daemon-launch-helper)$/;

/** What taking over another file's mode grants: it may be one that raises privileges. */
function changeLike(call: ProgramCall, like: Word): FsPermission["change"] {
  const { path, zone } = place(call, like);
  if (path === null) return "setuid";
  if (RAISED.test(path.slice(path.lastIndexOf("/") + 1))) return "setuid";
  return zone === "temp" ? "world" : "other";
}

/** What a mode grants: set-user-id or set-group-id, writing for everybody, or less. */
function changeOf(mode: string): FsPermission["change"] {
  if (/^[0-7]{1,5}$/.test(mode)) {
    const bits = Number.parseInt(mode, 8);
    if ((bits & 0o6000) !== 0) return "setuid";
    // A file that its own owner can't read any more is locked away.
    if ((bits & 0o400) === 0) return "attribute";
    return (bits & 0o002) !== 0 ? "world" : "other";
  }
  for (const clause of mode.split(",")) {
    if (/^[ugoa]*[+=][rwxXt]*s/.test(clause)) return "setuid";
    if (/^[ug]*[oa][ugoa]*[+=][rxXst]*w/.test(clause)) return "world";
  }
  return "other";
}

/** What an access list gives: to everybody, or to named users on the project's own files, or beyond. */
function listChange(call: ProgramCall, o: Options, word: Word): FsPermission["change"] {
  if (call.name !== "setfacl") return "acl";
  const entries = valuesOf(o, "m", "modify", "set");
  if (entries.some((entry) => entry.value === null || /(?:^|[,:])o(?:ther)?:/.test(entry.value))) return "world";
  if (entries.length > 0) return place(call, word).zone === "inside" ? "other" : "acl";
  return has(o, "M", "modify-file", "set-file", "restore") ? "acl" : "other";
}
