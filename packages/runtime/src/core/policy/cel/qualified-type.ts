// Types whose names have points.

import type { SelectNode } from "./node.ts";
import { CelTypeName } from "./value.ts";

const QUALIFIED: ReadonlySet<string> = new Set(["google.protobuf.Timestamp", "google.protobuf.Duration"]);

/** The type that `google.protobuf.Timestamp` or `….Duration` names; null for any other member. */
export function qualifiedType(node: SelectNode): CelTypeName | null {
  const { target } = node;
  if (node.test || target.kind !== "select" || target.target.kind !== "ident") return null;
  const name = `${target.target.name}.${target.member}.${node.member}`;
  return QUALIFIED.has(name) ? new CelTypeName(name) : null;
}
