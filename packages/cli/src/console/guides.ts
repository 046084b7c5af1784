// How to put an agent under Canopy, in short: one page for each way that the documentation shows.

/** A guide. */
export interface Guide {
  readonly title: string;
  readonly about: string;
  readonly lines: readonly string[];
}

/** The guides, in their order. */
export const GUIDES: readonly Guide[] = [
  {
    title: "JavaScript: a function",
    about: "safeTool around any function that does something",
    lines: [
      'import { defaultRuntime, safeTool } from "canopy-runtime";',
      "",
      "const options = {",
      '  action_type: "execute_shell",',
      '  agent_ctx: { public_key: "my-agent" },',
      "};",
      "const shell = safeTool(options, runCommand);",
      'await shell({ command: "ls" }); // runs, and is recorded',
      "await defaultRuntime().close(); // ends with a checkpoint",
      "",
      "A call that is denied throws and never runs. One that asks",
      "waits, prompts or throws, as `on_require_approval` says.",
      "See examples/ and docs/execution-binding.md.",
    ],
  },
  {
    title: "LangChain",
    about: "the tools of a LangChain agent",
    lines: [
      "npm run quickstart -- --framework langchain",
      "",
      "runs a scripted LangChain agent whose tools are wrapped",
      "with safeTool; examples/langchain/agent.mjs is the whole",
      "of it. Wrap the function that a tool calls, not the model:",
      "what is decided is what is about to be done.",
    ],
  },
  {
    title: "Any language: one request",
    about: "canopy authorize decides, records, and answers with its exit code",
    lines: [
      "canopy authorize --action-type execute_shell \\",
      '  --payload \'{"command":"ls"}\'',
      "",
      "exit 0 allowed · 1 denied · 3 an approval is needed;",
      "--json prints the decision. It runs nothing: run the",
      "action only after exit 0.",
    ],
  },
  {
    title: "Any language: many requests",
    about: "canopy evaluate decides a stream without recording it",
    lines: [
      "canopy evaluate requests.jsonl --policy production",
      "",
      "One request a line in, one decision a line out. To try a",
      "policy on calls that were made before: `canopy policy",
      "simulate` on a log, `canopy policy test` on cases.",
    ],
  },
  {
    title: "By hand: authorize, begin, attest",
    about: "where a wrapper does not fit",
    lines: [
      'import { createRuntime } from "canopy-runtime";',
      "",
      "const runtime = createRuntime();",
      "const made = await runtime.authorize(agent, type, payload);",
      'if (made.decision === "ALLOW") {',
      "  const id = made.authorization_id;",
      "  await runtime.begin(id, made.action_digest);",
      "  // do exactly that",
      "  await runtime.attest(id, { ok: true, result });",
      "}",
      "await runtime.close();",
      "",
      "Without `begin` and `attest` the log shows what was",
      "allowed, not what ran.",
      "See docs/execution-binding.md.",
    ],
  },
];
