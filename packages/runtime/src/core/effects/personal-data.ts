// Personal data (being written).

import type { Effect } from "./effect.ts";

/** The personal data that stands in the texts. */
export function personalDataEffects(
  _texts: readonly { readonly member: string; readonly text: string }[],
): readonly Effect[] {
  return [];
}
