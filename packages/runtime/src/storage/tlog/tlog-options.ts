// What the owner of a file ledger may choose about the tree over it.

import type { CheckpointKeys } from "./checkpoint-keys.ts";

/** How a log's tree is kept. */
export interface TlogOptions {
  readonly keys: CheckpointKeys;
  /** The log's name in checkpoints; default `canopy/<log_id>`. */
  readonly origin?: string | null;
  /** Whether bundles of entries are written too. Default false. */
  readonly entries?: boolean;
  /** Whether the index of entries is kept. Default true. */
  readonly index?: boolean;
  /** A checkpoint is made after so many ms without any; null: never. Default 60,000. */
  readonly heartbeatMs?: number | null;
  /** Whether a worker makes checkpoints while the log is open. Default true; without, one is made at the end. */
  readonly worker?: boolean;
  /** Told of each checkpoint that this process made, a signed note. Never waited for. */
  readonly onCheckpoint?: (note: string) => void;
}

/** The name of a log in checkpoints. */
export function originOf(logId: string, origin: string | null | undefined): string {
  return origin ?? `canopy/${logId}`;
}
