// The entry of a key that was rotated, read.

import { isJsonObject, type JsonValue } from "../../core/json.ts";
import type { SignedRotation } from "../../identity/rotation.ts";
import type { LedgerEntry } from "../../runtime/ports.ts";

/** The rotation in a `key_rotated` entry, or null when it holds none. */
export function parseRotation(entry: LedgerEntry): SignedRotation | null {
  const rotation = memberOf(entry["rotation"]);
  const statement = memberOf(rotation?.["statement"]);
  if (rotation === null || statement === null) return null;
  const { old_signature, new_signature } = rotation;
  const { type, old_key, new_key, rotated_at, purpose } = statement;
  if (type !== "canopy-key-rotation-v1" || typeof old_key !== "string" || typeof new_key !== "string") return null;
  if (typeof rotated_at !== "string" || typeof old_signature !== "string" || typeof new_signature !== "string")
    return null;
  if (purpose !== undefined && purpose !== "checkpoint" && purpose !== "signing") return null;
  return {
    statement: { type, old_key, new_key, rotated_at, ...(purpose === undefined ? {} : { purpose }) },
    old_signature,
    new_signature,
  };
}

function memberOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue | undefined>> | null {
  return isJsonObject(value) ? value : null;
}
