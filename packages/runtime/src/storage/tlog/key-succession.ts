// Which checkpoint keys took the place of keys that a verifier knows: as the log's `key_rotated` entries say it, each
// signed by both keys. One key may have two successors: the first was never put in force when its process died there.

import { didKeyOf, parsePublicKey } from "../../identity/public-key.ts";
import { isRotationSigned } from "../../identity/rotation.ts";
import { CanopyError } from "../../core/errors.ts";
import { formatVerifierKey, parseVerifierKey, verifierKey } from "../../ledger/tlog/verifier-key.ts";
import { realFileSystem } from "../file-system.ts";
import { tryParseEntry } from "../parse-entry.ts";
import { usableLog } from "../verify-log.ts";
import { verifyEd25519 } from "./checkpoint-keys.ts";
import { LogLines } from "./log-lines.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { parseRotation } from "./rotation-entry.ts";

/** The `event` of such entries. */
export const KEY_ROTATED = "key_rotated";

/**
 * These verifier keys, and those that followed them in a log. Cost: a search through the log.
 *
 * @throws {CanopyError} `INVALID_KEY` for what is no verifier key, `FILE_UNUSABLE` when the log can't be read.
 */
export function withSuccessors(log: string, vkeys: readonly string[]): readonly string[] {
  const keys = vkeys.map((vkey) => parseVerifierKey(vkey, nodeSha256));
  const known = new Map(
    keys.flatMap(({ name, ed25519 }) => (ed25519 === null ? [] : [[didKeyOf(ed25519), name] as const])),
  );
  const lines = LogLines.open(realFileSystem, usableLog(realFileSystem, log));
  try {
    for (const { bytes } of lines.lines(lines.first)) {
      const entry = bytes.includes(KEY_ROTATED) ? tryParseEntry(bytes.toString("utf8")) : null;
      const rotation = entry?.event === KEY_ROTATED ? parseRotation(entry) : null;
      if (rotation === null || rotation.statement.purpose !== "checkpoint") continue;
      const { old_key, new_key } = rotation.statement;
      const name = known.get(old_key);
      if (name === undefined || !isSignedByBoth(rotation)) continue;
      known.set(new_key, name);
    }
  } finally {
    lines.close();
  }
  const all = [...known].map(([did, name]) =>
    formatVerifierKey(verifierKey(name, "ed25519", parsePublicKey(did).bytes, nodeSha256)),
  );
  return [...new Set([...keys.map(formatVerifierKey), ...all])];
}

function isSignedByBoth(rotation: NonNullable<ReturnType<typeof parseRotation>>): boolean {
  try {
    return isRotationSigned(rotation, verifyEd25519);
  } catch (error) {
    if (error instanceof CanopyError) return false;
    throw error;
  }
}
