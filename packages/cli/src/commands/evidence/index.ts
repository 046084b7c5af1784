// Every command of `canopy evidence`, in the order of the help: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy evidence …`. Words that name none of its commands are those of `bundle`. */
export const evidenceGroup: CommandGroup = {
  name: "evidence",
  brief: "Evidence bundles: entries of a log that verify elsewhere",
  description: [
    "A bundle holds chosen entries with everything needed to check them: `canopy verify FILE.canopy-evidence`, or the page that `canopy evidence verifier` writes. `canopy evidence LOG --trace ID --out FILE` is short for `canopy evidence bundle`.",
  ],
  otherwise: "bundle",
  commands: [
    {
      name: "bundle",
      brief: "Write chosen entries of a log as a bundle that verifies elsewhere",
      load: async () => (await import("./bundle.ts")).bundle,
    },
    {
      name: "verifier",
      brief: "Write the page that verifies evidence bundles in a browser",
      load: async () => (await import("./verifier.ts")).verifier,
    },
  ],
};
