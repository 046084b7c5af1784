// What a run says: the score of each folder and set with its interval, and each mutant that no test noticed.
import { dirname } from "node:path";
import { whyEquivalent } from "./equivalent.mjs";
import { interval } from "./sample.mjs";

/** The results of one set in numbers: `noticed` of `tried`, and the same without the mutants said to be equivalent. */
export function scoreOf(results) {
  const noticed = results.filter(({ killedBy }) => killedBy !== null);
  const counted = results.filter((result) => result.killedBy !== null || whyEquivalent(result) === undefined);
  return {
    tried: results.length,
    noticed: noticed.length,
    outOfTime: noticed.filter(({ why }) => why === "out of time").length,
    unreached: results.filter(({ why }) => why === "no test reaches it").length,
    equivalent: results.length - counted.length,
    ...shares("score", noticed.length, results.length),
    ...shares("scoreWithoutEquivalent", noticed.length, counted.length),
  };
}

/** A table of folders and their sum, as lines. */
export function table(name, results) {
  const folders = Map.groupBy(results, ({ file }) => dirname(file));
  const rows = [...folders].sort(([one], [other]) => (one < other ? -1 : 1)).map(([folder, list]) => row(folder, list));
  const all = scoreOf(results);
  const sum = [
    row(name, results),
    `  95 % interval ${range(all.scoreInterval)}; ${all.outOfTime} of the noticed ran out of time; ${all.unreached} reached by no test`,
    `  without the ${all.equivalent} said to be equivalent: ${percent(all.scoreWithoutEquivalent)}, ${range(all.scoreWithoutEquivalentInterval)}`,
  ];
  return [...rows, ...sum];
}

/** A mutant that no test noticed, as lines. */
export function survivor({ id, why, original, replacement, ...rest }) {
  const reason = whyEquivalent({ original, replacement, ...rest });
  return [
    `${id}  ${reason === undefined ? why : `equivalent: ${reason}`}`,
    `  - ${shown(original)}`,
    `  + ${shown(replacement)}`,
  ];
}

function row(name, results) {
  const { tried, noticed, score } = scoreOf(results);
  return `${name.padEnd(32)} ${String(noticed).padStart(5)} of ${String(tried).padStart(5)}  ${percent(score)}`;
}

function shares(name, hits, total) {
  return { [name]: total === 0 ? 1 : hits / total, [`${name}Interval`]: interval(hits, total) };
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

function range([low, high]) {
  return `${percent(low)} to ${percent(high)}`;
}

function shown(code) {
  const line = code.replace(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}…` : line;
}
