// What the chain verifier needs, at the speed of this machine.

import type { ChainHost } from "../ledger/verify.ts";

const { hash } = process.getBuiltinModule("node:crypto");

/** SHA-256 of bytes, or of a text's UTF-8: 64 hex digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash("sha256", data, "hex");
}

/** The host of `ChainVerifier` in Node. */
export const nodeChainHost: ChainHost = {
  sha256: sha256Hex,
  latin1: (bytes, start, end) =>
    Buffer.isBuffer(bytes)
      ? bytes.toString("latin1", start, end)
      : new TextDecoder("latin1").decode(bytes.subarray(start, end)),
  allocate: (sizeBytes) => Buffer.allocUnsafe(sizeBytes),
  lineFeed: (bytes, from) => bytes.indexOf(10, from),
};
