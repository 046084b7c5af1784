// Asking the other engines that a policy names, before evaluation: what they say is a fact.

import { decideWhole, effectsIn, type Engine, type UnderstoodRequest } from "../core/decide.ts";
import type { Effect } from "../core/effects/effect.ts";
import type { Facts } from "../core/facts.ts";
import { verdict, type EngineQuestion, type ExternalFacts } from "../core/policy/index.ts";

/** Asks the other engines that a policy names. */
export interface EngineAsker {
  /** What they say of actions: of each engine the strictest answer. Takes as long as the slowest engine may; never rejects. */
  ask(questions: readonly EngineQuestion[]): Promise<ExternalFacts>;
}

/** What was seen of an action: what it would do, and everything else that evaluation may look at. */
export interface Seen {
  readonly effects: readonly Effect[];
  readonly facts: Facts;
}

/** The same, with what the engines say of the action, and of what the policy would make of it. */
export async function askEngines(
  understood: UnderstoodRequest,
  seen: Seen,
  { engine, engines }: { readonly engine: Engine; readonly engines: EngineAsker },
): Promise<Seen> {
  const { facts } = seen;
  const questions: EngineQuestion[] = [{ ...understood, ...seen }];
  const edited = editedBy(understood, seen, engine);
  if (edited !== undefined) questions.push({ ...edited, effects: effectsIn(edited, facts.surroundings), facts });
  return { ...seen, facts: { ...facts, external: await engines.ask(questions) } };
}

// What the policy edits, it edits when no engine speaks against it: that is then asked about as well.
function editedBy(
  understood: UnderstoodRequest,
  { effects, facts }: Seen,
  engine: Engine,
): UnderstoodRequest | undefined {
  if (engine.policy.edits !== true) return undefined;
  const allowing = (engine.policy.engines ?? []).map(({ id }) => [id, verdict("ALLOW", "", [])] as const);
  return decideWhole(understood, effects, { ...facts, external: Object.fromEntries(allowing) }, engine).edited;
}
