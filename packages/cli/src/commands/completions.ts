// `canopy completions SHELL`: a script for the shell to source. The script asks the same command, with the words typed
// so far behind `--`, for proposals, so it never goes stale.

import { proposeCompletions } from "@stricli/core";
import { CanopyError } from "canopy-runtime/errors";
import { createApp } from "../app.ts";
import { defineCommand, JSON_FLAG, type CliCommand, type CliContext } from "../define-command.ts";
import type { Io } from "../io.ts";
import { terminalJson } from "../terminal-text.ts";
import { commandCalled } from "./index.ts";

type Flags = { readonly json: boolean };

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_canopy() {
  local IFS=$'\\n'
  COMPREPLY=( $(canopy completions bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
}
complete -o default -F _canopy canopy
`,
  zsh: `#compdef canopy
_canopy() {
  local -a found
  found=( \${(f)"$(canopy completions zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"} )
  if (( \${#found} )); then compadd -- \${found}; else _files; fi
}
compdef _canopy canopy
`,
  fish: `function __canopy_complete
    set -l words (commandline -opc) (commandline -ct)
    canopy completions fish -- $words[2..] 2>/dev/null
end
complete -c canopy -a '(__canopy_complete)'
`,
};

function parseShell(word: string): Shell {
  const shell = SHELLS.find((each) => each === word);
  if (shell === undefined) {
    throw new CanopyError("USAGE", `no completions for \`${word}\``, { fix: `expected one of ${SHELLS.join(", ")}` });
  }
  return shell;
}

/** The command. */
export const completions: CliCommand = defineCommand<Flags, string[]>({
  brief: "Print a completion script for bash, zsh or fish",
  description: [
    "Prints a script for your shell to source. The script asks canopy itself what fits, so it is written once.",
    "With words after `--`, prints what may stand in the last word's place, one a line.",
  ],
  examples: [
    { command: 'eval "$(canopy completions bash)"', does: "bash, in ~/.bashrc" },
    { command: "canopy completions fish > ~/.config/fish/completions/canopy.fish", does: "fish, once" },
  ],
  exits: [
    [0, "printed"],
    [2, "no such shell"],
  ],
  parameters: {
    flags: { json: JSON_FLAG },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { brief: "bash, zsh or fish", placeholder: "SHELL", parse: String },
    },
  },
  run: async (io, { json }, first = "", ...words) => {
    const shell = parseShell(first);
    if (words.length > 0) {
      const proposals = await propose(io, words);
      io.out(json ? `${terminalJson(proposals)}\n` : proposals.map((each) => `${each}\n`).join(""));
      return 0;
    }
    io.out(json ? `${terminalJson({ shell, script: SCRIPTS[shell] })}\n` : SCRIPTS[shell]);
    return 0;
  },
});

async function propose(io: Io, words: readonly string[]): Promise<readonly string[]> {
  const loaded = new Map<string, CliCommand>();
  const called = commandCalled(words);
  if (called !== null) loaded.set(called.path, await called.entry.load());
  const context: CliContext = {
    process: { stdout: { write: io.out }, stderr: { write: io.err } },
    io,
    setExit: () => undefined,
  };
  const found = await proposeCompletions(createApp(loaded), words, context);
  return found.map(({ completion }) => completion);
}
