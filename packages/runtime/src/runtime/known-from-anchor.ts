// From what a verifier names as an anchor to what the log is held against: a checkpoint counts only when a key that the
// verifier trusts signed it, and the quorum of its trust policy cosigned it.
//
// That a key was replaced is the word of the very log that is judged. So a checkpoint that such a key signed for a later
// size anchors nothing, but the log must hold it all the same: a thief of the keys could have had it replaced.
//
//   FILE                 a checkpoint; lines of a syslog receiver; a head file
//   folder:/path         https://host/path
//   240:5f3a…            how many entries there were, and the `entry_hash` of the last: for logs of any writer

import { isAbsolute, resolve } from "node:path";
import { CanopyError, errorText } from "../core/errors.ts";
import { KeySuccession, type KeyStep } from "../ledger/tlog/key-succession.ts";
import { mustBeTrusted, type TrustedCheckpoint } from "../ledger/tlog/trusted-checkpoint.ts";
import { shownUrl } from "../storage/anchors/anchor-text.ts";
import { noteAt, notesInFolder, notesInText } from "../storage/anchors/kept-notes.ts";
import type { KnownCheckpoint } from "../storage/checkpoint-audit.ts";
import { parseHeads } from "../storage/head-file.ts";
import { readRegular } from "../storage/regular-file.ts";
import type { Anchor } from "../storage/verify-log.ts";
import { trustFrom, type TrustSource } from "./check-included.ts";
import { followRotations } from "../storage/tlog/key-succession.ts";
import { sha256, verifyMlDsa44, verifySignature } from "./crypto.ts";
import { checkpointVerifierKeys } from "./keys.ts";

/** Who verifies. */
export interface Verifier {
  readonly cwd: string;
  /** Null: this home's own checkpoint keys are trusted, and no others. */
  readonly trust: TrustSource | null;
  readonly home: string;
  /** The log that is verified: its rotations of checkpoint keys are followed. Null: none are. */
  readonly log: string | null;
}

/** What an anchor says of a log. */
export interface KnownFromAnchor {
  readonly checkpoints: readonly KnownCheckpoint[];
  /** Its last entry, where the anchor knows that alone. */
  readonly head: Anchor | null;
  /** Log witnesses of the trust policy that cosigned the newest. */
  readonly cosigned_by: readonly string[];
  /** Rotations of the log that lead from a trusted key to the one that signed the newest. */
  readonly rotations: readonly KeyStep[];
  /** Checkpoints of trusted keys' names that don't count, each with why. */
  readonly uncounted: readonly string[];
  /** Why none of it counts; null when some does. What doesn't is still among `checkpoints` where the log must hold it. */
  readonly untrusted: string | null;
}

const HEAD = /^([1-9][0-9]{0,15}):([0-9a-f]{64})$/;
const LIMIT_BYTES = 67_108_864;

/**
 * Read an anchor.
 *
 * @throws {CanopyError} `ANCHOR_UNAVAILABLE`, `FILE_UNUSABLE`; `NOT_TRUSTED` when it keeps none that a trusted key signed,
 * `INVALID_CHECKPOINT` when it keeps none that is in order.
 */
export async function knownFromAnchor(text: string, verifier: Verifier): Promise<KnownFromAnchor> {
  const [, entries, head] = HEAD.exec(text) ?? [];
  if (entries !== undefined && head !== undefined) return headOf(Number(entries), head);
  if (text.startsWith("folder:")) {
    const path = text.slice("folder:".length);
    const folder = isAbsolute(path) ? path : resolve(verifier.cwd, path);
    return trusted(text, await notesInFolder(folder), verifier);
  }
  if (/^https?:\/\//iu.test(text)) {
    const url = new URL(text);
    const note = await noteAt(url);
    return trusted(shownUrl(url), [note], verifier);
  }
  const bytes = readFile(text, verifier.cwd);
  const kept = parseHeads(bytes);
  if (kept !== null) return headOf(kept.seq, kept.hash);
  return trusted(text, notesInText(bytes.toString("utf8")), verifier);
}

function headOf(entries: number, head: string): KnownFromAnchor {
  return { checkpoints: [], head: { entries, head }, cosigned_by: [], rotations: [], uncounted: [], untrusted: null };
}

function trusted(name: string, notes: readonly string[], verifier: Verifier): KnownFromAnchor {
  const opened: { readonly at: TrustedCheckpoint; readonly rotations: readonly KeyStep[] }[] = [];
  const retired: KnownCheckpoint[] = [];
  const uncounted: string[] = [];
  const successionOf = successions(notes, verifier);
  let problem: unknown = new CanopyError("INVALID_CHECKPOINT", `\`${name}\` holds no checkpoint`, {
    fix: "give a checkpoint, the lines of a syslog receiver, folder:/path, a URL, or ENTRIES:HEAD",
  });
  for (const note of notes) {
    const succession = successionOf(note);
    try {
      const judged = succession.judge(note);
      if (judged.state === "retired_key") {
        const { size, root } = judged.checkpoint;
        retired.push({ name, size, root, isBeside: true });
        uncounted.push(`the checkpoint of ${String(size)} entries: ${judged.reason}`);
      }
      const at = mustBeTrusted(judged);
      opened.push({ at, rotations: succession.stepsTo(at.key) });
    } catch (error) {
      problem = error;
    }
  }
  const newest = opened.toSorted((left, right) => right.at.checkpoint.size - left.at.checkpoint.size)[0];
  if (newest === undefined && retired.length === 0) throw problem;
  const known = opened.map(({ at: { checkpoint } }) => ({ name, size: checkpoint.size, root: checkpoint.root }));
  return {
    checkpoints: [...known, ...retired],
    head: null,
    cosigned_by: newest?.at.names ?? [],
    rotations: newest?.rotations ?? [],
    uncounted,
    untrusted: newest === undefined ? errorText(problem) : null,
  };
}

/** Whom to trust for a note: the keys that were given, or this home's under the note's origin, and their successors. */
function successions(notes: readonly string[], { trust, home, log }: Verifier): (note: string) => KeySuccession {
  const byOrigin = new Map<string, KeySuccession>();
  const tools = { sha256, verifySignature, verifyMlDsa44 };
  const given = trust === null ? null : new KeySuccession(trustFrom(trust), tools);
  const own = (origin: string): KeySuccession =>
    new KeySuccession(trustFrom({ vkeys: checkpointVerifierKeys(home, origin) }), tools);
  for (const note of notes) {
    const origin = originOf(note);
    if (!byOrigin.has(origin)) byOrigin.set(origin, given ?? own(origin));
  }
  if (log !== null) followRotations(log, [...new Set(byOrigin.values())]);
  return (note) => byOrigin.get(originOf(note)) ?? own(originOf(note));
}

function originOf(note: string): string {
  return note.split("\n", 1)[0] ?? "";
}

function readFile(path: string, cwd: string): Buffer {
  const file = resolve(cwd, path);
  try {
    return readRegular(file, LIMIT_BYTES);
  } catch (error) {
    throw new CanopyError("FILE_UNUSABLE", `the anchor \`${path}\` can't be read`, {
      cause: error,
      fix: "give a file, folder:/path, https://…, or ENTRIES:HEAD",
    });
  }
}
