// Every command, in the order of the help. Only names and one-liners stand here; a command's own file is loaded when
// it is called (or when its help or a completion is asked for).

import type { CommandEntry, CommandGroup } from "../define-command.ts";
import { evidenceGroup } from "./evidence/index.ts";
import { auditGroup } from "./audit/index.ts";
import { ledgerGroup } from "./ledger/index.ts";
import { incidentGroup } from "./incident/index.ts";
import { policyGroup } from "./policy/index.ts";
import { proveGroup } from "./prove/index.ts";
import { sinksGroup } from "./sinks/index.ts";

/** The commands of the binary. */
export const COMMANDS: readonly (CommandEntry | CommandGroup)[] = [
  {
    name: "quickstart",
    brief: "See it work: a scripted agent, a real shell, a real log",
    load: async () => (await import("./quickstart.ts")).quickstart,
  },
  {
    name: "demo",
    brief: "Show five decisions: what is seen, what is decided, and why",
    load: async () => (await import("./demo.ts")).demo,
  },
  {
    name: "evaluate",
    brief: "Decide requests, one JSON line each, without recording them",
    load: async () => (await import("./evaluate.ts")).evaluate,
  },
  {
    name: "authorize",
    brief: "Decide one request and record the decision",
    load: async () => (await import("./authorize.ts")).authorize,
  },
  {
    name: "log",
    brief: "Show the newest entries of a log",
    load: async () => (await import("./log.ts")).log,
  },
  {
    name: "console",
    brief: "Watch a log, answer approvals, stop agents: full screen",
    load: async () => (await import("./console.ts")).consoleCommand,
  },
  {
    name: "kill-switch",
    brief: "Stop agents at once, or let them go on; recorded in the log",
    load: async () => (await import("./kill-switch.ts")).killSwitch,
  },
  {
    name: "verify",
    brief: "Verify a log: every line, and the first bad one",
    load: async () => (await import("./verify.ts")).verify,
  },
  {
    name: "replay",
    brief: "Make every recorded decision again and compare, byte for byte",
    load: async () => (await import("./replay.ts")).replay,
  },
  auditGroup,
  {
    name: "anchors",
    brief: "Show how the anchors of a log stand, or check it with them",
    load: async () => (await import("./anchors.ts")).anchors,
  },
  {
    name: "report",
    brief: "Report on a log: decisions, agents, rules, approvers, results",
    load: async () => (await import("./report.ts")).report,
  },
  ledgerGroup,
  proveGroup,
  incidentGroup,
  evidenceGroup,
  {
    name: "coverage",
    brief: "Show how complete the enforcement of a log looks",
    load: async () => (await import("./coverage.ts")).coverage,
  },
  sinksGroup,
  {
    name: "erase",
    brief: "Make all that was recorded of a subject unreadable, for ever",
    load: async () => (await import("./erase.ts")).erase,
  },
  policyGroup,
  {
    name: "lint-policy",
    brief: "Check policy files: syntax, names, patterns, dead rules",
    load: async () => (await import("./lint-policy.ts")).lintPolicyCommand,
  },
  {
    name: "keys",
    brief: "Show, create or rotate this home's keys",
    load: async () => (await import("./keys.ts")).keys,
  },
  {
    name: "config",
    brief: "Print every setting in force, and where it comes from",
    load: async () => (await import("./config.ts")).config,
  },
  {
    name: "self-check",
    brief: "Check that Canopy can work here: node, home, keys, policy, log",
    load: async () => (await import("./self-check.ts")).selfCheck,
  },
  {
    name: "completions",
    brief: "Print a completion script for bash, zsh or fish",
    load: async () => (await import("./completions.ts")).completions,
  },
];

/** A command, and the words that call it. */
export interface CommandPath {
  /** The words after `canopy`, with one space between: `verify`, `policy lint`. */
  readonly path: string;
  readonly entry: CommandEntry;
}

/** Every command that does something, those of groups too, in the order of the help. */
export function commandPaths(): readonly CommandPath[] {
  return COMMANDS.flatMap((each) =>
    "commands" in each
      ? each.commands.map((entry) => ({ path: `${each.name} ${entry.name}`, entry }))
      : [{ path: each.name, entry: each }],
  );
}

/** The words with the command that they mean, where they name a group alone: `incident x.log` is `incident timeline x.log`. */
export function withMeantCommand(words: readonly string[]): readonly string[] {
  const [name = "", second = "", ...rest] = words;
  const group = COMMANDS.find((each) => each.name === name);
  if (group === undefined || !("commands" in group) || group.otherwise === undefined) return words;
  const named = group.commands.some((each) => each.name === second);
  const asksForHelp = second === "--help" || second === "-h" || (second === "" && words.length < 2);
  return named || asksForHelp ? words : [name, group.otherwise, ...(words.length < 2 ? [] : [second, ...rest])];
}

/** The command that the first words of a command line call; null when they call none, or only a group. */
export function commandCalled(words: readonly string[]): CommandPath | null {
  const asked = new Set([words.slice(0, 1).join(" "), words.slice(0, 2).join(" ")]);
  return commandPaths().find(({ path }) => asked.has(path)) ?? null;
}
