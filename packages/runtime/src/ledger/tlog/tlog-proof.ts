// Proof files (C2SP tlog-proof, `.tlog-proof`): one entry is in the log, checked offline.
//
//   c2sp.org/tlog-proof@v1
//   extra <base64>               optional; proves nothing
//   index <decimal>
//   <base64 of 32 bytes>         the inclusion path, from the leaf up
//   …
//
//   <the checkpoint, a signed note with cosignatures>

import { counted } from "../../core/counted.ts";
import { CanopyError } from "../../core/errors.ts";
import { decodeBase64, encodeBase64 } from "../../identity/base64.ts";
import { leafHash, verifyInclusion } from "../merkle.ts";
import { parseSize, readCheckpoint } from "./checkpoint.ts";
import { MAX_NOTE_BYTES, type NoteTools } from "./note.ts";
import type { TrustPolicy } from "./trust-policy.ts";
import { openTrusted, type TrustedCheckpoint } from "./trusted-checkpoint.ts";

/** A proof file as parsed. */
export interface TlogProof {
  /** The entry's index, from 0. */
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The whole note. */
  readonly checkpoint: string;
  /** Bytes of the application's own that nothing authenticates. */
  readonly extra?: Uint8Array;
}

/** What a proof shows: the trusted checkpoint that the entry is in, or why it shows nothing. */
export type TlogProofVerdict =
  | { readonly valid: true; readonly index: number; readonly trusted: TrustedCheckpoint }
  | {
      readonly valid: false;
      /** `untrusted`: it holds together, and nobody whom the policy trusts vouches for its checkpoint. */
      readonly verdict: "untrusted" | "invalid";
      readonly reason: string;
    };

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
const MAX_TEXT = 2 * MAX_NOTE_BYTES;
// A tree of 2^53 leaves is 53 high.
const MAX_PATH = 64;

/** The text of a proof file. Throws `INVALID_PROOF` when it would not read back as the same. */
export function formatTlogProof({ index, path, checkpoint, extra }: TlogProof): string {
  const lines = [
    FIRST_LINE,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...path.map(encodeBase64),
  ];
  const text = `${lines.join("\n")}\n\n${checkpoint}`;
  parseTlogProof(text);
  return text;
}

/**
 * Parse a proof file. Proves nothing: see `verifyTlogProof`.
 *
 * @throws {CanopyError} `INVALID_PROOF`
 * @see https://c2sp.org/tlog-proof
 */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > MAX_TEXT) throw invalid(`it must have at most ${MAX_TEXT} characters`);
  const end = text.indexOf("\n\n");
  const checkpoint = text.slice(end + 2);
  if (end < 0 || checkpoint === "") throw invalid("a checkpoint must stand after an empty line");
  const lines = text.slice(0, end).split("\n");
  if (lines.shift() !== FIRST_LINE) throw invalid(`its first line must be \`${FIRST_LINE}\``);
  const extra = readExtra(lines);
  const index = parseSize(/^index (.+)$/u.exec(lines.shift() ?? "")?.[1] ?? "");
  if (index === null) throw invalid("it must have a line `index <decimal>`");
  if (lines.length > MAX_PATH) throw invalid(`its path must have at most ${MAX_PATH} hashes`);
  return { index, path: lines.map(readHash), checkpoint, ...(extra === null ? {} : { extra }) };
}

function readExtra(lines: string[]): Uint8Array | null {
  if (lines[0]?.startsWith("extra ") !== true) return null;
  const extra = decodeBase64(lines.shift()?.slice("extra ".length) ?? "");
  if (extra === null) throw invalid("its extra data must be base64");
  return extra;
}

function readHash(line: string): Uint8Array {
  const hash = decodeBase64(line);
  if (hash?.length !== 32) throw invalid("its path must be base64 of 32 bytes a line");
  return hash;
}

/**
 * Whether a proof shows, to someone who trusts this policy, that the log has this entry data at the proof's index.
 * For a line of ours, `entryData(line)`. Never throws for what the proof holds. Cost: two hashes and the signatures.
 */
export function verifyTlogProof(
  proof: TlogProof,
  entryData: Uint8Array,
  trust: TrustPolicy,
  tools: NoteTools,
): TlogProofVerdict {
  try {
    const { size, root } = readCheckpoint(proof.checkpoint).checkpoint;
    const leaf = leafHash(entryData, tools.sha256);
    const { index, path } = proof;
    if (!verifyInclusion(leaf, { index, size, path, root }, tools.sha256)) {
      const reason = `the entry is not at index ${index} of the tree of ${counted(size, "entry", "entries")}`;
      return { valid: false, verdict: "invalid", reason };
    }
    return { valid: true, index, trusted: openTrusted(proof.checkpoint, trust, tools) };
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    return { valid: false, verdict: error.code === "NOT_TRUSTED" ? "untrusted" : "invalid", reason: error.message };
  }
}

function invalid(expected: string): CanopyError {
  return new CanopyError("INVALID_PROOF", `not a proof file: ${expected}`, {
    fix: "give the file as it was written: c2sp.org/tlog-proof describes it",
  });
}
