// A change of infrastructure, as many programs make one.

import type { InfraChange } from "../effect.ts";
import type { ProgramCall, Word } from "./program.ts";

/** A change of infrastructure. */
export function infra(call: ProgramCall, system: string, operation: string, destructive: boolean): InfraChange {
  return { kind: "infra.change", via: call.name, system, operation, destructive, count: null };
}

/** A count, when the word is a plain number. */
export function countOf(word: Word | undefined): number | null {
  return word !== undefined && word.value !== null && /^\d{1,9}$/.test(word.value) ? Number(word.value) : null;
}
