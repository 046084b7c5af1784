// The verdict on one mutant: the first test that fails with it, or that none does.
import { startRunner } from "./process.mjs";
import { testsFor } from "./coverage.mjs";

/** A lane tries one mutant after the other; its warm process is kept while it can be. */
export function createLane(dist, coverage) {
  const waits = coverage.flatMap(({ file, results }) =>
    results.map(({ waitMs }, index) => [`${file} ${index}`, waitMs]),
  );
  const waitOf = new Map(waits);
  const limitOf = (at) => 5_000 + 10 * (waitOf.get(at) ?? 0);
  let warm;
  const end = () => {
    warm?.close();
    warm = undefined;
  };
  return {
    close: end,
    // `number` is the mutant switched on; another than the mutant's own shows what the tests say without it.
    try: async (mutant, number = mutant.number) => {
      const tests = testsFor(mutant, coverage);
      if (tests.warm.length + tests.fresh.length === 0) return { killedBy: null, why: "no test reaches it" };
      if (tests.warm.length > 0) {
        warm ??= startRunner(dist);
        const answer = await warm.ask({ mutant: number, fresh: false, tests: tests.warm }, limitOf);
        if (answer.killedBy === undefined || answer.sound === false) end();
        const verdict = judge(answer);
        if (verdict.killedBy !== null) return verdict;
      }
      return tests.fresh.length === 0 ? SURVIVED : tryFresh(dist, number, tests.fresh, limitOf);
    },
  };
}

const SURVIVED = { killedBy: null, why: "all tests that reach it pass" };

async function tryFresh(dist, mutant, tests, limitOf) {
  const runner = startRunner(dist, { CANOPY_MUTANT: mutant });
  try {
    return judge(await runner.ask({ mutant, fresh: true, tests }, limitOf));
  } finally {
    runner.close();
  }
}

function judge(answer) {
  if (answer.at === null) throw new Error("a runner ended before its first test: is there memory and space left?");
  if (answer.late) return { killedBy: answer.at, why: "out of time" };
  if (answer.ended) return { killedBy: answer.at, why: "the process ended" };
  return answer.killedBy === null ? SURVIVED : { killedBy: answer.killedBy, why: answer.why };
}
