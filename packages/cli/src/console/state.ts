// What the console shows and asks, as plain data. Views are made from it and from what is known of the log; keys and
// results change it (update.ts). Nothing here touches a terminal, a file or a clock.

import type { ApprovalRequest } from "canopy-runtime";
import { exactFilter, parseFilter, type EntryFilter } from "./entry-filter.ts";
import type { Tone } from "./frame.ts";

/** The views that have a number, in their order. */
export const TABS = [
  "live",
  "approvals",
  "agents",
  "traces",
  "incidents",
  "chain",
  "switches",
  "policy",
  "guides",
] as const;

/** A view that has a number. */
export type Tab = (typeof TABS)[number];

/** What a screen is about. */
export type Place =
  | { readonly view: Exclude<Tab, "live"> }
  /** All lines, or those that pass a filter's text. */
  | { readonly view: "live"; readonly filter: string }
  | { readonly view: "entry"; readonly line: number }
  | { readonly view: "approval"; readonly authorization_id: string }
  | { readonly view: "trace"; readonly trace_id: string }
  | { readonly view: "incident"; readonly incident_id: string }
  | { readonly view: "guide"; readonly index: number }
  | { readonly view: "help" };

/** What a row of a list is found by while the list changes. */
export type RowKey = string | number;

/** One screen of the stack. */
export interface Screen {
  readonly place: Place;
  /** The selected row; null: the newest of the live list, as they come, and the first of any other. */
  readonly key: RowKey | null;
  /** Of a list: how far below the first visible row the selected one stands. Of a text: its first visible row. */
  readonly at: number;
}

/** One thing to be typed. */
export interface FormStep {
  readonly label: string;
  readonly required: boolean;
  /** The only text that goes on; anything else ends the form with nothing done. Pasted text doesn't count. */
  readonly exact: string | null;
}

/** What a form is for. */
export type Intent =
  | { readonly kind: "filter" }
  | { readonly kind: "command" }
  | { readonly kind: "vote"; readonly verdict: "APPROVED" | "REJECTED"; readonly request: ApprovalRequest }
  | { readonly kind: "switch"; readonly scope: string; readonly engaged: boolean }
  | { readonly kind: "step"; readonly incident_id: string }
  | { readonly kind: "incident"; readonly trace_id: string; readonly avid: string; readonly related: string | null };

/** Texts that are being typed, one after the other. */
export interface Form {
  readonly intent: Intent;
  readonly steps: readonly FormStep[];
  readonly answers: readonly string[];
  readonly text: string;
  /** When the step that is open was shown, in ms: what was typed before a person could read it is no answer. */
  readonly since: number;
}

/** A request, and what a prompt at a terminal of so many columns would show of it. */
export interface ShownRequest {
  readonly request: ApprovalRequest;
  readonly text: (columns: number) => string;
}

/** A request for approval that is being read. */
export interface OpenApproval {
  readonly authorization_id: string;
  readonly request: ShownRequest | null;
  readonly problem: string | null;
  /** Rows that were on the screen, without a gap from the first. Voids when the width changes. */
  readonly read: number;
  readonly columns: number;
}

/** What linting the policy gave. */
export interface Linted {
  readonly file: string;
  /** Null while it runs. */
  readonly lines: readonly { readonly text: string; readonly tone: Tone }[] | null;
}

/** What is said on the line above the keys. */
export interface Message {
  readonly text: string;
  readonly tone: Tone;
}

/** The whole state. */
export interface State {
  readonly columns: number;
  readonly rows: number;
  /** Never empty; the last is shown. */
  readonly screens: readonly Screen[];
  readonly form: Form | null;
  readonly message: Message | null;
  /** Something is being recorded or read: what. */
  readonly busy: string | null;
  readonly approval: OpenApproval | null;
  readonly linted: Linted | null;
  /** Why nothing can be recorded from here; null when it can. */
  readonly read_only: string | null;
}

/** What the shell is to do. */
export type Effect =
  | { readonly kind: "quit" }
  | { readonly kind: "suspend" }
  | { readonly kind: "repaint" }
  | { readonly kind: "verify" }
  | { readonly kind: "lint" }
  | { readonly kind: "open approval"; readonly authorization_id: string }
  | {
      readonly kind: "vote";
      readonly verdict: "APPROVED" | "REJECTED";
      readonly request: ApprovalRequest;
      readonly reason: string;
    }
  | { readonly kind: "set switch"; readonly scope: string; readonly engaged: boolean; readonly reason: string }
  | {
      readonly kind: "open incident";
      readonly trace_id: string;
      readonly avid: string;
      readonly description: string;
      readonly related: string | null;
    }
  | { readonly kind: "update incident"; readonly incident_id: string; readonly step: string; readonly note: string }
  | { readonly kind: "export"; readonly words: readonly string[]; readonly file: string };

/** The state of a console that was just started. */
export function initialState(columns: number, rows: number, read_only: string | null): State {
  return {
    columns,
    rows,
    screens: [{ place: { view: "live", filter: "" }, key: null, at: 0 }],
    form: null,
    message: null,
    busy: null,
    approval: null,
    linted: null,
    read_only,
  };
}

/** The screen that is shown. */
export function shownScreen({ screens }: State): Screen {
  return screens.at(-1) ?? { place: { view: "live", filter: "" }, key: null, at: 0 };
}

/** The filter that the shown screen needs searched; null when none. */
export function wantedSearch(state: State): EntryFilter | null {
  const { place } = shownScreen(state);
  switch (place.view) {
    case "live":
      return parseFilter(place.filter);
    case "trace":
      return exactFilter("trace_id", place.trace_id);
    case "incident":
      return exactFilter("incident_id", place.incident_id);
    default:
      return null;
  }
}

/** Rows between the two lines at the top and the two at the bottom. */
export function bodyHeight({ rows }: State): number {
  return Math.max(1, rows - 4);
}
