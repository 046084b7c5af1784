// `canopy evidence verifier`: the page that verifies evidence bundles, to hand on with them.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";
import { FORCE_FLAG, newFile, writeOut } from "../../write-file.ts";

type Flags = { readonly json: boolean; readonly out: string; readonly force: boolean };

const PAGE = fileURLToPath(new URL("../../verifier.html", import.meta.url));

/** The command. */
export const verifier: CliCommand = defineCommand<Flags, []>({
  brief: "Write the page that verifies evidence bundles in a browser",
  description: [
    "One HTML file that needs nothing else: opened from the disk it checks a bundle without any network. Get it from where you trust it, not from whoever gave you the bundle.",
  ],
  examples: [{ command: "canopy evidence verifier --out verifier.html", does: "then open it in a browser" }],
  exits: [
    [0, "written"],
    [2, "the file can't be written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      out: { kind: "parsed", parse: String, brief: "The file to write", placeholder: "FILE" },
      force: FORCE_FLAG,
    },
    positional: { kind: "tuple", parameters: [] },
  },
  run: (io, { json, out, force }) => {
    const file = newFile(io, out, force);
    writeOut(file, readFileSync(PAGE));
    io.out(json ? `${terminalJsonPretty({ file })}\n` : `${terminalText(file)}\n`);
    return Promise.resolve(0);
  },
});
