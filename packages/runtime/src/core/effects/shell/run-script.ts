// Scripts: lists, chains, pipelines and compound commands. Every branch is looked at; what they leave behind is joined.

import type {
  AndOr,
  Case,
  CommandNode,
  CompoundCommand,
  CompoundList,
  If,
  ParsedScript,
  Pipeline,
  PipelineNode,
  Redirected,
  Statement,
} from "unbash";
import type { Effect, NetConnect, NetListen } from "../effect.ts";
import type { Stream } from "../programs/program.ts";
import { calculate } from "./arithmetic.ts";
import { openDescriptor, restoreDescriptors, withOutlet } from "./descriptors.ts";
import { expandText, expandWords } from "./expand-word.ts";
import { inOwnShell } from "./leaving.ts";
import { MAX_STAGES } from "./limits.ts";
import { collect, deeper, eachPick, emit, emitAll, followFolder, spend, type Machine } from "./machine.ts";
import { runFor, runArithmeticFor, runSelect, runWhile } from "./run-loop.ts";
import { redirect } from "./redirections.ts";
import { keepOutput, runCommand } from "./run-command.ts";
import { bind, inSubshell, joinBranches } from "./state.ts";
import { runTest } from "./test-expression.ts";
import { eitherStream, joinStreams, NO_OUTPUT } from "./value.ts";

/** Run a parsed script in the current state; `source` is the text that its positions point into. */
export function runScript(machine: Machine, script: ParsedScript, source: string): Stream {
  const { errors } = script;
  if (errors !== undefined) {
    for (const error of errors.slice(0, 3)) {
      emit(machine, { kind: "exec.unparsed", via: "shell", problem: error.message });
    }
  }
  const outer = machine.source;
  machine.source = script.source ?? source;
  const output = runStatements(machine, script.commands);
  machine.source = outer;
  return output;
}

function runStatements(machine: Machine, statements: readonly Statement[]): Stream {
  let output: Stream = NO_OUTPUT;
  for (const statement of statements) {
    if (machine.exhausted) break;
    output = joinStreams(output, runStatement(machine, statement));
  }
  return output;
}

/** Run the list inside of a compound command. */
export function runList(machine: Machine, list: CompoundList): Stream {
  return runStatements(machine, list.commands);
}

function runStatement(machine: Machine, statement: Statement): Stream {
  const { command } = statement;
  if (statement.background !== true) return runChain(machine, command);
  const { yields } = machine;
  const run = (): Stream => inSubshell(machine.state, () => runChain(machine, command));
  const output = aside(machine, () => inOwnShell(machine, run));
  // What waits in the background keeps nobody from going on.
  machine.yields = yields;
  machine.spawned += 1;
  return output;
}

// Runs while a copy of the caller goes on: what calls itself from here multiplies.
function aside(machine: Machine, run: () => Stream): Stream {
  const outer = machine.beside;
  machine.beside = true;
  const output = run();
  machine.beside = outer;
  return output;
}

function runChain(machine: Machine, node: PipelineNode | AndOr): Stream {
  if (node.type !== "AndOr") return runPipelineNode(machine, node);
  if (node.commands.length > MAX_STAGES) return tooLong(machine, "a chain of commands is too long to follow");
  const [first, ...rest] = node.commands;
  if (first === undefined) return NO_OUTPUT;
  let output = runPipelineNode(machine, first);
  let { status } = machine;
  const runRest = (): void => {
    machine.conditions += 1;
    rest.forEach((command, index) => {
      const next = runPipelineNode(machine, command);
      const both = node.operators[index] === "&&";
      status = both ? andStatus(status, machine.status) : orStatus(status, machine.status);
      output = both ? joinStreams(output, next) : eitherStream(output, next);
    });
    machine.conditions -= 1;
  };
  joinBranches(machine.state, [doNothing, runRest]);
  machine.status = status;
  return output;
}

type Status = boolean | null;

function andStatus(left: Status, right: Status): Status {
  return left === false || right === false ? false : left === null ? null : right;
}

function orStatus(left: Status, right: Status): Status {
  return left === true || right === true ? true : left === null ? null : right;
}

const doNothing = (): void => undefined;

function tooLong(machine: Machine, problem: string): Stream {
  emit(machine, { kind: "exec.unparsed", via: "shell", problem });
  return NO_OUTPUT;
}

function runPipelineNode(machine: Machine, node: PipelineNode): Stream {
  return node.type === "Pipeline" ? runPipeline(machine, node) : runNode(machine, node, null);
}

function runPipeline(machine: Machine, node: Pipeline): Stream {
  const { commands } = node;
  if (commands.length > MAX_STAGES) return tooLong(machine, "a pipeline has too many stages to follow");
  const [only] = commands;
  if (commands.length === 1 && only !== undefined) {
    const output = runNode(machine, only, null);
    const negated = node.prefixes.some((prefix) => prefix.type === "Negation");
    if (negated && machine.status !== null) machine.status = !machine.status;
    return output;
  }
  let stream: Stream | null = null;
  const stages: Effect[][] = [];
  const last = commands.length - 1;
  commands.forEach((command, index) => {
    const input = stream;
    const run = (): Stream => aside(machine, () => runNode(machine, command, input));
    stages.push(
      collect(machine, () => {
        stream = inSubshell(machine.state, () => inStage(machine, node.operators[index] === "|&", run));
      }),
    );
    if (index === last) machine.status = null;
  });
  for (const effects of stages) emitAll(machine, effects);
  sharedShell(machine, stages);
  return stream ?? NO_OUTPUT;
}

// Each stage writes into a pipe of its own, with `|&` what it complains of, too.
function inStage(machine: Machine, takesErrors: boolean, run: () => Stream): Stream {
  return withOutlet(machine, () => {
    if (takesErrors) bind(machine.state, "fd:2", openDescriptor({ outlets: [machine.outlet] }));
    return inOwnShell(machine, run);
  });
}

const SOCKET_PROGRAMS: ReadonlySet<string> = new Set([
  "nc",
  "ncat",
  "netcat",
  "socat",
  "telnet",
  "openssl",
  "nc.traditional",
  "nc.openbsd",
]);
const SHELL_PROGRAMS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash"]);

// A shell between two ends of a connection (`cat pipe | sh -i | nc host 1 > pipe`) is a shell given to the network.
function sharedShell(machine: Machine, stages: readonly (readonly Effect[])[]): void {
  const connection = firstConnection(stages);
  if (connection === undefined) return;
  const runs = (names: ReadonlySet<string>, plain: boolean): boolean =>
    stages.some((effects) =>
      effects.some(
        (effect) =>
          effect.kind === "exec.program" && names.has(effect.program) && (!plain || !effect.args.includes("-c")),
      ),
    );
  if (!runs(SOCKET_PROGRAMS, false) || !runs(SHELL_PROGRAMS, true)) return;
  const host = connection.kind === "net.connect" ? connection.host : null;
  emit(machine, { kind: "net.shell", via: "pipeline", direction: host === null ? "bind" : "reverse", host });
}

function firstConnection(stages: readonly (readonly Effect[])[]): NetConnect | NetListen | undefined {
  for (const effects of stages) {
    for (const effect of effects) if (effect.kind === "net.connect" || effect.kind === "net.listen") return effect;
  }
  return undefined;
}

/** Run one command of any kind with the given standard input (null: that of the surrounding command). */
export function runNode(machine: Machine, node: CommandNode | CompoundList, stdin: Stream | null): Stream {
  if (!spend(machine, 1)) return NO_OUTPUT;
  switch (node.type) {
    case "Command":
      return runCommand(machine, node, stdin);
    case "Function": {
      const { source } = machine;
      bind(machine.state, `fn:${node.name.value}`, { kind: "function", bodies: [{ body: node.body, source }] });
      return NO_OUTPUT;
    }
    case "Coproc":
      return aside(machine, () => inSubshell(machine.state, () => runNode(machine, node.body, stdin)));
    case "CompoundList":
      return withStdin(machine, stdin, () => runList(machine, node));
    case "Redirected":
      return runRedirected(machine, node, stdin);
    default:
      return withStdin(machine, stdin, () => deeper(machine, () => runCompound(machine, node), NO_OUTPUT));
  }
}

/** Let commands inside read from the stream. */
function withStdin(machine: Machine, stdin: Stream | null, run: () => Stream): Stream {
  const outer = machine.stdin;
  if (stdin !== null) machine.stdin = stdin;
  const output = run();
  if (stdin !== null) machine.stdin = outer;
  return output;
}

function runRedirected(machine: Machine, node: Redirected, stdin: Stream | null): Stream {
  const [redirected, ...others] = eachPick(machine, () => {
    followFolder(machine);
    return redirect(machine, node.redirects, "create");
  });
  const run = (): Stream => runNode(machine, node.command, redirected.stdin ?? stdin);
  const output = redirected.takesOutput ? withOutlet(machine, run) : run();
  for (const other of others) {
    if (other.stdin !== null) inSubshell(machine.state, () => runNode(machine, node.command, other.stdin));
    keepOutput(machine, other, output);
  }
  for (const each of [redirected, ...others].reverse()) restoreDescriptors(machine, each.before);
  return keepOutput(machine, redirected, output);
}

function runCompound(machine: Machine, node: CompoundCommand): Stream {
  switch (node.type) {
    case "BraceGroup":
      return runList(machine, node.body);
    case "Subshell":
      return inOwnShell(machine, () => inSubshell(machine.state, () => runList(machine, node.body)));
    case "If":
      return runIf(machine, node);
    case "For":
      return runFor(machine, node, runList);
    case "Select":
      return runSelect(machine, node, runList);
    case "While":
      return runWhile(machine, node, runList);
    case "ArithmeticFor":
      return runArithmeticFor(machine, node, runList);
    case "Case":
      return runCase(machine, node);
    case "TestCommand":
      machine.status = runTest(machine, node.expression);
      return NO_OUTPUT;
    case "ArithmeticCommand": {
      if (node.expression === undefined && node.body.trim() !== "") {
        emit(machine, { kind: "exec.unparsed", via: "shell", problem: "the arithmetic can't be read" });
      }
      const value = calculate(machine, node.expression, (word) => expandText(machine, word));
      machine.status = value === null ? null : value !== 0;
      return NO_OUTPUT;
    }
    default:
      return node satisfies never;
  }
}

function runIf(machine: Machine, node: If): Stream {
  let output = runList(machine, node.clause);
  const start = output;
  const outputs: Stream[] = [];
  const branch = (list: CompoundList) => (): void => {
    outputs.push(runList(machine, list));
  };
  const otherwise = (index: number) => (): void => {
    const next = node.elif[index];
    if (next === undefined) {
      outputs.push(node.else === undefined ? NO_OUTPUT : runList(machine, node.else));
      return;
    }
    runList(machine, next.clause);
    joinBranches(machine.state, [branch(next.then), otherwise(index + 1)]);
  };
  machine.conditions += 1;
  joinBranches(machine.state, [branch(node.then), otherwise(0)]);
  machine.conditions -= 1;
  const [first, ...rest] = outputs;
  output = joinStreams(start, rest.reduce(sameOrUnknown, first ?? NO_OUTPUT));
  machine.status = null;
  return output;
}

// Of two branches, one that writes nothing still makes the text unknown.
function sameOrUnknown(left: Stream, right: Stream): Stream {
  if (left.text === right.text) return eitherStream(left, right);
  return { ...eitherStream(left, right), text: null };
}

function runCase(machine: Machine, node: Case): Stream {
  expandText(machine, node.word);
  const outputs: Stream[] = [];
  let isTotal = false;
  const branches = node.items.map((item) => (): void => {
    expandWords(machine, item.pattern);
    isTotal ||= item.pattern.some((pattern) => pattern.text === "*");
    outputs.push(runList(machine, item.body));
  });
  machine.conditions += 1;
  joinBranches(machine.state, [...branches, doNothing]);
  machine.conditions -= 1;
  const [first, ...rest] = isTotal ? outputs : [NO_OUTPUT, ...outputs];
  machine.status = null;
  return rest.reduce(sameOrUnknown, first ?? NO_OUTPUT);
}
