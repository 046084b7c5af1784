// Paths: one normaliser for every layer. A text becomes a place, and the place says what it is: whose, how protected,
// whether it holds a secret, starts code later, or governs the agent itself.
//
// The same text may be read differently by different readers (percent-encoding, backslashes, look-alikes, NUL). Each
// reading is judged; the worse one counts, and two harmless readings that disagree are `unresolved`.

import type { PathTarget, PathZone } from "./effect.ts";
import { hasPattern, isEverything, literalCount, matchesPath, matchesSegment } from "./path-glob.ts";
import { isAtOrUnder, isGovernanceName } from "./path-governance.ts";
import { persistenceAt } from "./path-persistence.ts";
import { secretAt } from "./path-secrets.ts";
import { decodedReading, isAmbiguous, unreadable, withoutControls } from "./path-spelling.ts";
import { walkPath, type Walked } from "./path-walk.ts";
import { isBelow, ROOT_NAMES, zoneOf } from "./path-zone.ts";
import type { Word } from "./programs/program.ts";
import type { Surroundings } from "./surroundings.ts";

/** Secrets at known places, to judge patterns by what they reach. `~` is the home folder. */
const KNOWN_SECRETS: readonly (readonly [readonly string[], string])[] = [
  ["/etc/shadow", "password_hashes"] as const,
  ["/etc/gshadow", "password_hashes"] as const,
  ["/etc/sudoers", "sudoers"] as const,
  ["/root/.ssh", "ssh_key"] as const,
  ["/root/.ssh/id_rsa", "ssh_key"] as const,
  ["/proc/self/environ", "process_environment"] as const,
  ["/proc/1/environ", "process_environment"] as const,
  ["~/.ssh", "ssh_key"] as const,
  ["~/.ssh/id_rsa", "ssh_key"] as const,
  ["~/.aws", "cloud_credentials"] as const,
  ["~/.aws/credentials", "cloud_credentials"] as const,
  ["~/.azure", "cloud_credentials"] as const,
  ["~/.gnupg", "gpg_key"] as const,
  ["~/.kube/config", "kube_config"] as const,
  ["~/.docker/config.json", "docker_credentials"] as const,
  ["~/.config/gcloud", "cloud_credentials"] as const,
].map(([path, kind]) => [path.split("/"), kind] as const);

/** Secret names that a pattern may reach in any folder. */
const KNOWN_SECRET_NAMES: readonly (readonly [string, string])[] = [
  [".env", "env_file"],
  ["id_rsa", "ssh_key"],
  ["id_ed25519", "ssh_key"],
  [".netrc", "netrc"],
  [".npmrc", "package_registry_token"],
  [".pgpass", "database_password"],
  [".git-credentials", "git_credentials"],
  [".bash_history", "shell_history"],
];

/**
 * The place that a text names. Total: what can't be told is `unresolved`.
 *
 * `*` and `?` are read as patterns, since whoever receives the path may expand them.
 * Cost: linear in the text; a plain path costs about a microsecond.
 */
export function resolvePath(text: string, surroundings: Surroundings): PathTarget {
  return resolve(text, surroundings, text.includes("*") || text.includes("?"));
}

/**
 * The place that a shell word names. A word that is only partly known is judged by its known beginning, as if a
 * pattern stood for the rest: `/etc/$x` is a system path, `$x/y` is unresolved.
 */
export function resolveWord(word: Word, surroundings: Surroundings): PathTarget {
  // A backslash left alone at the end of a command is a name to a shell, never the root of a drive.
  if (word.value === "\\") return unresolvedTarget(word.text);
  if (word.value !== null) return withText(resolve(word.value, surroundings, word.glob), word.text);
  if (word.prefix === "") return unresolvedTarget(word.text, true);
  const target = withText(resolve(`${word.prefix}*`, surroundings, true), word.text);
  const climbs = word.text.includes("..", word.prefix.length) && !word.prefix.includes("..");
  return climbs && !isProtected(target) ? unresolvedTarget(word.text, true) : target;
}

/**
 * Whether a place is a folder or lies below it, by segments, with known links followed. Never for what can't be told:
 * an unresolved place, a folder that is not absolute, `/` itself, or a folder with pattern characters.
 *
 * @param folder as a person wrote it in `safe_paths`.
 */
export function isUnder(target: PathTarget, folder: string, surroundings: Surroundings): boolean {
  if (target.path === null || !folder.startsWith("/") || hasPattern(folder) || unreadable(folder) !== null)
    return false;
  const place = walkPath(folder, surroundings).path;
  return place !== null && place !== "/" && (target.path === place || isBelow(target.path, place));
}

/** A place that can't be told. */
export function unresolvedTarget(text: string, glob = false): PathTarget {
  return { path: null, text, zone: "unresolved", glob, secret: null, governance: null, persistence: null };
}

function resolve(text: string, surroundings: Surroundings, glob: boolean): PathTarget {
  if (surroundings.made === undefined) return resolvePlainly(text, surroundings, glob);
  const { made, ...without } = surroundings;
  const plain = resolvePlainly(text, without, glob);
  const followed = resolvePlainly(text, { ...without, links: { ...without.links, ...made } }, glob);
  return weightOf(followed) > weightOf(plain) ? followed : plain;
}

/** How much a place counts, where one of several is meant and it isn't known which. */
export function weightOf(target: PathTarget): number {
  if (target.zone === "root") return 5;
  if (isProtected(target)) return 4;
  switch (target.zone) {
    case "null_device":
    case "inside":
      return 0;
    case "temp":
      return 1;
    case "cwd":
    case "unresolved":
      return 2;
    default:
      return 3;
  }
}

function resolvePlainly(text: string, surroundings: Surroundings, glob: boolean): PathTarget {
  const problem = unreadable(text);
  if (problem !== null)
    return problem === "control characters" ? hiddenReading(text, surroundings) : unresolvedTarget(text);
  const plain = targetOf(walkPath(text, surroundings), text, { surroundings, glob });
  if (!isAmbiguous(text)) return plain;
  const decoded = decodedReading(text);
  if (decoded === text) return plain;
  if (unreadable(decoded) !== null)
    return isProtected(plain) ? plain : withText(hiddenReading(decoded, surroundings), text);
  return worseReading(plain, targetOf(walkPath(decoded, surroundings), decoded, { surroundings, glob }));
}

// A text with control characters is no place that can be relied on, unless a careless reader would reach a protected one.
function hiddenReading(text: string, surroundings: Surroundings): PathTarget {
  for (const reading of withoutControls(text)) {
    const target = targetOf(walkPath(reading, surroundings), text, { surroundings, glob: false });
    if (isProtected(target)) return target;
  }
  return unresolvedTarget(text);
}

function worseReading(plain: PathTarget, other: PathTarget): PathTarget {
  if (plain.path === other.path) return plain;
  if (isProtected(plain)) return plain;
  if (isProtected(other)) return withText(other, plain.text);
  if (plain.zone !== other.zone || parentSteps(plain.text) !== parentSteps(other.text)) {
    return unresolvedTarget(plain.text, plain.glob);
  }
  return plain;
}

function parentSteps(text: string): number {
  let count = 0;
  for (const name of text.split("/")) if (name === "..") count += 1;
  return count;
}

function isProtected(target: PathTarget): boolean {
  const { zone } = target;
  if (zone === "root" || zone === "system" || zone === "device" || zone === "others") return true;
  return target.secret !== null || target.governance === "in_force" || target.persistence !== null;
}

function withText(target: PathTarget, text: string): PathTarget {
  return target.text === text ? target : { ...target, text };
}

interface Reading {
  readonly surroundings: Surroundings;
  readonly glob: boolean;
}

function targetOf(walked: Walked, text: string, reading: Reading): PathTarget {
  const { path } = walked;
  if (path === null) return unresolvedTarget(text, reading.glob);
  const { surroundings } = reading;
  const glob = reading.glob && hasPattern(path);
  const folded = path.toLowerCase();
  const secret = secretAt(folded) ?? (glob ? secretOfPattern(folded, surroundings) : null);
  return {
    path,
    text,
    zone: glob ? zoneOfPattern(path, walked, surroundings) : zoneFrom(path, walked, surroundings),
    glob,
    secret,
    governance: governanceOf(folded, glob, surroundings),
    persistence: persistenceAt(folded),
  };
}

// A home folder that the text itself names as home (`~`) is the user's own even where it is a system place (`/root`).
function zoneFrom(path: string, walked: Walked, surroundings: Surroundings): PathZone {
  const zone = zoneOf(path, surroundings);
  const { home } = surroundings;
  if (zone !== "system" || walked.start !== "home" || home === null) return zone;
  if (path === home) return "home";
  return isBelow(path, home) ? "in_home" : zone;
}

function zoneOfPattern(path: string, walked: Walked, surroundings: Surroundings): PathZone {
  const names = path.split("/");
  const first = names.findIndex(hasPattern);
  const rest = names.slice(first);
  if (rest.every(isEverything)) return zoneFrom(folderOf(names, first), walked, surroundings);
  if (first !== 1 || names[0] !== "") return zoneFrom(path, walked, surroundings);
  const pattern = (names[1] ?? "").toLowerCase();
  const reached = ROOT_NAMES.filter((name) => matchesSegment(pattern, name)).map((name) =>
    zoneOf(["", name, ...names.slice(2)].join("/"), surroundings),
  );
  return reached.find((zone) => zone === "system" || zone === "device") ?? reached[0] ?? "outside";
}

function folderOf(names: readonly string[], count: number): string {
  const folder = names.slice(0, count).join("/");
  if (folder === "") return "/";
  return folder.endsWith(":") ? `${folder}/` : folder;
}

function secretOfPattern(folded: string, surroundings: Surroundings): string | null {
  const home = surroundings.home?.toLowerCase() ?? null;
  const path = home !== null && isBelow(folded, home) ? `~${folded.slice(home.length)}` : folded;
  const names = path.split("/");
  for (const [known, kind] of KNOWN_SECRETS) {
    if (names.length === known.length && !isEverything(names.at(-1) ?? "") && matchesPath(names, known)) return kind;
  }
  const last = names.at(-1) ?? "";
  if (literalCount(last) < 2) return null;
  return KNOWN_SECRET_NAMES.find(([name]) => matchesSegment(last, name))?.[1] ?? null;
}

function governanceOf(folded: string, glob: boolean, surroundings: Surroundings): PathTarget["governance"] {
  const { governance } = surroundings;
  if (governance.length > 0) {
    if (isAtOrUnder(folded, governance)) return "in_force";
    if (glob && patternReaches(folded, governance)) return "in_force";
  }
  return isGovernanceName(folded) ? "by_name" : null;
}

// A pattern for everything in a folder is judged as that folder, and by who deletes or moves it (`holdsGovernance`).
function patternReaches(folded: string, governance: readonly string[]): boolean {
  const names = folded.split("/");
  if (isEverything(names.at(-1) ?? "")) return false;
  return governance.some((place) => matchesPath(names, place.toLowerCase().split("/")));
}
