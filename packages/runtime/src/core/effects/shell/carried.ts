// Commands that a program carries: nobody knows `foo`, but `foo -e rm -rf /`, `foo run -- rm -rf /` and
// `foo --exec 'rm -rf /'` name a command that is known, and a launcher runs it.
//
// Only what would be grave wherever it ran is kept: the words may be anything to a program that is no launcher.

import type { Effect } from "../effect.ts";
import type { Word } from "../programs/program.ts";
import { collect, deeper, emit, emitAll, type Machine } from "./machine.ts";
import { runNestedShell } from "./nested.ts";
import { inSubshell } from "./state.ts";
import { wordSet } from "../../word-set.ts";

/** Programs that are looked for among the words. */
const CARRIED: ReadonlySet<string> = wordSet(
  "rm rmdir dd shred wipefs truncate unlink sh bash dash zsh ksh fish curl wget nc ncat socat chmod chown tee sudo doas python python3 perl ruby node php mkfs mkfs.ext4 reboot shutdown poweroff halt xargs ssh scp crontab systemctl iptables",
);

/** Programs that look words up: what they are given runs nowhere. */
const LOOKS_UP: ReadonlySet<string> = wordSet(
  "which whereis whatis apropos man info tldr cheat hash type spell last lastb",
);

/** Words that stop a machine: right behind a program they may as well be its own verb, for a device or a queue of its own. */
const STOPS: ReadonlySet<string> = wordSet("reboot shutdown poweroff halt");

const LAUNCHES = /^(?:-.*|run|exec|shell|launch|start|ssh|spawn|x|do|command|call)$/;
const TAKES_CODE = /^--?(?:e|c|x|exec|exec-batch|execute|command|cmd|run|eval|shell|preview|pre|prepare|setup|hook)$/;
const MAX_WORDS = 16;

/** The grave effects of a command among the words of a program that may run it. */
export function judgeCarried(machine: Machine, words: readonly Word[]): void {
  if (LOOKS_UP.has(words[0]?.value ?? "")) return;
  const end = Math.min(words.length, MAX_WORDS);
  for (let at = 1; at < end; at += 1) {
    const value = words[at]?.value ?? null;
    if (value === null) continue;
    const before = words[at - 1]?.value ?? "";
    // A launcher's option may take a value of its own.
    const isLaunched = at === 1 || LAUNCHES.test(before) || (words[at - 2]?.value ?? "").startsWith("-");
    if (!isLaunched) continue;
    if (at === 1 && STOPS.has(value)) {
      emit(machine, { kind: "exec.unresolved", via: words[0]?.text ?? "", part: "target", text: value });
      return;
    }
    if (isCarried(value)) {
      keepGrave(machine, () => machine.runWords(machine, words.slice(at), null));
      return;
    }
    const code = value.startsWith("--") ? value.slice(value.indexOf("=") + 1) : value;
    const option = value.startsWith("--") ? value.slice(0, value.indexOf("=")) : before;
    if (code.includes(" ") && TAKES_CODE.test(option) && isCarried(code.trimStart().split(/\s/, 1)[0] ?? "")) {
      keepGrave(machine, () => runNestedShell(machine, code, "option"));
    }
  }
}

function isCarried(name: string): boolean {
  return CARRIED.has(name.slice(name.lastIndexOf("/") + 1));
}

function keepGrave(machine: Machine, run: () => unknown): void {
  const effects = collect(machine, () => deeper(machine, () => inSubshell(machine.state, run), null));
  emitAll(machine, effects.filter(isGrave));
}

function isGrave(effect: Effect): boolean {
  switch (effect.kind) {
    case "exec.program":
    case "exec.unresolved":
    case "process.kill":
    case "fs.read":
      return false;
    case "fs.write":
    case "fs.delete":
    case "fs.permission":
      return effect.target.zone !== "unresolved";
    default:
      return true;
  }
}
