// Links that this very command makes: what is later reached through them is judged by where they lead, too.

import { resolvePath } from "../path.ts";
import { literal } from "../programs/options.ts";
import { parseOptions, has, shape, valueOf } from "../programs/options.ts";
import type { Word } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import { emit, type Machine } from "./machine.ts";

const LINKING = shape("tS", "target-directory suffix");

/** More links than this are not kept: a command that makes so many asks. */
const MAX_LINKS = 16;

/** Keeps in mind which links a program makes: `ln`, `link`, `cp -s`. */
export function followLinks(machine: Machine, base: string, words: readonly Word[]): void {
  const o = parseOptions(words.slice(1), LINKING);
  const symbolic = has(o, "s", "symbolic", "symbolic-link") && !has(o, "r", "relative");
  const copies = base === "cp" && !symbolic && !has(o, "l", "link");
  const folder = valueOf(o, "t", "target-directory");
  const several = folder === undefined && o.operands.length > 1;
  const targets = several ? o.operands.slice(0, -1) : o.operands;
  const dest = folder ?? (several ? o.operands.at(-1) : literal("."));
  if (dest === undefined || dest.value === null) return;
  for (const target of targets) {
    if (target.value === null) continue;
    if (copies && !isMade(machine, target.value)) continue;
    const name = target.value.replace(/\/+$/, "").split("/").at(-1) ?? "";
    if (name !== "" && name !== "..")
      keepLink(machine, { target: target.value, name: `${dest.value}/${name}`, symbolic });
    // What ends in dots or a slash is a folder, and no name for a link.
    if (targets.length === 1 && folder === undefined && several && !/(?:^|\/)\.{0,2}\/*$/.test(dest.value))
      keepLink(machine, { target: target.value, name: dest.value, symbolic });
  }
}

// The copy of a link is one, too.
function isMade(machine: Machine, path: string): boolean {
  const { made, ...plain } = machine.surroundings;
  return made !== undefined && Object.hasOwn(made, resolvePath(path, plain).path ?? "");
}

/** A link: what it leads to, and its own name, both as written. */
export interface MadeLink {
  readonly target: string;
  readonly name: string;
  /** A symbolic link's target starts from the link's own folder. */
  readonly symbolic: boolean;
}

/** Keeps one link in mind. */
export function keepLink(machine: Machine, { target, name, symbolic }: MadeLink): void {
  const { surroundings } = machine;
  const { made, ...plain } = surroundings;
  const here = resolvePath(name, plain);
  if (here.path === null || here.glob) return;
  const folder = here.path.slice(0, Math.max(1, here.path.lastIndexOf("/")));
  const from: Surroundings = symbolic ? { ...surroundings, folder } : surroundings;
  const real = resolvePath(target, from).path;
  if (real === null || real === here.path || !/^[/~]/.test(real)) return;
  const links = throughNew(made ?? {}, here.path, real);
  if (Object.keys(links).length >= MAX_LINKS)
    emit(machine, { kind: "exec.unresolved", via: "ln", part: "target", text: "more links than are followed" });
  else machine.surroundings = { ...surroundings, made: { ...links, [here.path]: real } };
}

// Links made before, to what only now leads elsewhere.
function throughNew(
  made: Readonly<Record<string, string>>,
  path: string,
  real: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(made).map(([name, to]): [string, string] => {
    const leads = to === path || to.startsWith(`${path}/`);
    return [name, leads ? real + to.slice(path.length) : to];
  });
  return Object.fromEntries(entries);
}
