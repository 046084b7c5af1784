// Parts of timestamps and durations. A zone is UTC, a fixed offset, or a name whose offset now is among the facts.

import { failed, textAt, type CallSite, type Overload } from "../function.ts";
import { CelDuration, CelTimestamp, civilOf, fixedOffset, type Civil } from "../time.ts";
import { INT } from "../type.ts";
import type { CelOutcome, CelValue } from "../value.ts";

function part(read: (civil: Civil) => number): readonly Overload[] {
  const run = (args: readonly CelValue[], call: CallSite): CelOutcome => {
    const [timestamp] = args;
    const zone = args.length > 1 ? textAt(args, 1) : "UTC";
    const offset = fixedOffset(zone) ?? call.view.zoneOffset(zone);
    if (offset === null) return failed("no_zone", `the offset of \`${zone}\` is not among the facts`, call);
    return timestamp instanceof CelTimestamp ? BigInt(read(civilOf(timestamp, offset))) : 0n;
  };
  return [
    { target: "timestamp", args: [], result: INT, run },
    { target: "timestamp", args: ["string"], result: INT, run },
  ];
}

function total(read: (nanos: bigint) => bigint): Overload {
  const run = ([duration]: readonly CelValue[]): CelOutcome =>
    duration instanceof CelDuration ? read(duration.nanos) : 0n;
  return { target: "duration", args: [], result: INT, run };
}

const SECOND = 1_000_000_000n;

/** Functions of time by name. */
export const TIME_FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  getFullYear: part(({ year }) => year),
  getMonth: part(({ month }) => month),
  getDate: part(({ day }) => day),
  getDayOfMonth: part(({ day }) => day - 1),
  getDayOfWeek: part(({ dayOfWeek }) => dayOfWeek),
  getDayOfYear: part(({ dayOfYear }) => dayOfYear),
  getHours: [...part(({ seconds }) => Math.floor(seconds / 3600)), total((nanos) => nanos / (3600n * SECOND))],
  getMinutes: [...part(({ seconds }) => Math.floor(seconds / 60) % 60), total((nanos) => nanos / (60n * SECOND))],
  getSeconds: [...part(({ seconds }) => seconds % 60), total((nanos) => nanos / SECOND)],
  getMilliseconds: [...part(({ millis }) => millis), total((nanos) => (nanos % SECOND) / 1_000_000n)],
};
