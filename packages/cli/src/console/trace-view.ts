// A trace, or an incident, as a tree: the decisions in the order they were made, and below each what came of it.

import { cell, headerRow, type ListBody, type ViewContext } from "./body.ts";
import type { ConsoleData, LogLine } from "./console-data.ts";
import { shortAgent } from "./entry-facts.ts";
import type { Row } from "./frame.ts";
import { verdictTone, verdictWord } from "./live-view.ts";

/** A line of the log and how deep it stands. */
export interface TreeLine {
  readonly number: number;
  readonly depth: number;
  /** The last of those below the same decision. */
  readonly last: boolean;
}

/** At most this many lines of a trace are arranged; the newest. */
const MOST_LINES = 5000;

/** The lines of the search that runs, as a tree. */
export function traceBody({ state, data }: ViewContext): ListBody {
  const tree = treeOf(data);
  const wide = state.columns >= 96;
  const row = ({ number, depth, last }: TreeLine): Row => {
    const { row, facts } = data.line(number);
    const branch = depth === 0 ? "" : last ? "└ " : "├ ";
    return {
      spans: [
        cell(row.time.slice(0, 12), wide ? 13 : 9),
        cell(`${branch}${verdictWord(row.what)}`, 15, verdictTone(row.what)),
        cell(row.action, wide ? 22 : 16),
        ...(wide ? [cell(shortAgent(facts?.avid ?? ""), 15)] : []),
        { text: row.why },
      ],
    };
  };
  const header = [cell("TIME", wide ? 13 : 9), cell("WHAT", 15), cell("ACTION", wide ? 22 : 16)];
  return {
    kind: "list",
    header: headerRow([...header, ...(wide ? [cell("AGENT", 15)] : []), { text: "WHY" }]),
    count: tree.length,
    indexOf: (key) => tree.findIndex(({ number }) => number === key),
    keyAt: (index) => tree[index]?.number ?? 0,
    row: (index) => {
      const line = tree[index];
      return line === undefined ? { spans: [] } : row(line);
    },
    opens: (index) => {
      const line = tree[index];
      return line === undefined ? null : { view: "entry", line: line.number };
    },
    follows: false,
    empty: [data.found.done ? "No entry of it is in this log." : "Searching…"],
  };
}

let kept: { readonly lines: readonly number[]; readonly tree: readonly TreeLine[] } = { lines: [], tree: [] };

/** The found lines as a tree. Cost: linear in them, once for each time that more are found. */
export function treeOf(data: ConsoleData): readonly TreeLine[] {
  const { lines } = data.found;
  if (kept.lines !== lines)
    kept = { lines, tree: arrange(lines.slice(-MOST_LINES).map((number) => data.line(number))) };
  return kept.tree;
}

function arrange(lines: readonly LogLine[]): readonly TreeLine[] {
  const below = new Map<string, number[]>();
  const roots: LogLine[] = [];
  const decided = new Set(
    lines.flatMap(({ facts }) => (facts?.event === "authorize_action" ? [facts.entry_hash] : [])),
  );
  for (const line of lines) {
    const id = line.facts?.authorization_id ?? "";
    const isBelow = line.facts !== null && line.facts.entry_hash !== id && decided.has(id);
    if (!isBelow) roots.push(line);
    else below.set(id, [...(below.get(id) ?? []), line.number]);
  }
  return roots.flatMap(({ number, facts }): readonly TreeLine[] => {
    const children = below.get(facts?.entry_hash ?? "") ?? [];
    const last = children.length - 1;
    return [
      { number, depth: 0, last: true },
      ...children.map((child, index) => ({ number: child, depth: 1, last: index === last })),
    ];
  });
}
