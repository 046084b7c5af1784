// So many entries, for people.

/** So many entries, as text. */
export function entriesText(count: number): string {
  return `${count} ${count === 1 ? "entry" : "entries"}`;
}
