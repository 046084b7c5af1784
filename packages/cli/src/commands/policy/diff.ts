// `canopy policy diff`: which requests two policies decide differently, found by trying.

import { CanopyError, EXIT } from "canopy-runtime/errors";
import { diffLog, diffPolicies, type DiffedPolicy } from "canopy-runtime/replay";
import { decisionFilter, FILTER_FLAGS, type FilterFlags } from "../../decision-filter.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { showDiff, type LogFindings, type LogGroup } from "../../diff-view.ts";
import type { Io } from "../../io.ts";
import { readPolicyChoice } from "../../policy-choice.ts";
import { findSuites } from "../../policy-tests/find-suites.ts";
import { startProgress } from "../../progress.ts";
import { refuseStream } from "../../settings.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = FilterFlags & {
  readonly json: boolean;
  readonly against?: string;
  readonly cases: number;
  readonly seed: number;
  readonly show: boolean;
};

/** When requests are asked, so that the same policies always give the same answer: a Thursday, at noon. */
const NOW_MS = 1_767_268_800_000;

/** The command. */
export const diff: CliCommand = defineCommand<Flags, [string, string]>({
  brief: "Find requests that two policies decide differently",
  description: [
    "Tries requests under both policies, with all built-in layers: those of their tests, those of a log, and those made of what both say: each setting just below, at and above what it is compared with, words, texts that patterns match, effects, times, and mixtures. Each way in which they differ is shown with the shortest request for it, ready to run.",
    "Nothing is proved beyond what was tried. The same policies and seed give the same requests. Budgets and other history begin empty; with --against the log's own requests make it.",
  ],
  examples: [
    { command: "canopy policy diff old.yaml new.yaml", does: "what the change changes" },
    { command: "canopy policy diff default policy.yaml --against audit.log", does: "on recorded requests too" },
    {
      command: "canopy policy diff old.yaml new.yaml --json --cases 20000 --seed 7",
      does: "more of them, for a program",
    },
  ],
  exits: [
    [0, "no difference was found in what was tried"],
    [1, "a request is decided differently, or the log is broken"],
    [2, "a policy or the log is not readable"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      against: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Also try the requests that this log has recorded",
        placeholder: "LOG",
      },
      cases: {
        kind: "parsed",
        parse: (text) => wholeNumber(text, 1_000_000),
        default: "4000",
        brief: "How many requests are made at most",
        placeholder: "N",
      },
      seed: {
        kind: "parsed",
        parse: (text) => wholeNumber(text, 2 ** 32 - 1),
        default: "1",
        brief: "What the mixtures are drawn by",
        placeholder: "N",
      },
      show: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also print what was asked of the requests of the log",
      },
      ...FILTER_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "The old policy: a pack's name or a file", placeholder: "OLD", parse: String },
        { brief: "The new policy", placeholder: "NEW", parse: String },
      ],
    },
  },
  run: async (io, flags, from, to) => {
    const { seed, cases } = flags;
    refuseStream(flags.against);
    const policies = { from: withTests(from, io.cwd), to: withTests(to, io.cwd) };
    const found = diffPolicies({ ...policies, seed, cases, now_ms: NOW_MS });
    const log = flags.against === undefined ? null : await inLog(io, flags, flags.against, policies);
    const now = new Date(NOW_MS).toISOString();
    if (flags.json) io.out(`${terminalJsonPretty({ from, to, seed, now, ...found, log })}\n`);
    else showDiff(io, { from, to, seed, now, diff: found, log });
    const differs = found.differing + (log?.differing ?? 0) > 0;
    return differs || log?.chain_valid === false ? EXIT.no : EXIT.yes;
  },
});

function withTests(word: string, cwd: string): DiffedPolicy {
  const policy = readPolicyChoice(word, cwd);
  const suites = policy.file === null ? [] : findSuites([policy.file], cwd);
  return { ...policy, tests: suites.flatMap(({ files }) => files.map(({ bytes }) => bytes)) };
}

const IDS_EACH = 3;
const MOST_GROUPS = 1000;

async function inLog(
  io: Io,
  flags: Flags,
  log: string,
  policies: { readonly from: DiffedPolicy; readonly to: DiffedPolicy },
): Promise<LogFindings> {
  const progress = startProgress(io);
  const groups = new Map<string, LogGroup>();
  const counts = { decisions: 0, differing: 0, not_replayable: 0 };
  let chain = { path: log, chain_valid: false };
  const options = {
    ...decisionFilter(io, flags, Date.now()),
    ...policies,
    verified: ({ valid, path }: { readonly valid: boolean; readonly path: string }): void => {
      chain = { path, chain_valid: valid };
    },
    progress: (done: number, total: number) => progress.at(`${Math.floor((100 * done) / Math.max(1, total))} %`),
  };
  try {
    for await (const { authorization_id, from, to, rule_ref, request } of diffLog(log, options)) {
      counts.decisions += 1;
      if (from === null || to === null) counts.not_replayable += 1;
      if (from === null || to === null || from === to) continue;
      counts.differing += 1;
      const key = `${from} ${to} ${rule_ref}`;
      const known = groups.get(key);
      if (known === undefined && groups.size >= MOST_GROUPS) continue;
      const ids = known?.authorization_ids ?? [];
      groups.set(key, {
        ...(known ?? { from, to, rule_ref, ...(flags.show ? { request } : {}) }),
        count: (known?.count ?? 0) + 1,
        authorization_ids: ids.length < IDS_EACH ? [...ids, authorization_id] : ids,
      });
    }
  } finally {
    progress.done();
  }
  const sorted = [...groups.values()].toSorted((a, b) => b.count - a.count);
  return { ...chain, ...counts, groups: sorted };
}

function wholeNumber(text: string, most: number): number {
  const number = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw new CanopyError("USAGE", `expected a whole number from 0 to ${most}`);
}
