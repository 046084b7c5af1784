// The time of an entry: RFC 3339 to the second, the reference's resolution. Order is told by `seq`, not by time.

/** An entry's `timestamp` from an instant as `toISOString` writes it. */
export function entryTimestamp(instant: string): string {
  return `${instant.slice(0, 19)}Z`;
}
