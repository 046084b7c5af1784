// Asks, from time to time, what vouches for the log: the checkpoint beside it, its anchors, its log witnesses. Runs in
// the thread that reads the log, since an answer may take its time.

import { adviceText } from "canopy-runtime/errors";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { anchorReport, type AnchorReport, type AnchorSettings } from "canopy-runtime/anchors";

/** The policy by which this console has approvals judged: its text, or its file; neither: the bundled default. */
export interface JudgingPolicy {
  readonly text: string | null;
  readonly file: string | null;
  /** What people call it. */
  readonly name: string;
}

/** What is known of what vouches for the log. */
export type VouchedState =
  | { readonly status: "not yet" }
  | {
      readonly status: "known";
      readonly report: AnchorReport;
      readonly at: string;
    }
  | { readonly status: "impossible"; readonly problem: string };

/** The policy that is loaded here: its hash as activations name it, or why there is none. */
export interface LoadedPolicy {
  readonly name: string;
  readonly policy_hash: string | null;
  /** Whether it is the bundled default, which is in force where the log names no other. */
  readonly is_default: boolean;
  readonly problem: string | null;
}

/** The policy as it would be loaded now. Never throws. Cost: reads its file. */
export async function loadedPolicy({ text, file, name }: JudgingPolicy): Promise<LoadedPolicy> {
  const is_default = text === null && file === null;
  try {
    const bytes = text ?? (file === null ? await defaultPolicy() : readFileSync(file));
    const policy_hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    return { name, policy_hash, is_default, problem: null };
  } catch {
    return { name, policy_hash: null, is_default, problem: `\`${name}\` can't be read` };
  }
}

// The policy language is most of a start: it is loaded here, where nobody waits for it.
async function defaultPolicy(): Promise<string> {
  const { policyPack } = await import("canopy-runtime/policy");
  return policyPack("default");
}

/** What vouches for the log now. Never throws. Cost: asks every anchor. */
export async function vouchedNow(settings: AnchorSettings): Promise<VouchedState> {
  try {
    return { status: "known", report: await anchorReport(settings), at: new Date().toISOString() };
  } catch (error) {
    return { status: "impossible", problem: adviceText(error) };
  }
}
