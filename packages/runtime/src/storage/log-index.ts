// The index over the log: where entries stand, by what they hold. Derived: without it everything still works, slower.

import type { LinePosition } from "./recent-entries.ts";

/** Where in the log something ends: the byte `offset` of a segment. */
export interface LogPoint {
  readonly segment: number;
  readonly offset: number;
}

/** Positions found in the index, and the point up to which the index covers the log. */
export interface IndexAnswer {
  readonly positions: readonly LinePosition[];
  readonly through: LogPoint;
}

/** The index as the ledger asks it. No question throws: what isn't covered is scanned instead. */
export interface LogIndex {
  positionsOf(authorizationId: string): IndexAnswer;
  killSwitches(): IndexAnswer;
  trace(traceId: string): IndexAnswer;
  close(): Promise<void>;
}

const NOTHING: IndexAnswer = { positions: [], through: { segment: 1, offset: 0 } };

/** An index that covers nothing. */
export const noIndex: LogIndex = {
  positionsOf: () => NOTHING,
  killSwitches: () => NOTHING,
  trace: () => NOTHING,
  close: () => Promise.resolve(),
};
