// The hash over the built-in layers: which rules, with which data, at which revision, were in force.

import type { BuiltInLayer } from "./evaluate.ts";
import { canonicalJson } from "./canonical.ts";

const DOMAIN = "canopy-rules-v1\n";

/**
 * `sha256:<hex>` over every rule's data, in order. Adding, removing, reordering or revising a rule changes it.
 *
 * @param sha256Hex SHA-256 of the bytes, as lower-case hex.
 */
export function rulesHash(layers: readonly BuiltInLayer[], sha256Hex: (bytes: Uint8Array) => string): string {
  const data = layers.map(({ layer, rules }) => ({
    layer,
    rules: rules.map(({ evaluate: _evaluate, display, ...rule }) => ({ ...rule, display })),
  }));
  return `sha256:${sha256Hex(new TextEncoder().encode(DOMAIN + canonicalJson(data)))}`;
}
