// What a person pasted as trust: verifier keys, one a line, or a whole trust policy.

import {
  CanopyError,
  parseTrustPolicy,
  parseVerifierKey,
  trustKeys,
  type TrustPolicy,
} from "canopy-runtime/evidence-verifier";
import { tools } from "./tools.ts";

/** Read it: null when nothing was pasted, a text when it can't be read. */
export function readTrust(text: string): TrustPolicy | null | string {
  const lines = text.split("\n").map((line) => line.trim());
  const kept = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (kept.length === 0) return null;
  try {
    if (kept.some((line) => /^(?:log|witness|group|quorum|index-auditor)\s/u.test(line))) {
      return parseTrustPolicy(`${lines.join("\n")}\n`, tools.sha256);
    }
    return trustKeys(kept.map((line) => parseVerifierKey(line, tools.sha256)));
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    const text = error.fix === null ? error.message : `${error.message} (fix: ${error.fix})`;
    return error.at === null ? text : `${error.at}: ${text}`;
  }
}
