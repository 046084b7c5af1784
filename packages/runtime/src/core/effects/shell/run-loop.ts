// Loops: followed round by round while their values are known and few; then once more with everything that a round
// changes unknown, which stands for all further rounds.

import type { ArithmeticExpression, ArithmeticFor, CompoundList, For, Select, While, Word as WordNode } from "unbash";
import type { Effect } from "../effect.ts";
import type { Stream, Word } from "../programs/program.ts";
import { calculate } from "./arithmetic.ts";
import { expandText, expandWords } from "./expand-word.ts";
import { endless } from "./endless.ts";
import { behindLoop } from "./leaving.ts";
import { MAX_INNER_ROUNDS, MAX_ROUNDS } from "./limits.ts";
import { collect, eachPick, emit, emitAll, spend, type Machine } from "./machine.ts";
import { bind, changedSince, either, forget, isCovered } from "./state.ts";
import { joinStreams, NO_OUTPUT, unknown } from "./value.ts";
import { assignVariable, positional } from "./variables.ts";

/** Runs the list of a loop; handed in, since a list can hold loops. */
export type RunList = (machine: Machine, list: CompoundList) => Stream;

/** `for name in words`: a round for each word. */
export function runFor(machine: Machine, node: For, runList: RunList): Stream {
  return runEach(machine, node, runList);
}

/** `select name in words`: a round for each word, since any may be chosen. */
export function runSelect(machine: Machine, node: Select, runList: RunList): Stream {
  return runEach(machine, node, runList);
}

function runEach(machine: Machine, node: For | Select, runList: RunList): Stream {
  const items =
    node.wordlist === undefined ? (positional(machine) ?? [unknown("$@")]) : itemsOf(machine, node.wordlist);
  const rounds = createRounds();
  const { leaves } = machine;
  machine.leaves = 0;
  for (const item of items) {
    if (!spend(machine, 1)) break;
    rounds.run(machine, () => {
      assignVariable(machine, node.name.value, item);
      return runList(machine, node.body);
    });
  }
  if (items.some(isMany)) {
    // Unknown or listed items are several rounds, which may build on each other.
    const item = items.find(isMany) ?? unknown(node.name.value);
    const again = (): Stream => {
      assignVariable(machine, node.name.value, item);
      return runList(machine, node.body);
    };
    widen(machine, rounds, again);
  }
  machine.leaves = behindLoop(leaves, machine.leaves);
  machine.status = null;
  return rounds.output();
}

// A list made of variables that may have several values may be several lists.
function itemsOf(machine: Machine, words: readonly WordNode[]): readonly Word[] {
  const [items, ...others] = eachPick(machine, () => expandWords(machine, words));
  const seen = new Set(items.map((item) => item.value));
  return [...items, ...others.flat().filter((item) => !seen.has(item.value))];
}

function isMany(word: Word): boolean {
  return word.value === null || word.glob;
}

/** Rounds of a loop: their effects without repetition, and their output. */
interface Rounds {
  readonly run: (machine: Machine, body: () => Stream) => readonly Effect[];
  readonly output: () => Stream;
}

function createRounds(): Rounds {
  const seen = new Set<string>();
  let output: Stream = NO_OUTPUT;
  return {
    run: (machine, body) => {
      const effects = collect(machine, () => {
        output = joinStreams(output, body());
      });
      const fresh = effects.filter((effect) => {
        const key = JSON.stringify(effect);
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      });
      emitAll(machine, fresh);
      return effects;
    },
    output: () => output,
  };
}

// Run the body until what it changes is covered: first from where it is, then from either, then with it forgotten.
function widen(machine: Machine, rounds: Rounds, body: () => Stream): readonly Effect[] {
  const { state } = machine;
  let effects: readonly Effect[] = [];
  for (let pass = 0; pass < 3; pass += 1) {
    const mark = state.undo.length;
    effects = rounds.run(machine, body);
    const changes = changedSince(state, mark);
    let isStable = true;
    for (const [key, before] of changes) {
      const after = state.bindings.get(key);
      if (isCovered(before, after)) continue;
      isStable = false;
      bind(state, key, pass === 0 ? either(key, before, after) : forget(key, after));
    }
    if (isStable) break;
  }
  return effects;
}

/** `while`/`until`. */
export function runWhile(machine: Machine, node: While, runList: RunList): Stream {
  const source = machine.source.slice(node.clause.pos, node.clause.end);
  const rounds = createRounds();
  const test = (): boolean | null => {
    machine.status = null;
    rounds.run(machine, () => runList(machine, node.clause));
    if (machine.status === null) return null;
    return node.kind === "while" ? machine.status : !machine.status;
  };
  const isEndless = !/[$`]/.test(source) && !/\bread\b/.test(source) && test() === true;
  return runRounds(machine, rounds, { test, isEndless, body: () => runList(machine, node.body) });
}

/** `for ((…; …; …))`. */
export function runArithmeticFor(machine: Machine, node: ArithmeticFor, runList: RunList): Stream {
  const value = (expression: ArithmeticExpression | undefined): number | null =>
    calculate(machine, expression, (word) => expandText(machine, word));
  value(node.initialize);
  const test = (): boolean | null => {
    const result = node.test === undefined ? 1 : value(node.test);
    return result === null ? null : result !== 0;
  };
  const body = (): Stream => {
    const output = runList(machine, node.body);
    value(node.update);
    return output;
  };
  const rounds = createRounds();
  return runRounds(machine, rounds, { test, isEndless: isAlways(machine, node.test) && test() === true, body });
}

// A test without names comes to the same each time.
function isAlways(machine: Machine, test: ArithmeticExpression | undefined): boolean {
  return test === undefined || !/[A-Za-z_$`]/.test(machine.source.slice(test.pos, test.end));
}

interface Loop {
  readonly test: () => boolean | null;
  readonly isEndless: boolean;
  readonly body: () => Stream;
}

function runRounds(machine: Machine, rounds: Rounds, loop: Loop): Stream {
  const outer = { yields: machine.yields, leaves: machine.leaves };
  machine.yields = false;
  machine.leaves = 0;
  machine.spawned = 0;
  const start = machine.steps;
  // Loops inside of loops multiply: they are followed for fewer rounds.
  const limit = machine.loops === 0 ? MAX_ROUNDS : MAX_INNER_ROUNDS;
  machine.loops += 1;
  for (let round = 0; !loop.isEndless && round < limit; round += 1) {
    const goes = loop.test();
    // Costly bodies are not followed long: the widened round stands for the rest.
    if (goes === null || start - machine.steps > MAX_LOOP_STEPS) break;
    if (!goes) {
      endLoop(machine, outer);
      return rounds.output();
    }
    rounds.run(machine, loop.body);
  }
  const effects = widen(machine, rounds, () => {
    const output = loop.body();
    loop.test();
    return output;
  });
  const spins = loop.isEndless && !machine.yields && machine.leaves === 0;
  if (spins) {
    if (machine.spawned > 0) emit(machine, { kind: "resource.exhaust", via: "loop", how: "fork bomb" });
    else if (effects.some(multiplies)) emit(machine, { kind: "resource.exhaust", via: "loop", how: "endless loop" });
  }
  endLoop(machine, outer);
  const output = rounds.output();
  return spins && output !== NO_OUTPUT ? endless(output) : output;
}

function endLoop(machine: Machine, outer: Pick<Machine, "yields" | "leaves">): void {
  machine.loops -= 1;
  machine.yields = outer.yields;
  machine.leaves = behindLoop(outer.leaves, machine.leaves);
  machine.status = null;
}

const MAX_LOOP_STEPS = 1_000;

function multiplies(effect: Effect): boolean {
  return effect.kind === "fs.write" || effect.kind === "device.write" || effect.kind === "resource.exhaust";
}
