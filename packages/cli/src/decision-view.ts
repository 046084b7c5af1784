// A decision as a person reads it: the verdict first, then why, what was seen, and what can be done about it.

import { counted } from "canopy-runtime/counted";
import type { Evaluation } from "canopy-runtime/decision";
import { effectText } from "canopy-runtime/effect-text";
import { verdictText, type Style } from "./style.ts";
import { clipText, terminalText, wrapText } from "./terminal-text.ts";

/** A decision as far as it is shown: evaluated, or also recorded. */
export interface ShownDecision extends Evaluation {
  readonly authorization_id?: string | null;
  readonly expires_at?: string | null;
  readonly approval_expires_at?: string | null;
  readonly error?: { readonly code: string; readonly message: string; readonly fix?: string };
}

/** How a decision is shown. */
export interface DecisionViewOptions {
  readonly style: Style;
  /** Columns there are. */
  readonly columns: number;
  /** The words that open the console on the log that it was recorded in: where a person answers. */
  readonly console?: string;
}

/** At most this many effects and findings are listed; the rest is counted. `--json` gives all. */
const LISTED = 8;
const LABEL = 11;

/**
 * The lines of a decision. Everything in it is made safe here.
 *
 * Cost: linear in what is shown.
 */
export function decisionLines(decision: ShownDecision, options: DecisionViewOptions): readonly string[] {
  const { style } = options;
  const row = (label: string, text: string): readonly string[] => labelled(label, text, options);
  const verdict = verdictText(style, decision.decision);
  const lines = [`${verdict}  ${style.bold(terminalText(decision.action_type))}  ${style.dim(decision.severity)}`];
  lines.push(...row("why", ruled(decision.deciding_layer, decision.rule_ref, decision.reason)));
  lines.push(...listed("seen", decision.effects.map(effectText), row));
  const others = decision.findings.filter(({ reason }) => reason !== decision.reason);
  lines.push(
    ...listed(
      "also",
      others.map((finding) => `${verdictOf(finding)} ${ruled(finding.layer, finding.rule_ref, finding.reason)}`),
      row,
    ),
  );
  if (decision.override_key !== null && decision.decision !== "ALLOW") {
    lines.push(...row("lifted by", `${jsonSpelling(decision.override_key)}, given by the integrator`));
  }
  lines.push(...demandLines(decision, row));
  lines.push(...row("agent", `${decision.identity} ${decision.avid}`));
  lines.push(...row("digest", decision.action_digest));
  return [...lines, ...recordLines(decision, row), ...answerLines(decision, row, options.console)];
}

// A rule that is only tried decides nothing: what it says is a warning.
function verdictOf({ decision, mode }: Evaluation["findings"][number]): string {
  return mode === undefined ? decision : mode.toUpperCase();
}

/** What a policy asks of whoever proceeds. */
function demandLines({ transformed, approval, obligations }: ShownDecision, row: Row): readonly string[] {
  const edits = transformed?.edits.map((edit) => ("set" in edit ? `set ${edit.set}` : `removed ${edit.remove}`)) ?? [];
  // Addresses to pin follow from the effects, which are shown.
  const byRules = obligations.filter(({ detail }) => detail["rule_refs"] !== undefined);
  return [
    ...listed("edited", edits, row),
    ...(approval === null ? [] : row("needs", approvalText(approval))),
    ...listed("must", byRules.map(obligationText), row),
  ];
}

function approvalText({ count, by, reason_required }: NonNullable<Evaluation["approval"]>): string {
  const approvers = counted(count, "approver");
  const who = by.map((set) => `${set.count} ${set.any.map(approverText).join(" or ")}`);
  return [approvers, ...who, ...(reason_required ? ["a reason from each"] : [])].join(", ");
}

function approverText(test: NonNullable<Evaluation["approval"]>["by"][number]["any"][number]): string {
  return "role" in test ? `of ${test.role}` : test.approver;
}

function obligationText({ type, detail }: Evaluation["obligations"][number]): string {
  const { rule_refs: _rules, ...more } = detail;
  const said = Object.values(more).flatMap((value) => (value === null ? [] : [listText(value)]));
  return [type.replaceAll("_", " "), ...said].join(" ");
}

function listText(value: Evaluation["obligations"][number]["detail"][string]): string {
  if (Array.isArray(value)) return value.map(listText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

// The document keeps the spelling of 0.4.2, which is Python's.
function jsonSpelling(override: string): string {
  return override.replace(/ = True$/u, " = true");
}

type Row = (label: string, text: string) => readonly string[];

function recordLines(decision: ShownDecision, row: Row): readonly string[] {
  const { authorization_id, expires_at, approval_expires_at } = decision;
  const lines: string[] = [];
  if (typeof authorization_id === "string") lines.push(...row("recorded", authorization_id));
  if (typeof expires_at === "string") lines.push(...row("good until", expires_at));
  if (typeof approval_expires_at === "string") lines.push(...row("asked until", approval_expires_at));
  return lines;
}

/** Where a person answers what waits, and what to do where nothing could be recorded. */
function answerLines(decision: ShownDecision, row: Row, console = "canopy console"): readonly string[] {
  const { authorization_id, error } = decision;
  if (decision.decision === "REQUIRE_APPROVAL" && typeof authorization_id === "string") {
    return row("answer", `in \`${console}\` (key 2)`);
  }
  if (error === undefined) return [];
  // A verdict that the log made says why by itself.
  const why = decision.rule_ref === "ledger" ? [] : row("unrecorded", `${error.code}: ${error.message}`);
  return [...why, ...(error.fix === undefined ? [] : row("fix", error.fix))];
}

function listed(label: string, texts: readonly string[], row: Row): readonly string[] {
  const lines = texts.slice(0, LISTED).flatMap((text, index) => row(index === 0 ? label : "", text));
  if (texts.length > LISTED) lines.push(...row("", `… and ${texts.length - LISTED} more (--json shows all)`));
  return lines;
}

// The reason of a policy's rule begins with its name.
function ruled(layer: string, rule: string | null, reason: string): string {
  return rule === null || layer === "policy" ? reason : `${rule}: ${reason}`;
}

const HASHED = /^(?:AVID-|sha256:)[0-9a-f]{64}$/u;

/** At most this many terminal lines for one text. */
const LINES_EACH = 4;

function labelled(label: string, text: string, { style, columns }: DecisionViewOptions): readonly string[] {
  const safe = terminalText(text);
  const room = Math.max(20, columns - LABEL - 3);
  const wrapped = wrappedBeforeHash(safe, room);
  const shown = wrapped.slice(0, LINES_EACH);
  if (wrapped.length > LINES_EACH) shown[LINES_EACH - 1] = clipText(`${shown[LINES_EACH - 1] ?? ""} …`, room);
  return shown.map((line, index) => {
    if (line.length > room) return `    ${line}`;
    return `  ${style.dim((index === 0 ? label : "").padEnd(LABEL))} ${line}`.trimEnd();
  });
}

// A digest or an id that does not fit beside its label stands below it, in one piece, so that it can be copied.
function wrappedBeforeHash(text: string, room: number): string[] {
  const before = text.slice(0, text.lastIndexOf(" ") + 1).trimEnd();
  const last = text.slice(text.lastIndexOf(" ") + 1);
  const below = last.length > room && HASHED.test(last);
  return below ? [...wrapText(before, room), last] : [...wrapText(text, room)];
}
