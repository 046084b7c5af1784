// A framework's controls, each with what the log shows of it: counted entries, and a sentence of what they don't show.
//
// A control is `shown` when the log holds the evidence that its line names, `partial` when it holds some of it, and
// `insufficient` otherwise, which is where every control begins. Nothing here says that a duty is fulfilled.

import type { VerifyResult } from "canopy-runtime/verify";
import type { Control, ControlInput, Evidence, Framework, Standing } from "./control.ts";
import { EU_AI_ACT } from "./eu-ai-act.ts";
import { NIST_AI_RMF } from "./nist-ai-rmf.ts";
import { OWASP_AGENTIC } from "./owasp-agentic.ts";

/** One line of a view. */
export interface ControlLine {
  readonly id: string;
  readonly name: string;
  readonly standing: Standing;
  readonly evidence: readonly Evidence[];
  readonly not_shown: string;
}

/** A framework held against a log. */
export interface ComplianceView {
  readonly framework: FrameworkName;
  readonly title: string;
  readonly source: string;
  /** What stands above all lines. */
  readonly caution: string;
  readonly lines: readonly ControlLine[];
}

/** The frameworks, by the names that commands take. */
export const FRAMEWORKS = ["owasp-agentic", "nist-ai-rmf", "eu-ai-act"] as const;
/** One of them. */
export type FrameworkName = (typeof FRAMEWORKS)[number];

const BY_NAME: Readonly<Record<FrameworkName, Framework>> = {
  "owasp-agentic": OWASP_AGENTIC,
  "nist-ai-rmf": NIST_AI_RMF,
  "eu-ai-act": EU_AI_ACT,
};

/**
 * Hold a framework against a log's counts. A log that is broken shows nothing: every line is `insufficient`. A log that
 * nothing anchors shows at most `partial`: it may have been cut or rewritten as a whole.
 */
export function complianceView(framework: FrameworkName, input: ControlInput): ComplianceView {
  const { title, source, controls } = BY_NAME[framework];
  return {
    framework,
    title,
    source,
    caution: cautionOf(input.verification),
    lines: controls.map((control) => lineOf(control, input)),
  };
}

function cautionOf({ valid, anchored }: VerifyResult): string {
  if (!valid) return "The log is broken: what it says is no evidence, so every line is insufficient.";
  const base = "Evidence from this log alone, of governed calls alone; no statement of conformity.";
  return anchored ? base : `${base} Nothing anchors the log: no line is more than partial.`;
}

function lineOf(control: Control, input: ControlInput): ControlLine {
  const evidence = control.evidence(input);
  const own = (control.standing ?? byCounts)(input, evidence);
  const { valid, anchored } = input.verification;
  const standing: Standing = !valid ? "insufficient" : own === "shown" && !anchored ? "partial" : own;
  const { id, name, notShown } = control;
  return { id, name, standing, evidence, not_shown: notShown };
}

function byCounts(_input: ControlInput, evidence: readonly Evidence[]): Standing {
  const found = evidence.filter(({ entries }) => entries > 0).length;
  if (found === 0) return "insufficient";
  return found === evidence.length ? "shown" : "partial";
}
