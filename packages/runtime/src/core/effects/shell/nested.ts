// Nested code: what `eval`, `sh -c`, `source` and program rows hand back to be evaluated.

import { parse, type ParsedScript } from "unbash";
import { codeEffects } from "../code/index.ts";
import type { Effect } from "../effect.ts";
import type { NestedRunner, Stream, Word } from "../programs/program.ts";
import { knownContents, runContent } from "./files.ts";
import { inspectText } from "./inspect-text.ts";
import { inOwnShell } from "./leaving.ts";
import { keepLink } from "./links.ts";
import { collect, deeper, emit, emitAll, spendText, type Machine } from "./machine.ts";
import { inSubshell } from "./state.ts";
import { NO_OUTPUT, OPAQUE, UNKNOWN_OUTPUT } from "./value.ts";

/** Parse nested text, reporting what can't be; null when there is no budget left for it. */
export function parseNested(machine: Machine, text: string): ParsedText | null {
  if (!spendText(machine, text.length)) return null;
  const inspected = inspectText(text);
  emitAll(machine, inspected.effects);
  return inspected.text === null ? null : { script: parse(inspected.text), source: inspected.text };
}

/** A script, and the text that its positions point into. */
export interface ParsedText {
  readonly script: ParsedScript;
  readonly source: string;
}

/** Run text as shell code in the current state. A null text is unresolved code. */
export function runShellText(machine: Machine, text: string | null, via: string): Stream {
  if (text === null || text.includes(OPAQUE)) {
    emit(machine, { kind: "exec.unresolved", via, part: "code", text: text?.replaceAll(OPAQUE, "…") ?? "" });
    return UNKNOWN_OUTPUT;
  }
  const parsed = parseNested(machine, text);
  if (parsed === null) return UNKNOWN_OUTPUT;
  return deeper(machine, () => machine.runScript(machine, parsed.script, parsed.source), UNKNOWN_OUTPUT);
}

/** Run text as shell code in a shell of its own. */
export function runNestedShell(machine: Machine, text: string | null, via: string): Stream {
  return inOwnShell(machine, () => inSubshell(machine.state, () => runShellText(machine, text, via)));
}

// What program rows evaluate nested commands with. Their output is kept, for wrappers that pass it on.
function createRunner(machine: Machine): NestedRunner {
  const run = (evaluate: () => Stream): readonly Effect[] =>
    collect(machine, () => {
      const outer = machine.beside;
      const apart = (): Stream => inOwnShell(machine, () => inSubshell(machine.state, evaluate));
      machine.nestedOutput = deeper(machine, apart, NO_OUTPUT);
      machine.beside = outer;
    });
  return {
    words: (words: readonly Word[], stdin: Stream | null) => run(() => machine.runWords(machine, words, stdin)),
    shell: (text: string | null, via: string) => run(() => runShellText(machine, text, via)),
    written: (file: Word) => writtenText(machine, file),
    made: (file: Word) => file.value !== null && knownContents(machine, file.value).length > 0,
    content: (file: Word, language: string, via: string) =>
      collect(machine, () => {
        const contents = file.value === null ? [] : knownContents(machine, file.value);
        for (const content of contents)
          inSubshell(machine.state, () => runContent(machine, content, { via, language }));
      }),
    linked: (target: string, name: string) => {
      keepLink(machine, { target, name, symbolic: true });
      return machine.surroundings;
    },
    code: (language: string, text: string | null, via: string) => runCode(machine, { language, text, via }),
  };
}

function writtenText(machine: Machine, file: Word): string | null {
  if (file.value === null) return null;
  const contents = knownContents(machine, file.value);
  const texts = contents.map((content) => content.text);
  return contents.length === 0 || texts.includes(null) ? null : texts.join("\n");
}

interface Code {
  readonly language: string;
  readonly text: string | null;
  readonly via: string;
}

function runCode(machine: Machine, code: Code): readonly Effect[] {
  const { language, text, via } = code;
  if (text === null) return [{ kind: "exec.unresolved", via, part: "code", text: "" }];
  if (!spendText(machine, text.length)) return [];
  return deeper(machine, () => codeEffects(language, text, runnerOf(machine), machine.surroundings), []);
}

/** The runner of a machine; made once. */
export function runnerOf(machine: Machine): NestedRunner {
  machine.runner ??= createRunner(machine);
  return machine.runner;
}
