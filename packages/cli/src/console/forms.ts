// What is typed: filters, commands, reasons, and the words that confirm. A form that ends otherwise than it must ends
// with nothing done.

import type { ApprovalRequest } from "canopy-runtime";
import { clipText, terminalText } from "../terminal-text.ts";
import type { InputEvent } from "./key-input.ts";
import { saying } from "./navigate.ts";
import type { Effect, Form, FormStep, Intent, State } from "./state.ts";

/** A state and what the shell is to do. */
export interface Updated {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** What is typed before this time has passed is no answer to what was just asked. */
const SETTLE_MS = 200;
const MOST_TYPED = 1000;

/** Open a form. `now` in ms. */
export function opened(state: State, intent: Intent, now: number, text = ""): State {
  return { ...state, message: null, form: { intent, steps: stepsOf(intent), answers: [], text, since: now } };
}

function stepsOf(intent: Intent): readonly FormStep[] {
  switch (intent.kind) {
    case "filter":
      return [said("/")];
    case "command":
      return [said(":")];
    case "vote": {
      const needs = reasonNeeded(intent.request);
      const why = said(needs ? "Reason (the policy wants one): " : "Reason, or enter: ", needs);
      return intent.verdict === "APPROVED"
        ? [why, exactly("Approve exactly this?", "yes")]
        : [why, exactly("Reject for good?", "no")];
    }
    case "switch": {
      const { scope, engaged } = intent;
      const word = switchWord(scope, engaged);
      const what = engaged ? "Stops every decision in scope." : "Decisions are made again.";
      return [
        said(`${engaged ? "Stop" : "Release"} ${clipText(terminalText(scope), 24)}: why? `, true),
        exactly(what, word),
      ];
    }
    case "incident":
      return [said("What happened? ", true)];
    case "step":
      return [said("open, contained, resolved, closed, or enter: "), said("Note, or enter: ")];
    default:
      return intent satisfies never;
  }
}

function said(label: string, required = false): FormStep {
  return { label, required, exact: null };
}

function exactly(what: string, exact: string): FormStep {
  return { label: `${what} Type ${exact}: `, required: true, exact };
}

/** The words that confirm a kill switch: the scope's own, so that another one can't be meant. */
export function switchWord(scope: string, engaged: boolean): string {
  const name = scope.startsWith("agent:AVID-") ? scope.slice("agent:AVID-".length, "agent:AVID-".length + 8) : scope;
  return `${engaged ? "stop" : "release"} ${name}`;
}

function reasonNeeded({ approval }: ApprovalRequest): boolean {
  return approval?.reason_required === true;
}

/** What a form that was filled in leads to. */
export type Submit = (state: State, intent: Intent, answers: readonly string[]) => Updated;

/** A key in a form. */
export function formInput(
  state: State,
  form: Form,
  event: InputEvent,
  context: { readonly now: number; readonly submit: Submit },
): Updated {
  const step = form.steps[form.answers.length];
  const confirms = step?.exact != null;
  if (event.kind === "key" && (event.key === "escape" || event.key === "ctrl c" || event.key === "ctrl g")) {
    return plain({ ...state, form: null });
  }
  if (confirms && context.now - form.since < SETTLE_MS) return plain(state);
  switch (event.kind) {
    case "character":
      return plain(typed(state, form, event.text));
    case "paste":
      return plain(
        confirms
          ? saying(state, "type the word yourself")
          : typed(state, form, event.text.replaceAll(/\p{Cc}+/gu, " ")),
      );
    case "key":
      return keyInForm(state, form, event.key, context);
    default:
      return plain(state);
  }
}

function keyInForm(
  state: State,
  form: Form,
  key: string,
  context: { readonly now: number; readonly submit: Submit },
): Updated {
  switch (key) {
    case "enter":
      return next(state, form, context);
    case "backspace":
    case "ctrl h":
      if (form.text === "" && form.intent.kind !== "vote") return plain({ ...state, form: null });
      return plain({ ...state, form: { ...form, text: form.text.replace(/.$/su, "") } });
    case "ctrl u":
      return plain({ ...state, form: { ...form, text: "" } });
    case "ctrl w":
      return plain({ ...state, form: { ...form, text: form.text.replace(/\S*\s*$/u, "") } });
    default:
      return plain(state);
  }
}

function typed(state: State, form: Form, text: string): State {
  return { ...state, form: { ...form, text: (form.text + text).slice(0, MOST_TYPED) } };
}

function next(state: State, form: Form, { now, submit }: { readonly now: number; readonly submit: Submit }): Updated {
  const step = form.steps[form.answers.length];
  const text = form.text.trim();
  if (step === undefined) return plain({ ...state, form: null });
  if (step.exact !== null && text !== step.exact) {
    return plain(saying({ ...state, form: null }, `not "${step.exact}": nothing was done`, "caution"));
  }
  if (step.required && text === "") return plain(saying(state, "expected a text"));
  const answers = [...form.answers, text];
  if (answers.length < form.steps.length) return plain({ ...state, form: { ...form, answers, text: "", since: now } });
  return submit({ ...state, form: null, message: null }, form.intent, answers);
}

/** A state, and nothing to do. */
export function plain(state: State): Updated {
  return { state, effects: [] };
}
