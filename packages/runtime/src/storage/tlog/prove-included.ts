// A proof file that one entry is in the log (C2SP tlog-proof). The entry's line goes with it as its extra data, so that
// the file can be read alone; the tree is what proves it.

import { CanopyError } from "../../core/errors.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { formatTlogProof } from "../../ledger/tlog/tlog-proof.ts";
import { nodeSha256 } from "./node-sha256.ts";
import type { TlogReader } from "./tlog-reader.ts";

/** A proof file, and what it is of. */
export interface IncludedProof {
  readonly text: string;
  readonly index: number;
  readonly size: number;
  readonly origin: string;
}

/**
 * Prove an entry of the newest checkpoint, by its index from 0. Cost: a line read, and about 2 log2(size) nodes.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT` when the log has no checkpoint of its own or the entry is newer than it;
 * `LEDGER_REFUSED` when the log's line is not the one that its tree holds.
 */
export function proveIncluded(reader: TlogReader, index: number): IncludedProof {
  const note = reader.checkpointNote();
  if (note === null) throw noCheckpoint(reader);
  const { origin, size } = readCheckpoint(note).checkpoint;
  if (index >= size) {
    throw new CanopyError(
      "INVALID_CHECKPOINT",
      `the entry of index ${index} is newer than the newest checkpoint, of ${size}`,
      {
        fix: "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`",
      },
    );
  }
  const line = reader.line(index);
  if (Buffer.compare(lineLeaf(line, nodeSha256), reader.leaf(index)) !== 0) {
    throw new CanopyError("LEDGER_REFUSED", `the line of index ${index} is not the one that the log's tree holds`, {
      fix: "the log was changed: see `canopy verify` and `canopy ledger fsck`",
    });
  }
  const text = formatTlogProof({ index, path: reader.inclusion(index, size), checkpoint: note, extra: line });
  return { text, index, size, origin };
}

/** What is said where a command needs a checkpoint and there is none of this log. */
export function noCheckpoint(reader: TlogReader): CanopyError {
  const strange = reader.strangeCheckpoint() !== null;
  const problem = strange ? "the checkpoint beside the log is of another tree" : "the log has no checkpoint";
  return new CanopyError(
    "INVALID_CHECKPOINT",
    `${problem}: expected one of its own in \`tlog/checkpoint\` of its sidecar`,
    {
      fix: strange
        ? "see `canopy ledger fsck`: the log was cut or changed, or the sidecar is of another log"
        : "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`",
    },
  );
}
