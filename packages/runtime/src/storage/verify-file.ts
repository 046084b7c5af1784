// Verifying one file from its first byte, in pieces.

import { ChainVerifier, type ChainOptions, type ChainState } from "../ledger/verify.ts";
import { nodeChainHost } from "./chain-host.ts";
import type { FileSystem } from "./file-system.ts";

/** A chain's state, and whether the whole file was read. */
export interface FileVerification extends ChainState {
  /** Whether the last line judged was the file's last. */
  readonly at_end: boolean;
}

/** Verify an open file. Cost: one pass; memory stays at about 1 MiB. Throws the system's error. */
export function verifyFile(fs: FileSystem, fd: number, options: ChainOptions): FileVerification {
  const verifier = new ChainVerifier(nodeChainHost, options);
  let at = 0;
  for (;;) {
    const count = fs.read(fd, verifier.room(), at);
    if (count === 0) break;
    at += count;
    if (!verifier.filled(count)) return { ...verifier.state(), at_end: false };
  }
  return { ...verifier.end(), at_end: true };
}
