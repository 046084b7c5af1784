// Content laws (being written): text that instructs or encourages harm.

import type { Effect } from "./effect.ts";

/** What the texts say of harm. */
export function contentEffects(
  _texts: readonly { readonly member: string; readonly text: string }[],
): readonly Effect[] {
  return [];
}
