// A request for approval: the very text that the prompt at a terminal shows, in rows that fit. The answer is taken only
// when all of it was on the screen.

import { terminalText, textWidth } from "../terminal-text.ts";
import { textBody, type TextBody, type ViewContext } from "./body.ts";
import { broken, wrapped } from "./entry-view.ts";
import { textRow, type Row } from "./frame.ts";
import type { ShownRequest, State } from "./state.ts";

/** The rows of the request that is open. */
export function approvalBody({ state }: ViewContext): TextBody {
  const { approval } = state;
  if (approval === null) return textBody([textRow("Reading the request…", "dim")]);
  if (approval.problem !== null) return textBody(wrapped(approval.problem, state.columns - 2, "bad"));
  if (approval.request === null) return textBody([textRow("Reading the request…", "dim")]);
  return textBody(requestRows(approval.request, state.columns));
}

let kept: { request: unknown; columns: number; rows: readonly Row[] } = { request: null, columns: 0, rows: [] };

function requestRows(request: ShownRequest, columns: number): readonly Row[] {
  if (kept.request !== request || kept.columns !== columns) {
    const width = columns - 1;
    const lines = request.text(width).trim().split("\n").map(terminalText);
    const fitting = lines.flatMap((line) => (textWidth(line) <= width ? [line] : broken(line, width)));
    kept = { request, columns, rows: fitting.map((line) => textRow(line)) };
  }
  return kept.rows;
}

/** How many rows of the request have not been on the screen yet. */
export function unreadRows(state: State, count: number): number {
  const { approval } = state;
  if (approval === null || approval.columns !== state.columns) return count;
  return Math.max(0, count - approval.read);
}
