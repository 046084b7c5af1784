// What is kept of a log and says something else than the log does.

/** One anchor that a log does not fit. Hashes are hex. */
export interface Disagreement {
  /** `home`, or as the anchor was named. */
  readonly anchor: string;
  /** What it keeps: the last entry that it knows, by its hash, or the root of the tree over the first so many. */
  readonly kind: "head" | "checkpoint";
  /** The file, folder or address where it stands. */
  readonly place: string;
  /** How many entries that is of. */
  readonly entries: number;
  /** `entry_hash` of the last of them; of a checkpoint the root. */
  readonly hash: string;
  /** The same of the log; null: it has fewer entries, or none that can be read there. */
  readonly log_hash: string | null;
}

/** Of those of one anchor and kind, the one of the most entries: what it knows of the log. */
export function newestOfEach(all: readonly Disagreement[]): readonly Disagreement[] {
  const newest = new Map<string, Disagreement>();
  for (const one of all) {
    const key = `${one.kind} ${one.anchor}`;
    if ((newest.get(key)?.entries ?? -1) < one.entries) newest.set(key, one);
  }
  return [...newest.values()];
}
