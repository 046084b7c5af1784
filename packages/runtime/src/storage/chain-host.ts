// What the chain verifier needs, at the speed of this machine.

import type { ChainHost } from "../ledger/verify.ts";

const { hash } = process.getBuiltinModule("node:crypto");

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** SHA-256 of bytes, or of a text's UTF-8: 64 hex digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash("sha256", data, "hex");
}

/** The host of `ChainVerifier` in Node. */
export const nodeChainHost: ChainHost = {
  sha256: sha256Hex,
  latin1: (bytes, start, end) => bufferOf(bytes).toString("latin1", start, end),
  lineFeed: (bytes, from) => bytes.indexOf(10, from),
};
