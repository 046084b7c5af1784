// `canopy policy bench`: what a policy costs on this machine.

import { counted } from "canopy-runtime/counted";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import {
  benchPolicy,
  sampleRequests,
  type DecideRequest,
  type PolicyBench,
  type RuleCost,
} from "canopy-runtime/policy-bench";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { readPolicyChoice } from "../../policy-choice.ts";
import { parseRequest } from "../../request-document.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = { readonly json: boolean; readonly requests?: string };

/** The command. */
export const bench: CliCommand = defineCommand<Flags, [string]>({
  brief: "Measure what a policy costs: loading, deciding, each rule",
  description: [
    "Loads the policy, decides the requests for a second in memory, and says what a decision takes, how many rules are asked about a request, and which rules take most time. Times are of this machine, now; nothing is recorded.",
    "Most rules are only asked about actions that hold what they look for. A rule that nothing tells beforehand is asked about every action of its types, and listed: docs/policy-speed.md says what makes one so.",
  ],
  examples: [
    { command: "canopy policy bench policy.yaml", does: "with a request of each type the policy names" },
    { command: "canopy policy bench policy.yaml --requests requests.jsonl", does: "with your own, one JSON line each" },
    { command: "canopy policy bench production --json", does: "a bundled pack, for a program" },
  ],
  exits: [
    [0, "measured"],
    [2, "the policy or the requests could not be read"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      requests: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "File of requests, as `canopy evaluate` reads them",
        placeholder: "FILE",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The policy: a pack's name or a file", placeholder: "POLICY", parse: String }],
    },
  },
  run: async (io, { json, requests }, word) => {
    const source = { ...readPolicyChoice(word, io.cwd), source: "argument" } as const;
    const report = benchPolicy(source, requests === undefined ? sampleRequests(source) : readRequests(io, requests));
    io.out(json ? `${terminalJsonPretty({ policy: word, ...report })}\n` : shown(io, word, report));
    return EXIT.yes;
  },
});

function readRequests(io: Io, file: string): readonly DecideRequest[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(io.cwd, file));
  } catch (cause) {
    throw new CanopyError("INVALID_REQUEST", `the file of requests \`${file}\` can't be read`, {
      cause,
      fix: "check the path",
    });
  }
  const lines = bytes.toString("latin1").split("\n");
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const { agent_ctx, action_type, action_payload, cwd = null } = parseRequest(Buffer.from(line, "latin1"));
      return { agent_ctx, action_type, action_payload, cwd };
    });
}

function shown({ outStyle: style }: Io, word: string, report: PolicyBench): string {
  const { rules, compile_ms, requests, refused, decision_us, unindexed, costliest } = report;
  const left = refused === 0 ? "" : `, ${refused} of them can't be decided and are left out`;
  const lines = [
    `${style.good(terminalText(word))}  ${counted(rules, "rule")}`,
    `  load          ${compile_ms.toFixed(1)} ms`,
    `  a decision    ${decision_us.p50.toFixed(1)} µs (p50), ${decision_us.p99.toFixed(1)} µs (p99), all layers, over ${requests} requests${left}`,
    `  rules asked   ${average(report.rules_asked)} of the ${average(report.rules_written)} written for a request's type, on average`,
  ];
  if (costliest.length > 0) lines.push("  most time, each time it is asked", ...costliest.map(costLine));
  if (unindexed.length > 0) lines.push(`  asked about every action of their types: ${namesOf(unindexed)}`);
  return `${lines.join("\n")}\n`;
}

function costLine({ rule, line, asked, us }: RuleCost): string {
  const requests = asked === 1 ? "1 request" : `${asked} requests`;
  return `    ${us.toFixed(1).padStart(7)} µs  ${terminalText(rule)} (line ${line}), asked about ${requests}`;
}

const MOST_NAMES = 10;

function namesOf(rules: PolicyBench["unindexed"]): string {
  const names = rules.slice(0, MOST_NAMES).map(({ rule }) => terminalText(rule));
  const more = rules.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function average(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
