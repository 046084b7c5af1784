// A bundle that was made, in words.

import { counted } from "canopy-runtime/counted";
import type { MadeBundle } from "canopy-runtime/forensics";
import { terminalText } from "../terminal-text.ts";

/** The lines that tell what stands in a bundle, and what doesn't. */
export function bundleText(file: string, made: MadeBundle): readonly string[] {
  const { entries, size, origin, cosigned, left_out, policies, policies_missing } = made;
  const by = cosigned ? "cosigned" : "not cosigned by log witnesses";
  return [
    `${terminalText(file)}  ${entries} of ${counted(size, "entry", "entries")} of ${terminalText(origin)}, ${by}`,
    `  policies ${policies}${policies_missing === 0 ? "" : `, and ${policies_missing} that are not kept any more`}`,
    ...(left_out === 0
      ? []
      : [`  left out: ${counted(left_out, "entry", "entries")} that are newer than the newest checkpoint`]),
  ];
}
