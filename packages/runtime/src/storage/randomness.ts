// Random bytes from the system, drawn in blocks: one call of the system for many salts.

import { randomFillSync } from "node:crypto";
import type { Randomness } from "../ledger/ports.ts";

const BLOCK_BYTES = 4096;

/**
 * The system's randomness, or that of another host, in blocks. No byte is given out twice, and given ones are wiped from
 * the block.
 */
export function systemRandomness(fill: (block: Uint8Array) => Uint8Array = randomFillSync): Randomness {
  const block = new Uint8Array(BLOCK_BYTES);
  let used = BLOCK_BYTES;
  return {
    bytes: (count) => {
      if (count > BLOCK_BYTES) return fill(new Uint8Array(count));
      if (used + count > BLOCK_BYTES) {
        fill(block);
        used = 0;
      }
      const given = block.slice(used, used + count);
      block.fill(0, used, used + count);
      used += count;
      return given;
    },
  };
}
