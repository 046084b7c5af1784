// The policy in force, linted for the console. Loaded when its view is first shown: the linter is most of a start.

import { counted } from "canopy-runtime/counted";
import { adviceText } from "canopy-runtime/errors";
import { readFileSync } from "node:fs";
import { lintPolicy } from "canopy-runtime/policy";
import { readPolicyChoice, type PolicyConfig } from "../policy-choice.ts";
import { problemLines } from "../policy-report.ts";
import { PLAIN } from "../style.ts";
import type { Linted } from "./state.ts";

/** Which policy. */
export interface LintedPolicy {
  readonly policy: PolicyConfig;
  /** The policy file in force; null: the bundled default. */
  readonly policy_file: string | null;
}

/** Lint it. What can't be read is a problem like others. */
export function lintShown({ policy, policy_file }: LintedPolicy, cwd: string): Linted {
  const file = policy.policy_file ?? (policy.policy === undefined ? policy_file : null);
  const shown = file ?? (policy.policy === undefined ? "the bundled default pack" : "a bundled pack");
  try {
    const bytes = file === null ? (policy.policy ?? readPolicyChoice("default", cwd).bytes) : readFileSync(file);
    const problems = lintPolicy(bytes, shown, { now_ms: Date.now() });
    const lines = problemLines([{ path: shown, problems }], PLAIN);
    const said = lines.map((text) => ({ text, tone: "plain" as const }));
    const errors = problems.filter(({ severity }) => severity === "error").length;
    const verdict =
      errors === 0
        ? ({ text: "ok: it can be loaded", tone: "good" } as const)
        : ({ text: `${counted(errors, "error")}: it can't be loaded`, tone: "bad" } as const);
    return { file: shown, lines: [verdict, ...said] };
  } catch (error) {
    return { file: shown, lines: [{ text: adviceText(error), tone: "bad" }] };
  }
}
