// An effect as a condition sees it: one flat record with every attribute that any kind of effect has, made from the
// table that effect tests use. An attribute that the effect's kind doesn't have is an error; `has(e.host)` asks.

import type { Effect, EffectKind, HostTarget } from "../../effects/effect.ts";
import { isOutgoing } from "../../effects/outgoing.ts";
import { isTrustedHost } from "../../trusted-host.ts";
import { attributesOf, EFFECT_KINDS, type AttributeType } from "../predicates/effect-attributes.ts";
import { parseDecimal } from "./decimal-value.ts";
import type { Span } from "./problem.ts";
import { BOOL, DECIMAL, INT, listOf, STRING, type CelRecordType, type CelType } from "./type.ts";
import { CelBoxed, CelFault, type CelOutcome } from "./value.ts";

/** One effect, and the hosts that its agent may trust. */
export class EffectRecord extends CelBoxed {
  readonly kind = "effect" as const;
  readonly effect: Effect;
  readonly trustedDomains: readonly string[];
  constructor(effect: Effect, trustedDomains: readonly string[]) {
    super();
    this.effect = effect;
    this.trustedDomains = trustedDomains;
  }
}

/** How one attribute is read from the kinds of effect that have it. */
interface Attribute {
  readonly type: CelType;
  /** Where it stands in an effect of each kind, as member names. */
  readonly paths: ReadonlyMap<EffectKind, readonly string[]>;
}

// Names in a flat record. Where two kinds use one name for things of different types, one has another name here.
const FLAT: Readonly<Record<string, string>> = {
  "target.path": "path",
  "target.text": "path_text",
  "target.zone": "zone",
  "target.glob": "glob",
  "target.secret": "secret",
  "target.governance": "governance",
  "target.persistence": "persistence",
  "host.host": "host",
  "host.text": "host_text",
  "host.class": "host_class",
  "host.port": "port",
  "host.domain": "domain",
};

function flatName(kind: EffectKind, dotted: string): string {
  if (kind === "package.install" && dotted === "system") return "system_wide";
  return FLAT[dotted] ?? dotted;
}

function celType(type: AttributeType): CelType {
  if (typeof type !== "string") {
    return { kind: "string", oneOf: type.map((word) => (word === "none" ? "" : word)) };
  }
  switch (type) {
    case "text":
    case "text?":
      return STRING;
    case "texts":
      return listOf(STRING);
    case "number?":
      return INT;
    case "boolean":
      return BOOL;
    default:
      return type satisfies never;
  }
}

// A name is a closed list of words only if it is so for every kind that has it.
function joined(left: CelType, right: CelType): CelType {
  if (left.kind !== "string" || right.kind !== "string") return left;
  if (left.oneOf === undefined || right.oneOf === undefined) return STRING;
  return { kind: "string", oneOf: [...new Set([...left.oneOf, ...right.oneOf])] };
}

const ATTRIBUTES: ReadonlyMap<string, Attribute> = attributeTable();

function attributeTable(): ReadonlyMap<string, Attribute> {
  const table = new Map<string, { readonly type: CelType; readonly paths: Map<EffectKind, readonly string[]> }>();
  const add = (name: string, kind: EffectKind, path: readonly string[], type: CelType): void => {
    const known = table.get(name);
    const paths = known?.paths ?? new Map<EffectKind, readonly string[]>();
    paths.set(kind, path);
    table.set(name, { type: known === undefined ? type : joined(known.type, type), paths });
  };
  for (const kind of EFFECT_KINDS) {
    for (const [dotted, type] of Object.entries(attributesOf(kind))) {
      // Every effect has one here, see below.
      if (dotted === "trusted") continue;
      add(flatName(kind, dotted), kind, dotted.split("."), celType(type));
    }
  }
  add("amount", "money.move", ["amount"], DECIMAL);
  return table;
}

/** The type of `effects`' items: `kind`, `outgoing`, `trusted`, and every attribute of the table. */
export const EFFECT_RECORD: CelRecordType = {
  kind: "record",
  name: "effect",
  members: {
    kind: { kind: "string", oneOf: EFFECT_KINDS },
    outgoing: BOOL,
    trusted: BOOL,
    ...Object.fromEntries([...ATTRIBUTES].map(([name, { type }]) => [name, type])),
  },
};

/** Whether an effect's kind has an attribute. */
export function hasAttribute({ effect }: EffectRecord, name: string): boolean {
  const known = ATTRIBUTES.get(name);
  return known === undefined ? Object.hasOwn(EFFECT_RECORD.members, name) : known.paths.has(effect.kind);
}

/** An attribute's value. Text that isn't there is `""`, a truth that isn't stated `false`; an unknown number fails. */
export function readAttribute(record: EffectRecord, name: string, at: Span): CelOutcome {
  const { effect } = record;
  if (name === "kind") return effect.kind;
  if (name === "outgoing") return isOutgoing(effect.kind);
  if (name === "trusted") return isTrusted(record);
  const attribute = ATTRIBUTES.get(name);
  const path = attribute?.paths.get(effect.kind);
  if (attribute === undefined || path === undefined) {
    return new CelFault("no_such_member", `an effect \`${effect.kind}\` has no \`${name}\``, at);
  }
  let found: unknown = effect;
  for (const member of path) found = typeof found === "object" && found !== null ? Reflect.get(found, member) : null;
  return (
    valueOf(found, attribute.type, at) ?? new CelFault("unknown_value", `the effect's \`${name}\` is not known`, at)
  );
}

function valueOf(found: unknown, type: CelType, at: Span): CelOutcome | null {
  switch (type.kind) {
    case "string":
      return typeof found === "string" ? found : "";
    case "bool":
      return found === true;
    case "int":
      return typeof found === "number" && Number.isSafeInteger(found) ? BigInt(found) : null;
    case "decimal":
      return typeof found === "string" ? parseDecimal(found) : null;
    case "list":
      return Array.isArray(found) ? found.map((item) => (typeof item === "string" ? item : "")) : null;
    default:
      return new CelFault("unknown_value", "the attribute is of a type that conditions don't know", at);
  }
}

function isTrusted({ effect, trustedDomains }: EffectRecord): boolean {
  const host: HostTarget | null = "host" in effect ? effect.host : null;
  return host !== null && isTrustedHost(host, trustedDomains);
}

/** Where an attribute stands in an effect of a kind, with points (`target.zone`); null when the kind has it not. */
export function dottedAttribute(kind: EffectKind, name: string): string | null {
  return ATTRIBUTES.get(name)?.paths.get(kind)?.join(".") ?? null;
}
