// Names of signing keys: the stable id that stands in entries and witnesses, and the C2SP verifier key.

import { decodeBase64, encodeBase64 } from "./base64.ts";
import { encodeHex } from "./hex.ts";
import { multicodecOf, type PublicKey } from "./public-key.ts";

type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** The stable id of a signing key: 32 hex digits, the head of SHA-256( "canopy-key-v1" ‖ 0x00 ‖ multicodec key ). */
export function keyIdOf(key: PublicKey, sha256: Sha256): string {
  const head = new TextEncoder().encode("canopy-key-v1\0");
  return encodeHex(sha256(Uint8Array.of(...head, ...multicodecOf(key)))).slice(0, 32);
}

/**
 * The C2SP signed-note verifier key of an Ed25519 key: `<name>+<hash>+<base64 of 0x01 and the key>`, where hash is the
 * first 4 bytes of SHA-256( name ‖ 0x0a ‖ 0x01 ‖ key ). Null for a name with white space or a plus, and for other kinds.
 *
 * @see https://c2sp.org/signed-note
 */
export function verifierKeyOf(name: string, key: PublicKey, sha256: Sha256): string | null {
  if (key.kind !== "ed25519-pub" || name === "" || /[\s+]/u.test(name)) return null;
  const typed = Uint8Array.of(1, ...key.bytes);
  const hash = sha256(Uint8Array.of(...new TextEncoder().encode(`${name}\n`), ...typed));
  return `${name}+${encodeHex(hash.subarray(0, 4))}+${encodeBase64(typed)}`;
}

/**
 * The key of a verifier key as `verifierKeyOf` writes it, as raw text that `parsePublicKey` reads. Null for anything
 * else, also when its hash is of another name or key.
 */
export function readVerifierKey(text: string, sha256: Sha256): string | null {
  const [, name = "", encoded = ""] = VERIFIER_KEY.exec(text.trim()) ?? [];
  const typed = decodeBase64(encoded);
  if (typed?.[0] !== 1) return null;
  const key: PublicKey = { kind: "ed25519-pub", bytes: typed.subarray(1) };
  return verifierKeyOf(name, key, sha256) === text.trim() ? `ed25519:${encodeHex(key.bytes)}` : null;
}

const VERIFIER_KEY = /^([^\s+]{1,256})\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})$/u;
