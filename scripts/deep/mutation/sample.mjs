// Which mutants are tried, and how sure the score is.

/**
 * `size` mutants of the list, each with about the same chance, spread evenly over files and lines: the list is cut
 * into `size` equal stretches, and the seed takes one of each. All when the list is not longer.
 */
export function sample(mutants, size, seed) {
  if (mutants.length <= size) return mutants;
  const step = mutants.length / size;
  const random = fractions(seed);
  return Array.from({ length: size }, (_, index) => mutants[Math.floor((index + random()) * step)]);
}

/** The list in an order that the seed gives. */
export function shuffled(list, seed) {
  const random = fractions(~seed);
  const keyed = list.map((item) => [random(), item]);
  return keyed.sort(([one], [other]) => one - other).map(([, item]) => item);
}

/** Wilson's 95 % interval of a share. */
export function interval(hits, total) {
  if (total === 0) return [0, 1];
  const z = 1.96;
  const share = hits / total;
  const middle = (share + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  const half = (z / (1 + z ** 2 / total)) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return [middle - half, middle + half];
}

/** Draws that follow from the seed: `below(end)` a whole number, `of(list)` an item. */
export function drawing(seed) {
  const random = fractions(seed);
  const below = (end) => Math.floor(random() * end);
  return { below, of: (list) => list[below(list.length)] };
}

// Numbers from 0 to 1 that follow from the seed (splitmix32).
function fractions(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  };
}
