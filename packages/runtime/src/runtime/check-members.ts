// Options and settings with a typing error in them must not be taken for absent ones: what was meant would not hold.

import { CanopyError } from "../core/errors.ts";
import { suggestion } from "../core/policy/suggest.ts";

/**
 * Refuse members that mean nothing. Those without a value are let pass.
 *
 * @param what what a member is called in the error, e.g. `option`.
 * @throws {CanopyError} `INVALID_CONFIG`, with the nearest of the known names.
 */
export function checkMembers(given: object, known: Readonly<Record<string, true>>, what: string): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    throw new CanopyError("INVALID_CONFIG", `there is no ${what} \`${name}\``, {
      fix: suggestion(name, Object.keys(known)),
    });
  }
}
