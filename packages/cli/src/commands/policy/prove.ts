// `canopy policy prove`: the floor, gone through whole; and whether a request with a condition can be allowed.

import { counted } from "canopy-runtime/counted";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { provePolicy, type CanAnswer, type ProofReport } from "canopy-runtime/prove";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { readPolicyChoice } from "../../policy-choice.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = { readonly json: boolean; readonly can?: string };

/** The command. */
export const prove: CliCommand = defineCommand<Flags, string[]>({
  brief: "Prove the floor, and that no request with a condition is allowed",
  description: [
    "The floor: nothing that the Constitution denies is allowed or begins, whatever the policy, the settings, grants, approvals and later entries say. Every abstract case is gone through with the functions that decide real requests.",
    "--can asks whether any request with a condition in CEL can be allowed. The answer is a proof that none can, a request that is (it was decided before it is shown), or that it is unknown. docs/policy-prove.md says what this covers and what it leaves out.",
  ],
  examples: [
    { command: "canopy policy prove policy.yaml", does: "the floor" },
    {
      command: "canopy policy prove policy.yaml --can 'spend(\"USD\") > 200'",
      does: "also: can more than 200 be spent unasked?",
    },
    { command: "canopy policy prove production --json", does: "for a program" },
  ],
  exits: [
    [0, "proved"],
    [1, "a counterexample"],
    [2, "the policy or the condition could not be read, or the answer is unknown"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      can: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Can any request with this condition be allowed?",
        placeholder: "CONDITION",
      },
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { brief: "A pack's name or a file", placeholder: "POLICY", parse: String },
    },
  },
  run: async (io, { json, can }, policy = "", ...more) => {
    if (more.length > 0) {
      throw new CanopyError("USAGE", "one policy is proved at a time", { fix: "quote the condition after --can" });
    }
    const report = provePolicy({ ...readPolicyChoice(policy, io.cwd), source: "argument" }, can ?? null);
    if (json) io.out(`${terminalJsonPretty(documentOf(policy, report))}\n`);
    else show(io, policy, report);
    return exitOf(report);
  },
});

function exitOf({ floor, can }: ProofReport): number {
  if (!floor.holds || can?.answer === "counterexample") return EXIT.no;
  return can?.answer === "unknown" ? EXIT.unusable : EXIT.yes;
}

// Of a counterexample, the request and what was decided: the rest can be had by `canopy evaluate`.
function documentOf(policy: string, { can, ...report }: ProofReport): unknown {
  if (can?.answer !== "counterexample") return { policy, ...report, can };
  const { evaluation, ...answer } = can;
  const { decision, reason, action_digest } = evaluation;
  return { policy, ...report, can: { ...answer, decided: { decision, reason, action_digest } } };
}

function show(io: Io, policy: string, { rule_count, floor, can }: ProofReport): void {
  const { outStyle: style } = io;
  const verdict = floor.holds ? style.good("FLOOR HOLDS") : style.bad("FLOOR BROKEN");
  io.out(`${verdict}  ${terminalText(policy)}, ${counted(rule_count, "rule")}\n`);
  for (const { name, cases, claim, broken } of floor.spaces) {
    io.out(`  ${name}: ${claim}\n`);
    io.out(`    ${style.dim(`${cases.toLocaleString("en-US")} cases, all of them`)}\n`);
    if (broken !== null) io.out(`    ${style.bad("but not for")} ${terminalText(broken)}\n`);
  }
  if (can !== null) showAnswer(io, can);
}

function showAnswer(io: Io, can: CanAnswer): void {
  const { outStyle: style } = io;
  const asked = terminalText(can.condition);
  switch (can.answer) {
    case "proved": {
      const why = can.rules.length === 0 ? "it is true of no request" : `by ${can.rules.join(", ")}`;
      io.out(`${style.good("PROVED")}  no request is allowed with: ${asked}\n  ${terminalText(why)}\n`);
      return;
    }
    case "counterexample":
      io.out(`${style.bad("COUNTEREXAMPLE")}  this request is allowed with: ${asked}\n`);
      io.out(`${terminalJsonPretty(can.request)}\n`);
      return;
    case "unknown":
      io.out(`${style.caution("UNKNOWN")}  whether any request is allowed with: ${asked}\n  ${can.reason}\n`);
      for (const part of can.parts) io.out(`  nothing is known of: ${terminalText(part)}\n`);
      return;
    default:
      throw new CanopyError("USAGE", `unknown answer \`${String(can satisfies never)}\``);
  }
}
