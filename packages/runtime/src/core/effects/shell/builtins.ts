// Builtins of the shell: those that change what the shell remembers, those that run code, and those that write text.

import type { Stream, Word } from "../programs/program.ts";
import { changeFolder, popFolder, pushFolder } from "./builtin-folders.ts";
import { alias, hash, unalias } from "./builtin-names.ts";
import { echo, printf } from "./builtin-output.ts";
import { mapfile, read } from "./builtin-read.ts";
import { declare, readonlyOrExport, setOptions, unset } from "./builtin-variables.ts";
import { shiftPositional, joinWords } from "./expand-parameter.ts";
import { descriptorOf, mayBeDescriptor } from "./descriptors.ts";
import { targetOf } from "./effects-of-paths.ts";
import { knownContents, runContent } from "./files.ts";
import { invoke, invokeProgram, type Invocation } from "./invoke.ts";
import { LEAVES } from "./leaving.ts";
import { deeper, emit, type Machine } from "./machine.ts";
import { runNestedShell, runShellText } from "./nested.ts";
import { reportOrigin } from "./shells.ts";
import { outputOf } from "./secrets.ts";
import { bind } from "./state.ts";
import { env } from "./builtin-env.ts";
import { testWords } from "./test-expression.ts";
import { assignArithmetic } from "./builtin-let.ts";
import { hidesCode, NO_OUTPUT, OPAQUE, placeStream, spelledOut, textStream, UNKNOWN_OUTPUT } from "./value.ts";

/** Runs a builtin's words and gives its output. */
export type Builtin = (machine: Machine, words: readonly Word[], call: Invocation) => Stream;

/** The builtin of this name, or null. */
export function findBuiltin(name: string): Builtin | null {
  return BUILTINS.get(name) ?? null;
}

const silent: Builtin = () => NO_OUTPUT;
const unknownOutput: Builtin = () => UNKNOWN_OUTPUT;

const succeed =
  (status: boolean): Builtin =>
  (machine) => {
    machine.status = status;
    return NO_OUTPUT;
  };

// The loop around it doesn't spin: it ends, waits, or reads.
const yielding: Builtin = (machine) => {
  machine.yields = true;
  return NO_OUTPUT;
};

const leaving =
  (what: number): Builtin =>
  (machine, words) => {
    machine.leaves |= what === LEAVES.loop && (words[1]?.value ?? "1") !== "1" ? LEAVES.outerLoop | what : what;
    return NO_OUTPUT;
  };

// Where nothing runs in the background, there is nothing to wait for.
const wait: Builtin = (machine) => {
  if (machine.spawned > 0) machine.yields = true;
  return NO_OUTPUT;
};

const evaluate: Builtin = (machine, words, call) => {
  const code = joinWords(words.slice(words[1]?.value === "--" ? 2 : 1), " ");
  if (code.value === "") return NO_OUTPUT;
  reportOrigin(machine, code, "eval");
  const outer = machine.stdin;
  machine.stdin = call.stdin;
  const output = runShellText(machine, code.value, "eval");
  machine.stdin = outer;
  return output;
};

const source: Builtin = (machine, words, call) => {
  const [, file, ...args] = words;
  if (file === undefined) return NO_OUTPUT;
  if (file.value === null && (file.prefix === "" || mayBeDescriptor(machine, file))) {
    emit(machine, { kind: "exec.unresolved", via: "source", part: "code", text: file.text });
    return UNKNOWN_OUTPUT;
  }
  const path = file.value ?? file.prefix;
  const fromInput = call.stdin === null ? [] : [call.stdin];
  const contents = descriptorOf(machine, path) === "0" ? fromInput : knownContents(machine, path);
  if (args.length > 0) bind(machine.state, "positional", { kind: "positional", items: args });
  let output: Stream = NO_OUTPUT;
  for (const content of contents) output = sourceContent(machine, content);
  if (contents.length > 0) return output;
  const target = targetOf(file, machine.surroundings);
  if (target.zone === "device" || target.zone === "temp") {
    emit(machine, { kind: "exec.unresolved", via: "source", part: "code", text: file.text });
  }
  return UNKNOWN_OUTPUT;
};

// What is sourced changes the shell itself.
function sourceContent(machine: Machine, content: Stream): Stream {
  if (content.text === null || content.obfuscated !== null) {
    return runContent(machine, content, { via: "source", language: "sh" });
  }
  return runShellText(machine, content.text, "source");
}

/** `command`, `builtin`, `exec`: the rest is run, functions aside; `command -v` only asks. */
const runRest: Builtin = (machine, words, call) => {
  let at = 1;
  for (; at < words.length; at += 1) {
    const text = words[at]?.value ?? "";
    if (text === "--") {
      at += 1;
      break;
    }
    if (!/^-./.test(text)) break;
    if (/^-[pP]*[vV]/.test(text)) return lookedUp(words.slice(at + 1));
    if (text === "-a") at += 1;
  }
  const rest = words.slice(at);
  const [first] = rest;
  if (first === undefined) return NO_OUTPUT;
  const plain = first.value !== null && !first.value.includes(OPAQUE);
  if (!plain) return invoke(machine, rest, call);
  reportOrigin(machine, first, "command");
  return deeper(machine, () => invokeProgram(machine, first.value ?? "", { words: rest, call }), NO_OUTPUT);
};

function lookedUp(names: readonly Word[]): Stream {
  const [name] = names;
  return name === undefined || name.value === null ? UNKNOWN_OUTPUT : textStream(`/usr/bin/${name.value}\n`);
}

const which: Builtin = (_machine, words) =>
  lookedUp(words.filter((word, index) => index > 0 && word.value?.startsWith("-") !== true));

/** `dirname`, `basename`: a path's text taken apart. */
const pathPart =
  (part: (path: string) => string): Builtin =>
  (_machine, words) => {
    const [operand, suffix] = words.slice(1).filter((word) => word.value?.startsWith("-") !== true);
    if (operand === undefined || operand.value === null) return outputOf([], null);
    if (operand.symbolic === true) return part === lastName ? textStream(`${OPAQUE}\n`) : UNKNOWN_OUTPUT;
    const value = part(operand.value);
    if (/[*?[]/.test(value) && operand.glob) return { ...UNKNOWN_OUTPUT, origin: "." };
    const end = suffix?.value ?? "";
    return textStream(`${end !== "" && value.endsWith(end) ? value.slice(0, -end.length) : value}\n`);
  };

const dirname = pathPart((path) => {
  const end = path.lastIndexOf("/", path.length - 2);
  return end < 0 ? "." : end === 0 ? "/" : path.slice(0, end);
});

const basename = pathPart(lastName);

function lastName(path: string): string {
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return plain.slice(plain.lastIndexOf("/") + 1) || "/";
}

const trap: Builtin = (machine, words) => {
  const operands = words.slice(1).filter((word) => word.value === null || !/^-[lp]+$|^--$/.test(word.value));
  const [action] = operands;
  if (action === undefined || operands.length < 2 || action.value === "-" || action.value === "") return NO_OUTPUT;
  reportOrigin(machine, action, "trap");
  machine.traps.push(action.value);
  // Those that run in between see variables as they are now, too.
  if (operands.slice(1).some((word) => word.value === null || /^(?:DEBUG|ERR|RETURN)$/.test(word.value))) {
    runNestedShell(machine, action.value, "trap");
  }
  return NO_OUTPUT;
};

const shift: Builtin = (machine, words) => {
  const count = Number(words[1]?.value ?? "1");
  shiftPositional(machine, Number.isInteger(count) && count >= 0 ? count : 1);
  return NO_OUTPUT;
};

const getopts: Builtin = (machine, words) => {
  const name = words[2]?.value ?? null;
  for (const variable of name === null ? ["OPTARG"] : [name, "OPTARG"]) {
    bind(machine.state, `var:${variable}`, {
      kind: "scalar",
      values: [{ value: null, text: variable, glob: false, prefix: "" }],
    });
  }
  return NO_OUTPUT;
};

const history: Builtin = (machine, words) => {
  const clears = words.slice(1).some((word) => word.value !== null && /^-\w*[cdw]/.test(word.value));
  if (clears) emit(machine, { kind: "trace.erase", via: "history", what: "shell history" });
  return { ...UNKNOWN_OUTPUT, secret: clears ? null : "shell_history" };
};

const fc: Builtin = (machine, words) => {
  if (words.slice(1).some((word) => word.value === "-p")) {
    emit(machine, { kind: "trace.erase", via: "fc", what: "shell history" });
  }
  if (words.slice(1).some((word) => word.value === "-s" || word.value === "-e")) {
    emit(machine, { kind: "exec.unresolved", via: "fc", part: "code", text: "a command of the history" });
  }
  return UNKNOWN_OUTPUT;
};

// `enable -f` loads foreign code into the shell; `enable -n` makes a name mean something else.
const enable: Builtin = (machine, words) => {
  if (words.slice(1).some((word) => word.value !== null && /^-\w*f/.test(word.value))) {
    emit(machine, { kind: "exec.injected", via: "enable", variable: "loadable builtin" });
  }
  return NO_OUTPUT;
};

const test: Builtin = (machine, words) => {
  const isBracket = words[0]?.value === "[";
  machine.status = testWords(words.slice(1, isBracket ? -1 : undefined));
  return NO_OUTPUT;
};

const bindKeys: Builtin = (machine, words) => {
  const at = words.findIndex((word) => /^-\w*x$/.test(word.value ?? ""));
  const word = at < 0 ? undefined : words[at + 1];
  if (word === undefined) return NO_OUTPUT;
  const text = spelledOut(word);
  runNestedShell(machine, text.slice(text.indexOf(":") + 1).replace(/^\s*"|"\s*$/g, ""), "bind");
  return NO_OUTPUT;
};

// A completion's command or function runs when a word is completed; its word list is expanded then.
const complete: Builtin = (machine, words) => {
  const at = words.findIndex((word) => word.value === "-C");
  if (at > 0) runNestedShell(machine, words[at + 1]?.value ?? null, "complete");
  const list = words[words.findIndex((word) => word.value === "-W") + 1]?.value ?? "";
  if (hidesCode(list)) runNestedShell(machine, `: "${list.replaceAll('"', "")}"`, "complete");
  return UNKNOWN_OUTPUT;
};

const dumpVariables: Builtin = (machine, words, call) => {
  if (words.length > 1) return setOptions(machine, words, call);
  return { text: null, secret: "environment", obfuscated: null, origin: null };
};

const pwd: Builtin = (machine) => {
  const { folder, cwd } = machine.surroundings;
  const here = folder === undefined ? (cwd ?? ".") : folder;
  if (here === null) return UNKNOWN_OUTPUT;
  return here.startsWith("/") ? textStream(`${here}\n`) : placeStream(here);
};

const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [":", succeed(true)],
  ["true", succeed(true)],
  ["false", succeed(false)],
  ["[", test],
  ["test", test],
  ["echo", echo],
  ["printf", printf],
  ["cd", changeFolder],
  ["chdir", changeFolder],
  ["pushd", pushFolder],
  ["popd", popFolder],
  ["dirs", unknownOutput],
  ["pwd", pwd],
  ["env", env],
  ["genv", env],
  ["eval", evaluate],
  [".", source],
  ["source", source],
  ["exec", runRest],
  ["command", runRest],
  ["builtin", runRest],
  ["which", which],
  ["dirname", dirname],
  ["basename", basename],
  ["$", runRest],
  ["trap", trap],
  ["alias", alias],
  ["unalias", unalias],
  ["unset", unset],
  ["export", readonlyOrExport],
  ["readonly", readonlyOrExport],
  ["declare", declare],
  ["typeset", declare],
  ["local", declare],
  ["set", dumpVariables],
  ["shift", shift],
  ["read", read],
  ["mapfile", mapfile],
  ["readarray", mapfile],
  ["let", assignArithmetic],
  ["getopts", getopts],
  ["history", history],
  ["fc", fc],
  ["enable", enable],
  ["hash", hash],
  ["bind", bindKeys],
  ["complete", complete],
  ["compgen", complete],
  ["compopt", silent],
  ["shopt", silent],
  ["umask", unknownOutput],
  ["ulimit", unknownOutput],
  ["type", unknownOutput],
  ["times", unknownOutput],
  // Processes that this shell itself started.
  ["jobs", (_machine, words) => (words[1]?.value === "-p" ? textStream("10000\n") : UNKNOWN_OUTPUT)],
  ["fg", yielding],
  ["bg", silent],
  ["wait", wait],
  ["disown", silent],
  ["suspend", yielding],
  ["caller", unknownOutput],
  ["help", unknownOutput],
  ["break", leaving(LEAVES.loop)],
  ["continue", silent],
  ["return", leaving(LEAVES.function)],
  ["exit", leaving(LEAVES.shell)],
  ["logout", leaving(LEAVES.shell)],
]);
