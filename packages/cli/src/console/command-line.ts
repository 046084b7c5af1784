// What `:` takes.

import { filterWord } from "./entry-filter.ts";
import type { ViewContext } from "./body.ts";
import { opened, plain, type Updated } from "./forms.ts";
import { popped, pushed, replaced, saying } from "./navigate.ts";
import { TABS, type Effect, type Place, type State, type Tab } from "./state.ts";

/** The names of commands, for the help and for completions. */
const ALIASES: ReadonlyMap<string, Tab> = new Map([
  ["log", "live"],
  ["approve", "approvals"],
  ["stop", "switches"],
  ["kill", "switches"],
  ["lint", "policy"],
]);

/** Do what a command says. `now` in ms. */
export function commanded({ state }: ViewContext, line: string, now: number): Updated {
  const [, word = "", rest = ""] = /^\s*(\S*)\s*(.*?)\s*$/su.exec(line) ?? [];
  const effect = (each: Effect): Updated => ({ state, effects: [each] });
  switch (word) {
    case "":
      return plain(state);
    case "q":
    case "quit":
    case "exit":
      return effect({ kind: "quit" });
    case "help":
      return plain(pushed(state, { view: "help" }));
    case "back":
      return plain(popped(state));
    case "filter":
      return plain(replaced(state, { view: "live", filter: rest }));
    case "trace":
    case "agent":
    case "incident":
      if (rest !== "") return plain(pushed(state, aboutPlace(word, rest)));
      break;
    case "verify":
      return { state: replaced(state, { view: "chain" }), effects: [{ kind: "verify" }] };
    case "stop":
    case "release":
      if (rest !== "") return switching(state, rest, { engaged: word === "stop", now });
      break;
    case "export":
      if (rest !== "") return effect({ kind: "export", what: "", file: rest });
      return plain(saying(state, "expected a file: export FILE.xlsx, .html, .csv, .md, .json or .canopy-evidence"));
    default:
  }
  const tab = TABS.find((each) => each === word) ?? ALIASES.get(word);
  return tab === undefined ? plain(saying(state, `no command ${word}; ? lists them`, "caution")) : toTab(state, tab);
}

function aboutPlace(word: "trace" | "agent" | "incident", id: string): Place {
  if (word === "trace") return { view: "trace", trace_id: id };
  return word === "incident"
    ? { view: "incident", incident_id: id }
    : { view: "live", filter: `agent:${filterWord(id)}` };
}

/** Ask for the reason and the words that engage or release a kill switch. */
export function switching(
  state: State,
  scope: string,
  { engaged, now }: { readonly engaged: boolean; readonly now: number },
): Updated {
  if (state.read_only !== null) return plain(saying(state, state.read_only, "caution"));
  if (!/^(?:all|(?:tenant|agent):[^\p{C}]+)$/u.test(scope)) {
    return plain(saying(state, "a scope is all, tenant:ID or agent:AVID", "caution"));
  }
  return plain(opened(state, { kind: "switch", scope, engaged }, now));
}

/** Go to a view of the first level. The policy is checked when its view is first shown. */
export function toTab(state: State, tab: Tab): Updated {
  const place: Place = tab === "live" ? { view: "live", filter: "" } : { view: tab };
  const effects: readonly Effect[] = tab === "policy" && state.linted === null ? [{ kind: "lint" }] : [];
  return { state: replaced(state, place), effects };
}
