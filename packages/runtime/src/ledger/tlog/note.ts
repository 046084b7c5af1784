// Signed notes (C2SP signed-note): a text, an empty line, and signature lines.
//
//   note      = text LF signature+          text ends in a line feed; the last empty line separates
//   signature = "— " name " " base64( key id, 4 bytes ‖ signature ) LF
//   name      = 1 to 512 characters, no white space, no "+"
//
//   example.com/log
//   15
//   2vO…=
//
//   — example.com/log Uw2QOk…=
//
// Refused: control characters but line feeds, lone surrogates, base64 in a second spelling, over 1 MiB, over 100
// signatures. Parsing proves nothing: a note's text counts only once a trusted key's signature was verified.

import { CanopyError } from "../../core/errors.ts";
import { decodeBase64, encodeBase64 } from "../../identity/base64.ts";
import { encodeHex } from "../../identity/hex.ts";
import type { VerifySignature } from "../../identity/possession.ts";
import type { Sha256 } from "../merkle.ts";

/** What checking notes and proofs needs of its host. */
export interface NoteTools {
  readonly sha256: Sha256;
  /** Ed25519 as RFC 8032 has it; false for anything malformed. */
  readonly verifySignature: VerifySignature;
  /** ML-DSA-44 (FIPS 204), for cosignatures; absent where the host has none. */
  readonly verifyMlDsa44?: VerifyMlDsa44;
}

/** Whether an ML-DSA-44 signature by a key of 1,312 bytes holds; null: that can't be checked here. */
export type VerifyMlDsa44 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean | null;

/** What verifies signatures of notes. */
export type SignatureTools = Pick<NoteTools, "verifySignature" | "verifyMlDsa44">;

/** One signature line. */
export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly key_id: string;
  /** What follows the key id: for Ed25519 the 64 bytes of the signature. */
  readonly bytes: Uint8Array;
}

/** A note as parsed; its signatures are claims. */
export interface Note {
  /** What is signed, with its last line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The largest note that is read, in bytes of UTF-8. */
export const MAX_NOTE_BYTES = 1_048_576;

/** The most signature lines that a note may have. */
export const MAX_NOTE_SIGNATURES = 100;

const MAX_NAME = 512;
const EM_DASH = "—";
const LONE_SURROGATE = /\p{Surrogate}/u;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/u;
const BAD_NAME = /[\p{White_Space}+]/u;
const SIGNATURE_LINE = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Whether a text can name a key or an origin in notes. */
export function isKeyName(name: string): boolean {
  if (name.length < 1 || name.length > MAX_NAME) return false;
  return !BAD_NAME.test(name) && !CONTROL.test(name) && !LONE_SURROGATE.test(name);
}

/**
 * Parse a note. Cost: linear.
 *
 * @throws {CanopyError} `INVALID_NOTE`, with the line in `at`.
 * @see https://c2sp.org/signed-note
 */
export function parseNote(note: string): Note {
  checkCharacters(note);
  const split = note.lastIndexOf("\n\n");
  if (split < 0) throw invalid("a note is a text, an empty line, and signature lines");
  const lines = note.slice(split + 2, -1).split("\n");
  if (!note.endsWith("\n") || note.length < split + 3) throw invalid("a signature line must end in a line feed");
  if (lines.length > MAX_NOTE_SIGNATURES) throw invalid(`a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  const text = note.slice(0, split + 1);
  const before = text.split("\n").length;
  return { text, signatures: lines.map((line, index) => parseSignature(line, before + 1 + index)) };
}

/** The signatures that stand on lines alone, as log witnesses answer. Throws `INVALID_NOTE` as `parseNote` does. */
export function parseSignatureLines(text: string): readonly NoteSignature[] {
  checkCharacters(text);
  if (!text.endsWith("\n")) throw invalid("a signature line must end in a line feed");
  const lines = text.slice(0, -1).split("\n");
  if (lines.length > MAX_NOTE_SIGNATURES) throw invalid(`a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  return lines.map((line, index) => parseSignature(line, index + 1));
}

/**
 * The note of a text and its signatures.
 *
 * @throws {CanopyError} `INVALID_NOTE` when that would be no note.
 */
export function formatNote(body: string, signatures: readonly NoteSignature[]): string {
  const note = `${body}\n${signatures.map(formatSignature).join("")}`;
  const parsed = parseNote(note);
  if (parsed.text !== body || parsed.signatures.length !== signatures.length) {
    throw invalid("the text must end in a line feed, and each signature have a name without spaces");
  }
  return note;
}

/** One signature line, with its line feed. */
export function formatSignature({ name, key_id, bytes }: NoteSignature): string {
  const id = Number.parseInt(key_id, 16);
  const head = [id / 2 ** 24, id / 2 ** 16, id / 2 ** 8, id].map((part) => Math.floor(part) % 256);
  return `${EM_DASH} ${name} ${encodeBase64(Uint8Array.of(...head, ...bytes))}\n`;
}

function checkCharacters(text: string): void {
  // UTF-8 has at least as many bytes as UTF-16 has units, so the cheap bound goes first.
  if (text.length > MAX_NOTE_BYTES || new TextEncoder().encode(text).length > MAX_NOTE_BYTES) {
    throw invalid(`a note has at most ${MAX_NOTE_BYTES} bytes`);
  }
  if (LONE_SURROGATE.test(text)) throw invalid("a note must be valid Unicode");
  if (CONTROL.test(text)) throw invalid("a note has no control characters but line feeds");
}

function parseSignature(line: string, at: number): NoteSignature {
  const [, name = "", encoded = ""] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === "") throw invalid("a signature line is `— <name> <base64>`", at);
  if (!isKeyName(name)) throw invalid("a key's name has no white space and no `+`", at);
  const bytes = decodeBase64(encoded);
  if (bytes === null || bytes.length < 5) throw invalid("a signature is base64 of a key id and some bytes", at);
  return { name, key_id: encodeHex(bytes.subarray(0, 4)), bytes: bytes.slice(4) };
}

function invalid(expected: string, line?: number): CanopyError {
  return new CanopyError("INVALID_NOTE", `not a signed note: ${expected}`, {
    ...(line === undefined ? {} : { at: `line ${line}` }),
    fix: "give the file as it was written: a signed note as c2sp.org/signed-note describes it",
  });
}
