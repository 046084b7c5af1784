// Every command of `canopy policy`, in the order of the help: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy policy …`. */
export const policyGroup: CommandGroup = {
  name: "policy",
  brief: "Write, check, test and explain policies",
  description: [
    "Works on policy files: what they say, whether they do what was meant, and what a change of them would do. Nothing here decides or records an action.",
  ],
  commands: [
    {
      name: "lint",
      brief: "Check policy files: syntax, names, patterns, dead rules",
      load: async () => (await import("./lint.ts")).lint,
    },
    {
      name: "test",
      brief: "Run the tests that stand beside policies",
      load: async () => (await import("./test.ts")).test,
    },
    {
      name: "diff",
      brief: "Find requests that two policies decide differently",
      load: async () => (await import("./diff.ts")).diff,
    },
    {
      name: "simulate",
      brief: "Judge a log's recorded requests by a new policy",
      load: async () => (await import("./simulate.ts")).simulate,
    },
    {
      name: "prove",
      brief: "Prove the floor, and that no request with a condition is allowed",
      load: async () => (await import("./prove.ts")).prove,
    },
    {
      name: "bench",
      brief: "Measure what a policy costs: loading, deciding, each rule",
      load: async () => (await import("./bench.ts")).bench,
    },
    {
      name: "schema",
      brief: "Print the JSON Schema of policies, for editors",
      load: async () => (await import("./schema.ts")).schema,
    },
  ],
};
