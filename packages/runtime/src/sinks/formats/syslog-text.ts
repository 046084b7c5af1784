// An entry as one syslog message (RFC 5424).
//
//   <108>1 2026-01-02T03:04:05.000Z host canopy 4711 authorize_action - {"action_type":…}
//
// Facility 13 (log audit). The text is ASCII on one line: everything else is escaped as JSON has it, so no name, reason
// or description can begin a message of its own.

import { asciiJson, syslogLine, type SyslogSender } from "../../storage/anchors/syslog-message.ts";
import { shortRecord, textOf, timeOf, type SinkRecord } from "./sink-record.ts";

const FACILITY = 13;
const [CRITICAL, WARNING, NOTICE, INFORMATIONAL] = [2, 4, 5, 6] as const;

/** What a message holds at most, in bytes. A longer entry is sent with its chief members only. */
export const MAX_SYSLOG_BYTES = 8000;

/** The message of an entry, without framing. `render` gives its text, JSON on one line. */
export function syslogText(
  record: SinkRecord,
  sender: Omit<SyslogSender, "timeMs">,
  render: (record: SinkRecord) => string,
): string {
  const whole = message(record, sender, render);
  // ASCII: a character is a byte.
  return whole.length <= MAX_SYSLOG_BYTES ? whole : message(shortRecord(record), sender, (short) => short.line);
}

function message(
  record: SinkRecord,
  sender: Omit<SyslogSender, "timeMs">,
  render: (record: SinkRecord) => string,
): string {
  const { entry } = record;
  const name = textOf(entry, "event")
    .replaceAll(/[^\w.-]/g, "_")
    .slice(0, 32);
  return syslogLine(asciiJson(render(record)), {
    ...sender,
    timeMs: timeOf(entry) ?? 0,
    priority: FACILITY * 8 + severityOf(textOf(entry, "decision"), textOf(entry, "severity")),
    messageId: name === "" ? "entry" : name,
  });
}

function severityOf(decision: string, severity: string): number {
  if (severity === "critical" && decision !== "ALLOW") return CRITICAL;
  if (decision === "DENY" || decision === "INCIDENT") return WARNING;
  return decision === "REQUIRE_APPROVAL" || severity === "high" ? NOTICE : INFORMATIONAL;
}
