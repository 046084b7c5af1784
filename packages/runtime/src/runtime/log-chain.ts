// How a log's newest checkpoint and its cosignatures stand: read from beside the log, checked with this home's keys, and
// held against the log's tree. Nothing is asked of anybody.

import { errorText } from "../core/errors.ts";
import { readCheckpoint } from "../ledger/tlog/checkpoint.ts";
import { parseNote, type Note } from "../ledger/tlog/note.ts";
import { cosignedEnough } from "../ledger/tlog/trusted-checkpoint.ts";
import type { TrustPolicy } from "../ledger/tlog/trust-policy.ts";
import { noteSignatureState, type VerifierKey } from "../ledger/tlog/verifier-key.ts";
import { standingOf, type LogTree, type Standing } from "../storage/anchors/standing.ts";
import type { TileFiles } from "../storage/tlog/tile-files.ts";
import { verifyMlDsa44, verifySignature } from "./crypto.ts";

/** A checkpoint that stands beside a log. */
export interface CheckpointState {
  readonly size: number;
  /** Hexadecimal digits. */
  readonly root: string;
  /** Entries of the log that it does not cover. */
  readonly behind: number;
  /** `holds`; `does not hold`; `no key`: nobody here has the key that signed, so it can't be told. */
  readonly signature: "holds" | "does not hold" | "no key";
  /** Whether the log still begins with what it is of. */
  readonly standing: Standing;
}

/** How the newest checkpoint that log witnesses cosigned stands. */
export interface CosignedState {
  /** Null: none was ever cosigned by enough of them. */
  readonly checkpoint: CheckpointState | null;
  /** Log witnesses of the policy whose cosignatures hold. */
  readonly names: readonly string[];
  readonly quorum: "none" | "reached" | "missing";
  /** Why it is not enough; null when it is. */
  readonly problem: string | null;
}

/** What stands beside a log. */
export interface LogChain {
  /** The newest checkpoint; null: there is none. */
  readonly checkpoint: CheckpointState | null;
  /** Why the file of the checkpoint says nothing; null when it does, or there is none. */
  readonly problem: string | null;
  /** Null: no log witness is configured. */
  readonly cosigned: CosignedState | null;
}

/** What a log's chain is judged with. */
export interface LogChainParts {
  readonly files: TileFiles;
  readonly tree: LogTree;
  /** This home's checkpoint keys, retired ones too. */
  readonly keys: readonly VerifierKey[];
  readonly policy: TrustPolicy | null;
}

/** Judge what stands beside a log. Cost: two signatures and two roots. */
export function logChain(parts: LogChainParts): LogChain {
  const note = parts.files.checkpoint();
  const cosigned = parts.policy === null ? null : cosignedState(parts, parts.policy);
  if (note === null) return { checkpoint: null, problem: null, cosigned };
  try {
    return { checkpoint: stateOf(note, parts), problem: null, cosigned };
  } catch (error) {
    return { checkpoint: null, problem: errorText(error), cosigned };
  }
}

function stateOf(text: string, { tree, keys }: LogChainParts): CheckpointState {
  const { checkpoint, note } = readCheckpoint(text);
  const { size, root } = checkpoint;
  return {
    size,
    root: Buffer.from(root).toString("hex"),
    behind: Math.max(0, tree.size - size),
    signature: signatureOf(note, keys),
    standing: standingOf(checkpoint, tree),
  };
}

function signatureOf(note: Note, keys: readonly VerifierKey[]): CheckpointState["signature"] {
  const states = keys.map((key) => noteSignatureState(note, key, verifySignature));
  if (states.includes("bad")) return "does not hold";
  return states.includes("good") ? "holds" : "no key";
}

function cosignedState(parts: LogChainParts, policy: TrustPolicy): CosignedState {
  const none = { checkpoint: null, names: [], quorum: "missing" } as const;
  const text = parts.files.readText("cosigned");
  if (text === null) return { ...none, problem: "no checkpoint was ever cosigned by enough log witnesses" };
  try {
    const { names, quorum, ok, reason } = cosignedEnough(parseNote(text), policy, { verifySignature, verifyMlDsa44 });
    return { checkpoint: stateOf(text, parts), names, quorum, problem: ok ? null : (reason ?? "it is not enough") };
  } catch (error) {
    return { ...none, problem: errorText(error) };
  }
}
