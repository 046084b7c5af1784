// Coverage on a terminal.

import { counted } from "canopy-runtime/counted";
import type { Coverage, CoverageFault } from "canopy-runtime/forensics";
import type { Io } from "../io.ts";
import { terminalText } from "../terminal-text.ts";
import { shortAvid } from "./incident-view.ts";
import { durationText, timeText } from "./row-words.ts";

const FAULTS: Readonly<Record<CoverageFault, string>> = {
  authorized_without_result: "authorized, and past its time without having been begun",
  begun_without_result: "begun without a result",
  result_without_authorization: "begun or reported without a standing authorization",
  executed_past_expiry: "begun or reported after the authorization had expired",
};

const ORDER = [
  "result_without_authorization",
  "executed_past_expiry",
  "begun_without_result",
  "authorized_without_result",
] as const satisfies readonly CoverageFault[];

/** All lines; `gap_ms` is from what on a time without entries counts. */
export function coverageLines(
  io: Io,
  found: Coverage & { readonly unreadable: number },
  gap_ms: number,
): readonly string[] {
  const { outStyle: style } = io;
  const { faults, findings } = found;
  const lines = [
    `${counted(found.entries, "entry", "entries")} from ${timeText(found.first_ms)} to ${timeText(found.last_ms)}`,
    `  authorized ${found.authorized} · begun ${found.executions} · results ${found.results} · not due yet ${found.pending}`,
  ];
  for (const fault of ORDER) {
    const count = faults[fault];
    const text = `${String(count).padStart(6)}  ${FAULTS[fault]}`;
    lines.push(count === 0 ? style.dim(text) : style.bad(text));
    const listed = findings.filter((finding) => finding.fault === fault);
    for (const { timestamp, seq, avid, action_type, authorization_id } of listed) {
      const where = seq === null ? "" : `seq ${seq}  `;
      const words = [timestamp, action_type, shortAvid(avid), authorization_id.slice(0, 12)].map(terminalText);
      lines.push(`          ${where}${words.join("  ")}`);
    }
    if (count > listed.length && listed.length > 0) lines.push(`          and ${count - listed.length} more (--json)`);
  }
  if (found.unreadable > 0) lines.push(style.bad(`${String(found.unreadable).padStart(6)}  lines that can't be read`));
  lines.push(...silenceLines(found, gap_ms));
  lines.push(
    style.caution("entries and heartbeats are taken as they stand: `canopy verify` says what vouches for them"),
  );
  lines.push(style.caution("cannot see ungoverned calls: what never came to Canopy is in no log"));
  return lines;
}

function silenceLines(found: Coverage, gap_ms: number): readonly string[] {
  const over = durationText(gap_ms);
  const { longest_entry_gap: entry, longest_heartbeat_gap: beat } = found;
  return [
    `${String(found.entry_gaps).padStart(6)}  times without an entry for more than ${over}${longest(entry)}`,
    found.heartbeats === 0
      ? "     –  no heartbeats: this log has no checkpoints, so silence and a stopped runtime look the same"
      : `${String(found.heartbeat_gaps).padStart(6)}  times without a heartbeat for more than ${over}${longest(beat)}; a runtime that was closed on purpose shows so too`,
    ...(found.clock_went_back === 0
      ? []
      : [
          `${String(found.clock_went_back).padStart(6)}  times the clock went back: spans of time are not to be relied on`,
        ]),
  ];
}

function longest(gap: Coverage["longest_entry_gap"]): string {
  if (gap === null) return "";
  return `; the longest ${durationText(gap.to_ms - gap.from_ms)}, from ${timeText(gap.from_ms)}`;
}
