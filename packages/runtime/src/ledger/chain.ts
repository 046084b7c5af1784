// The hash chain: the reference's recipe, over bytes.
//
//   entry_hash = hex( SHA-256( utf8(prev_hash) ‖ utf8(canonical entry without entry_hash) ) )
//   genesis    = hex( SHA-256( "Canopy Audit Log v1" ) ), the prev_hash of a file's first line
//
// `prev_hash` is hashed twice, as prefix and as member. Our lines store exactly the bytes that were hashed:
//
//   {"action_type":"…", … ,"timestamp":"…","entry_hash":"<64 hex>"}\n
//   └───────────── hashed, then "}" ─────┘└─ 81 bytes of suffix ─┘

/** SHA-256 of bytes, or of a text's UTF-8, as 64 lower-case hex digits. */
export type Sha256Hex = (data: Uint8Array | string) => string;

/** The `prev_hash` of the first line of every file. */
export const GENESIS = "51113a9e47c8f56bb76d1e75a8ae9f693ed315cb3e061bc33afa945d29ea2ba1";

/** What stands before the hash at the end of our lines. */
export const HASH_PREFIX = ',"entry_hash":"';

/** Bytes of `,"entry_hash":"<64 hex>"}`: what our lines have after the hashed members, without the line feed. */
export const SUFFIX_BYTES = 81;

/** The hash of an entry whose canonical text, without `entry_hash`, is given. Cost: one SHA-256 over both. */
export function entryHash(prevHash: string, canonical: string, sha256: Sha256Hex): string {
  return sha256(prevHash + canonical);
}

/** Whether a text is 64 lower-case hex digits. */
export function isHash(text: unknown): text is string {
  return typeof text === "string" && HEX_64.test(text);
}

/** The 32 bytes of a hash; what isn't hex counts as zero. */
export function hashBytes(hash: string): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let index = 0; index < 32; index += 1) {
    bytes[index] = 16 * digit(hash.charCodeAt(2 * index)) + digit(hash.charCodeAt(2 * index + 1));
  }
  return bytes;
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : 0;
}

const HEX_64 = /^[0-9a-f]{64}$/;
