// `mark` and `after`: what may follow what.
//
//   mark: secret-read                                        the rule says nothing, but notes that it applied
//   after: {mark: secret-read, per: trace, within: 1h}       the rule holds once that was noted

import type { LocatedEntry } from "../located.ts";
import type { ValueReader } from "../rule-values.ts";
import { SCOPES, type Scope } from "../state/scope.ts";
import { HistoryUnknown } from "../state/state-view.ts";
import { readDuration, type Duration } from "./duration-value.ts";
import { mapMembers, type MapNames } from "./map-members.ts";
import type { Members } from "../members.ts";
import type { Condition, RuleKey } from "./rule-key.ts";

/** What a rule waits for. */
export interface After {
  readonly mark: string;
  readonly per: Scope;
  /** For how long a mark counts; null: for ever. */
  readonly within: Duration | null;
}

/** What a rule notes, and what it waits for. */
export interface AfterPart {
  readonly mark: string | null;
  readonly after: After | null;
}

const AFTER: MapNames = {
  known: ["mark", "per", "within"],
  required: ["mark", "per"],
  sample: "{mark: secret-read, per: trace, within: 1h}",
};

/** `mark` and `after`. */
export const afterKey: RuleKey<AfterPart> = {
  names: ["mark", "after"],
  acts: ["mark"],
  read: (members, values) => ({
    mark: readMark(members, values),
    after: readAfter(members.get("after"), values),
  }),
  conditions: ({ after }) => (after === null ? [] : [afterCondition(after)]),
};

function readMark(members: Members, values: ValueReader): string | null {
  const entry = members.get("mark");
  if (entry === undefined) return null;
  const verdict = [...members.keys()].find((name) => NOT_BESIDE_MARK.test(name));
  if (verdict !== undefined) {
    const at = members.get(verdict) ?? entry;
    values.problems.refuse("unknown_key", at, `\`${verdict}\` can't stand beside \`mark\``, "write two rules");
  }
  return readName(entry, values);
}

// A rule that marks says nothing, so there is nothing that could be tried, approved or counted.
const NOT_BESIDE_MARK = /^(?:deny|require_approval|allow_if|budget|rate|mode|severity|approval|obligations|transform)/;

/** The name of a mark or a label; null (and a problem) when it is none. */
export function readName(entry: LocatedEntry | undefined, values: ValueReader): string | null {
  const text = values.text(entry);
  if (entry === undefined || text === null) return null;
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  const message = `\`${entry.key}\` is 1 to 64 letters, digits, \`.\`, \`_\` or \`-\`, and begins with a letter or digit`;
  values.problems.refuse("unknown_value", entry.value, message);
  return null;
}

function readAfter(entry: LocatedEntry | undefined, values: ValueReader): After | null {
  if (entry === undefined) return null;
  const members = mapMembers(entry, AFTER, values);
  if (members === null) return null;
  const mark = readName(members.get("mark"), values);
  const per = values.choice(members.get("per"), SCOPES);
  const within = readDuration(members.get("within"), values);
  return mark === null || per === null || within === undefined ? null : { mark, per, within };
}

function afterCondition(after: After): Condition {
  const { mark, per, within } = after;
  return {
    key: "after",
    source: afterText(after),
    holds: ({ state }) => {
      if (state === undefined) throw new HistoryUnknown();
      const at = state.markedAt(mark, per);
      return at !== null && (within === null || at + within.ms > state.now_ms);
    },
  };
}

/** What a rule waits for, in words: `secret-read per trace within 1h`. */
export function afterText({ mark, per, within }: After): string {
  return `${mark} per ${per}${within === null ? "" : ` within ${within.text}`}`;
}
