// Canopy's own commands: those that approve, sign, configure or stop govern; those that look don't.

import type { Effect } from "../effect.ts";
import { NOTHING, result, writes } from "./describe.ts";
import { has, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const SOURCE = "https://www.npmjs.com/package/canopy-cli";

/** Commands that only look, check or explain. */
const LOOKING =
  /^(|help|version|evaluate|verify|lint-policy|log|demo|self-check|quickstart|console|report|incident|prove|show|list|status|explain|doctor|completions?|info|schema|test)$/;

/** Rows of Canopy's own commands. */
export const CANOPY: readonly ProgramRow[] = [
  row("canopy canopy-cli canopy-runtime", SOURCE, (call) => {
    const o = parseOptions(
      call.args,
      shape("", "policy audit-log-path log out format show action-type payload agent-ctx tenant role name from to"),
    );
    const [verb = "", second = ""] = o.operands.map((word) => word.value ?? "?");
    return judged(call, verb, second);
  }),
  row(
    "canopy-quickstart canopy-console canopy-incident canopy-report canopy-verify canopy-self-check canopy-lint-policy canopy-log canopy-demo",
    SOURCE,
    (call) => {
      const o = parseOptions(call.args, shape("o", "out output audit-log-path"));
      return result(writes(call, valuesOf(o, "o", "out", "output")));
    },
  ),
  row(
    "canopy-approve canopy-approvals canopy-keys canopy-config canopy-gateway canopy-kill canopy-policy canopy-authorize",
    SOURCE,
    (call) => judged(call, call.name.slice("canopy-".length), call.args[0]?.value ?? ""),
  ),
];

function judged(call: ProgramCall, verb: string, second: string): ProgramResult {
  if (asksForHelp(call) || LOOKING.test(verb)) return NOTHING;
  const o = parseOptions(call.args);
  const shows = /^(list|ls|show|get|status|pending|fingerprint|--vkey|--show-origin|--json|)$/.test(second);
  if (/^(approvals|policy|incidents|grants|agents|tenants)$/.test(verb) && shows) return NOTHING;
  if ((verb === "config" || verb === "keys") && (shows || has(o, "vkey", "show-origin"))) return NOTHING;
  const effects: Effect[] = [{ kind: "govern.command", via: call.name, command: `${verb} ${second}`.trim() }];
  return result(effects);
}
