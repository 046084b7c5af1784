// What `:` takes.

import { filterWord, parseFilter } from "./entry-filter.ts";
import type { ViewContext } from "./body.ts";
import { opened, plain, type Updated } from "./forms.ts";
import { popped, pushed, replaced, saying, selectedLine, selectedRow } from "./navigate.ts";
import { shownScreen, TABS, type Effect, type Place, type State, type Tab } from "./state.ts";

/** The names of commands, for the help and for completions. */
const ALIASES: ReadonlyMap<string, Tab> = new Map([
  ["log", "live"],
  ["approve", "approvals"],
  ["stop", "switches"],
  ["kill", "switches"],
  ["lint", "policy"],
]);

/** Do what a command says. `now` in ms. */
export function commanded(context: ViewContext, line: string, now: number): Updated {
  const { state } = context;
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
      if (rest !== "") return effect({ kind: "export", words: exportWords(context), file: rest });
      return plain(saying(state, "expected a file: export FILE.xlsx, .html, .md, .json …"));
    default:
  }
  const tab = TABS.find((each) => each === word) ?? ALIASES.get(word);
  return tab === undefined ? plain(saying(state, `no command ${word}; ? lists them`, "caution")) : toTab(state, tab);
}

/** The command that exports what the shown screen is about: a trace, an incident, an agent, else a report of all. */
function exportWords(context: ViewContext): readonly string[] {
  const { place, key } = shownScreen(context.state);
  const line = selectedLine(context);
  const facts = line === null ? null : context.data.line(line).facts;
  const selected = key ?? selectedRow(context)?.key;
  switch (place.view) {
    case "trace":
      return ["incident", "--trace", place.trace_id];
    case "incident":
      return ["incident", "--incident", place.incident_id];
    case "entry":
      if (facts !== null && facts.trace_id !== "") return ["incident", "--trace", facts.trace_id];
      return facts === null || facts.avid === "" ? ["report", "--all"] : ["incident", "--agent", facts.avid];
    case "incidents":
      return typeof selected === "string" ? ["incident", "--incident", selected] : ["report", "--all"];
    case "traces":
      return typeof selected === "string" ? ["incident", "--trace", selected] : ["report", "--all"];
    case "agents":
      return typeof selected === "string" ? ["incident", "--agent", selected] : ["report", "--all"];
    case "live": {
      const tests = parseFilter(place.filter)?.tests ?? [];
      const agent = tests.length === 1 && tests[0]?.members?.[0] === "avid" ? tests[0].exact : null;
      return agent === null ? ["report", "--all"] : ["incident", "--agent", agent];
    }
    default:
      return ["report", "--all"];
  }
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
