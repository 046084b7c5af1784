// Every command of `canopy incident`: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy incident …`. Words that name none of its commands are those of `timeline`. */
export const incidentGroup: CommandGroup = {
  name: "incident",
  brief: "What happened: timelines, and incidents from open to closed",
  description: [
    "`canopy incident [LOG] --trace ID` tells what happened, in order; it is short for `canopy incident timeline`. The other commands keep incidents: anchored notes in the log, with a state from open over contained and resolved to closed.",
  ],
  otherwise: "timeline",
  commands: [
    {
      name: "timeline",
      brief: "Show or export what happened: a trace, an incident, an agent, a time",
      load: async () => (await import("./timeline.ts")).timeline,
    },
    {
      name: "open",
      brief: "Open an incident",
      load: async () => (await import("./open.ts")).open,
    },
    {
      name: "update",
      brief: "Change an incident's state, add a note or links",
      load: async () => (await import("./update.ts")).update,
    },
    {
      name: "list",
      brief: "List the incidents of a log",
      load: async () => (await import("./list.ts")).list,
    },
    {
      name: "show",
      brief: "Show an incident: its states, notes and links",
      load: async () => (await import("./show.ts")).show,
    },
  ],
};
