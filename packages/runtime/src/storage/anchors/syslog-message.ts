// A checkpoint as one syslog message (RFC 5424), and back from a line of whatever file the receiver keeps.
//
//   <109>1 2026-01-02T03:04:05.678Z host canopy 4711 checkpoint - {"canopy_checkpoint":1,"note":"origin\n7\n…"}
//
// 109 is facility 13 (log audit), severity 5 (notice). The text is JSON of ASCII alone, so that no receiver's way with
// line ends or encodings can change the note.

import { isJsonObject } from "../../core/json.ts";
import { parseStrictJson } from "../../core/strict-json.ts";

const PRIORITY = 109;
const START = '{"canopy_checkpoint":1,"note":"';

/** Who sends, and when. */
export interface SyslogSender {
  readonly timeMs: number;
  readonly host: string;
  readonly pid: number;
}

/** The header of a message besides its sender. */
export interface SyslogHeader extends SyslogSender {
  /** 8 times the facility, plus the severity. */
  readonly priority: number;
  /** At most 32 printable ASCII characters without space. */
  readonly messageId: string;
}

/** The message for a checkpoint, without framing. */
export function syslogMessage(note: string, sender: SyslogSender): string {
  const json = JSON.stringify({ canopy_checkpoint: 1, note });
  return syslogLine(asciiJson(json), { ...sender, priority: PRIORITY, messageId: "checkpoint" });
}

/** Any message of this software, without framing. `text` is ASCII on one line. */
export function syslogLine(text: string, { timeMs, host, pid, priority, messageId }: SyslogHeader): string {
  const name = /^[\x21-\x7e]{1,255}$/.test(host) ? host : "-";
  return `<${priority}>1 ${new Date(timeMs).toISOString()} ${name} canopy ${pid} ${messageId} - ${text}`;
}

/** JSON text with everything but printable ASCII escaped; it says the same. */
export function asciiJson(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** The checkpoint in a line that a receiver kept, whatever stands before it; null when there is none. */
export function noteOfSyslogLine(line: string): string | null {
  const start = line.indexOf(START);
  const end = start < 0 ? -1 : line.indexOf('"}', start + START.length);
  if (end < 0) return null;
  try {
    const message = parseStrictJson(line.slice(start, end + 2));
    const note = isJsonObject(message) ? message["note"] : null;
    return typeof note === "string" ? note : null;
  } catch {
    return null;
  }
}
