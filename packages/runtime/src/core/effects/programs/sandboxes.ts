// Programs that run a command in a changed view of the system. What it does there is judged as if it were done here:
// these views are made of the host's own folders.

import { NOTHING, nested, unresolved } from "./describe.ts";
import { has, type OptionShape, parseOptions, shape } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { row, startsWithHelp, words } from "./rows.ts";
import { wrapped } from "./wrapping.ts";

/** Rows of programs that run a command in a changed view of the system. */
export const SANDBOXES: readonly ProgramRow[] = [
  row("bwrap", "https://manpages.debian.org/bwrap", bubblewrap),
  sandbox(
    "proot",
    "https://proot-me.github.io/",
    shape("rbmqwvkRSip", "rootfs bind mount qemu cwd pwd verbose kernel-release port", "posix"),
  ),
  sandbox(
    "systemd-nspawn",
    "https://man7.org/linux/man-pages/man1/systemd-nspawn.1.html",
    shape(
      "DiMupESLZ",
      "directory template image image-policy oci-bundle root-hash root-hash-sig verity-data pivot-root machine hostname uuid user property slice console settings setenv capability ambient-capability drop-capability system-call-filter rlimit oom-score-adjust cpu-affinity personality kill-signal chdir network-interface network-macvlan network-ipvlan network-bridge network-zone network-namespace-path network-veth:: network-veth-extra port selinux-context selinux-apifs-context bind bind-ro bind-user tmpfs overlay overlay-ro inaccessible resolv-conf timezone link-journal notify-ready load-credential set-credential register background",
      "posix",
    ),
  ),
  sandbox(
    "flatpak-spawn",
    "https://docs.flatpak.org/en/latest/flatpak-command-reference.html",
    shape(
      "",
      "directory env unset-env forward-fd app-path usr-path sandbox:: sandbox-expose:: sandbox-expose-ro:: sandbox-expose-path sandbox-expose-path-ro sandbox-flag",
      "posix",
    ),
  ),
  // Their options have their values in the same word.
  sandbox("firejail steam-run", "https://man7.org/linux/man-pages/man1/firejail.1.html", shape("", "", "posix")),
  row("distrobox toolbox", "https://distrobox.it/usage/distrobox-enter/", box),
];

function sandbox(names: string, source: string, by: OptionShape): ProgramRow {
  return row(names, source, (call) =>
    startsWithHelp(call) ? NOTHING : wrapped(call, parseOptions(call.args, by).operands),
  );
}

const BWRAP_VALUES: ReadonlyMap<string, number> = new Map([
  ...words(
    "args argv0 userns userns2 pidns uid gid hostname chdir unsetenv lock-file sync-fd remount-ro exec-label file-label proc dev tmpfs mqueue dir seccomp add-seccomp-fd block-fd userns-block-fd info-fd json-status-fd cap-add cap-drop perms size overlay-src tmp-overlay ro-overlay level-prefix",
  ).map((name): [string, number] => [`--${name}`, 1]),
  ...words(
    "bind bind-try dev-bind dev-bind-try ro-bind ro-bind-try bind-fd ro-bind-fd bind-data ro-bind-data file symlink setenv chmod",
  ).map((name): [string, number] => [`--${name}`, 2]),
  ["--overlay", 3],
]);

/** Its options take up to three values, always in words of their own. */
function bubblewrap(call: ProgramCall): ProgramResult {
  const { args } = call;
  if (startsWithHelp(call)) return NOTHING;
  let at = 0;
  while (args[at]?.prefix.startsWith("-") === true && args[at]?.value !== "--")
    at += 1 + (BWRAP_VALUES.get(args[at]?.value ?? "") ?? 0);
  if (args[at]?.value === "--") at += 1;
  // More of them, and the command too, may come from an open file.
  if (at >= args.length && args.some(({ value }) => value === "--args")) return nested(unresolved(call, "code"));
  return wrapped(call, args.slice(at));
}

/** What these programs do beside running a command. `rm` is left out: an older toolbox runs the command of that name. */
const BOX_VERBS: ReadonlySet<string> = new Set(
  words("assemble create export generate-entry help init-container list ls rmi stop upgrade version"),
);

/** `distrobox enter NAME -- COMMAND`, `toolbox run COMMAND`; elsewhere `toolbox COMMAND`. */
function box(call: ProgramCall): ProgramResult {
  const [verb, ...rest] = call.args;
  if (verb === undefined) return NOTHING;
  if (verb.value === null) return wrapped(call, [verb]);
  if (BOX_VERBS.has(verb.value)) return NOTHING;
  if (!/^(?:run|enter|ephemeral)$/.test(verb.value)) return wrapped(call, commandOf(call.args));
  const dashes = rest.findIndex(({ value }) => value === "--" || value === "-e" || value === "--exec");
  if (dashes >= 0) return wrapped(call, rest.slice(dashes + 1));
  const o = parseOptions(rest, shape("nacdr", "name container distro release additional-flags", "posix"));
  const isNamed = has(o, "n", "name", "c", "container") || verb.value !== "enter";
  return wrapped(call, o.operands.slice(isNamed ? 0 : 1));
}

// Behind options, which may have values of their own: the first word that is none, and what follows it.
function commandOf(args: readonly Word[]): readonly Word[] {
  const at = args.findIndex(({ prefix }) => !prefix.startsWith("-"));
  return at < 0 ? [] : args.slice(at);
}
