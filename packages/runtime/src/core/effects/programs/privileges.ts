// Programs that run commands as another user or in another namespace.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, result } from "./describe.ts";
import { has, parseOptions, shape, valueOf, type OptionShape } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { startsWithHelp, row } from "./rows.ts";
import { runsInput } from "./shells.ts";
import { wrapped } from "./wrapping.ts";

const MAN8 = "https://man7.org/linux/man-pages/man8/";

function raise(call: ProgramCall, how: string = call.name): Effect[] {
  return [{ kind: "privilege.raise", via: call.name, how }];
}

/** A program that raises privileges, with so many operands of its own before the command. */
function raising(names: string, source: string, by: OptionShape, own: number = 0): ProgramRow {
  return row(names, source, (call) => {
    if (startsWithHelp(call)) return NOTHING;
    return wrapped(call, parseOptions(call.args, by).operands.slice(own), raise(call));
  });
}

/** Rows of programs that raise or change privileges. */
export const PRIVILEGES: readonly ProgramRow[] = [
  row("sudo sudo-rs gosu su-exec sudoedit calife super priv", "https://www.sudo.ws/docs/man/sudo.man/", sudo),
  raising("doas", "https://man.openbsd.org/doas", shape("Cu", "", "posix")),
  raising(
    "pkexec run0 gksu gksudo kdesu kdesudo lxqt-sudo beesu dzdo pfexec please sux gsudo elevate nsudo",
    "https://www.freedesktop.org/software/polkit/docs/latest/pkexec.1.html",
    shape("ugDn", "user group chdir nice setenv unit property description slice", "posix"),
  ),
  row("su runuser", "https://man7.org/linux/man-pages/man1/su.1.html", (call) => {
    const o = parseOptions(
      call.args,
      shape("csgGwu", "command shell group supp-group whitelist-environment session-command user"),
    );
    const command = valueOf(o, "c", "command", "session-command");
    if (command !== undefined) return nested([...raise(call), ...call.run.shell(command.value, call.name)]);
    if (has(o, "u", "user") && o.operands.length > 0) return wrapped(call, o.operands, raise(call));
    return nested([...raise(call), ...runsInput(call)]);
  }),
  raising(
    "setpriv capsh setuidgid",
    `${MAN8}capsh.8.html`,
    shape("", "reuid regid groups inh-caps ambient-caps bounding-set", "posix"),
  ),
  row("pivot_root switch_root newuidmap newgidmap", `${MAN8}pivot_root.8.html`, (call) =>
    startsWithHelp(call) ? NOTHING : result(raise(call)),
  ),
  raising(
    "nsenter",
    "https://man7.org/linux/man-pages/man1/nsenter.1.html",
    shape("tSG", "target setuid setgid", "posix"),
  ),
  raising(
    "unshare",
    "https://man7.org/linux/man-pages/man1/unshare.1.html",
    shape("RwSG", "root wd setuid setgid map-user map-group propagation", "posix"),
  ),
  raising(
    "chroot arch-chroot schroot",
    "https://man7.org/linux/man-pages/man1/chroot.1.html",
    shape("c", "userspec groups", "posix"),
    1,
  ),
  row("newgrp sg", "https://man7.org/linux/man-pages/man1/newgrp.1.html", (call) => {
    const at = call.args.findIndex((word) => word.value === "-c");
    const text = at >= 0 ? call.args[at + 1] : call.name === "sg" ? call.args[1] : undefined;
    return nested([...raise(call), ...(text === undefined ? [] : call.run.shell(text.value, call.name))]);
  }),
  row("runas psexec", "https://learn.microsoft.com/windows-server/administration/windows-commands/runas", (call) => {
    const o = parseOptions(call.args, shape("up", "", "dos"));
    const last = o.operands.at(-1);
    return nested([...raise(call), ...(last === undefined ? [] : call.run.shell(last.value, call.name))]);
  }),
];

const SUDO = shape(
  "CDghpRrTtUu",
  "close-from chdir group host prompt chroot role type other-user user command-timeout",
  "posix",
);

function sudo(call: ProgramCall): ProgramResult {
  if (startsWithHelp(call)) return NOTHING;
  const o = parseOptions(call.args, SUDO);
  const rest = commandAfter(o.operands);
  if (rest.length === 0) {
    const harmless = has(
      o,
      "l",
      "list",
      "k",
      "K",
      "reset-timestamp",
      "remove-timestamp",
      "v",
      "validate",
      "V",
      "version",
    );
    if (harmless) return NOTHING;
    return nested([...raise(call), ...runsInput(call)]);
  }
  if (has(o, "e", "edit") || call.name === "sudoedit") {
    return result([
      ...raise(call),
      ...call.run.words([{ value: "tee", text: "tee", glob: false, prefix: "tee" }, ...rest], null),
    ]);
  }
  return wrapped(call, rest, raise(call));
}

/** Skips `NAME=value` words before the command. */
function commandAfter(operands: readonly Word[]): readonly Word[] {
  const at = operands.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word.prefix));
  return at < 0 ? [] : operands.slice(at);
}
