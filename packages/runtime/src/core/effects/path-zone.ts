// Where a normalised path lies: data about operating systems' folders, and one function. Comparison folds case,
// because protected places must stay protected on file systems that do.

import type { PathZone } from "./effect.ts";
import type { Surroundings } from "./surroundings.ts";

/** Folders of the operating system, always: even a working folder inside one does not make it the agent's own. */
const SYSTEM_ALWAYS: ReadonlySet<string> = new Set([
  "etc",
  "boot",
  "bin",
  "sbin",
  "lib",
  "lib32",
  "lib64",
  "libx32",
  "proc",
  "sys",
  "run",
  "efi",
  "nix",
  "selinux",
  "system",
  "library",
  "cores",
  "lost+found",
]);

/** Folders of the operating system, unless the working folder stands deeper inside them (`/usr/src/app`, `/var/www/site`). */
const SYSTEM_USUALLY: ReadonlySet<string> = new Set(["usr", "var", "root", "applications", "snap"]);

/** Folders below `/usr` that stay the system's even when the working folder stands in them. */
const USR_ALWAYS: ReadonlySet<string> = new Set(["bin", "sbin", "lib", "lib64", "lib32", "libexec", "include"]);

/** First names under `/`, to judge patterns such as `/e*`. */
export const ROOT_NAMES: readonly string[] = [
  ...SYSTEM_ALWAYS,
  ...SYSTEM_USUALLY,
  "dev",
  "home",
  "users",
  "tmp",
  "opt",
  "srv",
  "mnt",
  "media",
];

const NULL_DEVICES: ReadonlySet<string> = new Set([
  "null",
  "zero",
  "full",
  "random",
  "urandom",
  "tty",
  "stdin",
  "stdout",
  "stderr",
  "ptmx",
  "fd/0",
  "fd/1",
  "fd/2",
]);

// `/dev/sdX`, `/dev/sdXY`: instructions write the letter that the reader is to fill in; kernels name devices in lower case.
const PLACEHOLDER_DEVICE = /^\/dev\/(?:sd|hd|vd|nvme|mmcblk|disk)[XYZNn]{0,2}[XYZN][XYZNn\d]{0,2}$/;

// `progra~1`: the short name of a long one that is probably the system's.
const SHORT_NAME = /^[^~]{1,6}~\d/;

const WINDOWS_SYSTEM: ReadonlySet<string> = new Set([
  "windows",
  "winnt",
  "program files",
  "program files (x86)",
  "programdata",
  "system volume information",
  "boot",
  "recovery",
  "$recycle.bin",
  "bootmgr",
  "pagefile.sys",
]);

/**
 * The zone of a normalised path.
 *
 * @param path `/…`, `~/…`, `./…`, `../…`, or `c:/…`, without `.`/`..` steps inside and without a trailing slash.
 */
export function zoneOf(path: string, surroundings: Surroundings): PathZone {
  const lead = path.charCodeAt(0);
  if (lead === 47) return zoneOfAbsolute(path, surroundings);
  if (lead === 126) return path === "~" ? "home" : "in_home";
  if (path === ".") return "cwd";
  if (lead === 46) return path.startsWith("./") ? "inside" : "outside";
  return zoneOfDrive(path.toLowerCase());
}

function zoneOfAbsolute(path: string, surroundings: Surroundings): PathZone {
  if (path === "/") return "root";
  const { cwd, home } = surroundings;
  const folded = path.toLowerCase();
  const names = folded.split("/", 3);
  const first = names[1] ?? "";
  if (first === "dev") return PLACEHOLDER_DEVICE.test(path) ? "unresolved" : zoneOfDevice(folded);
  if (first === "") return "outside";
  if (SYSTEM_ALWAYS.has(first) && !isOwnRuntimeFolder(folded)) return "system";
  if (first === "usr" && USR_ALWAYS.has(names[2] ?? "")) return "system";
  if (cwd !== null && cwd !== "/") {
    if (path === cwd) return "cwd";
    if (isBelow(path, cwd)) return "inside";
  }
  if (isTemp(folded)) return "temp";
  if (SYSTEM_USUALLY.has(first)) return "system";
  if (home !== null && path === home) return "home";
  if (home !== null && isBelow(path, home)) return "in_home";
  return first === "home" || first === "users" ? zoneOfHomes(path, surroundings) : "outside";
}

// `/run/user/<id>` belongs to a user, not to the system.
function isOwnRuntimeFolder(folded: string): boolean {
  return folded.startsWith("/run/user/");
}

function isTemp(folded: string): boolean {
  return (
    folded === "/tmp" ||
    folded.startsWith("/tmp/") ||
    folded === "/var/tmp" ||
    folded.startsWith("/var/tmp/") ||
    folded.startsWith("/var/folders/")
  );
}

// Without a known home, the working folder's own `/home/<name>` is taken as the user's.
function zoneOfHomes(path: string, surroundings: Surroundings): PathZone {
  const parts = path.split("/");
  const own = surroundings.home === null ? (surroundings.cwd ?? "").split("/") : [];
  if (parts.length < 3 || own.length < 3 || parts[1] !== own[1] || parts[2] !== own[2]) return "others";
  return parts.length === 3 ? "home" : "in_home";
}

function zoneOfDevice(folded: string): PathZone {
  if (folded === "/dev") return "system";
  const name = folded.slice("/dev/".length);
  if (NULL_DEVICES.has(name)) return "null_device";
  if (name === "shm" || name === "mqueue") return "system";
  if (name.startsWith("shm/")) return "temp";
  if (name === "fd" || name.startsWith("fd/") || name.startsWith("tcp/") || name.startsWith("udp/"))
    return "unresolved";
  if (name.startsWith("pts/") || name.startsWith("tty")) return "null_device";
  return "device";
}

function zoneOfDrive(folded: string): PathZone {
  if (folded.startsWith("//")) return "outside";
  const rest = folded.slice(3);
  if (rest === "") return "root";
  const [first, second] = rest.split("/", 2);
  if (WINDOWS_SYSTEM.has(first ?? "") || SHORT_NAME.test(first ?? "")) return "system";
  if (first === "users" || first === "documents and settings") return second === undefined ? "others" : "outside";
  return "outside";
}

/** Whether `path` is a strict descendant of `folder`, by segments; both normalised. */
export function isBelow(path: string, folder: string): boolean {
  if (folder === "/") return path.length > 1 && path.startsWith("/");
  return path.length > folder.length && path.charCodeAt(folder.length) === 47 && path.startsWith(folder);
}
