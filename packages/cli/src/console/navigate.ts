// Moving: the selection, the page, the stack of screens.

import { placeBody, type Body, type ViewContext } from "./body.ts";
import { approvalBody } from "./approval-view.ts";
import { bodyOf, isTooSmall } from "./layout.ts";
import { shownScreen, type Message, type Place, type RowKey, type Screen, type State } from "./state.ts";

/** The state with another shown screen. */
export function withScreen(state: State, screen: Screen): State {
  return { ...state, screens: [...state.screens.slice(0, -1), screen] };
}

/** Open a place above the one that is shown. */
export function pushed(state: State, place: Place): State {
  const screen: Screen = { place, key: null, at: 0 };
  return { ...state, screens: [...state.screens, screen], message: null };
}

/** Go to a view of the first level. */
export function replaced(state: State, place: Place): State {
  return { ...state, screens: [{ place, key: null, at: 0 }], message: null };
}

/** One screen back; the same when there is none. */
export function popped(state: State): State {
  return state.screens.length > 1 ? { ...state, screens: state.screens.slice(0, -1), message: null } : state;
}

/** Say something on the line above the keys. */
export function saying(state: State, text: string, tone: Message["tone"] = "plain"): State {
  return { ...state, message: { text, tone } };
}

/** Move by so many rows; `edge` goes to the first or the last. */
export function moved(context: ViewContext, by: number | "first" | "last"): State {
  const { state } = context;
  const screen = shownScreen(state);
  const body = bodyOf(screen.place, context);
  const { selected, top, height } = placeBody(body, screen, state);
  if (body.kind === "text") {
    const most = Math.max(0, body.count - height);
    const wanted = by === "first" ? 0 : by === "last" ? most : top + by;
    return withScreen(state, { ...screen, at: Math.max(0, Math.min(wanted, most)) });
  }
  if (body.count === 0) return state;
  const last = body.count - 1;
  const next = by === "first" ? 0 : by === "last" ? last : Math.max(0, Math.min(selected + by, last));
  // The last row of a list that follows stays the last when others come.
  const follows = body.follows && next === last && (by === "last" || (typeof by === "number" && by > 0));
  const at = Math.max(0, Math.min(selected - top + (next - selected), height - 1));
  return withScreen(state, { ...screen, key: follows ? null : body.keyAt(next), at });
}

/** Scroll by so many rows: the selection moves only when it would leave the screen. */
export function scrolled(context: ViewContext, by: number): State {
  const { state } = context;
  const screen = shownScreen(state);
  const body = bodyOf(screen.place, context);
  if (body.kind === "text") return moved(context, by);
  const { selected, top, height } = placeBody(body, screen, state);
  const most = Math.max(0, body.count - height);
  const nextTop = Math.max(0, Math.min(top + by, most));
  const next = Math.max(nextTop, Math.min(selected, nextTop + height - 1, body.count - 1));
  if (body.count === 0) return state;
  const follows = body.follows && nextTop === most && next === body.count - 1 && by > 0;
  return withScreen(state, { ...screen, key: follows ? null : body.keyAt(next), at: next - nextTop });
}

/** The row that keys act on. */
export interface Selected {
  readonly body: Body;
  readonly index: number;
  readonly key: RowKey;
}

/** The selected row of a list; null in a text, or when the list is empty. */
export function selectedRow(context: ViewContext): Selected | null {
  const screen = shownScreen(context.state);
  const body = bodyOf(screen.place, context);
  if (body.kind === "text" || body.count === 0) return null;
  const { selected } = placeBody(body, screen, context.state);
  return { body, index: selected, key: body.keyAt(selected) };
}

/** The selected line of the log, or the one that is open; null when there is none. */
export function selectedLine(context: ViewContext): number | null {
  const { place } = shownScreen(context.state);
  if (place.view === "entry") return place.line;
  const key = selectedRow(context)?.key;
  return typeof key === "number" ? key : null;
}

/**
 * Remember which rows of an open request were on the screen, without a gap from the first one. What was scrolled past
 * unseen doesn't count; neither does what another width broke otherwise.
 */
export function readSoFar(context: ViewContext): State {
  const { state } = context;
  const screen = shownScreen(state);
  const { approval } = state;
  if (screen.place.view !== "approval" || approval?.request == null || isTooSmall(state)) return state;
  const body = approvalBody(context);
  const { top, height } = placeBody(body, screen, state);
  const before = approval.columns === state.columns ? approval.read : 0;
  const read = top <= before ? Math.max(before, Math.min(body.count, top + height)) : before;
  if (read === approval.read && approval.columns === state.columns) return state;
  return { ...state, approval: { ...approval, read, columns: state.columns } };
}
