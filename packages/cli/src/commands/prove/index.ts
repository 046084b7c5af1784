// Every command of `canopy prove`, in the order of the help: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy prove …`. */
export const proveGroup: CommandGroup = {
  name: "prove",
  brief: "Write proofs about a log that anyone can check offline",
  description: [
    "Each command writes one file. `canopy verify --proof FILE` checks it anywhere, without the log, and says what it claims and what it doesn't.",
  ],
  commands: [
    {
      name: "included",
      brief: "Prove that an entry is in the log",
      load: async () => (await import("./included.ts")).included,
    },
    {
      name: "absent",
      brief: "Prove that no entry matches: an agent, an action, a resource …",
      load: async () => (await import("./absent.ts")).absent,
    },
    {
      name: "present",
      brief: "Prove which entries match, all of them",
      load: async () => (await import("./present.ts")).present,
    },
  ],
};
