// Where labels apply: patterns of paths, and what reading a place may touch of them.
//
//   secrets/**     relative: below any folder          /etc/keys/*     absolute          ~/.aws/**     below the home
//   **  any number of names, also none       *  any part of one name       ?  one character of a name
//
// Names are compared without case and in one Unicode form: that is what some file systems do, and more is labelled so,
// never less. A place that may be a folder is read with what lies in it, as far as the pattern can be placed: relative
// patterns are then taken from the working folder. A place that can't be told touches every label.

import type { PathTarget } from "../../effects/effect.ts";
import type { Surroundings } from "../../effects/surroundings.ts";

/** A pattern of paths, read. */
export interface PathPattern {
  readonly source: string;
  readonly base: "anywhere" | "root" | "home";
  /** Names; `**` for any number of them. */
  readonly names: readonly string[];
}

/** A pattern, or why it isn't one. */
export type PathPatternResult = { readonly pattern: PathPattern } | { readonly problem: string; readonly fix?: string };

const MOST_NAMES = 32;

/** Read a pattern. */
export function parsePathPattern(source: string): PathPatternResult {
  if (/[[\]{}!\\$]/.test(source)) {
    return {
      problem: `\`${source}\` holds a sign that patterns of paths don't know`,
      fix: "use `*`, `**` and `?` only",
    };
  }
  const rest = source.replace(/^(?:\/|~\/|\.\/)?(?:\*\*\/+)*/, "");
  const names = comparable(rest.replace(/\/$/, "")).split("/");
  const base = baseOf(source);
  if (names.some((name) => name === "" || name === "." || name === "..")) {
    return {
      problem: `\`${source}\` is not a pattern of paths: expected names between single slashes, without \`.\` and \`..\``,
    };
  }
  if (names.some((name) => name.includes("**") && name !== "**")) {
    return { problem: `\`**\` in \`${source}\` stands beside other letters`, fix: "`**` stands alone between slashes" };
  }
  if (names.length > MOST_NAMES) return { problem: `\`${source}\` has over ${MOST_NAMES} names` };
  if (base === "anywhere" && names.every((name) => name === "**" || name === "*")) {
    return { problem: `\`${source}\` is every path there is`, fix: "name at least one folder or file" };
  }
  return { pattern: { source, base, names } };
}

// `/**/x` and `**/x` are below any folder, as `x` is.
function baseOf(source: string): PathPattern["base"] {
  if (/^\/(?!\*\*\/)/.test(source)) return "root";
  return /^~\/(?!\*\*\/)/.test(source) ? "home" : "anywhere";
}

/** The form in which places are compared, and under which they are remembered. */
export function comparable(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

/** The part of a path before its first glob sign, cut at a slash: what surely holds of it. */
export function folderOfGlob(path: string): string {
  const at = path.search(/[*?[\]{}]/);
  if (at === -1) return path;
  const folder = path.slice(0, path.lastIndexOf("/", at));
  return folder === "" && path.startsWith("/") ? "/" : folder;
}

/** Whether reading the target may read something that the pattern means. Cost: the product of their names. */
export function mayTouch(pattern: PathPattern, target: PathTarget, surroundings: Surroundings): boolean {
  if (target.path === null) return true;
  const path = comparable(target.path);
  const wanted = anchored(pattern, surroundings);
  const names = namesOf(path);
  if (wanted.some((one) => fits(one, names, target.glob))) return true;
  return placed(pattern, surroundings).some((one) => liesIn(one, names, target.glob));
}

// The names a path must have to be meant. A home that is known is one folder with two names.
function anchored({ base, names }: PathPattern, { home }: Surroundings): readonly (readonly string[])[] {
  if (base === "anywhere") return [["**", ...names]];
  if (base === "root") return [["", ...names]];
  const symbolic = ["~", ...names];
  return home === null ? [symbolic] : [symbolic, [...namesOf(comparable(home)), ...names]];
}

// Where the pattern's places begin, for telling whether they lie in a folder that is read.
function placed(pattern: PathPattern, surroundings: Surroundings): readonly (readonly string[])[] {
  if (pattern.base !== "anywhere") return anchored(pattern, surroundings);
  const { cwd } = surroundings;
  const symbolic = [".", ...pattern.names];
  return cwd === null ? [symbolic] : [symbolic, [...namesOf(comparable(cwd)), ...pattern.names]];
}

// `/srv/app` → "", "srv", "app"; `~/a` → "~", "a"; `./a` → ".", "a".
function namesOf(path: string): readonly string[] {
  return path === "/" ? [""] : path.replace(/\/$/, "").split("/");
}

// Whether a path can be one that the pattern means. `**` of either side stands for any names; rows of a table, one for
// each name of the pattern, so the cost is bounded by both lengths.
function fits(pattern: readonly string[], path: readonly string[], glob: boolean): boolean {
  let row: readonly boolean[] = [true, ...path.map((_, at) => glob && path.slice(0, at + 1).every(isAny))];
  for (const wanted of pattern) {
    const next: boolean[] = [wanted === "**" && (row[0] ?? false)];
    for (const [at, name] of path.entries()) {
      const any = wanted === "**" || (glob && isAny(name));
      const before = row[at] ?? false;
      next.push(any ? before || (row[at + 1] ?? false) || (next[at] ?? false) : before && sameName(wanted, name, glob));
    }
    row = next;
  }
  return row.at(-1) ?? false;
}

// Whether the pattern's places lie in a folder: its first names, up to the folder's length, can be the folder's.
function liesIn(pattern: readonly string[], folder: readonly string[], glob: boolean): boolean {
  for (const [at, name] of folder.entries()) {
    const wanted = pattern[at];
    if (wanted === undefined) return false;
    if (wanted === "**" || (glob && isAny(name))) return true;
    if (!sameName(wanted, name, glob)) return false;
  }
  return true;
}

function isAny(name: string): boolean {
  return name.includes("**");
}

// Two names that both hold signs may well be one; to tell exactly is not worth a wrong no.
function sameName(wanted: string, name: string, glob: boolean): boolean {
  const open = glob && /[*?[\]{}$]/.test(name);
  if (!open) return matchesName(wanted, name);
  if (/[*?]/.test(wanted) || /[[\]{}$]/.test(name)) return true;
  return matchesName(name, wanted);
}

/** Whether a name is one that `*` and `?` stand for. Linear in practice: only the last `*` is ever tried again. */
function matchesName(pattern: string, name: string): boolean {
  let [at, seen, star, from] = [0, 0, -1, 0];
  while (seen < name.length) {
    if (pattern[at] === "*") {
      star = at;
      at += 1;
      from = seen;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[seen])) {
      at += 1;
      seen += 1;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      from += 1;
      seen = from;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
