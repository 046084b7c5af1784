// A question to the prover as a search problem: formulas over atoms, and groups of atoms with everything that the atoms
// of one group may come to together.

import { Budget } from "../budget.ts";
import { compileNode } from "../cel/compile.ts";
import { POLICY_ENVIRONMENT } from "../cel/environment.ts";
import type { CelNode } from "../cel/node.ts";
import { CelFault, type CelValue } from "../cel/value.ts";
import { emptyView, type CelView } from "../cel/view.ts";
import type { BuiltInLayer } from "../../evaluate.ts";
import type { JsonValue } from "../../json.ts";
import { atomOf, literalsIn, numberOf, pathText, type Atom, type MemberPath } from "./atom.ts";
import type { ComprehensionNode } from "../cel/node.ts";
import { overEffects, witnessesOf, type EffectPremise, type Witness } from "./effect-witness.ts";
import type { AnyAction } from "./floor.ts";
import { memberValues, type MemberValue } from "./member-values.ts";
import { ANY, ERROR, FALSE, formulaOf, TRUE, type Formula } from "./outcome.ts";
import { isAskedAbout, type ActionKind, type ProvableRule } from "./rule-premise.ts";

/** One way for the atoms of a group to come out together, and what of an action would make them so. */
export interface Option {
  /** One outcome for each atom of the group. */
  readonly outcomes: readonly number[];
  readonly action?: ActionKind;
  readonly member?: { readonly path: MemberPath; readonly value: MemberValue };
  /** What it brings with it: see effect-witness.ts. */
  readonly witness?: Witness;
}

/** Atoms that depend on one thing. For every action, one of the options says what they come to. */
export interface Group {
  readonly name: string;
  readonly atoms: readonly number[];
  readonly options: readonly Option[];
  /** Built-in rules that speak wherever the atoms could come out in other ways. */
  readonly excludedBy?: ReadonlySet<string>;
}

/** A rule as a formula: it denies or asks unless this comes to false. */
export interface Premise {
  readonly rule: ProvableRule;
  readonly applies: Formula;
}

/** A question, ready to be searched. */
export interface Question {
  readonly condition: Formula;
  readonly premises: readonly Premise[];
  readonly groups: readonly Group[];
  readonly atoms: readonly Atom[];
}

/** What a question is put together from. */
export interface QuestionParts {
  /** The rules that are relied on. */
  readonly rules: readonly ProvableRule[];
  /** A kind for every action that there may be. */
  readonly kinds: readonly ActionKind[];
  /** Rules that speak on effects, and an action to ask the built-in rules about. */
  readonly effectPremises: readonly EffectPremise[];
  readonly action: AnyAction;
  readonly layers: readonly BuiltInLayer[];
}

/** Put a question together. */
export function questionOf(condition: CelNode, parts: QuestionParts): Question {
  const { rules } = parts;
  const table = new AtomTable();
  const asked = formulaOf(condition, (node) => table.number(node, true));
  const premises = rules.map((rule): Premise => ({ rule, applies: appliesOf(rule, table) }));
  return { condition: asked, premises, groups: groupsOf(table.atoms, parts), atoms: table.atoms };
}

class AtomTable {
  readonly atoms: Atom[] = [];
  readonly #numbers = new Map<string, number>();

  number(node: CelNode, inCondition: boolean): number {
    return this.add(atomOf(node, inCondition));
  }

  add(atom: Atom): number {
    const known = this.#numbers.get(atom.key);
    if (known !== undefined) return known;
    this.atoms.push(atom);
    this.#numbers.set(atom.key, this.atoms.length - 1);
    return this.atoms.length - 1;
  }
}

// What isn't CEL is an atom that nothing is known of but that it is the same wherever it is written the same.
function appliesOf(rule: ProvableRule, table: AtomTable): Formula {
  const operands = rule.conditions.map(({ key, source }): Formula => {
    if (key === "when" && rule.when !== undefined && rule.when !== null) {
      return formulaOf(rule.when.ast, (node) => table.number(node, false));
    }
    const node: CelNode = { kind: "literal", value: null, start: 0, end: 0 };
    return { kind: "atom", atom: table.add({ node, key: `${key} ${source}`, asks: null, inCondition: false }) };
  });
  return { kind: "and", operands };
}

function groupsOf(atoms: readonly Atom[], parts: QuestionParts): readonly Group[] {
  const byPath = new Map<string, { readonly path: MemberPath; readonly atoms: number[] }>();
  const action: number[] = [];
  const free: Group[] = [];
  for (const [index, { asks, key }] of atoms.entries()) {
    if (asks === "action") action.push(index);
    else if (asks === null) free.push(freeGroup({ name: key, number: index }, atoms, parts));
    else {
      const name = pathText(asks);
      const group = byPath.get(name) ?? { path: asks, atoms: [] };
      group.atoms.push(index);
      byPath.set(name, group);
    }
  }
  const members = [...byPath].map(([name, group]): Group => memberGroup(name, group, atoms));
  return [actionGroup(action, atoms, parts), ...members, ...free];
}

// A part that is asked of some effect is true only by one; of any other part nothing is known.
function freeGroup(
  { name, number }: { readonly name: string; readonly number: number },
  atoms: readonly Atom[],
  { effectPremises, action, layers }: QuestionParts,
): Group {
  const macro = atoms.flatMap(({ node }, index) => (index === number ? (overEffects(node) ?? []) : []))[0];
  if (macro?.macro !== "exists") return { name, atoms: [number], options: FREE };
  const parts = new Map<number, ComprehensionNode>();
  for (const [index, { node }] of atoms.entries()) {
    const over = overEffects(node);
    if (over !== null && index !== number) parts.set(index, over);
  }
  const { witnesses, excludedBy } = witnessesOf(macro, { parts, premises: effectPremises, action, layers });
  const ways = witnesses.map((witness): Option => ({ outcomes: [TRUE], witness }));
  return { name, atoms: [number], options: [...ways, { outcomes: [FALSE] }, { outcomes: [ERROR] }], excludedBy };
}

const FREE: readonly Option[] = [TRUE, FALSE, ERROR].map((outcome) => ({ outcomes: [outcome] }));

function memberGroup(
  name: string,
  { path, atoms: numbers }: { readonly path: MemberPath; readonly atoms: readonly number[] },
  atoms: readonly Atom[],
): Group {
  const nodes = numbers.flatMap((number) => atoms[number]?.node ?? []);
  const literals = nodes.flatMap(literalsIn);
  const amounts = literals.flatMap((node) => numberOf(node) ?? []);
  const texts = literals.flatMap((node) =>
    node.kind === "literal" && typeof node.value === "string" ? [node.value] : [],
  );
  const steps = nodes.map(stepOf);
  const options = distinct(
    memberValues(amounts, texts).map((value): Option => {
      const view = viewWith(path, value);
      return { outcomes: steps.map((step) => outcomeIn(step, view)), member: { path, value } };
    }),
  );
  return { name, atoms: numbers, options };
}

function actionGroup(
  numbers: readonly number[],
  atoms: readonly Atom[],
  { kinds, rules, effectPremises }: QuestionParts,
): Group {
  const steps = numbers.flatMap((number) => atoms[number]?.node ?? []).map(stepOf);
  const options = kinds.map((kind): Option & { readonly asked: string } => {
    // No literal can be this type: it stands for every other.
    const view = { ...emptyView(new Budget()), action: { type: kind.type ?? "\u0000other", verb: kind.verb } };
    const all = [...rules, ...effectPremises.map(({ rule }) => rule)];
    const asked = all.map((rule) => Number(isAskedAbout(rule, kind))).join("");
    return { outcomes: steps.map((step) => outcomeIn(step, view)), action: kind, asked };
  });
  const seen = new Set<string>();
  const different = options.filter(({ outcomes, asked }) => {
    const key = `${outcomes.join("")} ${asked}`;
    return !seen.has(key) && seen.add(key);
  });
  return { name: "action", atoms: numbers, options: different };
}

function distinct(options: readonly Option[]): readonly Option[] {
  const seen = new Set<string>();
  return options.filter(({ outcomes }) => {
    const key = outcomes.join("");
    return !seen.has(key) && seen.add(key);
  });
}

type Evaluated = (view: CelView) => CelValue | CelFault;

function stepOf(node: CelNode): Evaluated {
  return compileNode(node, { environment: POLICY_ENVIRONMENT, slots: new Map(), depth: 0, around: null });
}

function outcomeIn(step: Evaluated, view: CelView): number {
  const value = step(view);
  if (typeof value !== "boolean") return ERROR;
  return value ? TRUE : FALSE;
}

function viewWith(path: MemberPath, value: MemberValue): CelView {
  const root = nested(path.members, value);
  const view = emptyView(new Budget());
  if (path.root === "payload") return { ...view, payload: root };
  const ctx =
    typeof root === "object" && root !== null && !Array.isArray(root) ? Object.fromEntries(Object.entries(root)) : {};
  // The two names of one setting.
  return { ...view, ctx: Object.hasOwn(ctx, "environment") ? { ...ctx, env: ctx["environment"] ?? null } : ctx };
}

/** A JSON value in which a member holds a value. */
export function nested([first, ...others]: readonly string[], value: MemberValue): JsonValue {
  if (first === undefined) return value.kind === "value" ? value.value : "no members";
  if (others.length > 0) return { [first]: nested(others, value) };
  switch (value.kind) {
    case "absent":
      return {};
    case "no_parent":
      return "no members";
    case "value":
      return { [first]: value.value };
    default:
      return value satisfies never;
  }
}

/** The outcomes of every atom before anything is known. */
export function unknownAtoms(question: Question): readonly number[] {
  return question.atoms.map(() => ANY);
}
