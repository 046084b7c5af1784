// What the owner of a file ledger may choose.

import type { Clock, Durability, Randomness, Signer } from "../ledger/ports.ts";
import type { AnchorOptions } from "./anchors/anchor-options.ts";
import type { FileSystem } from "./file-system.ts";
import type { Host } from "./host.ts";
import type { TlogOptions } from "./tlog/tlog-options.ts";

/** How a ledger is opened. */
export interface FileLedgerOptions {
  /** The log; its sidecar stands beside it. The folder exists. */
  readonly path: string;
  /** CANOPY_HOME: the head file and the key of the records stand there. */
  readonly home: string;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Default `sync`. */
  readonly durability?: Durability;
  /** For ids; default the system's. */
  readonly randomness?: Randomness;
  /** Start a new segment when the file is this large, in bytes. Default 1 GiB; null: never. */
  readonly rotateBytes?: number | null;
  /** Open a log that this home did not leave as it is. Its chain must hold; the takeover is recorded. */
  readonly continueForeign?: boolean;
  /** Delete encrypted records older than this many days. Default 90; null: never. */
  readonly retentionDays?: number | null;
  /** How long an append waits for other processes, in ms. Default 10,000. */
  readonly lockTimeoutMs?: number;
  /** Whether a worker keeps the index. Default true. */
  readonly index?: boolean;
  /** How the tree over the log is kept; none is when absent. */
  readonly tlog?: TlogOptions;
  /** Where its checkpoints are kept, besides the home, which always keeps them. Nothing without `tlog`. */
  readonly anchors?: AnchorOptions;
  /** The file calls; default the real ones. */
  readonly fileSystem?: FileSystem;
  /** The process; default this one. */
  readonly host?: Host;
}
