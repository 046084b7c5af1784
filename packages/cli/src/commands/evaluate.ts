// `canopy evaluate`: decide requests without recording them, one a line, in order, in constant memory.

import { counted } from "canopy-runtime/counted";
import { createRuntime } from "canopy-runtime";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, POLICY_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { policyFlag, policyText, RuntimeCache } from "../policy-choice.ts";
import { startProgress } from "../progress.ts";
import { inputChunks, lineBatches, TOO_LONG, type LineBatch } from "../read-input.ts";
import { errorDocument } from "../report-error.ts";
import { parseRequest, RequestError } from "../request-document.ts";
import { sayFile, settingsFor } from "../settings.ts";
import { terminalJson } from "../terminal-text.ts";

type Flags = { readonly json: boolean; readonly policy?: string; readonly cwd?: string };

/** A request holds at most 1 MiB of payload and 1 MiB of policy; written with escapes, six times that. */
const LINE_LIMIT_BYTES = 16_777_216;

/** The command. */
export const evaluate: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Decide requests, one JSON line each, without recording them",
  description: [
    'Reads one request a line, {"id"?, "agent_ctx", "action_type", "action_payload", "policy"?, "cwd"?}, and answers each with one decision document a line, in order. A request that can\'t be decided is answered with {"id", "error"}, and the rest goes on.',
    "`policy` in a request is null (the default pack), a pack's name or policy text, and wins over the flag. Nothing is recorded and no keys are used. Where actions would run is unknown unless --cwd says so.",
  ],
  examples: [
    { command: "canopy evaluate requests.jsonl", does: "a file" },
    { command: "canopy evaluate - --policy production < requests.jsonl", does: "standard input, the strict pack" },
    { command: "canopy evaluate requests.jsonl | jq -r .decision | sort | uniq -c", does: "count the verdicts" },
  ],
  exits: [
    [0, "every line was decided, whatever the verdicts"],
    [2, "a line had an error, or the input could not be read"],
  ],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "Accepted for uniformity: the output always is JSON lines" },
      policy: POLICY_FLAG,
      cwd: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The folder the actions would run in",
        placeholder: "DIR",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "File of requests; - or nothing for standard input",
          placeholder: "FILE",
          parse: String,
          optional: true,
        },
      ],
    },
  },
  run: async (io, { policy, cwd = null }, path = "-") => {
    if (policy === undefined) sayFile(io, settingsFor(io), "policy_file");
    const base = { cwd, env: io.env };
    const runtimes = new RuntimeCache((text) =>
      createRuntime({ ...base, ...(text === undefined ? policyFlag(policy, io.cwd) : policyText(text)) }),
    );
    // A policy that does not load is told before any line is read.
    runtimes.get(undefined);
    return answerAll(io, path, runtimes);
  },
});

async function answerAll(io: Io, path: string, runtimes: RuntimeCache): Promise<number> {
  const progress = startProgress(io);
  let at = 0;
  let answered = 0;
  let errors = 0;
  try {
    for await (const batch of lineBatches(inputChunks(path, io), LINE_LIMIT_BYTES)) {
      let text = "";
      for (const line of batch) {
        at += 1;
        if (line !== TOO_LONG && isBlank(line)) continue;
        const answer = await answerLine(line, at, runtimes);
        answered += 1;
        if (answer.failed) errors += 1;
        text += `${answer.text}\n`;
      }
      io.out(text);
      if (io.outClosed()) break;
      progress.at(`${answered} lines`);
    }
  } finally {
    progress.done();
  }
  if (errors > 0) io.err(`${errors} of ${counted(answered, "line")} could not be decided\n`);
  return errors === 0 ? EXIT.yes : EXIT.unusable;
}

interface Answer {
  readonly text: string;
  readonly failed: boolean;
}

async function answerLine(line: LineBatch[number], at: number, runtimes: RuntimeCache): Promise<Answer> {
  let id: unknown = null;
  try {
    if (line === TOO_LONG) {
      throw new CanopyError("INVALID_REQUEST", `the line is over ${LINE_LIMIT_BYTES} bytes`);
    }
    const request = parseRequest(line);
    id = request.id;
    const { agent_ctx, action_type, action_payload, cwd } = request;
    const options = cwd === undefined ? {} : { cwd };
    const decision = await runtimes.get(request.policy).evaluateAsync(agent_ctx, action_type, action_payload, options);
    return { text: terminalJson({ id, ...decision }), failed: false };
  } catch (error) {
    if (error instanceof RequestError) ({ id } = error);
    const document = errorDocument(error);
    return { text: terminalJson({ id, error: { ...document, at: document.at ?? `line ${at}` } }), failed: true };
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
