// `canopy policy explain`: why one request is decided as it is.

import { createRuntime } from "canopy-runtime";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, POLICY_FLAG, type CliCommand } from "../../define-command.ts";
import { explainDocument, explainLines } from "../../explain-view.ts";
import type { Io } from "../../io.ts";
import { policyFlag, policyText } from "../../policy-choice.ts";
import { readWhole } from "../../read-input.ts";
import { parseRequest } from "../../request-document.ts";
import { sayFile, settingsFor } from "../../settings.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = {
  readonly json: boolean;
  readonly tree: boolean;
  readonly all: boolean;
  readonly policy?: string;
  readonly cwd?: string;
};

const LIMIT_BYTES = 16_777_216;

/** The command. */
export const explain: CliCommand = defineCommand<Flags, [string]>({
  brief: "Explain why one request is decided as it is",
  description: [
    "Decides one request, without recording it, and shows which rules were asked, which of their conditions held and what they saw, and what each rule said. REQUEST is a file with one request as for `canopy evaluate`, the JSON itself, or - for standard input.",
    "Values of the payload are cut to 60 characters. A `policy` in the request wins over --policy. Nothing is known here of what came before: budgets, rates and marks are those of an empty history.",
  ],
  examples: [
    { command: "canopy policy explain request.json --policy policy.yaml", does: "the rules that were asked" },
    { command: "canopy policy explain - --tree --all < request.json", does: "every rule and every part, as a tree" },
    { command: "canopy policy explain request.json --json", does: "for a program" },
  ],
  exits: [
    [0, "explained, whatever the verdict"],
    [2, "the request or the policy could not be read"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      tree: { kind: "boolean", default: false, withNegated: false, brief: "Draw lines between what hangs together" },
      all: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also rules that were not asked, and parts that were not needed",
      },
      policy: POLICY_FLAG,
      cwd: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The folder the action would run in",
        placeholder: "DIR",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "File with one request, its JSON, or - for standard input", placeholder: "REQUEST", parse: String },
      ],
    },
  },
  run: async (io, { json, tree, all, policy, cwd = null }, word) => {
    const { policy: own, ...request } = parseRequest(await requestBytes(word, io));
    if (own === undefined && policy === undefined) sayFile(io, settingsFor(io), "policy_file");
    const chosen = own === undefined ? policyFlag(policy, io.cwd) : policyText(own);
    const runtime = createRuntime({ cwd, env: io.env, ...chosen });
    const options = request.cwd === undefined ? {} : { cwd: request.cwd };
    const { agent_ctx, action_type, action_payload } = request;
    const explanation = runtime.explain(agent_ctx, action_type, action_payload, options);
    if (json) io.out(`${terminalJsonPretty(explainDocument(explanation))}\n`);
    else {
      const { policy_file } = explanation.evaluation.policy_snapshot;
      const shown = policy ?? policy_file ?? "default";
      const layout = { style: io.outStyle, width: io.columns, policy: own === undefined ? shown : "policy", full: all };
      for (const line of explainLines(explanation, layout, tree)) io.out(`${line}\n`);
    }
    return EXIT.yes;
  },
});

async function requestBytes(word: string, io: Io): Promise<Uint8Array> {
  if (word.trimStart().startsWith("{")) return Buffer.from(word, "utf8");
  const bytes = await readWhole(word, io, LIMIT_BYTES);
  if (bytes.length > 0) return bytes;
  throw new CanopyError("INVALID_REQUEST", `\`${word}\` is empty: expected one request`, {
    fix: 'expected {"agent_ctx", "action_type", "action_payload"}',
  });
}
