// The options of a shell as a program, as far as they decide what it runs.

import type { Word } from "../programs/program.ts";
import { wordSet } from "../../word-set.ts";

/** What a shell was asked to do. */
export interface ShellOptions {
  /** `-c`: the first operand is the text to run. */
  readonly command: boolean;
  readonly fromInput: boolean;
  readonly checksOnly: boolean;
  /** Only a version or a help is shown. */
  readonly asks: boolean;
  /** Privileges of a set-user-id caller are kept. */
  readonly privileged: boolean;
  readonly startup: Word | null;
  readonly operands: readonly Word[];
}

interface Reading {
  command: boolean;
  fromInput: boolean;
  checksOnly: boolean;
  asks: boolean;
  privileged: boolean;
  startup: Word | null;
}

/** Shells in which the name of an option may be attached to its `-o`, as everywhere else. */
const ATTACHES: ReadonlySet<string> = wordSet("zsh ksh ksh93 mksh lksh yash posh");

/** Long options stand behind one dash or two. */
const LONG = /^-{1,2}(?:login|norc|noprofile|noediting|posix|restricted|verbose|debugger|dump-(?:po-)?strings)$/;
const STARTUP = /^-{1,2}(?:rcfile|init-file)(?:=(.*))?$/s;
const ASKS = /^--(?:version|help)$/;

/**
 * Read the words of a shell: options end at the first word that is none.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Invoking-Bash.html
 */
export function parseShell(name: string, words: readonly Word[]): ShellOptions {
  const reading: Reading = {
    command: false,
    fromInput: false,
    checksOnly: false,
    asks: false,
    privileged: false,
    startup: null,
  };
  let at = 1;
  while (at < words.length) {
    const text = words[at]?.value ?? "";
    at += 1;
    if (text === "--" || text === "-") break;
    if (!/^[-+]/.test(text)) {
      at -= 1;
      break;
    }
    const next = words[at];
    const startup = STARTUP.exec(text);
    if (startup !== null) {
      const attached = startup[1];
      reading.startup =
        attached === undefined ? (next ?? null) : { value: attached, text, glob: false, prefix: attached };
      if (attached === undefined) at += 1;
    } else if (text === "--emulate") at += 1;
    else if (ASKS.test(text)) reading.asks = true;
    else if (!LONG.test(text) && !text.startsWith("--")) {
      at += readCluster(reading, text, { names: words.slice(at), attaches: ATTACHES.has(name) });
    }
  }
  return { ...reading, operands: words.slice(at) };
}

interface Cluster {
  /** The words behind it: names of the options that its `o` and `O` set. */
  readonly names: readonly Word[];
  readonly attaches: boolean;
}

// `-euo pipefail`: letters, of which `o` and `O` take a word behind the cluster each. Gives how many words were taken.
function readCluster(reading: Reading, text: string, { names, attaches }: Cluster): number {
  const isOn = text.startsWith("-");
  let taken = 0;
  for (let at = 1; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (letter === "o" || (letter === "O" && !attaches)) {
      const isAttached = attaches && at + 1 < text.length;
      const name = isAttached ? text.slice(at + 1) : (names[taken]?.value ?? "");
      // Where privileges are kept anyhow, to name the option is to think of them.
      reading.privileged ||= name === "privileged";
      if (!isOn && name === "noexec") reading.checksOnly = false;
      if (isAttached) break;
      taken += 1;
    } else readLetter(reading, letter, isOn);
  }
  return taken;
}

function readLetter(reading: Reading, letter: string, isOn: boolean): void {
  // A command is taken from the operands whatever the sign.
  if (letter === "c") reading.command = true;
  else if (letter === "s") reading.fromInput = true;
  else if (letter === "n") reading.checksOnly = isOn;
  else if (letter === "p") reading.privileged ||= isOn;
}
