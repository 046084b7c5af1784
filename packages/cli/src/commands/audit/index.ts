// Every command of `canopy audit`, in the order of the help: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy audit …`. */
export const auditGroup: CommandGroup = {
  name: "audit",
  brief: "Ask a log: find entries, follow them, count them",
  description: [
    "Questions to a log by what its entries say. Entries are read from the log itself, each hash computed again; whether the log as a whole is intact is what `canopy verify` says.",
  ],
  commands: [
    {
      name: "query",
      brief: "Find entries by what they say, and count them by groups",
      load: async () => (await import("./query.ts")).query,
    },
    {
      name: "tail",
      brief: "Show the newest entries that a question means, and those that come",
      load: async () => (await import("./tail.ts")).tail,
    },
    {
      name: "stats",
      brief: "Count a log's decisions, agents, actions, rules and results",
      load: async () => (await import("./stats.ts")).stats,
    },
  ],
};
