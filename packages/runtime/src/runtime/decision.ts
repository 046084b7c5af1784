// The decision document: an evaluation, and what its recording adds.

import type { Evaluation } from "../core/decision.ts";
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
}
