// Did you mean: the nearest of the words that would have been right.

/**
 * The candidate that is nearest to a word, or null when none is near: at most `most` letters may differ, by default a
 * third (swapped neighbours count once). Cost: the product of the lengths for each; words over 64 letters get null.
 */
export function nearestWord(
  word: string,
  candidates: readonly string[],
  most: number = Math.max(1, Math.floor(word.length / 3)),
): string | null {
  const wanted = word.toLowerCase();
  if (wanted.length > 64) return null;
  let best: string | null = null;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean …?` for a word, or a list of what would have been right. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearestWord(word, candidates);
  return near === null ? `use one of ${candidates.join(", ")}` : `did you mean \`${near}\`?`;
}

// Optimal string alignment: insert, delete, replace, and swap of neighbours cost one each.
function editDistance(left: string, right: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const next: number[] = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(at(last, column) + 1, at(next, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      next.push(cost);
    }
    beforeLast = last;
    last = next;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
