// Points in time as texts that sort as they do: RFC 3339, UTC, with milliseconds, of fixed length.

const INSTANT = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/** The sortable form of an entry's or a vote's time (`…:05Z` or `…:05.123Z`), or null when it is neither. */
export function sortableInstant(value: unknown): string | null {
  if (typeof value !== "string" || !INSTANT.test(value)) return null;
  return value.length === 20 ? `${value.slice(0, 19)}.000Z` : value;
}
