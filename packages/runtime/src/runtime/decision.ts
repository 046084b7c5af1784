// The decision document: an evaluation, and what its recording adds.

import type { Evaluation } from "../core/decision.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";

/** The decision document (docs/decision-document.md). */
export interface Decision extends Evaluation {
  /** The `entry_hash` of the recorded entry; null when nothing was recorded. */
  readonly authorization_id: string | null;
  /** Signed evidence that verifies alone (docs/witness.md); null when nothing was recorded, and for a repeat of a request. */
  readonly witness: JsonObject | null;
  /** RFC 3339: an ALLOW not executed by then is void; null unless the decision is ALLOW. */
  readonly expires_at: string | null;
  /** RFC 3339: until when an approval is taken; null unless the decision is REQUIRE_APPROVAL. */
  readonly approval_expires_at: string | null;
  /** Why nothing was recorded; absent when it was. */
  readonly error?: RecordingError;
}

/** What came between a decision and the log. */
export interface RecordingError {
  readonly code: ErrorCode;
  /** One line. */
  readonly message: string;
  /** What to do about it, when that is known. */
  readonly fix?: string;
}

/** The `rule_ref` of a decision that is DENY for the sole reason that it could not be recorded. */
export const UNRECORDED = "ledger";
