// What the tree's leaf for a line is made of.
//
//   entry data = the line's bytes as stored, without line feed and without a carriage return before it
//                over 65,535 bytes:  "canopy-long-line-v1 " ‖ SHA-256 of those bytes, 64 hex digits
//   leaf hash  = SHA-256( 0x00 ‖ entry data )
//
// 65,535 is the longest entry that the bundles of C2SP tlog-tiles can hold. A line is a JSON object, so none reads
// like the text that stands for a long one.

import { encodeHex } from "../../identity/hex.ts";
import { leafHash, type Sha256 } from "../merkle.ts";

/** The longest entry data, in bytes. */
export const MAX_ENTRY_DATA = 65_535;

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** The entry data of a line; a line feed at its end, and a carriage return before it, are left out. Copies nothing short. */
export function entryData(line: Uint8Array, sha256: Sha256): Uint8Array {
  let end = line.length;
  if (line[end - 1] === LINE_FEED) end -= 1;
  if (line[end - 1] === CARRIAGE_RETURN) end -= 1;
  const data = line.subarray(0, end);
  if (data.length <= MAX_ENTRY_DATA) return data;
  return new TextEncoder().encode(`canopy-long-line-v1 ${encodeHex(sha256(data))}`);
}

/** The leaf hash of a line. Cost: one SHA-256 over it; two for a long one. */
export function lineLeaf(line: Uint8Array, sha256: Sha256): Uint8Array {
  return leafHash(entryData(line, sha256), sha256);
}
