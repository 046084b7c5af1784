// A trace, or an incident, as a tree: the decisions in the order they were made, and below each what came of it.

import { cell, headerRow, type ListBody, type ViewContext } from "./body.ts";
import type { ConsoleData, LogLine } from "./console-data.ts";
import { shortAgent, type EntryFacts } from "./entry-facts.ts";
import type { Row } from "./frame.ts";
import { shortReason, verdictTone, whatHappened } from "./live-view.ts";

/** A line of the log and how deep it stands: agents below the ones that started them. */
export interface TreeLine {
  readonly number: number;
  readonly depth: number;
  /** What joins it to the decision that it follows; empty for a decision. */
  readonly branch: string;
}

/** At most this many lines of a trace are arranged; the newest. */
const MOST_LINES = 5000;

/** The lines of the search that runs, as a tree. */
export function traceBody({ state, data }: ViewContext): ListBody {
  const tree = treeOf(data);
  const wide = state.columns >= 96;
  const row = ({ number, depth, branch }: TreeLine): Row => {
    const line = data.line(number);
    const { row, facts } = line;
    const what = whatHappened(line);
    return {
      spans: [
        cell(row.time.slice(0, 12), wide ? 13 : 9),
        cell(`${"  ".repeat(depth)}${branch}${what}`, 17, verdictTone(what)),
        cell(row.action, wide ? 22 : 16),
        ...(wide ? [cell(shortAgent(facts?.avid ?? ""), 15)] : []),
        { text: shortReason(row.why) },
      ],
    };
  };
  const header = [cell("TIME", wide ? 13 : 9), cell("WHAT", 17), cell("ACTION", wide ? 22 : 16)];
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

interface KeptTree {
  readonly search: number;
  readonly count: number;
  readonly tree: readonly TreeLine[];
}

const kept = new WeakMap<ConsoleData, KeptTree>();

/** The found lines as a tree. Cost: linear in them, once for each time that more are found. */
function treeOf(data: ConsoleData): readonly TreeLine[] {
  const { search, count, at } = data.found;
  const known = kept.get(data);
  if (known?.search === search && known.count === count) return known.tree;
  const length = Math.min(count, MOST_LINES);
  const tree = arrange(Array.from({ length }, (_, index) => data.line(at(count - length + index))));
  kept.set(data, { search, count, tree });
  return tree;
}

// The log doesn't name the agent that another one starts: as in timelines, one that first appears after an allowed
// action that starts an agent is taken to come from there.
function arrange(lines: readonly LogLine[]): readonly TreeLine[] {
  const below = new Map<string, number[]>();
  const roots: LogLine[] = [];
  const depths = new Map<string, number>();
  const decided = new Set(
    lines.flatMap(({ facts }) => (facts?.event === "authorize_action" ? [facts.entry_hash] : [])),
  );
  let spawner: number | null = null;
  for (const line of lines) {
    const { facts } = line;
    const id = facts?.authorization_id ?? "";
    if (facts !== null && facts.entry_hash !== id && decided.has(id)) {
      const others = below.get(id);
      if (others === undefined) below.set(id, [line.number]);
      else others.push(line.number);
      continue;
    }
    roots.push(line);
    if (facts === null || facts.avid === "") continue;
    const depth: number = depths.get(facts.avid) ?? (spawner === null ? 0 : Math.min(spawner + 1, DEEPEST));
    depths.set(facts.avid, depth);
    if (facts.decision === "ALLOW" && spawns(facts)) spawner = depth;
  }
  return roots.flatMap(({ number, facts }): readonly TreeLine[] => {
    const children = facts === null ? [] : (below.get(facts.entry_hash) ?? []);
    const depth = depths.get(facts?.avid ?? "") ?? 0;
    const last = children.length - 1;
    return [
      { number, depth, branch: "" },
      ...children.map((child, index) => ({ number: child, depth, branch: index === last ? "└ " : "├ " })),
    ];
  });
}

const DEEPEST = 3;

function spawns({ members }: EntryFacts): boolean {
  const { effects } = members;
  return Array.isArray(effects) && effects.includes("agent.spawn");
}
