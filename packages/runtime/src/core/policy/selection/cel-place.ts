// Places that conditions in CEL read, as probes.

import type { Effect, EffectKind } from "../../effects/effect.ts";
import { isJsonObject, type JsonValue } from "../../json.ts";
import type { RuleInput } from "../../rule.ts";
import { EffectRecord, readAttribute } from "../cel/effect-record.ts";
import type { CelNode } from "../cel/node.ts";
import { literalForm } from "../pattern/matcher.ts";
import { NONE, NOTHING, ODD, type Probe, type Reading } from "./probe.ts";
import { booleanToken, numberToken, textToken } from "./value-tokens.ts";

/** A member reached from a root, like `payload.amount` or `ctx["team"]`. */
export interface CelPlace {
  readonly root: "payload" | "ctx" | "action";
  readonly path: readonly string[];
}

/** The place a node reads; null when it is none. */
export function placeOf(node: CelNode): CelPlace | null {
  switch (node.kind) {
    case "ident":
      return node.name === "payload" || node.name === "ctx" || node.name === "action"
        ? { root: node.name, path: [] }
        : null;
    case "select":
      return node.test ? null : below(placeOf(node.target), node.member);
    case "index":
      return node.index.kind === "literal" && typeof node.index.value === "string"
        ? below(placeOf(node.target), node.index.value)
        : null;
    default:
      return null;
  }
}

function below(place: CelPlace | null, member: string): CelPlace | null {
  return place === null ? null : { root: place.root, path: [...place.path, member] };
}

/** One name for a place. */
export function keyOfPlace({ root, path }: CelPlace): string {
  return JSON.stringify([root, ...path]);
}

/** How a place is read: as it is, as a pattern's required text is looked for in it, or as `decimal(…)` reads it. */
export type Reader = "value" | "folded" | "decimal";

/**
 * A place as a probe. `guarded`: the condition itself asks whether the member is there, so where it isn't no guard
 * holds; otherwise reading it fails, and all hold.
 */
export function placeProbe(place: CelPlace, reader: Reader, guarded: boolean): Probe {
  return {
    key: `cel ${reader} ${guarded ? "?" : ""}${keyOfPlace(place)}`,
    read: (input) => {
      const found = foundAt(place, input);
      if (found === MISSING) return guarded ? NOTHING : ODD;
      return found === undefined ? ODD : readingOf(found, reader);
    },
  };
}

const MISSING: unique symbol = Symbol("missing");

/** The member there; `MISSING` when only the last step finds nothing, undefined when an earlier one does. */
function memberAt(root: JsonValue, path: readonly string[]): JsonValue | undefined | typeof MISSING {
  let value: JsonValue | undefined = root;
  for (const [step, name] of path.entries()) {
    if (!isJsonObject(value)) return undefined;
    if (!Object.hasOwn(value, name)) return step === path.length - 1 ? MISSING : undefined;
    value = value[name];
  }
  return value;
}

function foundAt({ root, path }: CelPlace, { action, agent }: RuleInput): JsonValue | undefined | typeof MISSING {
  switch (root) {
    case "payload":
      return memberAt(action.payload, path);
    case "ctx":
      // `environment` and `env` are one setting.
      if (path[0] !== "environment" && path[0] !== "env") return memberAt(agent.raw, path);
      return path.length > 1 ? undefined : (agent.environment ?? MISSING);
    case "action":
      return memberAt({ type: action.action_type, raw_type: action.raw_action_type, verb: action.verb }, path);
    default:
      return root satisfies never;
  }
}

function readingOf(value: JsonValue, reader: Reader): Reading {
  switch (typeof value) {
    case "string":
      return reader === "decimal" ? decimalReading(value) : textReading([value], reader);
    case "number":
      return { tokens: [numberToken(value)], texts: NONE, number: value, type: "number" };
    case "boolean":
      return { tokens: [booleanToken(value)], texts: NONE, number: null, type: "boolean" };
    default:
      return ODD;
  }
}

function textReading(texts: readonly string[], reader: Reader): Reading {
  if (reader === "folded") return { tokens: NONE, texts: texts.map(literalForm), number: null, type: "text" };
  return { tokens: texts.map(textToken), texts, number: null, type: "text" };
}

// Rounding keeps the order of numbers, so a bound that an exact decimal keeps is kept by the rounded one too.
function decimalReading(text: string): Reading {
  const isPlain = text.length < 300 && /^-?\d+(?:\.\d+)?$/.test(text);
  return isPlain ? { tokens: NONE, texts: NONE, number: Number(text), type: "number" } : ODD;
}

const WHOLE = { start: 0, end: 0 };

/** A text attribute of all effects of a kind, as conditions read it. */
export function effectAttributeProbe(kind: EffectKind, name: string, reader: Reader): Probe {
  return {
    key: `cel effects ${reader} ${kind} ${name}`,
    read: ({ effects }) => {
      const texts: string[] = [];
      for (const effect of effects) {
        if (effect.kind !== kind) continue;
        const text = textAttribute(effect, name);
        if (text === null) return ODD;
        texts.push(text);
      }
      return texts.length === 0 ? NOTHING : textReading(texts, reader);
    },
  };
}

function textAttribute(effect: Effect, name: string): string | null {
  const value = readAttribute(new EffectRecord(effect, []), name, WHOLE);
  return typeof value === "string" ? value : null;
}
