// The lines of a log whose chain was judged good, as they are read: nothing else of a file is ever given out.

import { ChainVerifier, type ChainState } from "../ledger/verify.ts";
import { nodeChainHost } from "./chain-host.ts";
import type { FileSystem } from "./file-system.ts";

const ROOM_BYTES = 1_048_576;

/**
 * Go through one file of a log, in batches of whole lines (without line feeds) that follow from its first; ends at the
 * first bad line, with the chain's state.
 *
 * Cost: one pass; memory stays at a few MiB, or twice the longest line. Throws the system's error.
 */
export function* verifiedLines(fs: FileSystem, path: string): Generator<readonly string[], ChainState, void> {
  let lines: string[] = [];
  const verifier = new ChainVerifier(nodeChainHost, {
    strict: false,
    roomBytes: ROOM_BYTES,
    visit: ({ line }) => lines.push(utf8(line)),
  });
  const fd = fs.open(path, "read");
  try {
    for (let at = 0; ;) {
      const got = fs.read(fd, verifier.room(), at);
      if (got === 0 || !verifier.filled(got)) break;
      at += got;
      yield lines;
      lines = [];
    }
  } finally {
    fs.close(fd);
  }
  const state = verifier.end();
  yield lines;
  return state;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}
