// What a question says of every entry that answers it, as far as an index can use it.

import type { BinaryNode, CelNode } from "../../core/policy/cel/node.ts";
import type { EntryFilter } from "../../storage/entry-filter.ts";

const NAMES = ["trace_id", "avid", "action_type", "decision", "event", "incident_id", "tenant_id"] as const;

/**
 * A filter that every entry passes for which the condition can hold: of `a && b && c` the parts that compare a name with
 * a text. Two that name different texts are left to the condition.
 */
export function narrowed(ast: CelNode): EntryFilter {
  const parts = ast.kind === "and" ? ast.operands : [ast];
  const filter: Partial<Record<(typeof NAMES)[number], string>> = {};
  for (const part of parts) {
    if (part.kind === "and") Object.assign(filter, { ...narrowed(part), ...filter });
    const found = equality(part);
    if (found !== null) filter[found.name] ??= found.text;
  }
  return filter;
}

function equality(node: CelNode): { readonly name: (typeof NAMES)[number]; readonly text: string } | null {
  if (node.kind !== "binary" || node.operator !== "==") return null;
  return side(node, "left", "right") ?? side(node, "right", "left");
}

function side(node: BinaryNode, of: "left" | "right", to: "left" | "right"): ReturnType<typeof equality> {
  const [ident, literal] = [node[of], node[to]];
  if (ident.kind !== "ident" || literal.kind !== "literal" || typeof literal.value !== "string") return null;
  const name = NAMES.find((each) => each === ident.name);
  // `""` also stands for what an entry lacks.
  return name === undefined || literal.value === "" ? null : { name, text: literal.value };
}
