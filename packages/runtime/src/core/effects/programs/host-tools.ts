// Small tools that look at, or change, parts of a host that no larger family covers.

import type { HostChange } from "../effect.ts";
import { NOTHING, changesHost, readsSecret, result, stream, writes } from "./describe.ts";
import { has, parseOptions, shape, valuesOf } from "./options.ts";
import { lookup } from "./network-sockets.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";
import { asksForHelp, asksForVerbHelp, row } from "./rows.ts";

const MAN8 = "https://man7.org/linux/man-pages/man8/";

/** A tool that only looks unless one of its words changes something. */
function tool(
  names: string,
  source: string,
  area: HostChange["area"],
  words: { readonly changes: RegExp; readonly destroys: RegExp },
): ProgramRow {
  return row(names, source, (call) => {
    const text = texts(call);
    if (asksForVerbHelp(call) || !words.changes.test(text)) return NOTHING;
    return result(changesHost(call, area, `${call.name} ${text}`.slice(0, 120), words.destroys.test(text)));
  });
}

function texts(call: ProgramCall): string {
  return call.args.map((word) => word.value ?? "?").join(" ");
}

const BOARD_POWER =
  /\b(?:power|racreset|serveraction)\s+(?:off|cycle|reset|soft|diag|powerdown|powercycle|hardreset)\b|--(?:off|cycle|reset|soft)\b/i;
const BOARD_CHANGES =
  /\b(?:power on|bootdev|bootparam|set|clear|delete|write|reset|activate|deactivate|raw|update|upgrade|enable|disable)\b|--on\b/i;

/** Rows of such tools. */
export const HOST_TOOLS: readonly ProgramRow[] = [
  row(
    "ipmitool ipmi-chassis ipmi-power ipmiutil racadm hponcfg ilorest redfishtool",
    "https://github.com/ipmitool/ipmitool",
    (call) => {
      const text = texts(call);
      if (asksForVerbHelp(call)) return NOTHING;
      if (BOARD_POWER.test(text)) return result(changesHost(call, "power", text.slice(0, 120), true));
      if (!BOARD_CHANGES.test(text)) return NOTHING;
      return result(changesHost(call, "other", text.slice(0, 120), /\b(?:clear|delete|reset|raw)\b/i.test(text)));
    },
  ),
  tool("udevadm", `${MAN8}udevadm.8.html`, "other", {
    changes: /^(?:trigger|control|hwdb|lock|test-builtin)\b/,
    destroys: /$^/,
  }),
  tool("quotaon quotaoff setquota edquota xfs_quota quotacheck convertquota", `${MAN8}quotaon.8.html`, "disk", {
    changes: /^(?!-[auvg]*p)\S/,
    destroys: /$^/,
  }),
  row("ldconfig", `${MAN8}ldconfig.8.html`, (call) => {
    const o = parseOptions(call.args, shape("CfrX", "format"));
    if (asksForHelp(call) || has(o, "p", "print-cache", "N")) return NOTHING;
    // Folders that are named are searched for libraries from then on, by every program.
    const named = [...o.operands, ...valuesOf(o, "f", "C", "r")];
    return named.length === 0
      ? result(changesHost(call, "other", "library cache"))
      : result([{ kind: "exec.injected", via: call.name, variable: named[0]?.text ?? "" }]);
  }),
  row("lastlog faillog", `${MAN8}lastlog.8.html`, (call) => {
    const o = parseOptions(call.args, shape("btulmR", "before time user lock-secs maximum root"));
    if (asksForHelp(call)) return NOTHING;
    const erases = call.name === "lastlog" ? has(o, "C", "clear", "S", "set") : has(o, "r", "reset", "m", "maximum");
    return erases ? result([{ kind: "trace.erase", via: call.name, what: "login records" }]) : NOTHING;
  }),
  row("getent", "https://man7.org/linux/man-pages/man1/getent.1.html", (call) => {
    const { operands } = parseOptions(call.args, shape("s", "service"));
    if (/^g?shadow$/.test(operands[0]?.value ?? ""))
      return result(readsSecret(call, "password_hashes", "getent"), stream({ secret: "password_hashes" }));
    return /^(?:hosts|ahosts\w*)$/.test(operands[0]?.value ?? "")
      ? lookup({ ...call, args: operands.slice(1) })
      : NOTHING;
  }),
  row("bpftool", "https://man7.org/linux/man-pages/man8/bpftool.8.html", (call) => {
    const o = parseOptions(call.args);
    const [object = "", verb = ""] = o.operands.map((word) => word.value ?? "");
    if (object === "batch") return result(changesHost(call, "kernel", "bpftool batch", true));
    if (
      !/^(?:load|loadall|attach|detach|pin|create|update|delete|freeze|register|unregister|push|enqueue|pop|dequeue|run|mount)$/.test(
        verb,
      )
    )
      return NOTHING;
    return result([
      ...writes(
        call,
        o.operands.filter((word) => word.prefix.startsWith("/sys/fs/bpf")),
      ),
      ...changesHost(call, "kernel", `bpftool ${object} ${verb}`, /^(?:delete|detach|unregister)$/.test(verb)),
    ]);
  }),
];
