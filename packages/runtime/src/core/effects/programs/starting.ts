// Programs that start others as services, or every one in a folder.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, result } from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf } from "./options.ts";
import type { ProgramRow } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const DAEMON = shape(
  "xapnucgrdNPIkROsm",
  "exec startas pidfile ppid pid name user chuid group chroot chdir nicelevel procsched iosched umask output retry signal notify-timeout",
);

/** Rows of programs that start others. */
export const STARTING: readonly ProgramRow[] = [
  row("start-stop-daemon", "https://man7.org/linux/man-pages/man8/start-stop-daemon.8.html", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, DAEMON);
    if (has(o, "T", "status") || has(o, "t", "test")) return NOTHING;
    if (has(o, "K", "stop"))
      return result([stopped(valueOf(o, "pid", "p", "pidfile", "name", "n", "exec", "x")?.text)]);
    const program = valueOf(o, "startas", "a", "exec", "x");
    const raised = valueOf(o, "chroot", "r") ?? valueOf(o, "chuid", "c");
    const effects: Effect[] =
      raised?.value === "root" || raised?.value === "/"
        ? [{ kind: "privilege.raise", via: call.name, how: "as another user" }]
        : [];
    return program === undefined
      ? nested(effects)
      : nested([...effects, ...call.run.words([program, ...o.operands], null)]);
  }),
  row("run-parts", "https://man7.org/linux/man-pages/man8/run-parts.8.html", (call) => {
    const o = parseOptions(call.args, shape("au", "arg umask regex"));
    if (asksForHelp(call) || has(o, "test", "list")) return NOTHING;
    const folder = o.operands[0] ?? literal(".");
    return result([{ kind: "exec.unresolved", via: call.name, part: "code", text: folder.text }]);
  }),
];

function stopped(text: string | undefined): Effect {
  const scope = text === "1" ? "system" : "one";
  return { kind: "process.kill", via: "start-stop-daemon", scope, text: text ?? "" };
}
