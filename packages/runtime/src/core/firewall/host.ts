// The machine itself: its services, users, kernel, processes, power, traces.

import type { Effect, HostChange, ProcessKill } from "../effects/effect.ts";
import { ask, effectRule, note, type Judgement } from "../effect-rule.ts";
import type { Rule } from "../rule.ts";

/** Changes of the host's configuration, stopped processes, exhausted resources, erased traces. */
export const host: Rule = effectRule({
  layer: "firewall",
  id: "firewall:host",
  title: "Host and processes",
  display: null,
  reads: "host configuration, signals to processes, exhaustion of resources, erased traces",
  judges: ["host.change", "process.kill", "resource.exhaust", "trace.erase"],
  default: "REQUIRE_APPROVAL; one named process, and starting a service, pass",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
});

function judge(effect: Effect): Judgement | null {
  switch (effect.kind) {
    case "host.change":
      return judgeHost(effect);
    case "process.kill":
      return judgeKill(effect);
    case "resource.exhaust":
      return ask("exhausts a resource of the host", effect.how);
    case "trace.erase":
      return ask("erases traces", effect.what, "critical");
    default:
      return null;
  }
}

function judgeHost({ area, detail, destructive }: HostChange): Judgement {
  // Starting and restarting what is installed is the everyday use of a machine; stopping and disabling is not.
  if (area === "service" && !destructive) return note("starts or reloads a service", detail);
  return destructive
    ? ask(`disables or destroys part of the host (${area})`, detail, "critical")
    : ask(`changes the host's configuration (${area})`, detail);
}

function judgeKill({ scope, text }: ProcessKill): Judgement {
  switch (scope) {
    case "one":
      return note("stops one process", text);
    case "many":
      return ask("stops every process that matches", text, "medium");
    default:
      return ask("stops everything it may stop", text, "critical");
  }
}
