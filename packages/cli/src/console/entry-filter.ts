// What `/` takes: words that an entry must all match. `name:value` is about one member, anything else stands anywhere in
// the line. `-word` turns a word around; "…" keeps blanks. Letters match in either case.
//
//   decision:deny action:delete  ·  agent:AVID-3f2a  ·  trace:t-17 -event:tool_start  ·  "rm -rf"

import { textOf, type EntryFacts } from "./entry-facts.ts";

/** One word of a filter. */
interface Test {
  /** Members that it is about; null: the whole line. */
  readonly members: readonly string[] | null;
  /** Lower case. */
  readonly value: string;
  readonly negated: boolean;
  /** The whole member, in its own letters; null: a part of it is enough. */
  readonly exact: string | null;
}

/** A filter, and the text that it was read from. */
export interface EntryFilter {
  readonly text: string;
  readonly tests: readonly Test[];
}

const NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ["decision", ["decision"]],
  ["verdict", ["decision"]],
  ["event", ["event"]],
  ["action", ["action_type"]],
  ["agent", ["avid"]],
  ["trace", ["trace_id"]],
  ["session", ["session_id"]],
  ["tenant", ["tenant_id"]],
  ["incident", ["incident_id"]],
  ["severity", ["severity"]],
  ["rule", ["reason"]],
  ["id", ["entry_hash", "authorization_id"]],
  ["time", ["timestamp"]],
]);

/** The names that stand before a colon. */
export const FILTER_NAMES: readonly string[] = [...NAMES.keys()];

const WORD = /(-?)(?:([a-z]+)(:=?))?(?:"((?:[^"\\]|\\.)*)"?|(\S+))/gsu;

/** A text as one word of a filter, whatever stands in it. */
export function filterWord(text: string): string {
  return `"${text.replaceAll(/["\\]/gu, "\\$&")}"`;
}

/** Read a filter; null when there is nothing in it. What is no known name before a colon is part of the text. */
export function parseFilter(text: string): EntryFilter | null {
  const tests = [...text.trim().matchAll(WORD)].flatMap(([whole, minus = "", name, colon, quoted, bare = ""]) => {
    const members = name === undefined ? undefined : NAMES.get(name);
    const value = quoted === undefined ? bare : quoted.replaceAll(/\\(.)/gsu, "$1");
    const plain = members === undefined && name !== undefined ? whole.slice(minus.length) : value;
    if (plain === "") return [];
    return [
      {
        members: members ?? null,
        value: plain.toLowerCase(),
        negated: minus === "-",
        exact: colon === ":=" ? plain : null,
      },
    ];
  });
  return tests.length === 0 ? null : { text: text.trim(), tests };
}

/** The filter that passes entries with exactly this member, whatever stands in it. */
export function exactFilter(member: string, value: string): EntryFilter {
  const test = { members: [member], value: value.toLowerCase(), negated: false, exact: value };
  return { text: `${member}=${value}`, tests: [test] };
}

/** Whether a line passes. `facts` is null for a line that can't be read. Cost: linear in the line. */
export function passes({ tests }: EntryFilter, line: string, facts: EntryFacts | null): boolean {
  let lower: string | null = null;
  return tests.every(({ members, value, negated, exact }) => {
    if (members === null) return (lower ??= searchedText(line, facts)).includes(value) !== negated;
    const found =
      facts !== null &&
      members.some((member) => {
        const text = textOf(facts.members, member);
        return exact === null ? text.toLowerCase().includes(value) : text === exact;
      });
    return found !== negated;
  });
}

// JSON can write any letter as an escape: a line must not hide from a search behind that.
function searchedText(line: string, facts: EntryFacts | null): string {
  const escaped = facts !== null && line.includes("\\u") ? JSON.stringify(facts.members) : "";
  return (line + escaped).toLowerCase();
}

/** Whether a line can pass at all, judged without parsing it. */
export function mayPass({ tests }: EntryFilter, line: string): boolean {
  const sure = tests.filter(({ value, negated }) => !negated && PLAIN.test(value));
  if (sure.length === 0 || line.includes("\\u")) return true;
  const lower = line.toLowerCase();
  return sure.every(({ value }) => lower.includes(value));
}

const PLAIN = /^[a-z0-9 _.:=-]+$/u;
