// `effects.exists(e, …)` comes to true only by some effect: by which, as far as rules can tell effects apart, and what
// follows. An effect on which a rule surely speaks is none by which an action is allowed.

import type { Effect } from "../../effects/effect.ts";
import type { BuiltInLayer } from "../../evaluate.ts";
import { Budget } from "../budget.ts";
import { compileNode } from "../cel/compile.ts";
import { dottedAttribute, EffectRecord } from "../cel/effect-record.ts";
import { POLICY_ENVIRONMENT } from "../cel/environment.ts";
import { childrenOf, type CelNode, type ComprehensionNode } from "../cel/node.ts";
import { emptyView } from "../cel/view.ts";
import { EFFECT_KINDS } from "../predicates/effect-attributes.ts";
import type { EffectTest } from "../predicates/effect-test.ts";
import { effectsOfKind } from "./constitution-effects.ts";
import type { AnyAction } from "./floor.ts";
import { ANY, ERROR, FALSE, formulaOf, outcomesOf, TRUE } from "./outcome.ts";
import type { ProvableRule } from "./rule-premise.ts";
import { isClosed, surelyPasses, surelySpeaks } from "./watched-effect.ts";

/** A rule that denies or asks for each effect that passes a test. */
export interface EffectPremise {
  readonly rule: ProvableRule;
  readonly tests: readonly EffectTest[];
}

/** What an effect by which the part is true brings with it. */
export interface Witness {
  /** What other parts may come to, by their numbers. */
  readonly implied: readonly (readonly [atom: number, outcomes: number])[];
  /** Rules of the policy that speak, where they are asked. */
  readonly speakers: readonly ProvableRule[];
}

/** Every way for a part to be true that no built-in rule surely speaks on, and the rules that speak on the others. */
export interface Witnesses {
  readonly witnesses: readonly Witness[];
  readonly excludedBy: ReadonlySet<string>;
}

/** The macro over all effects that a part is; null for any other part. */
export function overEffects(node: CelNode): ComprehensionNode | null {
  const quantifier = node.kind === "comprehension" && (node.macro === "exists" || node.macro === "all");
  return quantifier && node.range.kind === "ident" && node.range.name === "effects" ? node : null;
}

/** What a part needs to find its witnesses. */
export interface WitnessSearch {
  /** Parts over effects, the one that is asked about among them, by number. */
  readonly parts: ReadonlyMap<number, ComprehensionNode>;
  readonly premises: readonly EffectPremise[];
  readonly layers: readonly BuiltInLayer[];
  readonly action: AnyAction;
}

/** The witnesses of `exists`. Cost: every kind of effect with every combination of its closed values, some 15,000. */
export function witnessesOf(exists: ComprehensionNode, search: WitnessSearch): Witnesses {
  const found = new Map<string, Witness>();
  const excludedBy = new Set<string>();
  const own = bodyOf(exists);
  const others = [...search.parts].map(([atom, part]) => ({ atom, macro: part.macro, body: bodyOf(part) }));
  for (const effect of EFFECT_KINDS.flatMap(effectsOfKind)) {
    if ((own(effect) & TRUE) === 0) continue;
    const builtIn = ruleThatSpeaks(effect, search);
    if (builtIn !== null) {
      excludedBy.add(builtIn);
      continue;
    }
    const implied = others.flatMap(({ atom, macro, body }) => {
      const outcomes = impliedBy(macro, body(effect));
      return outcomes === ANY ? [] : [[atom, outcomes] as const];
    });
    const passing = search.premises.filter(({ tests }) => tests.some((test) => surelyPasses(test, effect)));
    const speakers = passing.map(({ rule }) => rule);
    found.set(JSON.stringify([implied, speakers.map(({ id }) => id)]), { implied, speakers });
  }
  return { witnesses: [...found.values()], excludedBy };
}

// One item decides `exists` when it is true and `all` when it is false; one that fails leaves no verdict the other way.
function impliedBy(macro: ComprehensionNode["macro"], body: number): number {
  const [deciding, other] = macro === "exists" ? [TRUE, FALSE] : [FALSE, TRUE];
  if (body === deciding) return deciding;
  return (body & other) === 0 ? deciding | ERROR : ANY;
}

function ruleThatSpeaks(effect: Effect, { layers, action }: WitnessSearch): string | null {
  for (const { rules } of layers) {
    const speaking = rules.find((rule) => surelySpeaks(rule, effect, action));
    if (speaking !== undefined) return speaking.id;
  }
  return null;
}

/** What the body of a macro may come to for an effect of which only the closed values are known. */
function bodyOf({ body, variable }: ComprehensionNode): (effect: Effect) => number {
  const nodes: CelNode[] = [];
  const formula = formulaOf(body, (node) => nodes.push(node) - 1);
  const parts = nodes.map((node) => {
    const scope = { environment: POLICY_ENVIRONMENT, slots: new Map([[variable, 0]]), depth: 1, around: null };
    return { step: compileNode(node, scope), reads: attributesRead(node, variable) };
  });
  return (effect) => {
    const view = { ...emptyView(new Budget()), locals: [new EffectRecord(effect, [])] };
    const atoms = parts.map(({ step, reads }) => {
      if (reads === null || !reads.every((name) => isKnown(effect, name))) return ANY;
      const value = step(view);
      return value === true ? TRUE : value === false ? FALSE : ERROR;
    });
    return outcomesOf(formula, atoms);
  };
}

// Null when the part looks at anything but attributes of the effect.
function attributesRead(node: CelNode, variable: string): readonly string[] | null {
  if (node.kind === "select" && node.target.kind === "ident" && node.target.name === variable) {
    return node.test ? [] : [node.member];
  }
  if (node.kind === "ident" || node.kind === "comprehension") return null;
  if (node.kind === "call" && node.name === "spend") return null;
  let names: readonly string[] = [];
  for (const child of childrenOf(node)) {
    const inner = attributesRead(child, variable);
    if (inner === null) return null;
    names = [...names, ...inner];
  }
  return names;
}

function isKnown({ kind }: Effect, name: string): boolean {
  if (name === "kind" || name === "outgoing") return true;
  if (name === "trusted") return dottedAttribute(kind, "host") === null;
  const dotted = dottedAttribute(kind, name);
  return dotted === null || isClosed(kind, dotted);
}
