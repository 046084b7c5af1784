// The abstract machine that runs a command without running it: its memory, its budget, and what it has seen so far.

import type { ParsedScript } from "unbash";
import type { Effect } from "../effect.ts";
import type { NestedRunner, Stream, Word } from "../programs/program.ts";
import type { Surroundings } from "../surroundings.ts";
import type { FunctionBody } from "./function-body.ts";
import { MAX_DEPTH, MAX_EFFECTS, MAX_NESTED_TEXT, MAX_STEPS } from "./limits.ts";
import { createState, type Binding, type BindingKey, type Folder, type Outlet, type State } from "./state.ts";
import { NO_OUTPUT } from "./value.ts";

/** The machine. One per command; everything in it is plain data but the seats at its end, which close cycles of modules. */
export interface Machine {
  /** Where the action runs; `folder` in it follows `cd`. */
  surroundings: Surroundings;
  readonly state: State;
  /** Where effects go now; nested commands swap it to hand theirs to whoever asked. */
  effects: Effect[];
  /** Text that the positions of the nodes being evaluated point into. */
  source: string;
  /** Budget left, and whether it ran out. */
  steps: number;
  nestedText: number;
  depth: number;
  exhausted: boolean;
  /** Which value of a variable with several is looked at, and how many there were at most. */
  pick: number;
  choices: number;
  /** A variable was read that nothing in the command gave a value. */
  sawUnset: boolean;
  /** Read such variables as empty. */
  unsetIsEmpty: boolean;
  /** Exit status of the last command, where it is known. */
  status: boolean | null;
  /** Standard input of the surrounding compound, read by commands that have none of their own. */
  stdin: Stream | null;
  /** Where standard output goes now, for what is written there by way of other descriptors. */
  outlet: Outlet;
  /** Files that stand for process substitutions, by path. */
  readonly pipes: Map<string, Stream>;
  /** What files were given by this very command, by path: all of it, since any branch or subshell may be the last to write. */
  readonly files: Map<string, readonly Stream[]>;
  /** Variables that stand for another (`declare -n`). */
  readonly references: Map<string, string>;
  /** Variables whose values are arithmetic (`declare -i`). */
  readonly integers: Set<string>;
  /** `>(…)` met while words were expanded: run once the command's output is known. */
  sinks: { readonly script: ParsedScript | undefined; readonly source: string }[];
  /** The bodies of the functions being called: a name may come to mean another function meanwhile. */
  readonly calls: FunctionBody["body"][];
  /** For each function being called, what its local variables hid. */
  readonly locals: Map<BindingKey, Binding | undefined>[];
  /** The folder binding that `surroundings` was made from. */
  folder: Binding | undefined;
  /** Functions that called themselves while a second copy was running. */
  readonly forks: Set<string>;
  /** Whether the command now evaluated runs beside another copy: in a pipeline of several, or in the background. */
  beside: boolean;
  /** What `trap` put off until the end: it reads variables as they are then. */
  readonly traps: (string | null)[];
  /** Aliases being expanded. */
  readonly aliases: Set<string>;
  /** Whether a `break`, `exit`, `return`, `sleep`, `wait` or `read` was met: a loop with one does not spin. */
  yields: boolean;
  /** What a `break`, `return` or `exit` left, as bits. */
  leaves: number;
  /** How many commands were put in the background. */
  spawned: number;
  /** How many loops the command now evaluated stands in. */
  loops: number;
  /** How many conditions the command now evaluated stands under. */
  conditions: number;
  /** What the last nested command wrote, for wrappers that pass it on. */
  nestedOutput: Stream | null;
  /** What program rows evaluate nested commands with; made on first use. */
  runner: NestedRunner | null;
  /** Evaluates a script in the current state and gives its output. */
  readonly runScript: (machine: Machine, script: ParsedScript, source: string) => Stream;
  /** Evaluates words as a command and gives its output. */
  readonly runWords: (machine: Machine, words: readonly Word[], stdin: Stream | null) => Stream;
  /** Evaluates a command of any kind and gives its output. */
  readonly runNode: (machine: Machine, node: FunctionBody["body"]) => Stream;
}

/** The parts of the machine that close cycles between modules. */
export type Seats = Pick<Machine, "runScript" | "runWords" | "runNode">;

/** A machine at rest. */
export function createMachine(surroundings: Surroundings, seats: Seats): Machine {
  return {
    surroundings,
    state: createState(),
    effects: [],
    source: "",
    steps: MAX_STEPS,
    nestedText: MAX_NESTED_TEXT,
    depth: 0,
    exhausted: false,
    pick: 0,
    choices: 1,
    sawUnset: false,
    unsetIsEmpty: false,
    status: null,
    stdin: null,
    outlet: { stream: NO_OUTPUT },
    pipes: new Map(),
    files: new Map(),
    references: new Map(),
    integers: new Set(),
    sinks: [],
    calls: [],
    locals: [],
    folder: undefined,
    forks: new Set(),
    beside: false,
    traps: [],
    aliases: new Set(),
    yields: false,
    leaves: 0,
    spawned: 0,
    loops: 0,
    conditions: 0,
    nestedOutput: null,
    runner: null,
    runScript: seats.runScript,
    runWords: seats.runWords,
    runNode: seats.runNode,
  };
}

/** Add an effect. */
export function emit(machine: Machine, effect: Effect): void {
  if (machine.effects.length < MAX_EFFECTS) machine.effects.push(effect);
  else machine.exhausted = true;
}

/** Add effects. */
export function emitAll(machine: Machine, effects: readonly Effect[]): void {
  for (const effect of effects) emit(machine, effect);
}

/** Use up budget; false when there is none left, and evaluation must stop. */
export function spend(machine: Machine, steps: number): boolean {
  machine.steps -= steps;
  if (machine.steps < 0) machine.exhausted = true;
  return !machine.exhausted;
}

/** Use up budget for parsing nested text; false when there is none left. */
export function spendText(machine: Machine, length: number): boolean {
  machine.nestedText -= length;
  if (machine.nestedText < 0) machine.exhausted = true;
  return !machine.exhausted;
}

/** Go one level deeper, unless that is too deep; then the whole evaluation counts as exhausted. */
export function deeper<Result>(machine: Machine, run: () => Result, otherwise: Result): Result {
  if (machine.depth >= MAX_DEPTH) {
    machine.exhausted = true;
    return otherwise;
  }
  machine.depth += 1;
  const result = run();
  machine.depth -= 1;
  return result;
}

/** Evaluate a part once for each value that a variable in it may have. */
export function eachPick<Result>(machine: Machine, evaluate: () => Result): readonly [Result, ...Result[]] {
  const outer = { pick: machine.pick, choices: machine.choices };
  machine.choices = 1;
  machine.pick = 0;
  const results: [Result, ...Result[]] = [evaluate()];
  for (let pick = 1; pick < machine.choices && !machine.exhausted; pick += 1) {
    machine.pick = pick;
    results.push(evaluate());
  }
  machine.choices = outer.choices;
  machine.pick = outer.pick;
  return results;
}

/** Collect the effects of a part apart from the others. */
export function collect(machine: Machine, run: () => void): Effect[] {
  const outer = machine.effects;
  const inner: Effect[] = [];
  machine.effects = inner;
  run();
  machine.effects = outer;
  return inner;
}

/**
 * Let the surroundings say where the shell is: it may have moved, or a subshell that moved may have ended. Of several
 * folders it is the one that is picked.
 */
export function followFolder(machine: Machine): void {
  const binding = machine.state.bindings.get("folder");
  const others = binding?.kind === "folder" ? binding.others : undefined;
  if (binding === machine.folder && others === undefined) return;
  machine.folder = binding;
  const { folder: _folder, ...rest } = machine.surroundings;
  machine.surroundings = binding?.kind === "folder" ? { ...rest, folder: pickedFolder(machine, binding) } : rest;
}

function pickedFolder(machine: Machine, { path, others }: Folder): string | null {
  if (others === undefined) return path;
  const count = others.length + 1;
  if (count > machine.choices) machine.choices = count;
  const at = machine.pick % count;
  return at === 0 ? path : (others[at - 1] ?? null);
}
