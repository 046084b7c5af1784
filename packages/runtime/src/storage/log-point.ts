// Places in a log, over its segments.

import { GENESIS } from "../ledger/chain.ts";

/** Where in the log something ends: the byte `offset` of a segment. */
export interface LogPoint {
  readonly segment: number;
  readonly offset: number;
}

/** A point, and the hash of the last entry before it: `GENESIS` where there is none. */
export interface ChainPoint extends LogPoint {
  readonly hash: string;
}

/** A point, and the newest time that any entry before it has shown, in seconds since 1970. */
export interface TimedPoint extends ChainPoint {
  readonly newest: number;
}

/** Where a line stands. */
export interface LinePosition extends LogPoint {
  /** Without its line feed. */
  readonly length: number;
}

/** Where an entry stands, and its hash: what is read there is that entry or none. */
export interface EntryPosition extends LinePosition {
  readonly hash: string;
}

/** Where every log begins. */
export const LOG_START: TimedPoint = { segment: 1, offset: 0, hash: GENESIS, newest: 0 };

/** Whether a place of the log stands before another. */
export function isBefore(point: LogPoint, other: LogPoint): boolean {
  return point.segment < other.segment || (point.segment === other.segment && point.offset < other.offset);
}
