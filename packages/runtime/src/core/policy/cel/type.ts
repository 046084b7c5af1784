// Static types: what is known of a part of a condition before it is evaluated.

/** A static type. `json` is any JSON value (its numbers are doubles), `dyn` any value at all. */
export type CelType =
  | {
      readonly kind:
        | "null"
        | "bool"
        | "int"
        | "uint"
        | "double"
        | "bytes"
        | "timestamp"
        | "duration"
        | "decimal"
        | "type"
        | "json"
        | "dyn";
    }
  /** Text; with `oneOf` it is one of these words, as it stands in a closed list. */
  | { readonly kind: "string"; readonly oneOf?: readonly string[] }
  | { readonly kind: "list"; readonly item: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | CelRecordType;

/** A record whose members are all known: another name is an error when the policy loads. */
export interface CelRecordType {
  readonly kind: "record";
  readonly name: string;
  readonly members: Readonly<Record<string, CelType>>;
}

export const DYN: CelType = { kind: "dyn" };
export const JSON_VALUE: CelType = { kind: "json" };
export const BOOL: CelType = { kind: "bool" };
export const INT: CelType = { kind: "int" };
export const STRING: CelType = { kind: "string" };
export const DECIMAL: CelType = { kind: "decimal" };
export const TIMESTAMP: CelType = { kind: "timestamp" };

/** A list of one type. */
export function listOf(item: CelType): CelType {
  return { kind: "list", item };
}

/** How a type is written in messages and docs. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list<${typeText(type.item)}>`;
    case "map":
      return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
    case "record":
      return type.name;
    default:
      return type.kind;
  }
}

/** What a JSON value can be. */
const JSON_KINDS: ReadonlySet<string> = new Set(["null", "bool", "double", "string", "list", "map", "json", "dyn"]);
const NUMBERS: ReadonlySet<string> = new Set(["int", "uint", "double", "decimal"]);

/** Whether a value of this type may turn out to be of such a kind. */
export function mayBe(type: CelType, kind: CelType["kind"]): boolean {
  if (type.kind === "dyn" || kind === "dyn" || type.kind === kind) return true;
  if (type.kind === "json") return JSON_KINDS.has(kind);
  return kind === "json" && JSON_KINDS.has(type.kind);
}

/** Whether a value of this type may be a number of any type. */
export function mayBeNumber(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "json" || NUMBERS.has(type.kind);
}

/** Whether values of these types may be equal: of one kind, numbers both, or not known. */
export function mayBeEqual(left: CelType, right: CelType): boolean {
  if (mayBeNumber(left) && mayBeNumber(right)) return true;
  if (left.kind === "list" && right.kind === "list") return mayBeEqual(left.item, right.item);
  if (left.kind === "map" && right.kind === "map") {
    return mayBeEqual(left.key, right.key) && mayBeEqual(left.value, right.value);
  }
  return mayBe(left, right.kind) || mayBe(right, left.kind);
}

/** The type of two values that stand in one place. */
export function joinTypes(left: CelType, right: CelType): CelType {
  if (left.kind === "list" && right.kind === "list") return listOf(joinTypes(left.item, right.item));
  if (left.kind === "map" && right.kind === "map") {
    return { kind: "map", key: joinTypes(left.key, right.key), value: joinTypes(left.value, right.value) };
  }
  if (left.kind === "string" && right.kind === "string") return left.oneOf === right.oneOf ? left : STRING;
  return left.kind === right.kind ? left : DYN;
}
