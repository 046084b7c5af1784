// Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log.
//
//   origin LF size LF base64( root, 32 bytes ) LF [extension lines]          the text of a signed note
//
// The key that signs has the origin as its name. We write no extension lines; those of others are passed over.
// Refused: an empty origin, sizes with leading zeros or over 2^53 - 1, another root than the empty tree's at size 0.

import { CanopyError } from "../../core/errors.ts";
import { decodeBase64, encodeBase64 } from "../../identity/base64.ts";
import { encodeHex } from "../../identity/hex.ts";
import { isKeyName, parseNote, type Note, type NoteTools } from "./note.ts";
import { noteSignatureState, type VerifierKey } from "./verifier-key.ts";

/** The state of a log: how many leaves, and the root over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** A checkpoint with the note that it stands in. */
export interface CheckpointNote {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
}

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/u;
const EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The text that is signed. Throws `INVALID_CHECKPOINT` when it would be no checkpoint. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${encodeBase64(root)}\n`;
  parseCheckpoint(text);
  return text;
}

/** A size as checkpoints and proofs write it, or null: decimal, no leading zeros, at most 2^53 - 1. */
export function parseSize(text: string): number | null {
  return SIZE.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

/**
 * The checkpoint in a note's text (`Note.text`, not the whole note). Proves nothing: see `openCheckpoint`.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT`
 * @see https://c2sp.org/tlog-checkpoint
 */
export function parseCheckpoint(noteText: string): Checkpoint {
  if (!noteText.endsWith("\n")) throw invalid("its text must end in a line feed");
  const [origin = "", sizeLine = "", rootLine = "", ...extensions] = noteText.slice(0, -1).split("\n");
  if (origin === "" || extensions.includes("")) throw invalid("it must have three lines or more, none of them empty");
  const size = parseSize(sizeLine);
  if (size === null) throw invalid("its second line must be a size: decimal, no leading zeros, at most 2^53 - 1");
  const root = decodeBase64(rootLine);
  if (root?.length !== 32) throw invalid("its third line must be a root: base64 of 32 bytes");
  if (size === 0 && encodeHex(root) !== EMPTY_ROOT) throw invalid("a log of size 0 has the root of the empty tree");
  return { origin, size, root };
}

/** The checkpoint in a whole note, before any signature is checked. Throws `INVALID_NOTE`, `INVALID_CHECKPOINT`. */
export function readCheckpoint(note: string): CheckpointNote {
  const parsed = parseNote(note);
  return { checkpoint: parseCheckpoint(parsed.text), note: parsed };
}

/**
 * The checkpoint of a whole note, signed by one of a log's keys: give the present key and, for older notes, retired
 * ones. A signature by a given key that doesn't hold refuses the note whatever else holds. Cost: one verification a key.
 *
 * @throws {CanopyError} `INVALID_NOTE`, or `INVALID_CHECKPOINT` with the keys that had been expected.
 */
export function openCheckpoint(
  note: string,
  keys: VerifierKey | readonly VerifierKey[],
  verify: NoteTools["verifySignature"],
): Checkpoint {
  const { checkpoint, note: parsed } = readCheckpoint(note);
  const list: readonly VerifierKey[] = "name" in keys ? [keys] : keys;
  const states = list.map((key) => noteSignatureState(parsed, key, verify));
  const bad = list.find((_, index) => states[index] === "bad");
  if (bad !== undefined) throw invalid(`its signature by ${bad.name}+${bad.key_id} does not hold`);
  const good = list.some((key, index) => states[index] === "good" && key.name === checkpoint.origin);
  if (good) return checkpoint;
  const expected = list.map(({ name, key_id }) => `${name}+${key_id}`).join(", ");
  throw invalid(`it is of \`${shown(checkpoint.origin)}\` and not signed by ${expected === "" ? "any key" : expected}`);
}

/** Origins come from strangers, so messages show plain ones only. */
function shown(origin: string): string {
  return isKeyName(origin) ? origin.slice(0, 128) : "an origin with spaces";
}

function invalid(expected: string): CanopyError {
  return new CanopyError("INVALID_CHECKPOINT", `not a checkpoint to rely on: ${expected}`, {
    fix: "compare the log's name and its verifier key with what its operator published",
  });
}
