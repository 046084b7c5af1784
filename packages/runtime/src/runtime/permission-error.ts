// What a governed tool throws instead of running.

import { CanopyError } from "../core/errors.ts";
import type { Layer, Severity, Verdict } from "../core/finding.ts";

/** The members of a decision that the error carries. */
export interface RefusedDecision {
  readonly decision: Verdict;
  readonly reason: string;
  readonly severity: Severity;
  readonly avid: string;
  readonly layers: Readonly<Record<Layer, string>>;
  readonly authorization_id: string | null;
}

/** The action may not run: it was denied, or needs an approval that it did not get. The tool has not been called. */
export class CanopyPermissionError extends CanopyError {
  readonly decision: Verdict;
  readonly reason: string;
  readonly severity: Severity;
  readonly avid: string;
  readonly layers: Readonly<Record<Layer, string>>;
  readonly authorization_id: string | null;

  constructor(refused: RefusedDecision, details: { readonly cause?: unknown; readonly fix?: string } = {}) {
    const asks = refused.decision === "REQUIRE_APPROVAL";
    super(asks ? "APPROVAL_REQUIRED" : "NOT_ALLOWED", `${refused.decision}: ${refused.reason}`, {
      ...(asks ? { fix: "get an approval for this authorization_id, or set on_require_approval" } : {}),
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
