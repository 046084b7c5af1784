// The parts of the system's folders that administrators fill by hand: not the agent's, but no catastrophe either.

import type { PathTarget } from "./effects/effect.ts";

const LOCAL = /^\/usr\/(?:local|src|ports|pkg|games)(?:\/|$)/i;

/** Whether a path lies in `/usr/local` and its like: what is changed there asks, where the rest of the system is denied. */
export function isLocalSystemPath(path: string | null): boolean {
  return path !== null && LOCAL.test(path);
}

/** Folders of `/var` in which each program has one of its own, and what in them is the operating system's. */
const SHARED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "lib",
    names(
      "dpkg rpm rpm-state apt aptitude pacman dnf yum zypp portage apk snapd flatpak systemd dbus pam polkit-1 sudo selinux ucf dkms alternatives initramfs-tools networkmanager accountsservice extrausers sss private misc cloud os-prober shim-signed",
    ),
  ],
  [
    "log",
    names(
      "audit journal wtmp btmp lastlog faillog auth secure syslog messages kern dmesg daemon user boot cron sudo dpkg apt maillog mail private",
    ),
  ],
  ["cache", names("apt ldconfig debconf dnf yum pacman zypp private")],
  ["spool", names("cron crontabs at atjobs atspool anacron incron mail postfix exim exim4 sendmail")],
]);

/** Folders of `/var` that are the operating system's as a whole. */
const OF_THE_SYSTEM: ReadonlySet<string> = names(
  "run lock tmp empty db adm account crash mail cron yp nis lost+found preserve sched",
);

/**
 * Whether a target holds what a site, a service or an administrator keeps (`/var/www`, `/var/lib/<service>`,
 * `/var/log/<service>`, below `/root`) or sets in the running kernel (`/proc/sys`), not what the operating system is made of, and starts no code and holds no secret:
 * an administrator's command that changes it asks, where the rest of the system is denied.
 */
export function isKeptData(target: PathTarget): boolean {
  if (target.path === null || target.secret !== null || target.persistence !== null) return false;
  const [, first, second = "", third = ""] = target.path.toLowerCase().split("/", 4);
  if (first === "root") return isOwnName(second);
  // `sysctl -w` by its files: settings of the running kernel, gone with the next start.
  if (first === "proc") return second === "sys" && isOwnName(third);
  if (first === "usr") return second === "lib" && third === "node_modules";
  if (first !== "var" || !isOwnName(second) || OF_THE_SYSTEM.has(second)) return false;
  const system = SHARED.get(second);
  return system === undefined || (isOwnName(third) && !system.has(third.split(".", 1)[0] ?? ""));
}

// `/var/*` and `/var/lib/*` are everybody's at once.
function isOwnName(name: string): boolean {
  return name !== "" && !name.startsWith("*") && !name.startsWith("?") && !name.startsWith("[");
}

function names(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}
