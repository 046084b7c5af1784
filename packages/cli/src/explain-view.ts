// Why a request was decided as it was, for people: the verdict, the rules that were asked, their conditions with what
// was seen, as lines or as a tree. Values of the payload are cut and shown safely; what is whole stands in the log alone.

import { counted } from "canopy-runtime/counted";
import type { CelTrace, ConditionTrace, ExplainedAction, Explanation, Finding, RuleTrace } from "canopy-runtime";
import { verdictText, type Style } from "./style.ts";
import { clipText, terminalText } from "./terminal-text.ts";

/** One line of the tree, and what hangs below it. */
interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

/** How an explanation is laid out. */
export interface ExplainLayout {
  readonly style: Style;
  /** Columns of the terminal; values are cut to what is left of a line. */
  readonly width: number;
  /** The policy, as it is shown before a rule's place. */
  readonly policy: string;
  /** Rules that were not asked, too; and every part of a condition. */
  readonly full: boolean;
}

/** The longest value of a payload that is shown. */
const LONGEST_VALUE = 60;

/** The lines of an explanation: two spaces a level, or with lines drawn between. */
export function explainLines(explanation: Explanation, layout: ExplainLayout, drawn: boolean): readonly string[] {
  const branches = branchesOf(explanation, layout);
  const { evaluation } = explanation;
  const { style } = layout;
  const by = evaluation.rule_ref === null ? "" : `  by ${style.bold(terminalText(evaluation.rule_ref))}`;
  const head = [verdictText(style, evaluation.decision) + by, terminalText(evaluation.reason)];
  return [...head, ...(drawn ? drawnLines(branches, "") : ["", ...indentedLines(branches, "")])];
}

function indentedLines(branches: readonly Branch[], indent: string): readonly string[] {
  return branches.flatMap(({ text, below }) => [indent + text, ...indentedLines(below, `${indent}  `)]);
}

function drawnLines(branches: readonly Branch[], before: string): readonly string[] {
  return branches.flatMap(({ text, below }, index) => {
    const last = index === branches.length - 1;
    return [before + (last ? "└─ " : "├─ ") + text, ...drawnLines(below, before + (last ? "   " : "│  "))];
  });
}

function branchesOf({ evaluation, actions }: Explanation, layout: ExplainLayout): readonly Branch[] {
  const builtIn = evaluation.findings.filter(({ layer }) => layer !== "policy");
  const layers = builtIn.map((finding) => findingBranch(finding, layout.style));
  const none = { text: layout.style.dim("nothing was found"), below: [] };
  return [
    { text: layout.style.bold("built-in layers"), below: layers.length === 0 ? [none] : layers },
    ...actions.map((action, index) => actionBranch(action, index, layout)),
  ];
}

function findingBranch({ rule_ref, decision, reason }: Finding, style: Style): Branch {
  return { text: `${verdictText(style, decision)}  ${terminalText(rule_ref)}: ${terminalText(reason)}`, below: [] };
}

function actionBranch(
  { action_type, raw_action_type, rules }: ExplainedAction,
  index: number,
  layout: ExplainLayout,
): Branch {
  const asked = rules.filter((rule) => rule.asked);
  const named = action_type === raw_action_type ? action_type : `${action_type} (${raw_action_type})`;
  const of = index === 0 ? "" : `  call ${index} in it: ${terminalText(named)}`;
  const text = `${layout.style.bold("policy")}  ${asked.length} of ${counted(rules.length, "rule")} asked${of}`;
  const shown = layout.full ? rules : asked;
  return { text, below: shown.map((rule) => ruleBranch(rule, layout)) };
}

function ruleBranch(trace: RuleTrace, layout: ExplainLayout): Branch {
  const { rule, asked, conditions, finding } = trace;
  const { style, policy } = layout;
  const place = style.dim(`${terminalText(policy)}:${rule.line}:${rule.col}`);
  const mode = rule.mode === "enforce" ? "" : ` (${rule.mode})`;
  const head = `${outcomeText(trace, style)}  ${style.bold(terminalText(rule.id))}${mode}  ${place}`;
  if (!asked) return { text: head, below: [] };
  const reason = finding === null ? [] : [...new Set([finding.reason, ...(finding.evidence ?? [])])];
  const said = reason.map((line, index) => ({
    text: `${index === 0 ? "because" : "seen"}: ${terminalText(line)}`,
    below: [],
  }));
  return { text: head, below: [...conditions.map((each) => conditionBranch(each, layout)), ...said] };
}

function outcomeText({ asked, finding, conditions }: RuleTrace, style: Style): string {
  if (!asked) return style.dim("not asked");
  if (finding !== null) return verdictText(style, finding.decision);
  return style.dim(conditions.some(({ holds }) => holds !== true) ? "ruled out" : "found nothing");
}

const HELD = { true: "holds", false: "does not hold", null: "can't be told" } as const;

function conditionBranch(
  { key, source, holds, failure, seen = [], parts }: ConditionTrace,
  layout: ExplainLayout,
): Branch {
  const { style } = layout;
  const outcome = HELD[`${holds}`];
  const paint = holds === true ? style.good : holds === false ? style.dim : style.bad;
  const why = failure === null ? "" : `: ${terminalText(failure)}`;
  const values = seen.map(({ source: name, value }) => valueBranch(name, value, layout));
  const cel = parts === undefined ? [] : partsBelow(parts, layout);
  return { text: `${paint(outcome)}  ${terminalText(key)}: ${terminalText(source)}${why}`, below: [...values, ...cel] };
}

/** The parts below the whole, which stands in the condition's own line already. */
function partsBelow({ children }: CelTrace, layout: ExplainLayout): readonly Branch[] {
  return children.flatMap((part) => partBranch(part, layout));
}

function partBranch(part: CelTrace, layout: ExplainLayout): readonly Branch[] {
  const below = part.children.flatMap((child) => partBranch(child, layout));
  if (part.error !== undefined) {
    return [{ text: `${terminalText(part.source)}: ${layout.style.bad(terminalText(part.error.message))}`, below }];
  }
  // What gives itself was written out.
  if (part.value === part.source) return below;
  if (part.value !== undefined) return [{ ...valueBranch(part.source, part.value, layout), below }];
  if (!layout.full) return below;
  return [{ text: layout.style.dim(`${terminalText(part.source)} was not needed`), below }];
}

function valueBranch(source: string, value: string, { style, width }: ExplainLayout): Branch {
  const shown = clipText(terminalText(value), Math.min(LONGEST_VALUE, Math.max(20, width - 20)));
  return { text: `${terminalText(source)} ${style.dim("=")} ${style.accent(shown)}`, below: [] };
}

/** The explanation as a JSON document. Values are cut as in the lines. */
export function explainDocument({ evaluation, actions }: Explanation): object {
  return {
    ...evaluation,
    explained: actions.map(({ action_type, raw_action_type, rules }) => ({
      action_type,
      raw_action_type,
      rules: rules.map(({ rule, asked, conditions, finding }) => ({
        id: rule.id,
        line: rule.line,
        col: rule.col,
        mode: rule.mode,
        asked,
        conditions: conditions.map(conditionDocument),
        finding,
      })),
    })),
  };
}

function conditionDocument({ seen, parts, ...told }: ConditionTrace): object {
  return {
    ...told,
    ...(seen === undefined ? {} : { seen: seen.map(({ source, value }) => ({ source, value: cut(value) })) }),
    ...(parts === undefined ? {} : { parts: partDocument(parts) }),
  };
}

function partDocument({ source, times, value, error, children }: CelTrace): object {
  return {
    source,
    times,
    ...(value === undefined ? {} : { value: cut(value) }),
    ...(error === undefined ? {} : { error }),
    parts: children.map(partDocument),
  };
}

function cut(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE)}…`;
}
