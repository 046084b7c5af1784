// `hours: {from: "22:00", to: "06:00", days: [mon, tue], timezone: Europe/Berlin}`: the rule holds in these hours.

import type { LocatedEntry } from "../located.ts";
import type { ValueReader } from "../rule-values.ts";
import { DAYS, fixedOffset, parseTimeOfDay, withinHours, type Day, type Hours } from "../state/hours.ts";
import { suggestion } from "../suggest.ts";
import { mapMembers, type MapNames } from "./map-members.ts";
import type { Condition, RuleKey } from "./rule-key.ts";

/** In which hours a rule holds; null: always. */
export interface HoursPart {
  readonly hours: (Hours & { readonly source: string }) | null;
}

const HOURS: MapNames = {
  known: ["from", "to", "days", "timezone"],
  required: ["from", "to", "timezone"],
  sample: '{from: "22:00", to: "06:00", timezone: Europe/Berlin}',
};

/** In which hours a rule holds. */
export const hoursKey: RuleKey<HoursPart> = {
  names: ["hours"],
  read: (members, values) => ({ hours: readHours(members.get("hours"), values) }),
  conditions: ({ hours }) => (hours === null ? [] : [hoursCondition(hours)]),
};

function readHours(entry: LocatedEntry | undefined, values: ValueReader): HoursPart["hours"] {
  if (entry === undefined) return null;
  const members = mapMembers(entry, HOURS, values);
  if (members === null) return null;
  const from = readTime(members.get("from"), values);
  const to = readTime(members.get("to"), values);
  const days = readDays(members.get("days"), values);
  const zone = readZone(members.get("timezone"), values);
  if (from === null || to === null || days === null || zone === null) return null;
  if (from.minutes === to.minutes || from.minutes === WHOLE_DAY) {
    const message = `\`hours\` from ${from.text} to ${to.text} is no span of a day`;
    values.problems.refuse("never_matches", entry.value, message, 'for whole days write from "00:00" to "24:00"');
    return null;
  }
  const listed = days.length === DAYS.length ? "" : ` ${days.join(" ")}`;
  const source = `${from.text}-${to.text}${listed} ${zone.timezone}`;
  return { from: from.minutes, to: to.minutes, days, ...zone, source };
}

const WHOLE_DAY = 1440;

interface Time {
  readonly text: string;
  readonly minutes: number;
}

function readTime(entry: LocatedEntry | undefined, values: ValueReader): Time | null {
  if (entry === undefined) return null;
  const { key, value } = entry;
  const minutes = value.kind === "text" ? parseTimeOfDay(value.text) : null;
  if (value.kind === "text" && minutes !== null) return { text: value.text, minutes };
  values.problems.refuse("unknown_value", value, `\`${key}\` is not a time of day`, 'write it as "22:00", in quotes');
  return null;
}

function readDays(entry: LocatedEntry | undefined, values: ValueReader): readonly Day[] | null {
  if (entry === undefined) return DAYS;
  const items = values.items(entry, DAYS.length);
  const days: Day[] = [];
  for (const { text, at } of items) {
    const day = DAYS.find((known) => known === text);
    if (day === undefined) {
      values.problems.refuse("unknown_value", at, `there is no day \`${text}\``, suggestion(text, DAYS));
    } else days.push(day);
  }
  return days.length === 0 || days.length < items.length ? null : DAYS.filter((day) => days.includes(day));
}

type Zone = Pick<Hours, "timezone" | "offset">;

function readZone(entry: LocatedEntry | undefined, values: ValueReader): Zone | null {
  const timezone = values.text(entry);
  if (entry === undefined || timezone === null) return null;
  const offset = fixedOffset(timezone);
  if (offset !== undefined) return { timezone, offset };
  const fix = "write `UTC`, `+02:00`, or a name like `Europe/Berlin`";
  values.problems.refuse("unknown_value", entry.value, `\`${timezone}\` is not a time zone`, fix);
  return null;
}

function hoursCondition(hours: Hours & { readonly source: string }): Condition {
  return {
    key: "hours",
    source: hours.source,
    holds: ({ facts }) =>
      withinHours(hours, facts) ?? { failure: `nothing is known of the time zone ${hours.timezone} here` },
  };
}
