// From command text, or a list of words, to effects: parsed, then evaluated without running anything.

import { parse } from "unbash";
import type { Effect } from "../effect.ts";
import type { Stream, Word } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import { inspectText } from "./inspect-text.ts";
import { invoke } from "./invoke.ts";
import { createMachine, deeper, followFolder, spend, type Machine } from "./machine.ts";
import { runNestedShell } from "./nested.ts";
import { pushedElsewhere } from "./pushes.ts";
import { runNode, runScript } from "./run-script.ts";
import { known, NO_OUTPUT } from "./value.ts";

/**
 * What a shell command would do. Total: never throws, and its work is bounded by counted steps, whatever the text.
 *
 * @param command text for `sh -c`: POSIX or Bash.
 */
export function shellEffects(command: string, surroundings: Surroundings): readonly Effect[] {
  const inspected = inspectText(command);
  if (inspected.text === null) return inspected.effects;
  const { text } = inspected;
  const machine = machineFor(surroundings);
  machine.effects.push(...inspected.effects);
  return finish(machine, () => {
    const script = parse(text);
    const output = runScript(machine, script, text);
    // What a command prints at its end goes to whoever asked for it.
    if (output.secret === "environment_variable") {
      machine.effects.push({ kind: "secret.read", via: "shell", secret: output.secret, from: "the command's output" });
    }
    if (script.errors !== undefined) runTolerantly(machine, text);
    runTraps(machine);
    machine.effects.push(...pushedElsewhere(machine.effects));
  });
}

// `:(){:|:&};:` is no Bash, but other shells run it: text that doesn't parse for want of a space is also read with one.
function runTolerantly(machine: Machine, text: string): void {
  if (text.includes("(){")) runScript(machine, parse(text.replaceAll("(){", "(){ ")), text.replaceAll("(){", "(){ "));
}

/** What a command given as a list of words, without a shell, would do. */
export function argvEffects(argv: readonly string[], surroundings: Surroundings): readonly Effect[] {
  const machine = machineFor(surroundings);
  const words = argv.map((word) => known(word));
  return finish(machine, () => {
    runWords(machine, words, null);
    runTraps(machine);
  });
}

// A trap may set another; each is run once.
function runTraps(machine: Machine): void {
  const { traps } = machine;
  for (let at = 0; at < traps.length && spend(machine, 1); at += 1) {
    const trap = traps[at] ?? null;
    if (traps.indexOf(trap) === at) runNestedShell(machine, trap, "trap");
  }
}

function machineFor(surroundings: Surroundings): Machine {
  return createMachine(surroundings, {
    runScript,
    runWords,
    runNode: (machine, node) => runNode(machine, node, null),
  });
}

function runWords(machine: Machine, words: readonly Word[], stdin: Stream | null): Stream {
  followFolder(machine);
  return deeper(machine, () => invoke(machine, words, { stdin, connection: null, assignments: [] }), NO_OUTPUT);
}

// INVARIANT: whatever goes wrong inside, the caller gets effects that ask, never an exception and never silence.
function finish(machine: Machine, run: () => unknown): readonly Effect[] {
  const { effects } = machine;
  try {
    run();
  } catch {
    machine.exhausted = true;
  }
  if (machine.exhausted) {
    effects.push({ kind: "exec.unparsed", via: "shell", problem: "the command is too long to be followed" });
  }
  return effects;
}
