// From a path's text to its normalised form: steps are taken one by one, as the file system would, with the links
// that are known. `/proc` aliases of the root and the working folder are followed.

import { startOf, type Start } from "./path-spelling.ts";
import type { Surroundings } from "./surroundings.ts";

interface Walk {
  /** What stands before the first name: ``, `~`, `.`, `..`, `../..`, `c:`, `/` (a share). */
  root: string;
  names: string[];
  /** A step led to a place that can't be told. */
  lost: boolean;
}

/** A normalised path and where its text started. */
export interface Walked {
  /** Null when the text leads nowhere that can be told. */
  readonly path: string | null;
  readonly start: Start["at"];
}

/**
 * Normalise a path's text: `/…`, `~/…`, `./…`, `../…`, `c:/…` or `//server/…`, without `.` and `..` steps and trailing slash.
 *
 * Cost: linear in the text; with links, one look-up a step.
 */
export function walkPath(text: string, surroundings: Surroundings): Walked {
  const start = startOf(text, surroundings);
  const walk = beginAt(start, surroundings);
  if (walk === null) return { path: null, start: start.at };
  const links = hasMembers(surroundings.links) ? surroundings.links : null;
  let from = 0;
  while (from <= start.rest.length) {
    const slash = start.rest.indexOf("/", from);
    const end = slash < 0 ? start.rest.length : slash;
    step(walk, start.rest.slice(from, end), surroundings);
    if (links !== null) followLink(walk, links);
    from = end + 1;
  }
  return { path: walk.lost ? null : join(walk), start: start.at };
}

function hasMembers(record: Readonly<Record<string, string>>): boolean {
  for (const name in record) if (Object.hasOwn(record, name)) return true;
  return false;
}

function beginAt(start: Start, surroundings: Surroundings): Walk | null {
  switch (start.at) {
    case "absolute":
      return { root: "", names: [], lost: false };
    case "home":
      return surroundings.home === null ? { root: "~", names: [], lost: false } : fromAbsolute(surroundings.home);
    case "cwd":
    case "relative":
      return fromFolder(surroundings.folder === undefined ? surroundings.cwd : surroundings.folder, surroundings);
    case "temp":
      return { root: "", names: ["tmp"], lost: false };
    case "drive":
      return { root: start.name, names: [], lost: false };
    case "share":
      return { root: "/", names: [], lost: false };
    case "other_home":
      return { root: "", names: start.name === "root" ? ["root"] : ["home", start.name], lost: false };
    case "unknown":
      return null;
    default:
      return start.at satisfies never;
  }
}

// A folder that a shell moved to may itself be relative to a home or working folder that is not known.
function fromFolder(folder: string | null, surroundings: Surroundings): Walk | null {
  if (folder === null) return surroundings.folder === undefined ? { root: ".", names: [], lost: false } : null;
  const [root = "", ...names] = folder.split("/");
  if (root === "~" && surroundings.home !== null) {
    return fromAbsolute(`${surroundings.home}/${names.join("/")}`);
  }
  const own =
    root === "." && surroundings.cwd !== null ? fromAbsolute(surroundings.cwd) : { root, names: [], lost: false };
  for (const name of names) {
    if (name === "..") stepUp(own);
    else if (name !== "" && name !== ".") own.names.push(name);
  }
  return own;
}

function fromAbsolute(path: string): Walk {
  return { root: "", names: path.split("/").filter((name) => name !== "" && name !== "."), lost: false };
}

function step(walk: Walk, name: string, surroundings: Surroundings): void {
  if (name === "" || name === ".") return;
  if (name === "..") {
    stepUp(walk);
    return;
  }
  walk.names.push(name);
  if (walk.root !== "") return;
  const first = walk.names[0];
  if (first === "proc" && walk.names.length >= 3) followProc(walk, surroundings);
  else if (first === "private" && walk.names.length === 2) dropPrivate(walk);
  else if (first === "var" && walk.names.length === 2 && name === "run") walk.names = ["run"];
}

function stepUp(walk: Walk): void {
  if (walk.names.pop() !== undefined) return;
  if (walk.root === "~") {
    // The parent of a home folder is the folder of all homes.
    walk.root = "";
    walk.names = ["home"];
  } else if (walk.root.startsWith(".")) walk.root = walk.root === "." ? ".." : `${walk.root}/..`;
}

// macOS keeps `/etc`, `/tmp` and `/var` under `/private`.
function dropPrivate(walk: Walk): void {
  const second = walk.names[1];
  if (second === "etc" || second === "tmp" || second === "var") walk.names = [second];
}

// `/proc/<process>/root` is `/`, `/proc/<process>/cwd` its working folder, `/proc/<process>/fd/3` anything.
function followProc(walk: Walk, surroundings: Surroundings): void {
  const names = walk.names;
  const process = names[1] ?? "";
  const link = names[2] === "task" ? names[4] : names[2];
  const own = process === "self" || process === "thread-self" || process === "$$" || process === "$ppid";
  if (link === "root") walk.names = [];
  else if (link === "cwd" && process === "1") walk.names = [];
  else if (link === "cwd" && own) {
    const folder = fromFolder(surroundings.folder === undefined ? surroundings.cwd : surroundings.folder, surroundings);
    walk.root = folder?.root ?? "";
    walk.names = folder?.names ?? [];
    walk.lost = folder === null;
  } else if (link === "cwd" || (link === "fd" && names.length > 3)) walk.lost = true;
}

function followLink(walk: Walk, links: Readonly<Record<string, string>>): void {
  const here = join(walk);
  const real = Object.hasOwn(links, here) ? links[here] : undefined;
  if (real === undefined || !/^[/~]/.test(real)) return;
  walk.root = real.startsWith("~") ? "~" : "";
  walk.names = fromAbsolute(real).names.slice(walk.root.length);
}

function join(walk: Walk): string {
  if (walk.names.length > 0) return `${walk.root}/${walk.names.join("/")}`;
  return walk.root === "" || walk.root === "/" || walk.root.endsWith(":") ? `${walk.root}/` : walk.root;
}

/**
 * The normalised paths that a text passes through, longest last, its own included: what a gatherer asks the file
 * system about, so that links are seen even where a later `..` step would hide them.
 */
export function stepsOf(text: string, surroundings: Surroundings): readonly string[] {
  const start = startOf(text, surroundings);
  const walk = beginAt(start, surroundings);
  if (walk === null) return [];
  const steps = new Set<string>();
  for (const name of start.rest.split("/")) {
    step(walk, name, surroundings);
    if (walk.lost) break;
    steps.add(join(walk));
  }
  return [...steps];
}
