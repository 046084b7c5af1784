// Edits of a payload: members that are set or removed. What a policy's `transform` asks for, and what an executor that
// gets a transformed decision applies to the payload it would have run with.

import { canonicalJson } from "./canonical.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/** One edit. Paths are `payload.` and names, joined by dots. */
export type PayloadEdit = { readonly set: string; readonly to: JsonValue } | { readonly remove: string };

/** The edited payload, or why it can't be edited. */
export type EditResult = { readonly payload: JsonValue } | { readonly failure: string };

/**
 * Apply edits. Setting makes the objects that are missing on the way; removing what isn't there does nothing. What is no
 * object has no members to edit. The payload given stays as it is. Cost: the edits times the members on their way.
 */
export function applyEdits(payload: JsonValue, edits: readonly PayloadEdit[]): EditResult {
  let edited: JsonValue = payload;
  for (const edit of edits) {
    const [, ...path] = pathOf(edit).split(".");
    const result = editMember(edited, path, edit);
    if (result === null)
      return { failure: `\`${pathOf(edit)}\` can't be edited: what it would be a member of is no object` };
    edited = result;
  }
  return { payload: edited };
}

/** Where an edit applies. */
export function pathOf(edit: PayloadEdit): string {
  return "set" in edit ? edit.set : edit.remove;
}

/** Whether two values are the same JSON, whatever the order of members. Cost: linear in them. */
export function isSameJson(left: JsonValue, right: JsonValue): boolean {
  return left === right || canonicalJson(left) === canonicalJson(right);
}

function editMember(value: JsonValue, path: readonly string[], edit: PayloadEdit): JsonValue | null {
  const [name, ...rest] = path;
  if (name === undefined || !isJsonObject(value)) return null;
  const known = Object.hasOwn(value, name) ? value[name] : undefined;
  if (rest.length === 0) return "set" in edit ? withMember(value, name, edit.to) : withoutMember(value, name);
  if (known === undefined && "remove" in edit) return value;
  const inner = editMember(known ?? {}, rest, edit);
  return inner === null ? null : withMember(value, name, inner);
}

function withMember(object: JsonObject, name: string, member: JsonValue): JsonObject {
  return Object.fromEntries([...Object.entries(object).filter(([key]) => key !== name), [name, member]]);
}

function withoutMember(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

/** A path that is edited twice, or lies inside another that is edited; null when there is none. */
export function overlappingPath(paths: readonly string[]): string | null {
  const sorted = paths.map((path) => `${path}.`).sort();
  const clash = sorted.find((path, index) => index > 0 && path.startsWith(sorted[index - 1] ?? "\0"));
  return clash === undefined ? null : clash.slice(0, -1);
}
