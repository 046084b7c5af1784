// What a governed tool throws instead of running.

import { CanopyError, type ErrorCode } from "../core/errors.ts";
import type { Layer, Severity, Verdict } from "../core/finding.ts";
import { UNRECORDED, type RecordingError } from "./decision.ts";

/** The members of a decision that the error carries. */
export interface RefusedDecision {
  readonly decision: Verdict;
  readonly reason: string;
  readonly severity: Severity;
  readonly avid: string;
  readonly layers: Readonly<Record<Layer, string>>;
  readonly authorization_id: string | null;
  readonly rule_ref?: string | null;
  /** Why it isn't recorded; absent when it is. */
  readonly error?: RecordingError;
}

/** What may be done where nobody could answer. */
const ANSWER_FIX =
  'set on_require_approval to "prompt" to be asked at the terminal, or to "wait" and answer in `canopy console` (key 2)';

/**
 * The action may not run: it was denied (`NOT_ALLOWED`), needs an approval that it did not get (`APPROVAL_REQUIRED`), or
 * could not be recorded (the code of what came between). The tool has not been called.
 */
export class CanopyPermissionError extends CanopyError {
  readonly decision: Verdict;
  readonly reason: string;
  readonly severity: Severity;
  readonly avid: string;
  readonly layers: Readonly<Record<Layer, string>>;
  readonly authorization_id: string | null;

  constructor(refused: RefusedDecision, details: { readonly cause?: unknown; readonly fix?: string } = {}) {
    const fix = refused.decision === "REQUIRE_APPROVAL" ? ANSWER_FIX : refused.error?.fix;
    super(codeOf(refused), `${refused.decision}: ${refused.reason}`, {
      ...(fix === undefined ? {} : { fix }),
      ...details,
    });
    this.name = "CanopyPermissionError";
    this.decision = refused.decision;
    this.reason = refused.reason;
    this.severity = refused.severity;
    this.avid = refused.avid;
    this.layers = refused.layers;
    this.authorization_id = refused.authorization_id;
  }
}

// What is denied whether it is recorded or not stays denied when the log is mended.
function codeOf({ decision, rule_ref, error }: RefusedDecision): ErrorCode {
  if (decision === "REQUIRE_APPROVAL") return "APPROVAL_REQUIRED";
  return rule_ref === UNRECORDED && error !== undefined ? error.code : "NOT_ALLOWED";
}
