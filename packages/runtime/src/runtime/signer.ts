// Signing with the keys of this home.

import { sign } from "node:crypto";
import type { PublicKey } from "../identity/public-key.ts";
import {
  openKey,
  rotateKey,
  type KeyName,
  type PreparedRotation,
  type RotationRequest,
  type StoredKey,
} from "./key-store.ts";
import type { Signer } from "../ledger/ports.ts";

/** A signer that also says which key it is. */
export interface HomeSigner extends Signer {
  readonly public_key: PublicKey;
}

/**
 * The signer of a home; its key is made on first use.
 *
 * Cost: `sign` about 40 µs.
 *
 * @throws {CanopyError} `INVALID_KEY` when the key file is not safe to use.
 */
export function openSigner(home: string, name: KeyName = "signing"): HomeSigner {
  const key = openKey(home, name);
  return {
    key_id: key.key_id,
    public_key: key.public_key,
    algorithm: "Ed25519",
    sign: (bytes) => signWith(key, bytes),
  };
}

/** Prepare a rotation of a key; see `rotateKey` of key-store.ts. */
export function prepareRotation(request: RotationRequest): PreparedRotation {
  return rotateKey(request, signWith);
}

function signWith(key: StoredKey, bytes: Uint8Array): Uint8Array {
  return sign(null, bytes, key.private_key);
}
