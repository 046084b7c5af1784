// Programs that delete, overwrite or empty files.

import { NOTHING, deletes, moves, nested, reads, result, wipes, writes } from "./describe.ts";
import { has, parseOptions, shape } from "./options.ts";
import type { ProgramRow } from "./program.ts";
import { optionRow, row } from "./rows.ts";

const SHRED = shape("ns", "iterations size random-source");
const TRUNCATE = shape("sr", "size reference");

/** Rows of programs that delete, overwrite or empty files. */
export const DELETING: readonly ProgramRow[] = [
  optionRow("rm", "https://www.gnu.org/software/coreutils/manual/html_node/rm-invocation.html", shape(), (call, o) =>
    deletes(call, o.operands, has(o, "r", "R", "recursive")),
  ),
  optionRow(
    "unlink",
    "https://www.gnu.org/software/coreutils/manual/html_node/unlink-invocation.html",
    shape(),
    (call, o) => deletes(call, o.operands),
  ),
  optionRow(
    "rmdir",
    "https://www.gnu.org/software/coreutils/manual/html_node/rmdir-invocation.html",
    shape(),
    // Only empty folders go: nothing is lost but a name, and that decides only where it is known.
    (call, o) =>
      writes(
        call,
        o.operands.filter((word) => word.value !== null || word.prefix !== ""),
        "change",
      ),
  ),
  row("shred", "https://www.gnu.org/software/coreutils/manual/html_node/shred-invocation.html", (call) => {
    const o = parseOptions(call.args, SHRED);
    return result(
      has(o, "u", "remove") ? [...wipes(call, o.operands), ...deletes(call, o.operands)] : wipes(call, o.operands),
    );
  }),
  optionRow(
    "srm wipe scrub sfill sdmem nwipe dban",
    "https://manpages.debian.org/wipe",
    shape("lqpPSsX", "pattern"),
    (call, o) => [...wipes(call, o.operands), ...deletes(call, o.operands, true)],
  ),
  optionRow(
    "truncate",
    "https://www.gnu.org/software/coreutils/manual/html_node/truncate-invocation.html",
    TRUNCATE,
    (call, o) => writes(call, o.operands, "truncate"),
  ),
  optionRow(
    "trash trash-put gio-trash rmtrash rimraf del-cli trash-cli",
    "https://github.com/andreafrancia/trash-cli",
    shape(),
    (call, o) => deletes(call, o.operands, true),
  ),
  // Its operands are patterns of what was put into the trash before, which is not theirs any more.
  optionRow("trash-rm trash-empty", "https://github.com/andreafrancia/trash-cli", shape(), () => []),
  row("gio gvfs-trash gvfs-rm kioclient kioclient5", "https://manpages.debian.org/gio", (call) => {
    const { operands } = parseOptions(call.args);
    const verb = call.name.startsWith("gvfs") ? call.name.slice(5) : (operands[0]?.value ?? "");
    const rest = call.name.startsWith("gvfs") ? operands : operands.slice(1);
    if (/^(trash|remove|rm)$/.test(verb)) return result(deletes(call, rest, true));
    if (/^(copy|cp|save)$/.test(verb))
      return result([...reads(call, rest.slice(0, -1)), ...writes(call, rest.slice(-1))]);
    if (/^(move|rename|mv)$/.test(verb))
      return result([...moves(call, rest.slice(0, -1)), ...writes(call, rest.slice(-1))]);
    return result(verb === "cat" ? reads(call, rest) : []);
  }),
  row("bleachbit", "https://docs.bleachbit.org/doc/command-line-interface.html", (call) => {
    const o = parseOptions(call.args);
    if (has(o, "s", "shred")) return result([...wipes(call, o.operands), ...deletes(call, o.operands, true)]);
    if (has(o, "w", "wipe-free-space"))
      return result([{ kind: "resource.exhaust", via: call.name, how: "fills the disk" }]);
    return has(o, "c", "clean")
      ? result([{ kind: "trace.erase", via: call.name, what: o.operands.map((word) => word.text).join(" ") }])
      : NOTHING;
  }),
  // `shx` and `coreutils` hold the usual file programs under one name.
  row("shx", "https://github.com/shelljs/shx", (call) =>
    call.args[0] === undefined ? NOTHING : nested(call.run.words(call.args, call.stdin)),
  ),
];
