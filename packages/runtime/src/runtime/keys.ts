// The keys of a home as operators see them: listed, made, and as what an auditor needs.

import { decodeBase64Url } from "../identity/base64.ts";
import { verifierKeyOf } from "../identity/key-id.ts";
import { parsePublicKey } from "../identity/public-key.ts";
import { sha256, verifySignature } from "./crypto.ts";
import { listKeys, type StoredKey } from "./key-store.ts";

export {
  findKey,
  listKeys,
  openKey,
  type KeyListing,
  type KeyName,
  type RotatedKeyName,
  type StoredKey,
} from "./key-store.ts";

/**
 * The C2SP verifier key of a stored key. Its name is `canopy/` and the key's id.
 *
 * @see https://c2sp.org/signed-note
 */
export function verifierKey(key: StoredKey): string {
  // An Ed25519 key under a name without spaces or plus always has one.
  return verifierKeyOf(`canopy/${key.key_id}`, key.public_key, sha256) ?? "";
}

/**
 * The verifier keys of this home's checkpoint keys for a log of that origin, the current one first, then retired ones.
 *
 * @throws {CanopyError} `INVALID_KEY` when a key file is not safe to use.
 */
export function checkpointVerifierKeys(home: string, origin: string): readonly string[] {
  return listKeys(home).flatMap(({ name, did_key }) => {
    const vkey = name === "checkpoint" ? verifierKeyOf(origin, parsePublicKey(did_key), sha256) : null;
    return vkey === null ? [] : [vkey];
  });
}

/**
 * Checks of signatures by key id, over every key of a home, retired ones too. An unknown id gives null.
 *
 * @throws {CanopyError} `INVALID_KEY` when a key file is not safe to use.
 */
export function homeSignatureChecks(
  home: string,
): (key_id: string) => ((message: Uint8Array, signature: string) => boolean) | null {
  // A checkpoint key signs notes only: a batch by it was signed by someone who has no signing key.
  const keys = listKeys(home).filter(({ name }) => name !== "checkpoint");
  const found = new Map(keys.map(({ key_id, did_key }) => [key_id, parsePublicKey(did_key)]));
  return (key_id) => {
    const key = found.get(key_id);
    if (key === undefined) return null;
    return (message, signature) => {
      const bytes = decodeBase64Url(signature);
      return bytes !== null && verifySignature(key, message, bytes);
    };
  };
}
