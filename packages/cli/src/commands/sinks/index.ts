// Every command of `canopy sinks`, in the order of the help: names and one-liners only, as in ../index.ts.

import type { CommandGroup } from "../../define-command.ts";

/** `canopy sinks …`. */
export const sinksGroup: CommandGroup = {
  name: "sinks",
  brief: "See and feed what a log's entries are sent to",
  description: [
    "The setting `sinks` names where entries go besides the log: files, syslog, HTTP, OpenTelemetry. A runtime feeds them while it runs; what it could not send waits in the log.",
  ],
  commands: [
    {
      name: "status",
      brief: "Show how far each sink is, and what holds it up",
      load: async () => (await import("./status.ts")).status,
    },
    {
      name: "run",
      brief: "Feed the sinks from the log, without a runtime",
      load: async () => (await import("./run.ts")).run,
    },
    {
      name: "resend",
      brief: "Send again what a sink's receiver refused",
      load: async () => (await import("./resend.ts")).resend,
    },
    {
      name: "dismiss",
      brief: "Give up sending what a sink's receiver refused",
      load: async () => (await import("./dismiss.ts")).dismiss,
    },
    {
      name: "test",
      brief: "Send one test entry to a sink",
      load: async () => (await import("./test.ts")).test,
    },
  ],
};
