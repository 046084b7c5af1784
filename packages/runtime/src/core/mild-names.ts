// Names that change nothing but a person's own notes, a timer, a picture of data, or the look of the screen, and runs of
// a project's tests: as harmless as `npm test`. What stands in the payload (a command, a path, a host) is judged as ever.

import { firstAfterProduct } from "./changing-phrases.ts";
import { wordSet } from "./word-set.ts";

interface Mild {
  readonly verbs: ReadonlySet<string>;
  readonly things: ReadonlySet<string>;
}

const MILD: readonly Mild[] = [
  {
    verbs: wordSet("add create take write append new save make jot"),
    things: wordSet(
      "note notes memo memos todo todos reminder reminders outline outlines summary summaries chart charts plot plots diagram diagrams checklist checklists bookmark bookmarks favorites favourites flashcard flashcards poem poems haiku screenshot screenshots",
    ),
  },
  {
    verbs: wordSet("set start stop pause resume cancel play"),
    things: wordSet("timer timers stopwatch countdown pomodoro music song playlist"),
  },
  { verbs: wordSet("set"), things: wordSet("reminder reminders") },
  { verbs: wordSet("set toggle change switch"), things: wordSet("theme locale dark") },
  { verbs: wordSet("complete finish check tick toggle update edit mark"), things: wordSet("todo todos") },
  { verbs: wordSet("add multiply subtract divide"), things: wordSet("numbers integers vectors matrices") },
  {
    verbs: wordSet("run execute start"),
    things: wordSet("test tests unittests linter linters lint typecheck benchmark benchmarks"),
  },
];

const ASIDE = wordSet(
  "a an the my new to list lists item items entry entries daily quick personal short light mode unit integration smoke regression e2e all suite suites case cases",
);

/** Whether a name asks for nothing that could harm: every word of it must be known here. Cost: linear in the name. */
export function isMild(list: readonly string[]): boolean {
  const first = firstAfterProduct(list);
  const named = first === list[0] ? list : list.slice(1);
  return MILD.some((row) => isOf(row, named, first) || isOf(row, named, named.at(-1) ?? ""));
}

// `create_note` and `note_create`.
function isOf({ verbs, things }: Mild, list: readonly string[], verb: string): boolean {
  if (!verbs.has(verb)) return false;
  const others = list.filter((word) => word !== verb);
  return others.some((word) => things.has(word)) && others.every((word) => things.has(word) || ASIDE.has(word));
}
