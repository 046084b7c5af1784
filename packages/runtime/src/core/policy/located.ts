// Values of a policy's YAML, each with the place where it stands.

import type { Place } from "./problem.ts";

/** A value with the place where it stands. */
export type Located =
  | (Place & { readonly kind: "text"; readonly text: string; readonly style: "plain" | "quoted" | "block" })
  | (Place & { readonly kind: "boolean"; readonly value: boolean })
  | (Place & { readonly kind: "number"; readonly source: string })
  | (Place & { readonly kind: "null" })
  | (Place & { readonly kind: "list"; readonly items: readonly Located[] })
  | (Place & { readonly kind: "map"; readonly entries: readonly LocatedEntry[] });

/** A member of a map. Keys are text and occur once. */
export interface LocatedEntry extends Place {
  readonly key: string;
  readonly value: Located;
}

const NULL = /^(?:~|[Nn]ull|NULL)?$/;
const BOOLEAN = /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/;
const NUMBER =
  /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;

/** What a plain scalar is in the core schema of YAML 1.2. */
export function scalarOf(text: string, at: Place): Located {
  const { line, col } = at;
  if (MAY_BE_OTHER.test(text)) {
    if (NULL.test(text)) return { kind: "null", line, col };
    if (BOOLEAN.test(text)) return { kind: "boolean", line, col, value: text.charAt(0).toLowerCase() === "t" };
    if (NUMBER.test(text)) return { kind: "number", line, col, source: text };
  }
  return { kind: "text", line, col, text, style: "plain" };
}

const MAY_BE_OTHER = /^(?:[-+.~0-9]|[nN][uU]|[tT][rR]|[fF][aA]|$)/;
