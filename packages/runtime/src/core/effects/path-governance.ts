// Whether a path is one of Canopy's own governance files: known to be in force here, or by its name only.

import { matchesPath, matchesSegment } from "./path-glob.ts";

/** Names of governance files, whatever folder they stand in. */
const GOVERNANCE_NAMES: ReadonlySet<string> = new Set([
  "audit.log",
  "policy.yaml",
  "policy.yml",
  "default.yaml",
  "default.yml",
  "constitution.py",
  "constitution.ts",
  "constitution.js",
  "civil_code.py",
  "civil-code.ts",
  "civil_code.ts",
  "civil-code.js",
  "civil_code.js",
  "firewall.py",
  "firewall.ts",
  "firewall.js",
]);

/** Names of folders: everything at or below is governance by name. */
const GOVERNANCE_FOLDERS: ReadonlySet<string> = new Set([
  "audit.log.d",
  ".canopy",
  "canopy-runtime",
  "canopy_runtime",
  "canopy-gateway",
  "canopy-cli",
  "canopy_core",
]);

const CONFIG_ENDINGS: readonly string[] = [".yaml", ".yml", ".json", ".toml", ".sock", ".key", ".pem", ".pid"];

/**
 * Whether a path is governance by its name: the log and its sidecar, policies, Canopy's configuration, sockets and packages.
 *
 * @param path normalised and lower-cased.
 */
export function isGovernanceName(path: string): boolean {
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (GOVERNANCE_NAMES.has(base) || base.endsWith("_audit.log")) return true;
  if (base.includes("*") && namesGovernance(base)) return true;
  if (/^(production|default)\.ya?ml$/.test(base) && path.endsWith(`policies/${base}`)) return true;
  if (base.startsWith("canopy") && CONFIG_ENDINGS.some((ending) => base.endsWith(ending))) return true;
  if (!path.includes("canopy") && !path.includes("audit.log")) return false;
  const names = path.split("/");
  return (
    names.some((segment) => GOVERNANCE_FOLDERS.has(segment) || segment.endsWith("audit.log.d")) || isInPackage(names)
  );
}

// `civil*.py` and `*audit.log` name them as well as a whole name does; `*.yaml` names everything of a kind.
function namesGovernance(pattern: string): boolean {
  const stem = pattern.slice(0, Math.max(0, pattern.lastIndexOf("."))) || pattern;
  if (stem.replace(/[^a-z]/g, "").length < 4) return false;
  for (const name of GOVERNANCE_NAMES) if (matchesSegment(pattern, name)) return true;
  return false;
}

/** Folders that hold packages: `src/canopy` is the reference's package, a project that is merely called `canopy` is not. */
const PACKAGE_PARENTS: ReadonlySet<string> = new Set(["src", "lib", "site-packages", "dist-packages", "node_modules"]);

function isInPackage(names: readonly string[]): boolean {
  return names.some(
    (name, at) => name === "canopy" && (names[at + 1] === "policies" || PACKAGE_PARENTS.has(names[at - 1] ?? "")),
  );
}

/**
 * Whether a path is at or under one of the folders and files, by segments and without regard to case.
 *
 * @param path normalised and lower-cased.
 */
export function isAtOrUnder(path: string, places: readonly string[]): boolean {
  return places.some((place) => {
    const folded = place.toLowerCase();
    return path === folded || (path.startsWith(folded) && path.charAt(folded.length) === "/");
  });
}

/**
 * Whether something in force stands at or below a place, so that deleting or moving the place would take it along. A pattern
 * counts for every place it may stand for.
 *
 * @param place a normalised path, with or without pattern characters.
 */
export function holdsGovernance(place: string, governance: readonly string[]): boolean {
  if (governance.length === 0) return false;
  if (place === "/") return true;
  const names = place.toLowerCase().split("/");
  return governance.some((path) => {
    const above = path.toLowerCase().split("/").slice(0, names.length);
    return above.length === names.length && matchesPath(names, above);
  });
}
