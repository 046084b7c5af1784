// Simple commands: assignments, expansion, redirections, then whatever the first word names.

import type { Assignment, Command, Redirection, Word as WordNode } from "unbash";
import { classifyHost } from "../host.ts";
import type { Stream, Word } from "../programs/program.ts";
import { assign, assignAll } from "./assignments.ts";
import { descriptor, openDescriptor, pour, restoreDescriptors, withOutlet } from "./descriptors.ts";
import { isEndless } from "./endless.ts";
import { expandInto } from "./expand-word.ts";
import { appendFile, keepFile } from "./file-content.ts";
import { invoke, type Invocation } from "./invoke.ts";
import { collect, emit, emitAll, followFolder, spend, type Machine } from "./machine.ts";
import { parseNested } from "./nested.ts";
import { redirect, type Redirected } from "./redirections.ts";
import { bind, inSubshell, joinAlternatives, joinBranches } from "./state.ts";
import { eitherStream, joinStreams, NO_OUTPUT, UNKNOWN_OUTPUT } from "./value.ts";

/** Run a simple command with the given standard input (null: that of the surrounding command). Gives its output. */
export function runCommand(machine: Machine, node: Command, stdin: Stream | null): Stream {
  const alias = aliasOf(machine, node);
  if (alias === null) return runPlain(machine, node, stdin);
  // Most shells expand aliases only where a person types: what the name means by itself counts too.
  const outputs: Stream[] = [];
  const expanded = alias.map((text) => (): void => {
    outputs.push(runAlias(machine, node, { alias: text, stdin }));
  });
  const unexpanded = (): void => {
    outputs.push(runPlain(machine, node, stdin));
  };
  joinBranches(machine.state, [...expanded, unexpanded]);
  return outputs.reduce(eitherStream);
}

// Without aliases.
function runPlain(machine: Machine, node: Command, stdin: Stream | null): Stream {
  const outer = { pick: machine.pick, choices: machine.choices };
  machine.choices = 1;
  let output = NO_OUTPUT;
  // A variable with several possible values: the command is looked at with each of them.
  joinAlternatives(machine.state, (pick) => {
    machine.pick = pick;
    const next = runOnce(machine, node, stdin);
    if (pick === 0) output = next;
    else if (next.text !== output.text) output = { ...eitherStream(output, next), text: null };
    return pick + 1 < machine.choices && !machine.exhausted;
  });
  machine.pick = outer.pick;
  machine.choices = outer.choices;
  return output;
}

function aliasOf(machine: Machine, node: Command): readonly string[] | null {
  const { name } = node;
  if (name === undefined || name.parts !== undefined || name.text !== name.value) return null;
  if (machine.aliases.has(name.text)) return null;
  const binding = machine.state.bindings.get(`alias:${name.text}`);
  return binding?.kind === "alias" ? binding.texts : null;
}

// The alias stands in the text for its name, and what comes out is parsed anew.
function runAlias(
  machine: Machine,
  node: Command,
  call: { readonly alias: string; readonly stdin: Stream | null },
): Stream {
  const { name } = node;
  if (name === undefined) return NO_OUTPUT;
  const { source } = machine;
  const text = source.slice(node.pos, name.pos) + call.alias + source.slice(name.end, node.end);
  const parsed = parseNested(machine, text);
  if (parsed === null) return UNKNOWN_OUTPUT;
  const outer = machine.stdin;
  machine.stdin = call.stdin ?? outer;
  machine.aliases.add(name.text);
  const output = machine.runScript(machine, parsed.script, parsed.source);
  machine.aliases.delete(name.text);
  machine.stdin = outer;
  return output;
}

function runOnce(machine: Machine, node: Command, stdin: Stream | null): Stream {
  const { name, prefix, suffix } = node;
  followFolder(machine);
  if (name === undefined) return runAssignments(machine, node);
  if (!spend(machine, 1 + suffix.length)) return NO_OUTPUT;
  const outerSinks = machine.sinks;
  machine.sinks = [];
  machine.sawUnset = false;
  const words: Word[] = [];
  expandInto(machine, name, words);
  const nameIsOpen = machine.sawUnset;
  const assignments = expandSuffix(node, (word) => expandInto(machine, word, words));
  const redirected = redirect(machine, node.redirects, writesNothing(words) ? "truncate" : "create");
  const stays = isExec(words);
  if (stays) keepRedirected(machine, redirected);
  const restore = prefix.length === 0 ? null : assignAll(machine, prefix.filter(isAssignment));
  const sinks = machine.sinks;
  machine.sinks = [];
  const call: Invocation = {
    stdin: redirected.stdin ?? stdin ?? machine.stdin,
    connection: redirected.connection ?? sharedHost(machine),
    assignments,
  };
  const run = (): Stream => {
    const output = invoke(machine, words, call);
    if (nameIsOpen) runWithUnsetEmpty(machine, node, call);
    return output;
  };
  const output = redirected.takesOutput ? withOutlet(machine, run) : run();
  if (restore !== null) restore();
  for (const sink of sinks) feedSink(machine, sink, output);
  machine.sinks = outerSinks;
  if (!stays) restoreDescriptors(machine, redirected.before);
  return keepOutput(machine, redirected, output);
}

// `exec` without a command, however it is called.
function isExec(words: readonly Word[]): boolean {
  const at = words.findIndex(({ value }) => value !== "command" && value !== "builtin" && value !== "--");
  return at >= 0 && at === words.length - 1 && words[at]?.value === "exec";
}

// `exec` without a command: what is redirected stays so.
function keepRedirected(machine: Machine, redirected: Redirected): void {
  if (redirected.stdin !== null) machine.stdin = redirected.stdin;
  const { connection } = redirected;
  if (connection !== null) bind(machine.state, "fd:0", openDescriptor({ host: connection.host ?? connection.text }));
  if (!redirected.takesOutput) return;
  const files = redirected.files.map((file) => file.key);
  bind(machine.state, "fd:1", openDescriptor({ files, outlets: redirected.outlets }));
}

function sharedHost(machine: Machine): Redirected["connection"] {
  const host = descriptor(machine, "0")?.host ?? null;
  return host === null ? null : classifyHost(host);
}

function isAssignment(item: Assignment | Redirection): item is Assignment {
  return item.type === "Assignment";
}

// Declarations (`export a=1`) keep their assignments apart; to every other program they are words.
function expandSuffix(node: Command, expand: (word: WordNode) => void): readonly Assignment[] {
  if (node.suffix.length === 0) return NO_ASSIGNMENTS;
  const assignments: Assignment[] = [];
  for (const item of node.suffix) {
    if (item.type === "Word") expand(item);
    else if (item.type === "Assignment") assignments.push(item);
  }
  return assignments;
}

const NO_ASSIGNMENTS: readonly Assignment[] = [];

// `r${unset}m` runs `rm` where the variable is not set: what the name would be then counts too.
function runWithUnsetEmpty(machine: Machine, node: Command, call: Invocation): void {
  if (machine.unsetIsEmpty || node.name === undefined) return;
  machine.unsetIsEmpty = true;
  const words: Word[] = [];
  const nodes: readonly WordNode[] = [node.name, ...node.suffix.filter((item) => item.type === "Word")];
  const effects = collect(machine, () => {
    for (const word of nodes) expandInto(machine, word, words);
    const [first] = words;
    if (first !== undefined && first.value !== null && first.value !== "") {
      inSubshell(machine.state, () => invoke(machine, words, call));
    }
  });
  machine.unsetIsEmpty = false;
  machine.sinks = [];
  emitAll(machine, effects);
}

function runAssignments(machine: Machine, node: Command): Stream {
  const redirected = redirect(machine, node.redirects, "truncate");
  let assigns = false;
  for (const item of node.prefix) {
    if (item.type !== "Assignment") continue;
    assigns = true;
    assign(machine, item);
  }
  const status = assigns && !/[$`]/.test(machine.source.slice(node.pos, node.end)) ? true : null;
  machine.status = status;
  restoreDescriptors(machine, redirected.before);
  // `$(<file)` gives the file's content.
  if (redirected.stdin !== null && !assigns && !redirected.takesOutput) return redirected.stdin;
  return keepOutput(machine, redirected, NO_OUTPUT);
}

const SILENT: ReadonlySet<string> = new Set([":", "true", "false"]);

function writesNothing(words: readonly Word[]): boolean {
  const name = words[0]?.value ?? "";
  return SILENT.has(name) || (name === "cat" && words.length === 2 && words[1]?.value === "/dev/null");
}

// What a command writes into `>(…)` is that command's input.
function feedSink(machine: Machine, sink: Machine["sinks"][number], output: Stream): void {
  const { script } = sink;
  if (script === undefined) return;
  const outer = machine.stdin;
  machine.stdin = output;
  inSubshell(machine.state, () => machine.runScript(machine, script, sink.source));
  machine.stdin = outer;
}

/** Keep what went into files in mind; gives what is left to flow on. */
export function keepOutput(machine: Machine, redirected: Redirected, output: Stream): Stream {
  if (redirected.connection !== null && output.secret !== null) {
    emit(machine, { kind: "secret.send", via: "redirection", secret: output.secret, host: redirected.connection });
  }
  if (redirected.files.length > 0 && isEndless(output)) {
    emit(machine, { kind: "resource.exhaust", via: "redirection", how: "endless write" });
  }
  for (const file of redirected.files) {
    if (file.append && machine.files.has(file.key)) appendFile(machine, file.key, output);
    else keepFile(machine, file.key, file.append ? { ...output, text: null } : output);
  }
  for (const outlet of redirected.outlets) outlet.stream = joinStreams(outlet.stream, output);
  if (redirected.takesOutput) return NO_OUTPUT;
  const open = descriptor(machine, "1");
  if (open !== null) pour(machine, open, output);
  return output;
}
