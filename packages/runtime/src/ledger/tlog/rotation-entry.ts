// The entry of a key that was rotated, read strictly: what is signed must be all that it says.
//
//   "event":"key_rotated", "rotation":{"statement":{…},"old_signature":"<base64url>","new_signature":"<base64url>"}
//   statement = {"type":"canopy-key-rotation-v1","old_key":did,"new_key":did,"rotated_at":time[,"purpose":…][,"origin":…]}

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { RotationStatement, SignedRotation } from "../../identity/rotation.ts";

/** The `event` of such entries. */
export const KEY_ROTATED = "key_rotated";

const STATEMENT: readonly string[] = ["type", "old_key", "new_key", "rotated_at", "purpose", "origin"];
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/u;

/** The rotation in a `key_rotated` entry, or null when it holds none. Proves nothing: see `isRotationSigned`. */
export function parseRotation(entry: JsonObject): SignedRotation | null {
  const rotation = memberOf(entry["rotation"]);
  const statement = parseStatement(memberOf(rotation?.["statement"]));
  if (rotation === null || statement === null || Object.keys(rotation).length !== 3) return null;
  const { old_signature, new_signature } = rotation;
  if (typeof old_signature !== "string" || typeof new_signature !== "string") return null;
  return { statement, old_signature, new_signature };
}

function parseStatement(statement: JsonObject | null): RotationStatement | null {
  if (statement === null || Object.keys(statement).some((name) => !STATEMENT.includes(name))) return null;
  const { type, old_key, new_key, rotated_at, purpose, origin } = statement;
  if (type !== "canopy-key-rotation-v1" || typeof old_key !== "string" || typeof new_key !== "string") return null;
  if (typeof rotated_at !== "string" || !TIME.test(rotated_at)) return null;
  if (purpose !== undefined && purpose !== "checkpoint" && purpose !== "signing") return null;
  if (origin !== undefined && typeof origin !== "string") return null;
  return {
    type,
    old_key,
    new_key,
    rotated_at,
    ...(purpose === undefined ? {} : { purpose }),
    ...(origin === undefined ? {} : { origin }),
  };
}

function memberOf(value: JsonValue | undefined): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
