// What is known of the log's integrity, in honest words: what was checked, against what, and what was not.

import { counted } from "canopy-runtime/counted";
import { anchoredText, failureText } from "../verify-run.ts";
import { textBody, type TextBody, type ViewContext } from "./body.ts";
import { wrapped } from "./entry-view.ts";
import { BLANK, textRow, type Row, type Tone } from "./frame.ts";
import type { VerifyState } from "./scan-worker.ts";
import { fact, identityRows, policyRows, vouchedRows } from "./vouched-rows.ts";

/** The rows. */
export function chainBody({ state, data }: ViewContext): TextBody {
  const width = Math.max(20, state.columns - 2);
  const { log, summary, verify } = data;
  const rows: Row[] = [...verifyRows(verify, data.newest - data.oldest + 1, width), BLANK];
  rows.push(...fact("log", data.path, width));
  rows.push(
    ...fact(
      "lines",
      `${data.newest - data.oldest + 1}${summary?.complete === true ? "" : ", still reading older ones"}`,
      width,
    ),
  );
  if (summary !== null && summary.unreadable > 0)
    rows.push(...fact("unreadable", `${summary.unreadable} lines are no entries`, width, "bad"));
  if (log.unfinished_bytes > 0) {
    rows.push(
      ...fact(
        "unfinished",
        `${counted(log.unfinished_bytes, "byte")} after the last line: being written now, or torn`,
        width,
        "caution",
      ),
    );
  }
  for (const problem of log.problems) rows.push(...fact("problem", problem, width, "bad"));
  rows.push(
    ...vouchedRows(data.vouched, summary, width),
    ...policyRows(summary, data.loaded, width),
    ...identityRows(data.vouched, width),
  );
  return textBody(rows);
}

function verifyRows(verify: VerifyState, known: number, width: number): readonly Row[] {
  switch (verify.status) {
    case "not yet":
      return [textRow("NOT VERIFIED YET", "caution")];
    case "running":
      return [textRow(`VERIFYING  ${percent(verify.bytes, verify.total)}`, "caution")];
    case "impossible":
      return [textRow("NOT VERIFIED", "caution"), ...wrapped(verify.problem, width)];
    case "done": {
      const { result, at } = verify;
      const newer = Math.max(0, known - result.entries);
      const where = result.segment === null ? "" : ` of segment ${result.segment}`;
      return [
        result.valid ? textRow("INTACT", "good") : textRow("BROKEN", "bad"),
        ...(result.valid
          ? fact("entries", `${result.entries}, chained without a gap, at ${at.slice(11, 19)}`, width)
          : fact("line", `${result.first_bad_line}${where}: ${failureText(result.failure)}`, width, "bad")),
        ...(result.valid && newer > 0
          ? fact("newer", `${newer} lines came since: not verified yet, v verifies again`, width, "caution")
          : []),
        ...fact("anchored", anchoredText(result), width, result.anchored ? "plain" : "caution"),
        ...result.warnings.flatMap((warning) => fact("note", warning, width)),
      ];
    }
    default:
      return verify satisfies never;
  }
}

/** The state in a word or two, for the line at the top; `known` lines are in the log by now. */
export function chainWord(verify: VerifyState, known: number): { readonly text: string; readonly tone: Tone } {
  switch (verify.status) {
    case "not yet":
      return { text: "not verified yet", tone: "caution" };
    case "running":
      return { text: `verifying ${percent(verify.bytes, verify.total)}`, tone: "caution" };
    case "impossible":
      return { text: "not verified", tone: "caution" };
    case "done": {
      const { valid, anchored, entries, first_bad_line } = verify.result;
      if (!valid) return { text: `BROKEN at line ${first_bad_line}`, tone: "bad" };
      const upTo = known > entries ? ` to ${entries.toLocaleString("en")}` : "";
      return { text: `intact${upTo}${anchored ? "" : ", unanchored"}`, tone: "good" };
    }
    default:
      return verify satisfies never;
  }
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 0 : Math.floor((100 * done) / total)} %`;
}
