// Calling shell functions, and noticing those that call themselves until nothing is left.

import type { Stream, Word } from "../programs/program.ts";
import type { FunctionBody } from "./function-body.ts";
import type { Invocation } from "./invoke.ts";
import { inFunction } from "./leaving.ts";
import { deeper, emit, type Machine } from "./machine.ts";
import { bind, inSubshell, type Binding, type BindingKey } from "./state.ts";
import { eitherStream, NO_OUTPUT, UNKNOWN_OUTPUT } from "./value.ts";

/** One call of a function. */
export interface FunctionCall {
  readonly name: string;
  readonly bodies: readonly FunctionBody[];
  readonly args: readonly Word[];
  readonly call: Invocation;
}

/** How often a function is followed into itself. */
const MAX_RECURSION = 3;

/** Run a function's body with its arguments; what it changes stays, but for positional parameters. */
export function callFunction(machine: Machine, called: FunctionCall): Stream {
  const { name } = called;
  const [first] = called.bodies;
  if (first === undefined) return NO_OUTPUT;
  const active = machine.calls.filter((other) => other === first.body).length;
  if (active > 0 && machine.beside) {
    reportFork(machine, name);
    return UNKNOWN_OUTPUT;
  }
  if (active >= MAX_RECURSION) {
    if (machine.conditions === 0) emit(machine, { kind: "resource.exhaust", via: name, how: "endless recursion" });
    return UNKNOWN_OUTPUT;
  }
  const positional = machine.state.bindings.get("positional");
  const outer = { beside: machine.beside, stdin: machine.stdin };
  machine.calls.push(first.body);
  const locals = new Map<BindingKey, Binding | undefined>();
  machine.locals.push(locals);
  machine.beside = false;
  machine.stdin = called.call.stdin;
  bind(machine.state, "positional", { kind: "positional", items: called.args });
  const output = inFunction(machine, () => deeper(machine, () => runBodies(machine, called.bodies), NO_OUTPUT));
  bind(machine.state, "positional", positional);
  for (const [key, before] of locals) bind(machine.state, key, before);
  machine.locals.pop();
  machine.stdin = outer.stdin;
  machine.beside = outer.beside;
  machine.calls.pop();
  return output;
}

/** A copy of what is running is started beside it: each copy does the same. */
export function reportFork(machine: Machine, name: string): void {
  if (machine.forks.has(name)) return;
  machine.forks.add(name);
  emit(machine, { kind: "resource.exhaust", via: name, how: "fork bomb" });
}

function runBodies(machine: Machine, bodies: readonly FunctionBody[]): Stream {
  const [first, ...others] = bodies;
  if (first === undefined) return NO_OUTPUT;
  let output = runBody(machine, first);
  for (const body of others) {
    output = eitherStream(
      output,
      inSubshell(machine.state, () => runBody(machine, body)),
    );
  }
  return output;
}

function runBody(machine: Machine, body: FunctionBody): Stream {
  const { source } = machine;
  machine.source = body.source;
  const output = machine.runNode(machine, body.body);
  machine.source = source;
  return output;
}
