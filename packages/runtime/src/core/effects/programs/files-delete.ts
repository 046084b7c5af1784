// Programs that delete, overwrite or empty files.

import { deletes, result, wipes, writes } from "./describe.ts";
import { has, parseOptions, shape } from "./options.ts";
import type { ProgramRow } from "./program.ts";
import { optionRow, row } from "./rows.ts";

const SHRED = shape("ns", "iterations size random-source remove");
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
    "trash trash-put gio-trash rmtrash trash-rm",
    "https://github.com/andreafrancia/trash-cli",
    shape(),
    (call, o) => deletes(call, o.operands, true),
  ),
];
