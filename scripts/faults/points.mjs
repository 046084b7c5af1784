// Which points there are: the calls of one run of each scenario without a fault, each with the faults that its kind can have.
//
// A point reads `<scenario>:<kind>:<file>:<count>:<fault>`, e.g. `short:write:audit.log:17:EIO` (see inject.c).

/** The faults of each kind of call. A call that takes no space can't lack it; only writes can be short. */
const FAULTS = {
  write: ["EIO", "ENOSPC", "EINTR", "short", "torn", "KILL"],
  sync: ["EIO", "ENOSPC", "EINTR", "KILL"],
  open: ["EIO", "EINTR", "KILL"],
  create: ["EIO", "ENOSPC", "EINTR", "KILL"],
  rename: ["EIO", "ENOSPC", "EINTR", "KILL"],
  link: ["EIO", "ENOSPC", "EINTR", "KILL"],
  mkdir: ["EIO", "ENOSPC", "EINTR", "KILL"],
  truncate: ["EIO", "EINTR", "KILL"],
  unlink: ["EIO", "EINTR", "KILL"],
};
/** Faults that go on until the process ends, at the first, a middle and the last call of each kind on each file. */
const LASTING = ["full", "dead"];
const LASTING_AT = new Set(["write", "sync", "create"]);

/** What the scenarios are there for: the workers' files are written in the long one, all others sooner in the others. */
export const SCENARIOS = {
  short: () => true,
  long: (file) => /\/tlog\/|index\.sqlite|checkpoints\//u.test(file),
  mend: () => true,
};

/** The points of a scenario, from the trace of a run without faults. */
export function pointsOf(scenario, trace) {
  const points = [];
  for (const { kind, file, count } of callsIn(trace)) {
    if (!SCENARIOS[scenario](file)) continue;
    for (let n = 1; n <= count; n += 1) {
      const lasts = LASTING_AT.has(kind) && [1, Math.ceil(count / 2), count].includes(n);
      for (const fault of [...FAULTS[kind], ...(lasts ? LASTING : [])]) points.push({ scenario, kind, file, n, fault });
    }
  }
  return points;
}

/** How often each kind of call was made on each file. */
export function callsIn(trace) {
  const counts = new Map();
  for (const line of trace.split("\n")) {
    const [, kind, file] = /^(\w+) (\S+) \d+$/u.exec(line) ?? [];
    if (kind !== undefined) counts.set(`${kind} ${file}`, (counts.get(`${kind} ${file}`) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => {
    const [kind, file] = key.split(" ");
    return { kind, file, count };
  });
}

/** A point as text. */
export function formatPoint({ scenario, kind, file, n, fault }) {
  return [scenario, kind, file, n, fault].join(":");
}

/** The point in a text. */
export function parsePoint(text) {
  const [, scenario, kind, file, n, fault] = /^(\w+):(\w+):([^:]+):(\d+):(\w+)$/u.exec(text) ?? [];
  if (!Object.hasOwn(SCENARIOS, scenario ?? "") || !Object.hasOwn(FAULTS, kind ?? "")) {
    throw new Error(`no point: \`${text}\`, expected <scenario>:<kind>:<file>:<count>:<fault>`);
  }
  return { scenario, kind, file, n: Number(n), fault };
}

/** The points in another order, the same for a seed. */
export function shuffled(points, seed) {
  const random = xorshift(seed);
  const order = points.map((point) => ({ point, at: random() }));
  return order.sort((one, other) => one.at - other.at).map(({ point }) => point);
}

/** So many of the points, spread over all scenarios, kinds of call and faults, and over files as far as they reach. */
export function sampleOf(points, size, seed) {
  const groups = Map.groupBy(shuffled(points, seed), ({ scenario, kind, fault }) => `${scenario} ${kind} ${fault}`);
  const sample = [];
  const files = new Set();
  while (sample.length < Math.min(size, points.length)) {
    for (const group of groups.values()) {
      if (group.length === 0 || sample.length === size) continue;
      const fresh = group.findIndex(({ file }) => !files.has(file));
      const [point] = group.splice(Math.max(0, fresh), 1);
      files.add(point.file);
      sample.push(point);
    }
  }
  return sample;
}

function xorshift(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
