// One base class, one closed table of codes. The table also fixes how a code leaves a process: its exit code.

/** Exit codes of every command, and what they mean (docs/cli.md). */
export const EXIT = {
  yes: 0,
  no: 1,
  unusable: 2,
  approval_required: 3,
  unavailable: 4,
  interrupted: 130,
} as const;

/** Every code an error of ours can carry, with the exit code (see `EXIT`) of a command that ends by it. */
export const ERROR_CODES = {
  /** The action is not something that can be decided: not I-JSON, no type, over a limit. */
  INVALID_ACTION: 2,
  /** The agent context is not usable: no identity, members of the wrong type, an AVID of another key. */
  INVALID_CONTEXT: 2,
  /** The request line or document is not strict JSON or not the documented shape. */
  INVALID_REQUEST: 2,
  /** The policy does not load: syntax, unknown key, unusable pattern. */
  INVALID_POLICY: 2,
  /** The policy file is missing or can't be read. */
  POLICY_UNREADABLE: 2,
  /** The configuration file or an environment variable is not usable. */
  INVALID_CONFIG: 2,
  /** A key is malformed, of an unsupported kind, or its file is readable by others. */
  INVALID_KEY: 2,
  /** A command was called with wrong words. */
  USAGE: 2,
  /** A file is missing, unreadable, empty, or not a regular file. */
  FILE_UNUSABLE: 2,
  /** A value that can't be recorded: not text, boolean, null, safe integer, list or object, or too large. */
  INVALID_ENTRY: 2,
  /** The log can't be opened for writing as it is: not ours, linked, replaced, shrunk or forked. */
  LEDGER_REFUSED: 4,
  /** The entry could not be made durable; nothing that depends on it may run. */
  LEDGER_UNAVAILABLE: 4,
  /** An anchor or a log witness can't be reached, or answers what is not usable. */
  ANCHOR_UNAVAILABLE: 4,
  /** A closed runtime or ledger was used. */
  CLOSED: 2,
  /** No authorization of that id is known to this log. */
  UNKNOWN_AUTHORIZATION: 2,
  /** No incident of that id is known to this log. */
  UNKNOWN_INCIDENT: 2,
  /** The digest about to be executed or approved is not the digest that was decided. */
  DIGEST_MISMATCH: 1,
  /** The authorization has been executed already. */
  ALREADY_EXECUTED: 1,
  /** The authorization, approval or grant is past its time. */
  EXPIRED: 1,
  /** The authorization does not allow execution. */
  NOT_ALLOWED: 1,
  /** The kill switch is engaged. */
  KILL_SWITCH: 1,
  /** An approval does not hold: wrong digest, signature, signer, or used before. */
  APPROVAL_REFUSED: 1,
  /** An approval is needed and there is no way to get it here. */
  APPROVAL_REQUIRED: 3,
  /** The tool has run, and what it gave back is not handed over: over a limit, or not to be looked into. */
  OUTPUT_WITHHELD: 1,
  /** The same idempotency key came with another digest. */
  IDEMPOTENCY_CONFLICT: 2,
  /** A signed note is malformed: not text, signature lines or base64, over a limit. */
  INVALID_NOTE: 2,
  /** A checkpoint is malformed, or isn't signed by a key it must be signed by. */
  INVALID_CHECKPOINT: 1,
  /** Nothing is wrong with a checkpoint, and no key that the verifier trusts vouches for it. */
  NOT_TRUSTED: 1,
  /** A proof file is malformed. One that is well-formed and doesn't hold is a result, not an error. */
  INVALID_PROOF: 2,
  /** A trust policy is malformed: its lines, its keys, its quorum. */
  INVALID_TRUST: 2,
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** How an error is made: a stable code, one line of text, and optionally its place and cause. */
export interface ErrorDetails {
  /** What to do about it, one line. */
  readonly fix?: string;
  /** Where it is: `file:line:col`, a JSON pointer, or a flag. */
  readonly at?: string;
  readonly cause?: unknown;
}

/** The base of every error this project throws. `message` is one line: what is wrong and what was expected. */
export class CanopyError extends Error {
  readonly code: ErrorCode;
  readonly fix: string | null;
  readonly at: string | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CanopyError";
    this.code = code;
    this.fix = details.fix ?? null;
    this.at = details.at ?? null;
  }

  /** For a person: name and message, and what to do about it on a line of its own. */
  override toString(): string {
    return this.fix === null ? super.toString() : `${super.toString()}\nfix: ${this.fix}`;
  }
}

/** The same as `errorText` for a person, with what to do about it. One line. */
export function adviceText(error: unknown): string {
  const text = errorText(error);
  return error instanceof CanopyError && error.fix !== null ? `${text} (fix: ${error.fix})` : text;
}

/** The text of whatever was thrown: one line of at most 300 characters. */
export function errorText(error: unknown): string {
  const text =
    error instanceof Error ? error.message || ("code" in error ? String(error.code) : error.name) : String(error);
  return text.replaceAll(/\s+/gu, " ").slice(0, 300);
}
