// The state inside a batch: what was written, and what the appends before this one will add once they are.
//
// Nothing of it is kept: what a batch adds is learned from its lines, when they stand in the log.

import { prepareEntry } from "../ledger/entry.ts";
import type { PendingAppend } from "./batch-writer.ts";
import { PendingState } from "./pending-state.ts";
import type { StateStore } from "./state-store.ts";

/** Whether an append has to be renewed when the state has changed. */
export function restsOnState({ request }: PendingAppend): boolean {
  return request.renew !== undefined;
}

/**
 * The appends of a batch, each as the state is after those before it: the very same objects where nothing changed.
 * `refused` gets one whose renewal throws, and says whether it stays in the batch as it was.
 */
export function renewAll(
  batch: readonly PendingAppend[],
  states: StateStore,
  logId: string,
  refused: (append: PendingAppend, error: unknown) => boolean,
): readonly PendingAppend[] {
  const pending = new PendingState(states);
  const renewed: PendingAppend[] = [];
  for (const append of batch) {
    let next = append;
    try {
      next = renew(append, pending, logId);
    } catch (error) {
      if (!refused(append, error)) continue;
    }
    pending.add(next.request.entry);
    renewed.push(next);
  }
  return renewed;
}

function renew(append: PendingAppend, pending: PendingState, logId: string): PendingAppend {
  const content = append.request.renew?.((query, now_ms) => pending.read(query, now_ms)) ?? null;
  if (content === null) return append;
  const { guard, admit, renew: again } = append.request;
  const request = { ...content, ...(guard && { guard }), ...(admit && { admit }), ...(again && { renew: again }) };
  return { ...append, request, prepared: prepareEntry(content.entry, logId, content.record !== undefined) };
}
