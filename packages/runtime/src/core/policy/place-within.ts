// Where in a policy's file a part of one of its texts stands.

import type { Located } from "./parse.ts";
import type { Place } from "./problem.ts";

/**
 * The place of a unit of a text. Exact where the text stands in the file as it is; where it was written with escapes or
 * over several lines, the place where it begins.
 */
export function placeWithin(value: Extract<Located, { readonly kind: "text" }>, offset: number): Place {
  const { line, col, style, text } = value;
  const before = text.slice(0, offset);
  if (style === "block" || /[\n\\]/.test(before) || (style === "quoted" && /["']/.test(before))) return { line, col };
  return { line, col: col + offset + (style === "quoted" ? 1 : 0) };
}
