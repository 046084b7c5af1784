// Every kind of action that there may be, as far as conditions and rules tell actions apart by type and verb.

import { registeredTypes, lookUpType } from "../../action-types.ts";
import { VERBS } from "../../action.ts";
import { childrenOf, type CelNode } from "../cel/node.ts";
import type { ActionKind, ProvableRule } from "./rule-premise.ts";

/**
 * The registered types with their verbs; the other types that are named, and all that aren't, with every verb: how a
 * type that is on no list is classed depends on its name and its payload.
 */
export function actionKinds(condition: CelNode, rules: readonly ProvableRule[]): readonly ActionKind[] {
  const registered = registeredTypes().flatMap((type): readonly ActionKind[] => {
    const verb = lookUpType(type, null)?.verb;
    return verb === undefined ? [] : [{ type, verb }];
  });
  const names = [...rules.flatMap(({ types }) => types), ...textsIn(condition), ...rules.flatMap(textsOfRule)];
  const known = new Set(registered.map(({ type }) => type));
  const others = [...new Set(names)].filter((name) => !known.has(name));
  return [...registered, ...[...others, null].flatMap((type) => VERBS.map((verb): ActionKind => ({ type, verb })))];
}

function textsOfRule({ when }: ProvableRule): readonly string[] {
  return when === undefined || when === null ? [] : textsIn(when.ast);
}

// The texts that an action's type may be compared with, and more.
function textsIn(node: CelNode): readonly string[] {
  if (node.kind === "literal") return typeof node.value === "string" ? [node.value] : [];
  return childrenOf(node).flatMap(textsIn);
}
