// The anchors of a log as settings have them.

import { CanopyError } from "../core/errors.ts";
import type { AcceptedRollback } from "../storage/anchors/anchor-conflict.ts";
import type { AnchorOptions } from "../storage/anchors/anchor-options.ts";
import { parseAnchorText } from "../storage/anchors/anchor-text.ts";
import { readRegular } from "../storage/regular-file.ts";
import type { Settings } from "./config.ts";

const MAX_POLICY_BYTES = 1_048_576;

/** The anchors that settings name. Throws `INVALID_CONFIG` when the trust policy of the log witnesses can't be read. */
export function homeAnchors(
  settings: Settings,
  accepted: AcceptedRollback | null,
): { readonly anchors: AnchorOptions } {
  const { anchors, anchors_required, log_witnesses } = settings;
  return { anchors: { anchors, required: anchors_required, witnesses: witnessPolicy(log_witnesses), accepted } };
}

/** What no action may change: folders that are anchors, the trust policy of the log witnesses. */
export function anchorPaths({ anchors, log_witnesses }: Settings): readonly string[] {
  const folders = anchors.flatMap((text) => {
    const named = parseAnchorText(text);
    return named.kind === "folder" ? [named.path] : [];
  });
  return log_witnesses === null ? folders : [...folders, log_witnesses];
}

/** The text of the trust policy with the log witnesses to ask; null: none. Throws `INVALID_CONFIG` when it can't be read. */
export function witnessPolicy(file: string | null): string | null {
  if (file === null) return null;
  try {
    return readRegular(file, MAX_POLICY_BYTES).toString("utf8");
  } catch (error) {
    throw new CanopyError("INVALID_CONFIG", `the trust policy \`${file}\` of setting \`log_witnesses\` can't be read`, {
      cause: error,
      fix: "write it as c2sp.org/tlog-policy describes, or leave the setting out",
    });
  }
}

/**
 * Check that the settings about anchors fit together.
 *
 * @throws {CanopyError} `INVALID_CONFIG`
 */
export function checkAnchorSettings({ anchors, anchors_required, log_witnesses, tlog }: Settings): void {
  const named = anchors.map(parseAnchorText);
  if (!tlog && (anchors.length > 0 || log_witnesses !== null)) {
    throw invalid("`anchors` and `log_witnesses` keep checkpoints, and `tlog` is false", "leave `tlog` out");
  }
  const readable = named.filter(({ kind }) => kind !== "syslog").length;
  if (anchors_required <= readable) return;
  throw invalid(
    `\`anchors_required\` is ${anchors_required}, and of \`anchors\` only ${readable} can be asked`,
    "name more anchors, or ask for fewer; a syslog receiver can't be asked",
  );
}

function invalid(problem: string, fix: string): CanopyError {
  return new CanopyError("INVALID_CONFIG", `settings don't fit together: ${problem}`, { fix });
}
