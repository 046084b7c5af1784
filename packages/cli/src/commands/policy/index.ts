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
      name: "init",
      brief: "Begin a policy and its tests for the frameworks found here",
      load: async () => (await import("./init.ts")).init,
    },
    {
      name: "lint",
      brief: "Check policy files: syntax, names, patterns, dead rules",
      load: async () => (await import("./lint.ts")).lint,
    },
    {
      name: "fmt",
      brief: "Lay policies and their tests out in one way",
      load: async () => (await import("./fmt.ts")).fmt,
    },
    {
      name: "lock",
      brief: "Write the hashes of what a policy includes",
      load: async () => (await import("./lock.ts")).lock,
    },
    {
      name: "test",
      brief: "Run the tests that stand beside policies",
      load: async () => (await import("./test.ts")).test,
    },
    {
      name: "explain",
      brief: "Explain why one request is decided as it is",
      load: async () => (await import("./explain.ts")).explain,
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
