// Where a checkpoint stands in the history of its log, as its text says: what an anchor goes by, unsigned.

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const ROOT = /^[A-Za-z0-9+/]{43}=$/;

/** What the first lines of a checkpoint say. */
export interface NotePlace {
  readonly origin: string;
  readonly size: number;
  /** Base64 of the root. */
  readonly root: string;
}

/** Read the first lines of a checkpoint; null when they are not one's. The signature is for who trusts it to check. */
export function notePlace(note: string): NotePlace | null {
  const [origin = "", size = "", root = "", ...rest] = note.split("\n", 5);
  if (origin === "" || !SIZE.test(size) || !ROOT.test(root) || rest.length < 2) return null;
  return Number.isSafeInteger(Number(size)) ? { origin, size: Number(size), root } : null;
}

/** Whether `kept` stands in the way of `next`: it is later, or another of the same size. */
export function isInTheWay(kept: NotePlace, next: NotePlace): boolean {
  return kept.size > next.size || (kept.size === next.size && kept.root !== next.root);
}
