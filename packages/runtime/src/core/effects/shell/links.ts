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
  if (base === "cp" && !symbolic && !has(o, "l", "link")) return;
  const folder = valueOf(o, "t", "target-directory");
  const several = folder === undefined && o.operands.length > 1;
  const targets = several ? o.operands.slice(0, -1) : o.operands;
  const dest = folder ?? (several ? o.operands.at(-1) : literal("."));
  if (dest === undefined || dest.value === null) return;
  for (const target of targets) {
    if (target.value === null) continue;
    const name = target.value.replace(/\/+$/, "").split("/").at(-1) ?? "";
    if (targets.length === 1 && folder === undefined && several)
      keepLink(machine, { target: target.value, name: dest.value, symbolic });
    if (name !== "" && name !== "..")
      keepLink(machine, { target: target.value, name: `${dest.value}/${name}`, symbolic });
  }
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
  const here = resolvePath(name, surroundings);
  if (here.path === null || here.glob) return;
  const folder = here.path.slice(0, Math.max(1, here.path.lastIndexOf("/")));
  const from: Surroundings = symbolic ? { ...surroundings, folder } : surroundings;
  const real = resolvePath(target, from).path;
  if (real === null || real === here.path || !/^[/~]/.test(real)) return;
  const made = surroundings.made ?? {};
  if (Object.keys(made).length >= MAX_LINKS)
    emit(machine, { kind: "exec.unresolved", via: "ln", part: "target", text: "more links than are followed" });
  else machine.surroundings = { ...surroundings, made: { ...made, [here.path]: real } };
}
