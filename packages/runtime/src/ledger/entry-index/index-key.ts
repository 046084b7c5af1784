// Keys of the index: what an entry can be found by.
//
//   key   = SHA-256( "canopy-index-v1" ‖ 0x00 ‖ lp(field) ‖ lp(tenant) ‖ lp(value) … )
//   lp(t) = length of t in UTF-8, 4 bytes big-endian ‖ t in UTF-8
//
// The tenant is empty for the whole log. An entry with a tenant has each key twice: once for the whole log, once for
// its tenant. Fields of two values name both, in the order of the field's name.

import type { Sha256 } from "../merkle.ts";

/** What entries are indexed by. `resource` takes a resource key or `unresolved`; `line` takes `odd`. */
export const INDEX_FIELDS = [
  "trace_id",
  "avid",
  "action_type",
  "decision",
  "avid+action_type",
  "avid+decision",
  "resource",
  "incident_id",
  "event",
  "line",
] as const;

/** A field of the index. */
export type IndexField = (typeof INDEX_FIELDS)[number];

/** What one key is made of. */
export interface IndexTerm {
  readonly field: IndexField;
  /** The tenant that it is asked of; empty for the whole log. */
  readonly tenant: string;
  /** One value for each member that the field names; well-formed text, not empty. */
  readonly values: readonly string[];
}

const PREFIX = "canopy-index-v1\0";
const encoder = new TextEncoder();

/** The 32 bytes of a key. Cost: one SHA-256. */
export function indexKey({ field, tenant, values }: IndexTerm, sha256: Sha256): Uint8Array {
  const parts = [field, tenant, ...values].map((text) => encoder.encode(text));
  const prefix = encoder.encode(PREFIX);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, prefix.length));
  bytes.set(prefix);
  const view = new DataView(bytes.buffer);
  let at = prefix.length;
  for (const part of parts) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return sha256(bytes);
}

/** Orders keys by their bytes: negative, zero, positive. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < 32; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
