// The keys of a home as operators see them: listed, made, and as what an auditor needs.

import { verifierKeyOf } from "../identity/key-id.ts";
import { sha256 } from "./crypto.ts";
import type { StoredKey } from "./key-store.ts";

export { findKey, listKeys, openKey, type KeyListing, type KeyName, type StoredKey } from "./key-store.ts";

/**
 * The C2SP verifier key of a stored key. Its name is `canopy/` and the key's id.
 *
 * @see https://c2sp.org/signed-note
 */
export function verifierKey(key: StoredKey): string {
  // An Ed25519 key under a name without spaces or plus always has one.
  return verifierKeyOf(`canopy/${key.key_id}`, key.public_key, sha256) ?? "";
}
