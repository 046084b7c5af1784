// Which runs there are, and where they stand in the run list. All of it follows from the number of windows.
//
//   level 0            one run for each window (windows of over 4,096 entries are cut into pieces of 4,096)
//   level L, 1 to 3    one run for each 16^L windows from a multiple of 16^L on
//
// The run of a window is listed with it. A larger one is listed 16^(L-1) windows after its last, so that there is time to
// merge it: with 16 windows come 16 records, the 17th window brings its own and that of the first sixteen. Of records that
// are listed with the same window, lower levels stand first.

/** The place of a run: level and number, from 0; it stands for 16^level windows. */
export interface RunPlace {
  readonly level: number;
  readonly number: number;
}

/** The highest level. */
export const MAX_RUN_LEVEL = 3;

/** How many runs become one. */
export const RUN_FANOUT = 16;

/** The most entries of a window. */
export const MAX_WINDOW = 4096;

/** How many windows a run stands for. */
export function windowsOfLevel(level: number): number {
  return RUN_FANOUT ** level;
}

/** With which window, counted from 1, a run is listed. */
export function listedWith({ level, number }: RunPlace): number {
  return (number + 1) * windowsOfLevel(level) + delayOf(level);
}

/** How many records the list has after so many windows. */
export function recordsAfter(windows: number): number {
  let records = 0;
  for (let level = 0; level <= MAX_RUN_LEVEL; level += 1) records += runsListed(level, windows);
  return records;
}

/** How many runs of a level are listed after so many windows. */
export function runsListed(level: number, windows: number): number {
  return Math.max(0, Math.floor((windows - delayOf(level)) / windowsOfLevel(level)));
}

/** The runs that are listed with a window, counted from 1, in the order of the list. */
export function runsListedWith(window: number): readonly RunPlace[] {
  const places: RunPlace[] = [];
  for (let level = 0; level <= MAX_RUN_LEVEL; level += 1) {
    const number = runsListed(level, window) - 1;
    if (number >= 0 && listedWith({ level, number }) === window) places.push({ level, number });
  }
  return places;
}

/** Where a run's record stands in the list, from 0. */
export function positionOf(place: RunPlace): number {
  const window = listedWith(place);
  const before = runsListedWith(window).findIndex(({ level }) => level === place.level);
  return recordsAfter(window - 1) + before;
}

/** After how many windows the list has so many records; null when it never has. Cost: about 53 steps. */
export function windowsOf(records: number): number | null {
  let low = 0;
  let high = records;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (recordsAfter(middle) < records) low = middle + 1;
    else high = middle;
  }
  return recordsAfter(low) === records ? low : null;
}

/** The largest listed runs that together stand for all windows, in the order of the log. */
export function largestRuns(windows: number): readonly RunPlace[] {
  const places: RunPlace[] = [];
  for (let at = 0; at < windows;) {
    let level = MAX_RUN_LEVEL;
    while (
      level > 0 &&
      (at % windowsOfLevel(level) !== 0 || at / windowsOfLevel(level) >= runsListed(level, windows))
    ) {
      level -= 1;
    }
    places.push({ level, number: at / windowsOfLevel(level) });
    at += windowsOfLevel(level);
  }
  return places;
}

/** The sixteen runs that a run was merged from; none at level 0. */
export function childrenOf({ level, number }: RunPlace): readonly RunPlace[] {
  if (level === 0) return [];
  return Array.from({ length: RUN_FANOUT }, (_, at) => ({ level: level - 1, number: number * RUN_FANOUT + at }));
}

function delayOf(level: number): number {
  return level === 0 ? 0 : windowsOfLevel(level - 1);
}
