// The screen: a bar that says where one is, the views, the body, a line for what is typed or said, and the keys.

import { terminalText, textWidth } from "../terminal-text.ts";
import { approvalBody, unreadRows } from "./approval-view.ts";
import { placeBody, type Body, type ViewContext } from "./body.ts";
import { chainBody, chainWord } from "./chain-view.ts";
import { entryBody, wrapped } from "./entry-view.ts";
import { BLANK, textRow, type Frame, type Row, type Span } from "./frame.ts";
import { agentsBody, approvalsBody, incidentsBody, switchesBody, tracesBody } from "./list-views.ts";
import { liveBody } from "./live-view.ts";
import { bodyHeight, shownScreen, TABS, type Place, type State, type Tab } from "./state.ts";
import { guideBody, guidesBody, helpBody, policyBody } from "./text-views.ts";
import { traceBody } from "./trace-view.ts";
import { isOtherPolicy, vouchedWord } from "./vouched-rows.ts";

/** The smallest terminal that it works in. */
const LEAST_COLUMNS = 60;
const LEAST_ROWS = 20;

const MARK = "▌";

/** The body of a place. */
export function bodyOf(place: Place, context: ViewContext): Body {
  switch (place.view) {
    case "live":
      return liveBody(place.filter, context);
    case "approvals":
      return approvalsBody(context);
    case "agents":
      return agentsBody(context);
    case "traces":
      return tracesBody(context);
    case "incidents":
      return incidentsBody(context);
    case "chain":
      return chainBody(context);
    case "switches":
      return switchesBody(context);
    case "policy":
      return policyBody(context);
    case "guides":
      return guidesBody(context);
    case "entry":
      return entryBody(place.line, context);
    case "approval":
      return approvalBody(context);
    case "trace":
    case "incident":
      return traceBody(context);
    case "guide":
      return guideBody(place.index, context);
    case "help":
      return helpBody(context);
    default:
      return place satisfies never;
  }
}

/** The whole screen. Cost: the visible rows. */
export function frameOf(context: ViewContext): Frame {
  const { state } = context;
  const { columns, rows } = state;
  if (isTooSmall(state)) return tooSmall(state);
  const foot = footRow(context);
  const shown = [titleRow(context), tabsRow(state), ...bodyRows(context), foot.row, hintsRow(context)];
  const cursor = foot.cursor === null ? null : { column: Math.min(foot.cursor, columns - 1), row: rows - 2 };
  return { columns, rows: shown, cursor };
}

/** Whether the terminal is too small to show anything but that. */
export function isTooSmall({ columns, rows }: State): boolean {
  return columns < LEAST_COLUMNS || rows < LEAST_ROWS;
}

function tooSmall({ columns, rows }: State): Frame {
  const said = [
    `Canopy needs ${LEAST_COLUMNS}×${LEAST_ROWS};`,
    `this terminal is ${columns}×${rows}.`,
    "Make it larger, or q.",
  ];
  const filled = Array.from({ length: Math.max(1, rows) }, (_, index) => textRow(said[index] ?? ""));
  return { columns: Math.max(1, columns), rows: filled, cursor: null };
}

function bodyRows(context: ViewContext): readonly Row[] {
  const { state } = context;
  const screen = shownScreen(state);
  const body = bodyOf(screen.place, context);
  const { selected, top, height } = placeBody(body, screen, state);
  const visible = Math.max(0, Math.min(height, body.count - top));
  const rows: Row[] = [];
  if (body.kind === "list") {
    rows.push({ spans: [{ text: " " }, ...body.header.spans] });
    for (let index = top; index < top + visible; index += 1) rows.push(marked(body.row(index), index === selected));
    if (body.count === 0) rows.push(BLANK, ...body.empty.flatMap((text) => emptyRows(text, state.columns)));
  } else {
    for (let index = top; index < top + visible; index += 1)
      rows.push({ spans: [{ text: " " }, ...body.row(index).spans] });
  }
  while (rows.length < bodyHeight(state)) rows.push(BLANK);
  return rows.slice(0, bodyHeight(state));
}

function emptyRows(text: string, columns: number): readonly Row[] {
  if (text === "") return [BLANK];
  return wrapped(text, columns - 4).map(({ spans }) => ({ spans: [{ text: "  " }, ...spans.map(dimmed)] }));
}

function dimmed(span: Span): Span {
  return { ...span, tone: "dim" };
}

// The mark shows the selection where there is no colour.
function marked({ spans }: Row, selected: boolean): Row {
  return { spans: [{ text: selected ? MARK : " " }, ...spans], selected };
}

function titleRow({ state, data }: ViewContext): Row {
  const { summary, log } = data;
  const count = Math.max(0, data.newest - data.oldest + 1);
  const more = summary?.complete === false ? "+" : "";
  const chain = chainWord(data.verify, count);
  const waiting = summary?.pending.length ?? 0;
  const stopped = summary?.switches.length ?? 0;
  const spans: Span[] = [{ text: " Canopy  ", tone: "bold" }];
  spans.push({ text: `${count.toLocaleString("en")}${more} entries · ${chain.text}` });
  const vouched = vouchedWord(data.vouched);
  if (vouched?.isBad === true) spans.push({ text: ` · ${vouched.text}` });
  if (log.status !== "ok") spans.push({ text: ` · ${log.status === "empty" ? "nothing recorded" : log.status}` });
  if (waiting > 0) spans.push({ text: ` · ${waiting} waiting` });
  if (stopped > 0) spans.push({ text: ` · ${stopped} STOPPED` });
  if (vouched?.isBad === false) spans.push({ text: ` · ${vouched.text}` });
  if (isOtherPolicy(summary, data.loaded) === true) spans.push({ text: " · another policy" });
  if (state.read_only !== null) spans.push({ text: " · read only" });
  spans.push({ text: `  ${data.path}` });
  return { spans, bar: true };
}

const TITLES: Readonly<Record<Tab, string>> = {
  live: "live",
  approvals: "approve",
  agents: "agents",
  traces: "traces",
  incidents: "incidents",
  chain: "chain",
  switches: "stop",
  policy: "policy",
  guides: "guides",
};

// Together, and one of them in full, they fit into the smallest terminal.
const SHORT: Readonly<Record<Tab, string>> = {
  live: "log",
  approvals: "ask",
  agents: "who",
  traces: "trc",
  incidents: "inc",
  chain: "chn",
  switches: "stop",
  policy: "pol",
  guides: "how",
};

/** Where each view's name stands in the row of them: first column and width. */
export function tabPlaces({
  columns,
  screens,
}: State): readonly { readonly tab: Tab; readonly text: string; readonly from: number }[] {
  const base = screens[0]?.place.view ?? "live";
  const long = TABS.map((tab, index) => ` ${index + 1} ${TITLES[tab]}`);
  const fits = long.join("").length <= columns;
  let from = 0;
  return TABS.map((tab, index) => {
    const text = fits || tab === base ? (long[index] ?? "") : ` ${index + 1} ${SHORT[tab]}`;
    const place = { tab, text, from };
    from += text.length;
    return place;
  });
}

function tabsRow(state: State): Row {
  const base = state.screens[0]?.place.view;
  return { spans: tabPlaces(state).map(({ tab, text }) => ({ text, tone: tab === base ? "bold" : "dim" })) };
}

function footRow(context: ViewContext): { readonly row: Row; readonly cursor: number | null } {
  const { state, data } = context;
  const { form, message, busy } = state;
  if (form !== null) return formRow(state);
  if (busy !== null) return { row: textRow(` ${busy}…`, "caution"), cursor: null };
  if (message !== null) return { row: textRow(` ${message.text}`, message.tone), cursor: null };
  const { place } = shownScreen(state);
  if (place.view === "live" && place.filter !== "") {
    const { count, looked, done } = data.found;
    const progress = done ? "" : `, ${looked.toLocaleString("en")} looked at`;
    return {
      row: textRow(` /${place.filter}  (${count.toLocaleString("en")} found${progress})`, "accent"),
      cursor: null,
    };
  }
  const body = bodyOf(place, context);
  const screen = shownScreen(state);
  const { top, height, selected } = placeBody(body, screen, state);
  const at = body.kind === "list" ? selected + 1 : Math.min(body.count, top + height);
  const follows = body.kind === "list" && body.follows && screen.key === null ? "  following" : "";
  return { row: textRow(` ${body.count === 0 ? 0 : at} of ${body.count}${follows}`, "dim"), cursor: null };
}

function formRow({ form, columns }: State): { readonly row: Row; readonly cursor: number } {
  const step = form?.steps[form.answers.length];
  const label = terminalText(step?.label ?? "");
  const typed = terminalText(form?.text ?? "");
  // What was typed last is what must be seen.
  const room = Math.max(8, columns - textWidth(label) - 3);
  const shown = endOf(typed, room);
  const spans: Span[] = [{ text: ` ${label}`, tone: "accent" }, { text: shown }];
  return { row: { spans }, cursor: 1 + textWidth(label) + textWidth(shown) };
}

function endOf(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let shown = text;
  while (textWidth(shown) > columns - 1) shown = shown.slice(1);
  return `…${shown}`;
}

function hintsRow(context: ViewContext): Row {
  const { state } = context;
  const hints = (...texts: readonly string[]): Row => hintsThatFit(texts, state.columns);
  if (state.form !== null) {
    return state.message === null
      ? hints("enter ok", "esc give up")
      : textRow(` ${state.message.text}`, state.message.tone);
  }
  const { place } = shownScreen(state);
  switch (place.view) {
    case "live":
      return hints("enter open", "/ filter", "t trace", "h agent", "i incident", ": command", "? help", "q quit");
    case "approvals":
      return hints("enter read and answer", "? help", "q quit");
    case "approval":
      return approvalHints(context);
    case "incidents":
      return hints("enter entries", "c change state", "w write", "? help", "q quit");
    case "agents":
      return hints("enter history", "s stop agent", "? help", "q quit");
    case "entry":
      return hints("t trace", "h agent", "i incident", "w write", "esc back", "? help");
    case "trace":
      return hints("enter open", "w write", "i incident", "esc back", "? help");
    case "incident":
      return hints("enter open", "t trace", "c change state", "w write", "esc back", "? help");
    case "chain":
      return hints("v verify again", "? help", "q quit");
    case "switches":
      return hints("s stop all", "x release", "? help", "q quit");
    case "policy":
      return hints("l check again", "? help", "q quit");
    case "traces":
      return hints("enter its tree", "w write", "? help", "q quit");
    case "guides":
      return hints("enter read", "? help", "q quit");
    case "guide":
    case "help":
      return hints("space on", "esc back");
    default:
      return place satisfies never;
  }
}

function approvalHints(context: ViewContext): Row {
  const { state } = context;
  const hints = (...texts: readonly string[]): Row => hintsThatFit(texts, state.columns);
  if (state.approval?.request === null || state.approval === null) return hints("esc back");
  const left = unreadRows(state, approvalBody(context).count);
  if (left > 0) return hints(`space: ${left} rows to read before it can be answered`, "esc back");
  return hints("a approve", "r reject", "esc back", "? help");
}

/** The keys on one row. Where they are too many the last ones stay: help, and the way out. */
function hintsThatFit(texts: readonly string[], columns: number): Row {
  const shown = [...texts];
  const rowOf = (): string => ` ${shown.join(" · ")}`;
  while (shown.length > 3 && textWidth(rowOf()) > columns) shown.splice(-3, 1);
  return { spans: [{ text: rowOf(), tone: "dim" }] };
}
