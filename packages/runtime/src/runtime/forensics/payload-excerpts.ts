// What entries' records tell, for a timeline: the arguments of a call, the reasons of approvers, the text of an error.
// Only where a person asked for it and the home's key opens the record; secrets are taken out before anything is cut.
//
// An excerpt is JSON, so it begins with `{`, `[` or `"`; why there is none stands in round brackets. So no payload can
// pass itself off as an erased one.

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { redactSecretsIn } from "../../core/secrets/redact-secrets.ts";
import { listOf, textOf } from "../../forensics/entry-members.ts";
import { clippedText } from "../../forensics/markup-text.ts";
import { KeptRecords, type MissingRecord } from "../../storage/kept-records.ts";
import { tryParseEntry } from "../../storage/parse-entry.ts";

/** The most characters of an excerpt. */
const MOST = 500;

const WHY: Readonly<Record<MissingRecord, string>> = {
  no_record: "none was kept",
  no_key: "can't be read: this home has no payload.key",
  wrong_key: "can't be read: this home's payload.key is not the one that wrote this log",
  erased: "erased: its subject's key was destroyed",
  key_lost: "can't be read: its subject's key is not beside the log",
  day_gone: "expired, or not copied with the log",
  damaged: "can't be read: the record is damaged, or of another log",
  misplaced: "not shown: another entry's record stands in its place",
};

/** What excerpts came to. */
export interface ExcerptCounts {
  /** Entries of which an excerpt was shown. */
  readonly shown: number;
  /** Entries of which none could be, by why. */
  readonly withheld: Readonly<Record<string, number>>;
}

/** Excerpts of the records of one log. Close it. */
export class PayloadExcerpts {
  readonly #kept: KeptRecords;
  readonly #fields: readonly string[];
  readonly #withheld = new Map<string, number>();
  #shown = 0;

  /** `home` is the folder with the log's `payload.key`; `fields` are members that are taken out besides secrets. */
  constructor(log: string, home: string, fields: readonly string[]) {
    this.#kept = new KeptRecords(log, home);
    this.#fields = fields;
  }

  /** An entry's excerpt, on one line; or why there is none, in brackets; null for an entry that has no record to tell of. */
  of(entry: JsonObject): string | null {
    const event = textOf(entry, "event");
    const own = TELLING.has(event) ? tryParseEntry(JSON.stringify(entry)) : null;
    if (own === null) return null;
    const record = this.#kept.record(own);
    if ("missing" in record) return this.#missing(event, record.missing);
    const told = this.#told(event, record.content);
    if (told !== null) this.#shown += 1;
    return told;
  }

  get counts(): ExcerptCounts {
    return { shown: this.#shown, withheld: Object.fromEntries(this.#withheld) };
  }

  close(): void {
    this.#kept.close();
  }

  // Every decision has a record; a result has one only when it failed.
  #missing(event: string, missing: MissingRecord): string | null {
    if (missing === "no_record" && event !== "authorize_action") return null;
    const why = WHY[missing];
    this.#withheld.set(why, (this.#withheld.get(why) ?? 0) + 1);
    return `(${why})`;
  }

  #told(event: string, content: JsonObject): string | null {
    const told = toldBy(event, content);
    if (told === null) return null;
    const { value } = redactSecretsIn(told, { fields: this.#fields });
    return clippedText(JSON.stringify(value), MOST);
  }
}

const TELLING: ReadonlySet<string> = new Set([
  "authorize_action",
  "reauthorized",
  "approval_granted",
  "approval_rejected",
  "tool_result",
]);

function toldBy(event: string, content: JsonObject): JsonValue | null {
  switch (event) {
    case "authorize_action":
    case "reauthorized":
      return payloadsOf(content);
    case "approval_granted":
    case "approval_rejected":
      return reasonsOf(content);
    case "tool_result":
      return content["error"] ?? null;
    default:
      return null;
  }
}

/** What was asked for; where a policy edited it, both: `{"asked": …, "edited": …}`. */
function payloadsOf({ action_payload: asked = null, edited_payload: edited }: JsonObject): JsonValue {
  return edited === undefined ? asked : { asked, edited };
}

/** `{"ann": "looks fine"}`: who gave which reason. */
function reasonsOf(content: JsonObject): JsonObject | null {
  const reasons = listOf(content, "votes").flatMap((signed): readonly (readonly [string, JsonValue])[] => {
    const vote = isJsonObject(signed) ? signed["vote"] : undefined;
    if (!isJsonObject(vote) || typeof vote["reason"] !== "string") return [];
    return [[textOf(vote, "approver") || "(no name)", vote["reason"]]];
  });
  return reasons.length === 0 ? null : Object.fromEntries(reasons);
}
