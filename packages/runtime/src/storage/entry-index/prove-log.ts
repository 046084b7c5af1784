// Making index proofs over a log on disk: which checkpoint, which `checkpoint_meta`, which index; and every proof is
// verified before it is given away.

import { counted } from "../../core/counted.ts";
import { join } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import { formatIndexProof, type NamedResource, type ShownLine } from "../../ledger/entry-index/index-proof.ts";
import { proveStatement, TooManyEntries, type MadeProof } from "../../ledger/entry-index/prove-statement.ts";
import type { Statement } from "../../ledger/entry-index/statement.ts";
import { verifyIndexProof, type FoundProof } from "../../ledger/entry-index/verify-index-proof.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { MAX_NOTE_BYTES } from "../../ledger/tlog/note.ts";
import { sameBytes } from "../../ledger/merkle.ts";
import { realFileSystem } from "../file-system.ts";
import { readRegular } from "../regular-file.ts";
import { logPathsOf } from "../sidecar.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { noCheckpoint } from "../tlog/prove-included.ts";
import type { TlogReader } from "../tlog/tlog-reader.ts";
import { usableLog } from "../verify-log.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { newestMeta, sourceUpTo, type IndexMeta } from "./index-source.ts";
import { LogIndex } from "./log-index.ts";

/** What is to be proven, and on what it is to rest. */
export interface ProofRequest {
  readonly statement: Statement;
  readonly resource: NamedResource | null;
  /** A signed note of this log to rest on; default: the newest that log witnesses cosigned, else the newest. */
  readonly checkpoint?: string;
  /** The most entries to show; default 10,000. */
  readonly most?: number;
}

/** What came of it: the text of the proof when the statement is true, and what is known either way. */
export interface LogProof {
  /** Null when the statement is false. */
  readonly text: string | null;
  readonly found: FoundProof;
  /** Entries that match the statement. */
  readonly matching: readonly ShownLine[];
}

const MOST = 10_000;
/** A cosigned checkpoint is preferred while no more entries than these came after it. */
const FRESH = 4096;

/**
 * Prove a statement over the log at `path`, which `reader` has open. Nothing is written beside the log.
 *
 * Cost: a few looks into each run, and a line for each entry shown; where the index's files are missing or damaged, they
 * are made anew from the log, in a folder for temporary files.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT` when there is none of this log, or none with an index; `LEDGER_REFUSED` when
 * the index that the log is committed to doesn't follow from its lines; `USAGE` when too many entries would have to be
 * shown; `FILE_UNUSABLE`.
 */
export function proveOverLog(reader: TlogReader, path: string, request: ProofRequest): LogProof {
  const folder = logPathsOf(usableLog(realFileSystem, path)).tlog;
  const note = checkpointFor(reader, folder, request.checkpoint);
  const { size } = readCheckpoint(note).checkpoint;
  const meta = newestMeta(reader, size);
  if (meta === null) throw noIndex("no entry of the checkpoint says how an index stands");
  const over = { reader, note, size, meta };
  const quick = attempt(over, request, () => LogIndex.read(join(folder, "index"), meta));
  if (quick !== null) return quick;
  const slow = attempt(over, request, () => LogIndex.rebuild(sourceUpTo(reader, meta), meta));
  if (slow !== null) return slow;
  throw new CanopyError("LEDGER_REFUSED", "the index that the log is committed to does not follow from its lines", {
    fix: "see `canopy ledger audit-index`: the log was changed, or what wrote it was at fault",
  });
}

interface Over {
  readonly reader: TlogReader;
  readonly note: string;
  readonly size: number;
  readonly meta: IndexMeta;
}

/** Null when the index turns out not to be the one that the log is committed to. */
function attempt(over: Over, request: ProofRequest, open: () => LogIndex | null): LogProof | null {
  let index: LogIndex | null = null;
  try {
    index = open();
    return index === null ? null : checked(made(over, index, request));
  } catch (error) {
    if (error instanceof TooManyEntries) throw tooMany(error);
    // What stands in files of the index is never believed: it is missing, cut, or leads out of their bounds.
    if (error instanceof IndexDamaged || error instanceof RangeError) return null;
    throw error;
  } finally {
    index?.close();
  }
}

function made({ reader, note, size, meta }: Over, index: LogIndex, request: ProofRequest): MadeProof {
  const { statement, resource, most = MOST } = request;
  const line = (at: number): ShownLine => ({
    index: at,
    line: textOf(reader.line(at)),
    path: reader.inclusion(at, size),
  });
  const source = {
    checkpoint: note,
    meta,
    line,
    record: (position: number) => index.record(position),
    run: (place: Parameters<LogIndex["run"]>[0]) => index.run(place),
  };
  return proveStatement(source, statement, { resource, most }, sha256);
}

/** Verified as a stranger would, but for the signature; null when something doesn't hold. */
function checked({ proof, matching }: MadeProof): LogProof | null {
  const text = formatIndexProof(proof);
  const tools = { sha256, verifySignature: () => false };
  const { verdict, found, reason, at } = verifyIndexProof(Buffer.from(text), null, tools);
  if (verdict === "invalid" && at.startsWith("statement")) {
    throw new CanopyError("USAGE", `nothing to prove: ${reason ?? ""}`, {
      fix: "ask for a time that the log has reached",
    });
  }
  if (found === null) return null;
  return { text: verdict === "untrusted" ? text : null, found, matching };
}

function textOf(line: Buffer): string {
  const text = line.toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function checkpointFor(reader: TlogReader, folder: string, given: string | undefined): string {
  if (given !== undefined) {
    if (!isOf(reader, given)) throw noIndex("the checkpoint given is not of this log");
    return given;
  }
  const newest = reader.checkpointNote();
  if (newest === null) throw noCheckpoint(reader);
  const cosigned = cosignedNote(folder);
  if (cosigned === null || !isOf(reader, cosigned)) return newest;
  const behind = readCheckpoint(newest).checkpoint.size - readCheckpoint(cosigned).checkpoint.size;
  return behind <= FRESH ? cosigned : newest;
}

function cosignedNote(folder: string): string | null {
  try {
    return readRegular(join(folder, "cosigned"), MAX_NOTE_BYTES).toString("utf8");
  } catch {
    return null;
  }
}

/** Whether a note is a checkpoint of this log: its root is that of our first lines. */
function isOf(reader: TlogReader, note: string): boolean {
  try {
    const { size, root } = readCheckpoint(note).checkpoint;
    return size <= reader.size && sameBytes(reader.rootAt(size), root);
  } catch (error) {
    if (error instanceof CanopyError) return false;
    throw error;
  }
}

function noIndex(problem: string): CanopyError {
  return new CanopyError("INVALID_CHECKPOINT", problem, {
    fix: "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`",
  });
}

function tooMany({ entries }: TooManyEntries): CanopyError {
  return new CanopyError(
    "USAGE",
    `${counted(entries, "entry", "entries")} would have to be shown: expected at most ${MOST}`,
    {
      fix: "narrow the time with --from and --to, or name more: --action, --decision, --trace",
    },
  );
}
