// The salted hash of a result: shows later that this was the result, without telling it, not even a short one.
//
//   result_hash = hex HMAC-SHA-256( salt, "canopy-result-v1" ‖ 0x00 ‖ part … )
//   part        = tag (1 byte) ‖ length (8 bytes, big-endian) ‖ bytes
//   tag         = j: RFC 8785 text · b: bytes · s: JSON.stringify's text of what is no plain JSON · u: undefined
//               · o: a value with no text at all (then the hash says only that there was one)
//
// A plain result is one part; a stream is one part for each chunk, and ends with a part `e` of its count.

import { createHmac } from "node:crypto";
import { canonicalJson } from "../core/canonical.ts";

/** A hash that takes a result part by part. */
export interface ResultHash {
  add(part: unknown): void;
  /** The hash over what was added; a streamed result also says how many parts there were. */
  digest(form: "value" | "stream"): string;
}

/** Start the hash of one result. `salt` is the decision record's, hex. Cost: linear in the parts. */
export function createResultHash(salt: string): ResultHash {
  const hmac = createHmac("sha256", Buffer.from(salt, "hex")).update("canopy-result-v1\0");
  let count = 0;
  const write = (tag: string, bytes: Uint8Array): void => {
    const head = Buffer.alloc(9, tag);
    head.writeBigUInt64BE(BigInt(bytes.length), 1);
    hmac.update(head).update(bytes);
  };
  return {
    add(part) {
      count += 1;
      const [tag, bytes] = partOf(part);
      write(tag, bytes);
    },
    digest(form) {
      if (form === "stream") write("e", Buffer.from(String(count)));
      return hmac.digest("hex");
    },
  };
}

function partOf(value: unknown): readonly [string, Uint8Array] {
  if (value === undefined) return ["u", new Uint8Array()];
  try {
    if (value instanceof Uint8Array) return ["b", value];
    if (value instanceof ArrayBuffer) return ["b", new Uint8Array(value)];
    return ["j", Buffer.from(canonicalJson(value))];
  } catch {
    return looseText(value);
  }
}

// The tool has run by now: whatever it returned, its result must be attested rather than lost.
function looseText(value: unknown): readonly [string, Uint8Array] {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === "string" ? ["s", Buffer.from(text)] : ["o", new Uint8Array()];
  } catch {
    return ["o", new Uint8Array()];
  }
}
