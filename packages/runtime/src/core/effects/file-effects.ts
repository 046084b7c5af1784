// What a file action would do to the places it names, by its type, its operation, and the members they stand in.

import type { Action } from "../action.ts";
import type { JsonValue } from "../json.ts";
import type { Effect, FsWrite, PathTarget } from "./effect.ts";
import { resolvePath } from "./path.ts";
import type { Surroundings } from "./surroundings.ts";
import { foldName, nameWords } from "./text.ts";
import { wordSet } from "../word-set.ts";

/** Members that name where something comes from. */
const SOURCES: ReadonlySet<string> = wordSet(
  "source src from sourcefile sourcepath srcpath srcfile oldpath oldname oldfile inputpath inputfile input archivepath linktarget linkto",
);

/** Members that name what is made, in any action. */
const MADE: ReadonlySet<string> = wordSet(
  "outputpath outputfile outfile savepath saveto destfile destpath destinationfile destinationpath dstpath dstfile downloadpath outputdir outputdirectory logfile",
);

/** The effects of the named paths. Cost: linear in their number. */
export function fileEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const operation = operationOf(action);
  return action.fields.paths.flatMap(({ member, text }) => {
    const key = foldName(member.slice(member.lastIndexOf(".") + 1));
    return effectsAt(operation, SOURCES.has(key), resolvePath(text, surroundings), { action, member });
  });
}

/** What an action of another kind does to the paths that it names: it reads them (attachments, uploads), or makes them. */
export function readEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  return action.fields.paths.flatMap(({ member, text }): readonly Effect[] => {
    const target = resolvePath(text, surroundings);
    if (target.zone === "unresolved" && target.secret === null) return [];
    if (MADE.has(foldName(member.slice(member.lastIndexOf(".") + 1))))
      return [write(target, "create", `payload.${member}`)];
    return [read(target, `payload.${member}`)];
  });
}

type Operation = "read" | "write" | "append" | "edit" | "delete" | "move" | "copy" | "permission";

interface Origin {
  readonly action: Action;
  readonly member: string;
}

function effectsAt(operation: Operation, isSource: boolean, target: PathTarget, origin: Origin): readonly Effect[] {
  const via = `payload.${origin.member}`;
  switch (operation) {
    case "read":
      return [read(target, via)];
    case "write":
      return [write(target, "create", via)];
    case "append":
      return [write(target, "append", via)];
    case "edit":
      return [write(target, "change", via)];
    case "delete":
      return [{ kind: "fs.delete", via, target, recursive: isRecursive(origin.action, target) }];
    case "move":
      return isSource
        ? [{ kind: "fs.delete", via, target, recursive: false, moved: true }]
        : [write(target, "create", via)];
    case "copy":
      return isSource ? [read(target, via)] : [write(target, "create", via)];
    case "permission":
      return [permission(origin.action, target, via)];
    default:
      return operation satisfies never;
  }
}

function read(target: PathTarget, via: string): Effect {
  return target.zone === "device" ? { kind: "device.read", via, target } : { kind: "fs.read", via, target };
}

function write(target: PathTarget, mode: FsWrite["mode"], via: string): Effect {
  return target.zone === "device" ? { kind: "device.write", via, target } : { kind: "fs.write", via, target, mode };
}

const OPERATIONS: readonly (readonly [ReadonlySet<string>, Operation])[] = [
  [wordSet("delete remove rm unlink erase shred trash"), "delete"],
  [wordSet("move rename mv"), "move"],
  [wordSet("copy cp duplicate link symlink extract unzip untar"), "copy"],
  [wordSet("chmod chown chgrp permission permissions setfacl icacls"), "permission"],
  [wordSet("append"), "append"],
  [wordSet("view read open list"), "read"],
  [wordSet("edit replace insert patch update modify"), "edit"],
];

const OPERATION_MEMBERS: ReadonlySet<string> = wordSet("operation op action command mode method type");

// The payload's own word counts where it asks for more than the type says: `modify_file` with `operation: "delete"`.
function operationOf(action: Action): Operation {
  for (const [name, value] of Object.entries(action.members)) {
    if (typeof value !== "string" || value.length > 40 || !OPERATION_MEMBERS.has(foldName(name))) continue;
    const named = operationNamed(nameWords(value));
    if (named !== null && (named !== "read" || action.verb === "fs.read" || isEditor(action))) return named;
  }
  return byType(action);
}

// Only an editor that is told to view reads: elsewhere a payload's word lowers nothing.
function isEditor(action: Action): boolean {
  return foldName(action.raw_action_type).includes("edit") && "command" in action.members;
}

function byType(action: Action): Operation {
  switch (action.action_type) {
    case "delete_file":
      return "delete";
    case "move_file":
      return "move";
    case "copy_file":
      return "copy";
    case "change_permissions":
      return "permission";
    default:
      break;
  }
  if (action.verb === "fs.read") return "read";
  if (action.verb === "fs.delete") return "delete";
  const named = operationNamed(nameWords(action.raw_action_type));
  return named === null || named === "read" ? "write" : named;
}

function operationNamed(words: readonly string[]): Operation | null {
  for (const [names, operation] of OPERATIONS) if (words.some((word) => names.has(word))) return operation;
  return null;
}

function isRecursive(action: Action, target: PathTarget): boolean {
  if (target.glob || target.text.endsWith("/")) return true;
  for (const [name, value] of Object.entries(action.members)) {
    if (/recursive|^force$|^all$/i.test(name) && isOn(value)) return true;
  }
  return nameWords(action.raw_action_type).some((word) =>
    /^(?:rmtree|tree|dir|dirs|directory|directories|folder|folders|rmdir|wipe)$/.test(word),
  );
}

function isOn(value: JsonValue): boolean {
  return value === true || value === 1 || value === "true" || value === "yes" || value === "1";
}

function permission(action: Action, target: PathTarget, via: string): Effect {
  const mode = Object.entries(action.members).find(([name]) => /^(?:mode|permissions?|perms?|chmod)$/i.test(name))?.[1];
  const text = typeof mode === "number" || typeof mode === "string" ? String(mode).trim() : "";
  const owner = /chown|chgrp|owner/i.test(action.raw_action_type);
  const change = owner ? "owner" : changeOf(text);
  return { kind: "fs.permission", via, target, recursive: isRecursive(action, target), change };
}

function changeOf(mode: string): "setuid" | "world" | "other" {
  if (/^0?[2-7][0-7]{3}$/.test(mode) || /[ug+]s/.test(mode)) return "setuid";
  if (/^0?o?[0-7]{2}[2367]$/.test(mode) || /(?:o|a|^)\+[rx]*w|o=[rx]*w|a=[rx]*w|everyone/i.test(mode)) return "world";
  return "other";
}
