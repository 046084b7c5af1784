// The anchors of one log, opened. Loaded only once there is something to ask or to tell them; what speaks to the network
// only where something is to be reached there: Node's modules for it take longer to load than a checkpoint to make.

import { parseTrustPolicy, type TrustPolicy } from "../../ledger/tlog/trust-policy.ts";
import { openCheckpoint, type Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import { parseVerifierKey } from "../../ledger/tlog/verifier-key.ts";
import type { EntryDraft } from "../../ledger/ports.ts";
import { verifyEd25519, type CheckpointKeys } from "../tlog/checkpoint-keys.ts";
import { nodeSha256 } from "../tlog/node-sha256.ts";
import type { LogPaths } from "../sidecar.ts";
import type { FileSystem } from "../file-system.ts";
import type { AnchorConflict } from "./anchor-conflict.ts";
import { AnchorMemory } from "./anchor-memory.ts";
import { isOwnOverruled, OWN_ANCHOR, type AnchorOptions } from "./anchor-options.ts";
import type { AnchoredLog } from "./anchor-target.ts";
import { checkAnchors, type AnchorsChecked } from "./check-anchors.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { cosignedNote } from "./cosigned-note.ts";
import { FolderAnchor } from "./folder-anchor.ts";
import { LedgerAnchors } from "./ledger-anchors.ts";
import { checkpointsFolder } from "./remembered-checkpoints.ts";
import { verifyMlDsa44 } from "../tlog/verify-ml-dsa.ts";
import type { LogTree } from "./standing.ts";
import type { WitnessTarget, WitnessTargetOptions } from "./witness-target.ts";

/** The log whose anchors they are. */
export interface LogOfAnchors {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly home: string;
  readonly logId: string;
  readonly origin: string;
  readonly keys: Pick<CheckpointKeys, "vkeys">;
  readonly options: AnchorOptions;
  readonly now: () => number;
}

/** What the ledger does for its anchors. */
export interface LedgerPart {
  readonly record: (entry: EntryDraft) => Promise<unknown>;
  readonly onConflict: (conflict: AnchorConflict) => Promise<void>;
  /** The log was taken over as it is, so what its home remembered of it gives way. */
  readonly isTakenOver: boolean;
}

/** Ask the anchors about a log that is being opened. Throws as `checkAnchors`; `INVALID_CONFIG`. */
export async function askAnchors(log: LogOfAnchors): Promise<AnchorsChecked> {
  const anchors = await openAll(log.options.anchors);
  const own = isOwnOverruled(log.options) ? ownAnchor(log) : null;
  // A trust policy that can't be used is told now, not at the first checkpoint.
  const policy = policyOf(log.options);
  try {
    return await checkAnchors({
      path: log.paths.log,
      origin: log.origin,
      log: anchoredLog(log),
      anchors,
      memory: new AnchorMemory(log.home, log.logId),
      required: log.options.required ?? 0,
      accepted: log.options.accepted ?? null,
      own,
      proofsBytes: log.fs.statusAt(log.paths.proofs)?.size ?? 0,
      nowMs: log.now(),
      cosigned: policy === null ? null : cosignedNote(log.fs, log.paths),
    });
  } finally {
    for (const anchor of anchors) anchor.close();
  }
}

/** The anchors to tell of checkpoints: the home's own memory, those that were chosen, log witnesses. */
export async function openLogAnchors(
  log: LogOfAnchors,
  replace: AnchorsChecked["replace"],
  ledger: LedgerPart,
): Promise<LedgerAnchors> {
  const own = ownAnchor(log);
  const memory = new AnchorMemory(log.home, log.logId);
  const over = new Map(replace);
  if (ledger.isTakenOver || isOwnOverruled(log.options)) over.set(own.name, { kept: await own.newest(log.origin) });
  const policy = policyOf(log.options);
  const target = {
    log: anchoredLog(log),
    tools: { verifySignature: verifyEd25519, verifyMlDsa44 },
    memory,
    folder: log.paths.tlog,
    onConflict: ledger.onConflict,
    now: log.now,
  };
  const asked = policy === null ? [] : [await witnessesOf({ ...target, policy })];
  const anchors: readonly CheckpointAnchor[] = [own, ...(await openAll(log.options.anchors))];
  return new LedgerAnchors({ ...target, anchors, others: asked, replace: over, record: ledger.record });
}

/** What a home remembers of the checkpoints that it made. */
function ownAnchor({ home, logId }: LogOfAnchors): FolderAnchor {
  return new FolderAnchor(checkpointsFolder(home, logId), { name: OWN_ANCHOR, create: true });
}

async function openAll(texts: readonly string[]): Promise<readonly CheckpointAnchor[]> {
  if (texts.length === 0) return [];
  const { openAnchor } = await import("./open-anchor.ts");
  return texts.map(openAnchor);
}

async function witnessesOf(options: WitnessTargetOptions): Promise<WitnessTarget> {
  const { WitnessTarget: Target } = await import("./witness-target.ts");
  return new Target(options);
}

function policyOf({ witnesses = null }: AnchorOptions): TrustPolicy | null {
  return witnesses === null ? null : parseTrustPolicy(witnesses, nodeSha256);
}

/** A log as its anchors are compared with it. */
export function anchoredLog(log: Pick<LogOfAnchors, "fs" | "paths" | "origin" | "keys">): AnchoredLog {
  return {
    openNote: (note): Checkpoint => {
      const keys = log.keys.vkeys(log.origin).map((vkey) => parseVerifierKey(vkey, nodeSha256));
      return openCheckpoint(note, keys, verifyEd25519);
    },
    openTree: () => openTree(log),
  };
}

async function openTree({ fs, paths }: Pick<LogOfAnchors, "fs" | "paths">): Promise<LogTree> {
  if ((fs.statusAt(paths.log)?.size ?? 0) > 0) {
    const { TlogReader } = await import("../tlog/tlog-reader.ts");
    return TlogReader.open(paths.log);
  }
  const empty = nodeSha256(new Uint8Array());
  return { size: 0, rootAt: () => empty, consistency: () => [], close: () => undefined };
}
