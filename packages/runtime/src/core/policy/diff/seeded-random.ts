// A small generator of numbers that look random and are the same for the same seed everywhere (mulberry32).

/** Gives whole numbers from 0 up to, but not, `below`. */
export type Pick = (below: number) => number;

/** A generator for a seed; only the seed's lowest 32 bits count. */
export function seededPick(seed: number): Pick {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
