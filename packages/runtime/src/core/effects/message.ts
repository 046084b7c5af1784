// Messages: on which channel, and to how many.

import type { Action } from "../action.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { Effect } from "./effect.ts";
import { foldName } from "./text.ts";
import { wordSet } from "../word-set.ts";

const RECIPIENTS: ReadonlySet<string> = wordSet(
  "to cc bcc recipient recipients recipientlist emails emailaddresses addresses numbers phonenumbers phones users usernames userids members contacts subscribers customers audience tolist mailinglist attendees invitees receivers",
);

const CHANNELS: ReadonlySet<string> = new Set(["channel", "platform", "medium", "service", "network", "provider"]);

const BULK_TYPES: ReadonlySet<string> = new Set(["bulk_email", "broadcast"]);

const EVERYBODY =
  /^(?:@?(?:all|everyone|everybody|channel|here)|\*|all[ _-]?(?:users|customers|contacts|employees|subscribers|staff|members)|everyone@.*|all@.*|all-.*@.*)$/i;

/** The message that an action would send. Cost: linear in its members. */
export function messageEffects(action: Action): readonly Effect[] {
  const count = countIn(action.members, 0);
  const channel = channelOf(action);
  const bulk = BULK_TYPES.has(action.action_type) || count.everybody || count.total > MOST_SINGLE;
  return [
    {
      kind: "message.send",
      via: action.action_type,
      channel,
      recipients: count.found ? count.total : null,
      bulk,
    },
  ];
}

const MOST_SINGLE = 10;
const MAX_WRAPPING = 3;

interface Count {
  readonly found: boolean;
  readonly total: number;
  readonly everybody: boolean;
}

function countIn(members: JsonObject, depth: number): Count {
  let found = false;
  let total = 0;
  let everybody = false;
  for (const [name, value] of Object.entries(members)) {
    const key = foldName(name);
    if (RECIPIENTS.has(key)) {
      found = true;
      total += countValue(value);
      everybody ||= namesEverybody(value);
    } else if ((key.endsWith("count") && key.startsWith("recipient")) || key === "numrecipients") {
      found = true;
      if (typeof value === "number") total += value;
    } else if (isJsonObject(value) && depth < MAX_WRAPPING) {
      const inner = countIn(value, depth + 1);
      found ||= inner.found;
      total += inner.total;
      everybody ||= inner.everybody;
    }
  }
  return { found, total, everybody };
}

function countValue(value: JsonValue): number {
  if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    return items.reduce<number>((sum, item) => sum + Math.max(1, countValue(item)), 0);
  }
  if (isJsonObject(value)) {
    const keys = Object.keys(value);
    return keys.some((key) => /^(?:email|address|name|phone|id)$/i.test(key)) ? 1 : keys.length;
  }
  if (typeof value !== "string") return value === null ? 0 : 1;
  return value.split(/[,;\n]/).filter((part) => part.trim() !== "").length;
}

function namesEverybody(value: JsonValue): boolean {
  if (typeof value === "string") return EVERYBODY.test(value.trim());
  return Array.isArray(value) && value.some((item) => typeof item === "string" && EVERYBODY.test(item.trim()));
}

function channelOf(action: Action): string {
  for (const [name, value] of Object.entries(action.members)) {
    if (typeof value === "string" && value !== "" && value.length <= 64 && CHANNELS.has(foldName(name))) return value;
  }
  return action.action_type;
}
