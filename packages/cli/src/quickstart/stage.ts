// What the viewer of the quickstart sees: each call, what was seen in it, what was decided, what came of it.

import type { Runtime } from "canopy-runtime";
import { adviceText } from "canopy-runtime/errors";
import { effectText } from "canopy-runtime/effect-text";
import type { Io } from "../io.ts";
import { verdictText } from "../style.ts";
import { clipText, terminalLines, terminalText, wrapText } from "../terminal-text.ts";
import { ACTION_TYPES, type CallEnd, type Watcher } from "./agent.ts";
import { STEPS, type ToolName } from "./story.ts";

/** What came of one step, for `--json`. */
export interface StepReport {
  readonly title: string;
  readonly tool: ToolName;
  readonly args: Readonly<Record<string, string>>;
  readonly decision: string;
  readonly outcome: CallEnd["outcome"];
  readonly effects: readonly string[];
}

/** What the stage needs. */
export interface StageParts {
  readonly io: Io;
  readonly runtime: Runtime;
  readonly agent_ctx: { readonly public_key: string; readonly trace_id: string };
  readonly folder: string;
  /** Nothing is shown; reports are still made. */
  readonly silent: boolean;
}

/** The stage: a watcher of the agent, and what it has seen. */
export interface Stage {
  readonly watcher: Watcher;
  readonly reports: readonly StepReport[];
}

const LABEL = 9;
const SHOWN_EFFECTS = 3;
const SHOWN_OUTPUT = 3;

/** Set the stage. */
export function createStage(parts: StageParts): Stage {
  const { io, runtime, agent_ctx, folder, silent } = parts;
  const { outStyle: style } = io;
  const reports: StepReport[] = [];
  const say = (text: string): void => (silent ? undefined : io.out(`${text}\n`));
  const row = (label: string, text: string): void => {
    const [first = "", ...more] = wrapText(terminalText(text), Math.min(io.columns, 100) - LABEL - 4);
    say(`   ${style.dim(label.padEnd(LABEL))} ${first}`);
    for (const line of more) say(`   ${" ".repeat(LABEL)} ${line}`);
  };
  let current: Omit<StepReport, "outcome"> | null = null;
  return {
    reports,
    watcher: {
      before: (tool, args) => {
        const { title, about } = STEPS[reports.length] ?? { title: tool, about: "" };
        // The same decision the tool is about to get, without recording it, so that its effects can be shown.
        const evaluation = runtime.evaluate(agent_ctx, ACTION_TYPES[tool], args, { cwd: folder });
        const effects = evaluation.effects.map((effect) => effectText(effect).replaceAll(`${folder}/`, "./"));
        current = { title, tool, args, decision: evaluation.decision, effects };
        say(`\n${style.bold(`${reports.length + 1}  ${title}`)}\n   ${style.dim(about)}`);
        row("agent", `${tool} ${args["command"] ?? args["path"] ?? ""}`);
        for (const [index, text] of shownEffects(effects).entries()) row(index === 0 ? "seen" : "", text);
        say(`   ${style.dim("decided".padEnd(LABEL))} ${verdictText(style, evaluation.decision)}`);
        if (evaluation.rule_ref !== null) row("because", `${evaluation.rule_ref}: ${evaluation.reason}`);
      },
      asked: (approver) => row("approval", `no terminal, so a ${approver} signs it with this home's approver key`),
      after: (end) => {
        showEnd(end, row, io);
        if (current !== null) reports.push({ ...current, outcome: end.outcome });
      },
    },
  };
}

// What is most worth seeing comes last in a command's effects: what it does, after which programs it runs.
function shownEffects(effects: readonly string[]): readonly string[] {
  const telling = effects.filter((text) => !text.startsWith("runs "));
  const shown = (telling.length > 0 ? telling : effects).slice(0, SHOWN_EFFECTS);
  return shown.length > 0 ? shown : ["nothing that changes anything"];
}

function showEnd(end: CallEnd, row: (label: string, text: string) => void, io: Io): void {
  switch (end.outcome) {
    case "ran": {
      const lines = terminalLines(end.output.trimEnd()).slice(0, SHOWN_OUTPUT);
      const said = lines.map((line) => clipText(line, io.columns - LABEL - 12)).join(" / ");
      row("ran", said === "" ? "yes, without output" : said);
      row("attested", "a salted hash of the result stands in the log");
      return;
    }
    case "refused":
      row("ran", "no: the tool was never called");
      return;
    case "failed":
      row("failed", adviceText(end.error));
      return;
    default:
      end satisfies never;
  }
}
