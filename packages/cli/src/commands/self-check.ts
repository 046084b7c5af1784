// `canopy self-check`: whether Canopy can do its work here, and for each thing that is wrong, what to do.

import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { textFlag } from "../text-flag.ts";
import { namedLog, type LogFlags } from "../log-flag.ts";
import { runChecks, type Check } from "../self-checks.ts";
import type { Io } from "../io.ts";
import { terminalJsonPretty, terminalText, wrapText } from "../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly policyFile?: string; readonly auditLog?: string };

/** The command. */
export const selfCheck: CliCommand = defineCommand<Flags, []>({
  brief: "Check that Canopy can work here: node, home, keys, policy, log",
  description: [
    "Looks at everything a decision needs and changes nothing. Each thing that fails comes with its fix. A warning leaves exit 0.",
  ],
  examples: [
    { command: "canopy self-check", does: "the settings in force" },
    { command: "canopy self-check --policy-file policy.yaml --json", does: "another policy, for a script" },
  ],
  exits: [
    [0, "everything passed, perhaps with warnings"],
    [1, "something failed"],
    [2, "the check itself could not be done"],
  ],
  parameters: {
    flags: {
      policyFile: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The policy to check (default: the one in force)",
        placeholder: "FILE",
      },
      log: textFlag("The log to check (default: the one in force)", "LOG"),
      auditLog: textFlag("The same as --log", "LOG"),
      json: JSON_FLAG,
    },
  },
  run: async (io, flags) => {
    const checks = await runChecks(io, {
      policy_file: flags.policyFile,
      audit_log_path: namedLog(flags.log, flags.auditLog),
    });
    const failed = checks.some(({ result }) => result === "fail");
    if (flags.json) io.out(`${terminalJsonPretty({ ok: !failed, checks })}\n`);
    else for (const check of checks) show(io, check);
    return failed ? 1 : 0;
  },
});

function show(io: Io, { name, result, detail, fix }: Check): void {
  const { outStyle: style } = io;
  const paint = { pass: style.good, warn: style.caution, fail: style.bad }[result];
  const columns = (io.stdoutIsTerminal ? io.columns : 100) - 20;
  const [first = "", ...more] = wrapText(terminalText(detail), columns);
  io.out(`${paint(result.toUpperCase())}  ${name.padEnd(12)} ${first}\n`);
  for (const line of more) io.out(`${" ".repeat(19)}${line}\n`);
  if (fix === undefined) return;
  const [firstFix = "", ...moreFix] = wrapText(terminalText(fix), columns - 5);
  io.out(`${" ".repeat(19)}${style.bold("fix:")} ${firstFix}\n`);
  for (const line of moreFix) io.out(`${" ".repeat(24)}${line}\n`);
}
