// The member `counter_deltas` of an entry: what an allowed decision adds to history. Paths never stand in it, only
// what `keyOf` (an HMAC under a key of the log) makes of them; the keys of the folders around a file stand beside it, so
// that reading a folder can be told from reading another.
//
//   {"counter":"daily-spend","amount":"9.99"}     and "attempt":true for a rate
//   {"mark":"secret-read"}
//   {"label":"secret"}
//   {"label":"secret","resource":"<key>","within":["<key>", …]}

import { CanopyError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { parseAmount, type Amount } from "./amount.ts";
import type { StateDelta } from "./state-facts.ts";

/** Makes a key of a place, so that the log shows none. The same text always gives the same key. */
export type ResourceKey = (place: string) => string;

/** One delta as it stands in an entry, read. */
export type EntryDelta =
  | { readonly kind: "counter"; readonly counter: string; readonly amount: Amount; readonly attempt: boolean }
  | { readonly kind: "mark"; readonly mark: string }
  | { readonly kind: "label"; readonly label: string }
  | {
      readonly kind: "resource";
      readonly label: string;
      readonly resource: string;
      readonly within: readonly string[];
    };

/** The deltas as an entry carries them. */
export function entryDeltas(deltas: readonly StateDelta[], keyOf: ResourceKey): readonly JsonObject[] {
  return deltas.map((delta): JsonObject => {
    if (!("path" in delta)) return { ...delta };
    const { label, path } = delta;
    return {
      label,
      resource: keyOf(fileText(path)),
      within: foldersOf(path).map((folder) => keyOf(folderText(folder))),
    };
  });
}

/** What the key of a file is made of. */
export function fileText(path: string): string {
  return `fs:${path}`;
}

/** What the key of all that lies in a folder is made of. */
export function folderText(path: string): string {
  return `in:${path === "/" ? path : path.replace(/\/$/, "")}`;
}

/** Every folder around a path, from the nearest: `/srv/app/a` → `/srv/app`, `/srv`, `/`. */
export function foldersOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) folders.push(path.slice(0, at));
  if (path.startsWith("/") && path !== "/") folders.push("/");
  return folders;
}

/**
 * Read the deltas of an entry; none when it has none.
 *
 * @throws {CanopyError} `INVALID_ENTRY` for what can't be read: what is not counted would be spent twice.
 */
export function parseEntryDeltas(value: JsonValue | undefined): readonly EntryDelta[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw unreadable();
  const items: readonly JsonValue[] = value;
  return items.map(parseEntryDelta);
}

function parseEntryDelta(value: JsonValue): EntryDelta {
  if (!isJsonObject(value)) throw unreadable();
  const { counter, amount, mark, label, resource, within } = value;
  if (typeof counter === "string") {
    const read = typeof amount === "string" ? parseAmount(amount) : null;
    if (read === null) throw unreadable();
    return { kind: "counter", counter, amount: read, attempt: value["attempt"] === true };
  }
  if (typeof mark === "string") return { kind: "mark", mark };
  if (typeof label !== "string") throw unreadable();
  if (resource === undefined) return { kind: "label", label };
  if (typeof resource !== "string") throw unreadable();
  return { kind: "resource", label, resource, within: texts(within) };
}

function texts(value: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(value)) throw unreadable();
  const items: readonly JsonValue[] = value;
  return items.map((item) => {
    if (typeof item !== "string") throw unreadable();
    return item;
  });
}

function unreadable(): CanopyError {
  return new CanopyError("INVALID_ENTRY", "an entry's `counter_deltas` can't be read, so nothing can be counted", {
    fix: "read the log with the version that wrote it",
  });
}
