// Going through a part of the log by its chain: what was read from the file is believed when it leads, entry by entry, from
// a known one to a known one. A line's own hash proves nothing, since whoever can write the file can make it anew.

import { CanopyError } from "../core/errors.ts";
import { GENESIS } from "../ledger/chain.ts";
import { ChainVerifier, type VisitedEntry } from "../ledger/verify.ts";
import { nodeChainHost } from "./chain-host.ts";
import type { FileSystem } from "./file-system.ts";
import { isBefore, type ChainPoint, type EntryPosition, type LogPoint } from "./log-point.ts";
import { tryParseEntry } from "./parse-entry.ts";

/** A segment, open for reading. */
export interface OpenSegment {
  readonly fd: number;
  readonly close: () => void;
}

/** The files of a log; null for a segment that isn't there. */
export interface ChainFiles {
  readonly fs: FileSystem;
  readonly open: (segment: number) => OpenSegment | null;
}

/** Where a part begins. At the beginning of a segment `hash` is null when the one before is gone, and its last entry unknown. */
export interface ChainStart extends LogPoint {
  readonly hash: string | null;
}

/** Sees each line, without its line feed; lent for the call. An entry of ours stands there byte for byte as it was written. */
export type LineVisitor = (line: Buffer, position: EntryPosition) => void;

/**
 * Visit every entry between two points, in order, over all segments. What was visited counts only when the call returns:
 * whether it leads to the second point is known at its end. Cost: one SHA-256 a line, about 500 MB/s; memory: a MiB, or
 * twice the longest line.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when the lines don't lead from the first point to the second, `LEDGER_UNAVAILABLE`
 * when a segment between them is missing; or the system's error.
 */
export function scanChain(files: ChainFiles, from: ChainStart, to: ChainPoint, visit: LineVisitor): void {
  if (!isBefore(from, to)) {
    if (from.segment === to.segment && from.offset === to.offset && from.hash !== to.hash) throw broken(to);
    return;
  }
  if (from.hash === null && from.offset > 0) throw broken(from);
  let { hash } = from;
  for (let { segment } = from; segment <= to.segment; segment += 1) {
    const file = files.open(segment);
    if (file === null) throw missing(segment);
    try {
      const start = segment === from.segment ? from.offset : 0;
      const end = segment === to.segment ? to.offset : files.fs.statusOf(file.fd).size;
      hash = scanFile({ fs: files.fs, fd: file.fd, segment, start, end }, hash, visit);
    } finally {
      file.close();
    }
  }
  if (hash !== to.hash) throw broken(to);
}

interface FilePart {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly segment: number;
  readonly start: number;
  readonly end: number;
}

/** Visit the lines of a part of one file; returns the hash of its last. */
function scanFile({ fs, fd, segment, start, end }: FilePart, before: string | null, visit: LineVisitor): string {
  // The first entry of a later segment names the last one before it.
  let previous = start === 0 && segment > 1 ? before : null;
  const verifier = new ChainVerifier(nodeChainHost, {
    strict: false,
    after: start === 0 || before === null ? GENESIS : before,
    roomBytes: Math.max(1, Math.min(ROOM_BYTES, end - start)),
    visit: ({ hash, offset, line: bytes, raw }: VisitedEntry) => {
      const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      // Whoever visits looks for bytes: an entry of ours that is spelled otherwise would be passed over.
      if (!raw && tryParseEntry(line.toString("utf8")) !== null) throw broken({ segment, offset: start + offset });
      if (previous !== null && !continues(line, previous)) throw broken({ segment, offset });
      previous = null;
      visit(line, { segment, offset: start + offset, length: line.length, hash });
    },
  });
  for (let at = start; at < end;) {
    const room = verifier.room();
    const count = fs.read(fd, room.subarray(0, Math.min(room.length, end - at)), at);
    if (count === 0 || !verifier.filled(count)) break;
    at += count;
  }
  const { bytes, head, failure } = verifier.end();
  if (failure !== null || bytes !== end - start) throw broken({ segment, offset: start + bytes });
  if (previous !== null) throw broken({ segment, offset: end });
  return head;
}

const ROOM_BYTES = 1_048_576;

/** Whether a later segment's first line names the last entry of the one before. */
function continues(line: Buffer, before: string): boolean {
  const entry = tryParseEntry(line.toString("utf8"));
  return entry?.event === "log_rotated" && entry["previous_head"] === before;
}

function broken({ segment, offset }: LogPoint): CanopyError {
  const at = `byte ${String(offset)} of file ${String(segment)} of the log`;
  return new CanopyError("LEDGER_REFUSED", `entries of the log were changed after they were written: before ${at}`, {
    at,
    fix: "keep the files as evidence: `canopy verify` names the line; then restore the log from a copy",
  });
}

function missing(segment: number): CanopyError {
  return new CanopyError(
    "LEDGER_UNAVAILABLE",
    `segment ${String(segment)} of the log is missing, so what it says can't be known`,
    { fix: "restore the folder `segments` of the log's sidecar" },
  );
}
