// Every command of `canopy ledger`, in the order of the help: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy ledger …`. */
export const ledgerGroup: CommandGroup = {
  name: "ledger",
  brief: "Look after a log: its files, its tree, its copies",
  description: [
    "Works on a log as evidence: what can be derived from its bytes again, and what others are given of it. Entries are never changed.",
  ],
  commands: [
    {
      name: "fsck",
      brief: "Check a log and all beside it from the bytes up",
      load: async () => (await import("./fsck.ts")).fsck,
    },
    {
      name: "accept-rollback",
      brief: "Go on with a log that an anchor does not vouch for",
      load: async () => (await import("./accept-rollback.ts")).acceptRollback,
    },
    {
      name: "import",
      brief: "Take a foreign log into this one, as evidence only",
      load: async () => (await import("./import.ts")).importCommand,
    },
    {
      name: "export-original",
      brief: "Write an imported log as it was, byte for byte",
      load: async () => (await import("./export-original.ts")).exportOriginalCommand,
    },
    {
      name: "tlog",
      brief: "Copy a log's tree and entries as a static transparency log",
      load: async () => (await import("./tlog.ts")).tlog,
    },
    {
      name: "audit-index",
      brief: "Make a log's index anew from its lines and vouch for it",
      load: async () => (await import("./audit-index.ts")).auditIndexCommand,
    },
  ],
};
