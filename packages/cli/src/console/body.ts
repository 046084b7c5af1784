// What a view gives to the screen: a list of which only the visible rows are made, or a text.

import type { ConsoleData } from "./console-data.ts";
import { textRow, type Row, type Span, type Tone } from "./frame.ts";
import { bodyHeight, type Place, type RowKey, type Screen, type State } from "./state.ts";

/** Rows of which one is selected. Each function costs the same wherever the row is. */
export interface ListBody {
  readonly kind: "list";
  readonly header: Row;
  readonly count: number;
  /** -1 when it is not in the list any more. */
  readonly indexOf: (key: RowKey) => number;
  readonly keyAt: (index: number) => RowKey;
  readonly row: (index: number) => Row;
  /** What enter opens. */
  readonly opens: (index: number) => Place | null;
  /** Without a selected row: the last one, as rows come. */
  readonly follows: boolean;
  /** What is said when there are no rows. */
  readonly empty: readonly string[];
}

/** Rows to read. */
export interface TextBody {
  readonly kind: "text";
  readonly count: number;
  readonly row: (index: number) => Row;
}

/** What stands between the head and the foot of the screen. */
export type Body = ListBody | TextBody;

/** What views are made from. */
export interface ViewContext {
  readonly state: State;
  readonly data: ConsoleData;
}

/** A text of rows. */
export function textBody(rows: readonly Row[]): TextBody {
  return { kind: "text", count: rows.length, row: (index) => rows[index] ?? textRow("") };
}

/** A list of things that have a key each. */
export function listBody<Item>(
  items: readonly Item[],
  parts: {
    readonly header: readonly Span[];
    readonly key: (item: Item) => string;
    readonly spans: (item: Item) => readonly Span[];
    readonly opens?: (item: Item) => Place | null;
    readonly empty: readonly string[];
  },
): ListBody {
  return {
    kind: "list",
    header: headerRow(parts.header),
    count: items.length,
    indexOf: (key) => items.findIndex((item) => parts.key(item) === key),
    keyAt: (index) => {
      const item = items[index];
      return item === undefined ? "" : parts.key(item);
    },
    row: (index) => {
      const item = items[index];
      return { spans: item === undefined ? [] : parts.spans(item) };
    },
    opens: (index) => {
      const item = items[index];
      return item === undefined ? null : (parts.opens?.(item) ?? null);
    },
    follows: false,
    empty: parts.empty,
  };
}

/** The row above a list. */
export function headerRow(spans: readonly Span[]): Row {
  return { spans: spans.map((span) => ({ ...span, tone: "dim" })) };
}

/** A cell of a fixed width, with a blank after it. */
export function cell(text: string, width: number, tone: Tone = "plain"): Span {
  return { text: text === "" ? " " : text, width, tone };
}

/** Where the selection and the first visible row of a screen are now; both 0 for an empty body. */
export interface Placed {
  readonly selected: number;
  readonly top: number;
  /** Rows for the body's own rows: a list has a header above them. */
  readonly height: number;
}

/** Place a screen's body in the room there is. */
export function placeBody(body: Body, screen: Screen, state: State): Placed {
  if (body.kind === "text") {
    const height = bodyHeight(state);
    const top = Math.max(0, Math.min(screen.at, body.count - height));
    return { selected: top, top, height };
  }
  const height = Math.max(1, bodyHeight(state) - 1);
  const last = Math.max(0, body.count - 1);
  const found = screen.key === null ? (body.follows ? last : 0) : body.indexOf(screen.key);
  const selected = Math.max(0, Math.min(found < 0 ? screen.at : found, last));
  const follows = screen.key === null && body.follows;
  const at = follows ? height - 1 : Math.max(0, Math.min(screen.at, height - 1));
  const top = Math.max(0, Math.min(selected - at, body.count - height));
  return { selected, top, height };
}
