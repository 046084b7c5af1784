// `expires: 2027-01-31`: the rule holds to the end of that day, UTC.

import { dayNumber, monthLength } from "../../calendar.ts";
import type { LocatedEntry } from "../parse.ts";
import type { ValueReader } from "../rule-values.ts";
import type { RuleKey } from "./rule-key.ts";

/** How long a rule holds. */
export interface ExpiresPart {
  /** The first millisecond (since 1970, UTC) at which it no longer holds, and the day as written; null: it stays. */
  readonly expires: { readonly day: string; readonly at_ms: number } | null;
}

/** How long a rule holds. */
export const expiresKey: RuleKey<ExpiresPart> = {
  names: ["expires"],
  read: (members, values) => ({ expires: readExpires(members.get("expires"), values) }),
  conditions: ({ expires }) => {
    if (expires === null) return [];
    return [{ key: "expires", source: expires.day, holds: ({ facts }) => facts.now_ms < expires.at_ms }];
  },
};

function readExpires(entry: LocatedEntry | undefined, values: ValueReader): ExpiresPart["expires"] {
  const day = values.text(entry);
  if (entry === undefined || day === null) return null;
  const at_ms = endOfDay(day);
  if (at_ms !== null) return { day, at_ms };
  const message = `\`${day}\` is not a day: expected \`YYYY-MM-DD\``;
  values.problems.refuse("unknown_value", entry.value, message, "write the last day of the rule, like 2027-01-31");
  return null;
}

const DAY_MS = 86_400_000;

/** The first millisecond after a day of the Gregorian calendar (UTC), or null when there is no such day. */
function endOfDay(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1970 || day < 1 || day > monthLength(year, month)) return null;
  return (dayNumber({ year, month, day }) + 1) * DAY_MS;
}
