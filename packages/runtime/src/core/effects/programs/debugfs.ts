// `debugfs`: files of a file system read and changed past whoever may.

import type { Effect } from "../effect.ts";
import { changesHost, reads, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { has, literal, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, Word } from "./program.ts";

const MAX_LINES = 1000;

/** The effects of the requests that it is given. */
export function debugfs(call: ProgramCall): readonly Effect[] {
  const o = parseOptions(call.args, shape("Rfbsdz"));
  const requests = valuesOf(o, "R").flatMap((word) => request(call, word, o.operands));
  const files = valuesOf(o, "f").flatMap((word) =>
    runsScript(call, word, (text) =>
      text
        .split("\n")
        .slice(0, MAX_LINES)
        .flatMap((line) => request(call, literal(line), o.operands)),
    ),
  );
  return [...(has(o, "w") ? changesHost(call, "disk", call.name, true) : []), ...requests, ...files];
}

// `cat FILE`, `dump FILE OUT`: the file is the file system's, what it is copied to is not.
function request(call: ProgramCall, { value }: Word, devices: readonly Word[]): readonly Effect[] {
  if (value === null) return [{ kind: "exec.unresolved", via: call.name, part: "code", text: call.name }];
  const [verb = "", ...rest] = value.trim().split(/\s+/);
  const operands = rest.filter((text) => !text.startsWith("-")).map((text) => literal(text));
  if (/^(?:cat|dump|dump_inode|rdump|bd|block_dump|logdump)$/.test(verb))
    return [...reads(call, [...operands.slice(0, 1), ...devices]), ...writes(call, operands.slice(1))];
  return verb === "write" ? reads(call, operands.slice(0, 1)) : [];
}
