// Help, guides, and what linting the policy gave.

import { cell, listBody, textBody, type ListBody, type TextBody, type ViewContext } from "./body.ts";
import { FILTER_NAMES } from "./entry-filter.ts";
import { wrapped } from "./entry-view.ts";
import { BLANK, textRow, type Row } from "./frame.ts";
import { GUIDES, type Guide } from "./guides.ts";
import { policyRows } from "./vouched-rows.ts";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["1 … 9, tab", "the views: live, approvals, agents, traces, incidents, chain, stop, policy, guides"],
  ["j k ↓ ↑", "down, up"],
  ["g G home end", "the first, the last; in the live list the last follows what comes"],
  ["ctrl-f ctrl-b", "a page down, up (also page down, page up, space, b); ctrl-d ctrl-u half of it"],
  ["enter", "open what is selected"],
  ["esc", "back; clears a filter"],
  ["/", "filter the log: words, or name:value"],
  [":", "a command: filter, trace, agent, stop, release, export, verify, quit, or a view's name"],
  ["t h", "the trace, the history of the agent of what is selected"],
  ["i c", "open an incident about what is selected; change the state of the selected incident"],
  ["a r", "in an approval: approve, reject; both ask for a reason and a typed word"],
  ["s x", "stop (everything, or the selected agent); release the selected switch"],
  ["v", "verify the log again"],
  ["w", "write what is shown to a file"],
  ["ctrl-l", "draw everything again; ctrl-z suspends"],
  ["q", "back, and at the top quit; ctrl-c quits"],
  ["mouse", "wheel scrolls, a click selects, a second click opens; hold shift to select text"],
];

/** The help. */
export function helpBody({ state }: ViewContext): TextBody {
  const width = Math.max(20, state.columns - 2);
  const rows = KEYS.flatMap(([keys, what]) => besides(keys, what, width));
  const names = FILTER_NAMES.join(", ");
  return textBody([
    textRow("keys", "bold"),
    ...rows,
    BLANK,
    textRow("filters", "bold"),
    ...wrapped(
      `Words that all must stand in an entry. name:value is about one member: ${names}. name:=value wants all of it. -word is for entries without it, "…" keeps blanks together.`,
      width,
    ),
    ...wrapped('decision:deny action:delete · agent:AVID-3f2a -event:tool_start · "rm -rf"', width, "accent"),
    BLANK,
    ...wrapped(
      "Times are UTC. Nothing is changed by looking: only answering, stopping and opening an incident are recorded in the log.",
      width,
    ),
  ]);
}

function besides(left: string, right: string, width: number): readonly Row[] {
  return wrapped(right, width - 16).map(({ spans }, index) => ({
    spans: [{ text: index === 0 ? `  ${left}` : "", width: 16, tone: "accent" }, ...spans],
  }));
}

/** The list of guides. */
export function guidesBody({ state }: ViewContext): ListBody {
  const room = Math.min(36, Math.floor(state.columns / 2));
  return listBody<Guide>(GUIDES, {
    header: [cell("GUIDE", room), { text: "ABOUT" }],
    key: ({ title }) => title,
    spans: ({ title, about }) => [cell(title, room), { text: about, tone: "dim" }],
    opens: (guide) => ({ view: "guide", index: GUIDES.indexOf(guide) }),
    empty: [],
  });
}

/** One guide. */
export function guideBody(index: number, { state }: ViewContext): TextBody {
  const guide = GUIDES[index];
  if (guide === undefined) return textBody([]);
  // What fits is shown as it is written: the blanks of code count.
  const width = state.columns - 1;
  const lines = guide.lines.flatMap((line) => (line.length <= width ? [textRow(line)] : wrapped(line, width)));
  return textBody([textRow(guide.title, "bold"), ...wrapped(guide.about, state.columns - 1, "dim"), BLANK, ...lines]);
}

/** What linting the policy gave. */
export function policyBody({ state, data }: ViewContext): TextBody {
  const { linted } = state;
  const width = Math.max(20, state.columns - 2);
  const standing = policyRows(data.summary, data.loaded, width);
  if (linted === null || linted.lines === null) return textBody([textRow("Checking the policy…", "dim"), ...standing]);
  return textBody([
    ...wrapped(linted.file, width, "bold"),
    ...linted.lines.flatMap(({ text, tone }) => wrapped(text, width, tone)),
    ...standing,
  ]);
}
