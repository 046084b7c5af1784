// What each event does: keys, the mouse, a new size, and what the shell reports back. Pure: the state in, the state and
// what is to be done out.

import { filterWord } from "./entry-filter.ts";
import { approvalBody, unreadRows } from "./approval-view.ts";
import { placeBody, type ViewContext } from "./body.ts";
import { commanded, switching, toTab } from "./command-line.ts";
import { formInput, opened, plain, type Submit, type Updated } from "./forms.ts";
import type { InputEvent, KeyName } from "./key-input.ts";
import { bodyOf, isTooSmall, tabPlaces } from "./layout.ts";
import {
  moved,
  popped,
  pushed,
  readSoFar,
  saying,
  scrolled,
  selectedLine,
  selectedRow,
  withScreen,
} from "./navigate.ts";
import { bodyHeight, shownScreen, TABS, type Linted, type Message, type ShownRequest, type State } from "./state.ts";

/** Everything that can happen. */
export type ConsoleEvent =
  | InputEvent
  | { readonly kind: "resize"; readonly columns: number; readonly rows: number }
  /** More is known of the log. */
  | { readonly kind: "data" }
  /** The state was shown as it is. */
  | { readonly kind: "painted" }
  | {
      readonly kind: "approval";
      readonly authorization_id: string;
      readonly request: ShownRequest | null;
      readonly problem: string | null;
    }
  | { readonly kind: "linted"; readonly linted: Linted }
  | { readonly kind: "busy"; readonly what: string | null }
  | { readonly kind: "said"; readonly message: Message; readonly back: boolean };

/** A moment, in ms; from the shell's clock. */
export interface Moment {
  readonly now: number;
}

/** What an event does. Cost: that of the visible rows. */
export function update(context: ViewContext, event: ConsoleEvent, moment: Moment): Updated {
  const { state } = context;
  switch (event.kind) {
    // INVARIANT: only what the terminal was given counts as read; keys that come together skip what is between them.
    case "painted":
      return plain(readSoFar(context));
    case "resize":
      return { state: { ...state, columns: event.columns, rows: event.rows }, effects: [{ kind: "repaint" }] };
    case "data":
      return plain(state);
    case "approval": {
      const { authorization_id, request, problem } = event;
      if (shownApproval(state) !== authorization_id) return plain({ ...state, busy: null });
      return plain({
        ...state,
        busy: null,
        approval: { authorization_id, request, problem, read: 0, columns: state.columns },
      });
    }
    case "linted":
      return plain({ ...state, linted: event.linted });
    case "busy":
      return plain({ ...state, busy: event.what });
    case "said": {
      const back = event.back ? popped(state) : state;
      return plain({ ...back, busy: null, message: event.message });
    }
    default:
      return input(context, event, moment);
  }
}

function shownApproval(state: State): string | null {
  const { place } = shownScreen(state);
  return place.view === "approval" ? place.authorization_id : null;
}

function input(context: ViewContext, event: InputEvent, { now }: Moment): Updated {
  const { state } = context;
  // An interrupt always gets through, a redraw and a suspension too.
  if (event.kind === "key" && event.key === "ctrl z") return { state, effects: [{ kind: "suspend" }] };
  if (event.kind === "key" && event.key === "ctrl l") return { state, effects: [{ kind: "repaint" }] };
  // What can't be seen can't be answered.
  if (isTooSmall(state)) return isQuit(event) ? { state, effects: [{ kind: "quit" }] } : plain(state);
  if (state.form !== null) return formInput(state, state.form, event, { now, submit: submitted(context, now) });
  // What was said was about the key before.
  const heard = { ...context, state: { ...state, message: null } };
  return pressed(state.message === null ? context : heard, event, { now });
}

function isQuit(event: InputEvent): boolean {
  return (event.kind === "key" && event.key === "ctrl c") || (event.kind === "character" && event.text === "q");
}

function pressed(context: ViewContext, event: InputEvent, { now }: Moment): Updated {
  const { state } = context;
  switch (event.kind) {
    case "key":
      return keyPressed(context, event.key);
    case "character":
      return characterTyped(context, event.text, now);
    case "wheel":
      return plain(scrolled(context, event.down ? 3 : -3));
    case "click":
      return clicked(context, event);
    case "paste":
      return plain(state);
    default:
      return event satisfies never;
  }
}

function keyPressed(context: ViewContext, key: KeyName): Updated {
  const { state } = context;
  const page = Math.max(1, bodyHeight(state) - 2);
  switch (key) {
    case "ctrl c":
      return { state, effects: [{ kind: "quit" }] };
    case "escape":
    case "left":
      return plain(left(state));
    case "enter":
    case "right":
      return openSelected(context);
    case "up":
    case "ctrl p":
      return plain(moved(context, -1));
    case "down":
    case "ctrl n":
      return plain(moved(context, 1));
    case "page up":
    case "ctrl b":
      return plain(moved(context, -page));
    case "page down":
    case "ctrl f":
      return plain(moved(context, page));
    case "ctrl u":
      return plain(moved(context, -Math.ceil(page / 2)));
    case "ctrl d":
      return plain(moved(context, Math.ceil(page / 2)));
    case "home":
      return plain(moved(context, "first"));
    case "end":
      return plain(moved(context, "last"));
    case "tab":
      return besideTab(state, 1);
    case "back tab":
      return besideTab(state, -1);
    default:
      return plain(state);
  }
}

// Back, or without a screen to go back to: without the filter.
function left(state: State): State {
  const { place } = shownScreen(state);
  if (state.screens.length > 1) return popped(state);
  return place.view === "live" && place.filter !== ""
    ? withScreen(state, { place: { view: "live", filter: "" }, key: null, at: 0 })
    : state;
}

function besideTab(state: State, by: number): Updated {
  const view = state.screens[0]?.place.view;
  const at = TABS.findIndex((tab) => tab === view);
  return toTab(state, TABS[(at + by + TABS.length) % TABS.length] ?? "live");
}

function characterTyped(context: ViewContext, text: string, now: number): Updated {
  const { state } = context;
  const page = Math.max(1, bodyHeight(state) - 2);
  if (/^[1-9]$/u.test(text)) return toTab(state, TABS[Number(text) - 1] ?? "live");
  switch (text) {
    case "j":
      return plain(moved(context, 1));
    case "k":
      return plain(moved(context, -1));
    case "g":
      return plain(moved(context, "first"));
    case "G":
      return plain(moved(context, "last"));
    case " ":
      return plain(moved(context, page));
    case "b":
      return plain(moved(context, -page));
    case "q":
      return state.screens.length > 1 ? plain(popped(state)) : { state, effects: [{ kind: "quit" }] };
    case "?":
      return plain(shownScreen(state).place.view === "help" ? popped(state) : pushed(state, { view: "help" }));
    case "/":
      return plain(opened(state, { kind: "filter" }, now, filterText(state)));
    case ":":
      return plain(opened(state, { kind: "command" }, now));
    case "v":
      return { state: saying(state, "verifying again"), effects: [{ kind: "verify" }] };
    default:
      return aboutSelected(context, text, now);
  }
}

function filterText(state: State): string {
  const { place } = shownScreen(state);
  return place.view === "live" ? place.filter : "";
}

// Keys that act on what is selected, or on what the view is about.
function aboutSelected(context: ViewContext, text: string, now: number): Updated {
  const { state, data } = context;
  const { place } = shownScreen(state);
  const line = selectedLine(context);
  const facts = line === null ? null : data.line(line).facts;
  switch (text) {
    case "t":
      if (facts === null || facts.trace_id === "") return plain(saying(state, "this entry names no trace"));
      return plain(pushed(state, { view: "trace", trace_id: facts.trace_id }));
    case "h":
      if (facts === null || facts.avid === "") return plain(saying(state, "this entry names no agent"));
      return plain(pushed(state, { view: "live", filter: `agent:=${filterWord(facts.avid)}` }));
    case "i":
      return incidentForm(context, now);
    case "a":
    case "r":
      return place.view === "approval" ? answering(context, text === "a" ? "APPROVED" : "REJECTED", now) : plain(state);
    case "s": {
      const key = place.view === "agents" ? selectedRow(context)?.key : undefined;
      if (place.view !== "agents" && place.view !== "switches") return plain(state);
      return switching(state, typeof key === "string" ? `agent:${key}` : "all", { engaged: true, now });
    }
    case "x": {
      const key = place.view === "switches" ? selectedRow(context)?.key : undefined;
      return typeof key === "string" ? switching(state, key, { engaged: false, now }) : plain(state);
    }
    case "c": {
      const key = place.view === "incidents" ? selectedRow(context)?.key : undefined;
      const incident_id = place.view === "incident" ? place.incident_id : key;
      return typeof incident_id === "string" ? stepForm(state, incident_id, now) : plain(state);
    }
    case "l":
      return place.view === "policy"
        ? { state: { ...state, linted: null }, effects: [{ kind: "lint" }] }
        : plain(state);
    case "w":
      return plain(opened(state, { kind: "command" }, now, "export "));
    default:
      return plain(state);
  }
}

function stepForm(state: State, incident_id: string, now: number): Updated {
  if (state.read_only !== null) return plain(saying(state, state.read_only, "caution"));
  return plain(opened(state, { kind: "step", incident_id }, now));
}

function incidentForm(context: ViewContext, now: number): Updated {
  const { state, data } = context;
  if (state.read_only !== null) return plain(saying(state, state.read_only, "caution"));
  const line = selectedLine(context);
  const facts = line === null ? null : data.line(line).facts;
  if (facts === null || facts.avid === "")
    return plain(saying(state, "select an entry of an agent: an incident is about one"));
  const trace_id = facts.trace_id === "" ? facts.authorization_id : facts.trace_id;
  const related = /^[0-9a-f]{64}$/u.test(facts.authorization_id) ? facts.authorization_id : null;
  return plain(opened(state, { kind: "incident", trace_id, avid: facts.avid, related }, now));
}

// INVARIANT: no vote is signed on a request of which a row was not shown.
function answering(context: ViewContext, verdict: "APPROVED" | "REJECTED", now: number): Updated {
  const { state } = context;
  const request = state.approval?.request?.request;
  if (request === undefined || state.busy !== null) return plain(state);
  if (state.read_only !== null) return plain(saying(state, state.read_only, "caution"));
  const left = unreadRows(state, approvalBody(context).count);
  if (left > 0)
    return plain(saying(state, `read to the end first: ${left} rows were not shown yet (space)`, "caution"));
  return plain(opened(state, { kind: "vote", verdict, request }, now));
}

function openSelected(context: ViewContext): Updated {
  const { state } = context;
  const selected = selectedRow(context);
  if (selected === null || selected.body.kind === "text") return plain(state);
  const place = selected.body.opens(selected.index);
  if (place === null) return plain(state);
  const next = pushed(state, place);
  if (place.view !== "approval") return plain(next);
  const { authorization_id } = place;
  if (state.read_only !== null) {
    const problem = `${state.read_only}. Its entry is in the live view: its arguments are shown there if this home can read them.`;
    return plain({ ...next, approval: { authorization_id, request: null, problem, read: 0, columns: state.columns } });
  }
  return { state: { ...next, approval: null }, effects: [{ kind: "open approval", authorization_id }] };
}

function clicked(context: ViewContext, { column, row }: { readonly column: number; readonly row: number }): Updated {
  const { state } = context;
  if (row === 1) {
    const tab = tabPlaces(state).findLast(({ from }) => from <= column)?.tab;
    return tab === undefined ? plain(state) : toTab(state, tab);
  }
  const screen = shownScreen(state);
  const body = bodyOf(screen.place, context);
  if (body.kind === "text") return plain(state);
  const { selected, top, height } = placeBody(body, screen, state);
  const below = row - 3;
  const index = top + below;
  if (below < 0 || below >= height || index >= body.count) return plain(state);
  if (index === selected) return openSelected(context);
  return plain(withScreen(state, { ...screen, key: body.keyAt(index), at: below }));
}

function submitted(context: ViewContext, now: number): Submit {
  return (state, intent, answers) => {
    const [first = "", second = ""] = answers;
    switch (intent.kind) {
      case "filter": {
        const screen = shownScreen(state);
        const place = { view: "live", filter: first } as const;
        return plain(
          screen.place.view === "live" ? withScreen(state, { place, key: null, at: 0 }) : pushed(state, place),
        );
      }
      case "command":
        return commanded({ ...context, state }, first, now);
      case "vote":
        return { state, effects: [{ kind: "vote", verdict: intent.verdict, request: intent.request, reason: first }] };
      case "switch":
        return {
          state,
          effects: [{ kind: "set switch", scope: intent.scope, engaged: intent.engaged, reason: first }],
        };
      case "step": {
        if (first === "" && second === "") return plain(saying(state, "neither a state nor a note: nothing was done"));
        const { incident_id } = intent;
        return { state, effects: [{ kind: "update incident", incident_id, step: first, note: second }] };
      }
      case "incident": {
        const { trace_id, avid, related } = intent;
        return { state, effects: [{ kind: "open incident", trace_id, avid, related, description: first }] };
      }
      default:
        return intent satisfies never;
    }
  };
}
