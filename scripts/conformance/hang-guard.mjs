// A guard against hanging, no measurement: how fast things are is told by `npm run bench`, and no check may fail because
// a machine is slow or busy. Where the vectors name milliseconds, what must be is that the work ends.

const LONGEST_CPU_SECONDS = 10;

/** The longest that a command may take, in ms. */
export const LONGEST_COMMAND_MS = 120_000;

/** What the work gives, and whether it took more than ten seconds of CPU: then it grows faster than its input. */
export function guarded(work) {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1_000_000;
  return { result, hung: seconds > LONGEST_CPU_SECONDS ? `${seconds.toFixed(0)} s of CPU` : null };
}
