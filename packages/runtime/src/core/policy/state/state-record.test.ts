import type { PathTarget } from "../../effects/effect.ts";
import { resolvePath } from "../../effects/path.ts";
import type { JsonObject } from "../../json.ts";
import { openRecord } from "../../../ledger/record.fixture.test.ts";
import { compile } from "../ask.fixture.test.ts";
import { Budget } from "../budget.ts";
import { NOON, world } from "../world.fixture.test.ts";
import { addAmounts, exceeds, parseAmount, subtractAmounts } from "./amount.ts";
import { parseDuration } from "./duration.ts";
import { entryDeltas, foldersOf, parseEntryDeltas } from "./entry-deltas.ts";
import { entryTimeText, parseEntryTime } from "./entry-time.ts";
import { DAYS, fixedOffset, parseTimeOfDay, withinHours } from "./hours.ts";
import { comparable, folderOfGlob, mayTouch, parsePathPattern } from "./places.ts";
import { scopeKeysOf, SCOPES, sessionKeys } from "./scope.ts";
import { StateBook } from "./state-book.ts";
import { stateChangeOf } from "./state-change.ts";
import type { StateFacts } from "./state-facts.ts";
import { HistoryUnknown, type StateView } from "./state-view.ts";

// What history comes to: entries learnt, places told apart, and what policies ask of both. The tests beside this say what
// is right. After a change that is meant, `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../../../vectors/record/policy-state.txt", import.meta.url));

const PATTERNS = [
  "secrets/**",
  "secrets",
  "/etc/keys/*",
  "~/.aws/**",
  "**/x",
  "/**/x",
  "~/**/x",
  "./x",
  ".//x",
  "a/",
  "/",
  "~",
  "~/",
  "**",
  "*",
  "*/**",
  "/**",
  "/*",
  "a/../b",
  "./..",
  "a//b",
  "a/./b",
  "a**",
  "**a/b",
  "a/**/b",
  "a/**",
  "*.pem",
  "k?y",
  "[a]",
  "a]",
  "{a}",
  "a}",
  "!a",
  "a\\b",
  "$x",
  "Größe/É",
  "a*b*c",
  "srv/app/*",
  "/srv/app/secrets/**",
  "app",
  "/home/dev/w",
  "~/w/*.txt",
  Array.from({ length: 32 }, () => "a").join("/"),
  Array.from({ length: 33 }, () => "a").join("/"),
  "",
];
const PATHS = [
  "/",
  "/srv/app",
  "/srv/app/secrets/key.pem",
  "secrets",
  "secrets/a/b",
  "x",
  "a/x",
  "/x",
  "~/x",
  "~",
  "/home/dev/.aws/credentials",
  "~/.AWS/x",
  "/home/dev",
  "/home/dev/w/a.txt",
  "/etc/keys/a",
  "/etc/keys",
  "/etc",
  "key",
  "kéy",
  "k/y",
  "a",
  "a/b",
  "a/c/d/b",
  "aXbYc",
  "größe/é",
  "/srv/*/secrets",
  "*.pem",
  "s*/key",
  "/srv/{app,x}/*",
  "**/b",
  "a/**",
  "$X/y",
  "a?c",
  "[ab]",
  "../x",
  "/srv",
  "./a/b/",
  "/srv/app/x/../y",
  ".",
  "",
];
const AROUND = [
  { cwd: "/srv/app", home: "/home/dev", governance: [], links: {} },
  { cwd: null, home: null, governance: [], links: {} },
  { cwd: "/", home: "/", governance: [], links: {} },
];
record("patterns of paths, read", () => PATTERNS, parsePathPattern);
record(
  "patterns of paths and what they may touch",
  () => PATTERNS,
  (source) => {
    const read = parsePathPattern(source);
    if (!("pattern" in read)) return "none";
    return AROUND.map((around) =>
      PATHS.flatMap((path) => {
        const target = resolvePath(path, around);
        const ways: readonly PathTarget[] = [
          target,
          { ...target, path },
          { ...target, path, glob: true },
          { ...target, path: null },
        ];
        return ways.map((one) => Number(mayTouch(read.pattern, one, around)));
      }).join(""),
    );
  },
);
record(
  "paths in the form in which they are compared",
  () => [...PATHS, "E\u0301", "[x]/y", "/*"],
  (path) => [comparable(path), folderOfGlob(path)],
);
record(
  "folders of paths",
  () => [...PATHS, "/a/b/c", "a/b/c/d", "~/a/b"],
  (path) => foldersOf(path),
);

record(
  "times of day, offsets and lengths of time",
  () => [
    "00:00",
    "23:59",
    "24:00",
    "24:01",
    "23:60",
    "25:00",
    "9:00",
    "09:0",
    "x09:00",
    "09:00x",
    "UTC",
    "Z",
    "utc",
    "+02:00",
    "-14:00",
    "+14:00",
    "+14:01",
    "+13:60",
    "+1:00",
    "x+01:00",
    "+01:00x",
    "Europe/Berlin",
    "America/Argentina/Salta",
    "Etc/GMT+5",
    "A/B/C/D",
    "Europe",
    "europe/Berlin",
    `A${"b".repeat(31)}/C`,
    `A${"b".repeat(32)}/C`,
    "1s",
    "0s",
    "59m",
    "24h",
    "366d",
    "367d",
    "31622400s",
    "31622401s",
    "1w",
    "s",
    "-1s",
    "1.5h",
    "123456789s",
    "1234567890s",
  ],
  (text) => [parseTimeOfDay(text), fixedOffset(text) ?? String(fixedOffset(text)), parseDuration(text)],
);
record(
  "hours and the times within them",
  () =>
    [
      [0, 1440],
      [60, 120],
      [1320, 360],
      [1439, 0],
      [0, 1],
      [720, 720],
    ].flatMap(([from = 0, to = 0]) =>
      [DAYS, ["mon"] as const, ["fri", "sun"] as const].flatMap((days) =>
        [0, 90, -120, null].map((offset) => ({ from, to, days, offset, timezone: "Europe/Berlin" })),
      ),
    ),
  (hours) =>
    [
      -90_000_000,
      0,
      ...Array.from({ length: 60 }, (_, at) => NOON + at * 10_799_999),
      NOON + 43_140_000,
      NOON + 43_200_000,
    ].flatMap((now_ms) => [
      withinHours(hours, { now_ms, zones: { "Europe/Berlin": 60 } }),
      withinHours(hours, { now_ms }),
    ]),
);
const INSTANTS = [
  "2026-01-31T12:00:05Z",
  "2026-01-31T12:00:05.250Z",
  "1970-01-01T00:00:00Z",
  "1969-12-31T23:59:59Z",
  "2024-02-29T00:00:00Z",
  "2026-12-31T23:59:60Z",
  "2026-12-31T23:59:61Z",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-01-32T00:00:00Z",
  "2026-01-00T00:00:00Z",
  "2026-12-31T24:00:00Z",
  "2026-01-31T23:60:00Z",
  "2026-01-01T00:00:00.25Z",
  "2026-01-01T00:00:00+00:00",
  "x2026-01-01T00:00:00Z",
  "2026-01-01T00:00:00Zx",
  "2026-01-01 00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "0000-03-01T00:00:00Z",
  null,
  5,
];
record("times of entries", () => INSTANTS, parseEntryTime);
record(
  "times as texts",
  () => [0, 999, 1000, NOON, NOON + 86_399_999, 951_782_400_000, 253_402_300_799_999, 4_107_542_400_001],
  entryTimeText,
);

const AMOUNTS = [
  "0",
  "1",
  "007",
  "1.5",
  "0.05",
  "199.999",
  "1.",
  ".5",
  "-1",
  "+1",
  "1e3",
  "",
  " 1",
  "1 ",
  "1".repeat(80),
  "1".repeat(81),
  `${"1".repeat(40)}.${"1".repeat(39)}`,
  `${"1".repeat(40)}.${"1".repeat(40)}`,
];
record(
  "amounts",
  () => AMOUNTS,
  (text) => {
    const amount = parseAmount(text);
    const others = AMOUNTS.map(parseAmount).filter((other) => other !== null);
    return amount === null
      ? null
      : [
          amount,
          others.map((other) => [addAmounts(amount, other), subtractAmounts(amount, other), exceeds(amount, other)]),
        ];
  },
);
const WHO: readonly JsonObject[] = [
  { avid: "a" },
  { avid: "a", session_id: "s" },
  { avid: "b", session_id: "s", tenant_id: "t" },
  { avid: "b", trace_id: "r" },
  { avid: "a", trace_id: "r", session_id: "s2" },
  { avid: 5, session_id: null },
  {},
];
record(
  "scopes",
  () => WHO,
  ({ avid, session_id, trace_id, tenant_id }) => {
    const keys = scopeKeysOf({
      avid: named(avid) ?? "",
      session_id: named(session_id),
      trace_id: named(trace_id),
      tenant_id: named(tenant_id),
    });
    return [keys, sessionKeys(keys)];
  },
);

const DELTAS: readonly (readonly JsonObject[])[] = [
  [{ counter: "c", amount: "9.99" }],
  [
    { counter: "c", amount: "1", attempt: true },
    { counter: "d", amount: "0.5" },
  ],
  [{ mark: "m" }, { label: "pii" }, { label: "secret", resource: "#/srv/a", within: ["#/srv", "#/"] }],
  [{ counter: "c", amount: "0" }, { mark: "n" }],
  [],
];
const BROKEN: readonly unknown[] = [
  [{ counter: "c" }],
  [{ counter: "c", amount: 5 }],
  [{ counter: "c", amount: "-1" }],
  [{ mark: 5 }],
  [{ label: 5 }],
  [{ label: "l", resource: 5 }],
  [{ label: "l", resource: "r" }],
  [{ label: "l", resource: "r", within: [5] }],
  [5],
  {},
  "x",
  null,
  [{}],
  [{ counter: "c", amount: "1", attempt: false }],
];
record(
  "deltas of entries",
  () => [...DELTAS, ...BROKEN],
  (deltas) => parseEntryDeltas(JSON.parse(JSON.stringify(deltas))),
);
record(
  "deltas for entries",
  () => [
    [{ counter: "c", amount: "1" }, { mark: "m" }, { label: "l" }],
    [
      { label: "l", path: "/srv/app/x" },
      { label: "l", path: "~/y/z" },
    ],
    [
      { label: "b", path: "/a" },
      { counter: "c", amount: "2", attempt: true as const },
    ],
  ],
  (deltas) => entryDeltas(deltas, (text) => `#${text}`),
);

/** Numbers below a bound that follow from a seed, the same everywhere. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

const EVENTS = [
  "authorize_action",
  "authorize_action",
  "authorize_action",
  "reauthorized",
  "tool_start",
  "tool_start",
  "tool_result",
  "tool_result",
  "approval_rejected",
  "approval_skipped",
  "heartbeat",
];
function entryOf(index: number, next: (below: number) => number): JsonObject {
  const event = EVENTS[next(EVENTS.length)] ?? "";
  const at = NOON + index * 7000 + next(5000) - (next(12) === 0 ? 60_000 : 0);
  const id = `id${event === "authorize_action" ? index : Math.max(0, index - 1 - next(6))}`;
  const deltas = DELTAS[next(DELTAS.length)] ?? [];
  const expires = next(6) === 0 ? {} : { expires_at: entryTimeText(at + 5000 * next(8)) };
  return {
    event,
    timestamp: next(20) === 0 ? "never" : next(3) === 0 ? entryTimeText(at) : `${entryTimeText(at).slice(0, 19)}Z`,
    ...(event === "authorize_action" ? { entry_hash: id } : { authorization_id: next(15) === 0 ? null : id }),
    decision: ["ALLOW", "ALLOW", "ALLOW", "DENY", "REQUIRE_APPROVAL"][next(5)] ?? "ALLOW",
    ...expires,
    ...(next(8) === 0 ? {} : { counter_deltas: deltas }),
    outcome: ["ok", "error", "unknown"][next(3)] ?? "ok",
    ...WHO[next(WHO.length - 2)],
  };
}
record(
  "entries and what they change",
  () => Array.from({ length: 300 }, (_, at) => entryOf(at, numbers(at + 1))),
  stateChangeOf,
);
const OPTIONS = [
  { longest_window_ms: 60_000 },
  { longest_window_ms: null },
  { longest_window_ms: 0, scopes: ["agent"] as const },
  { longest_window_ms: 20_000, scopes: ["session"] as const },
  { longest_window_ms: 3_600_000, scopes: ["all", "tenant"] as const },
];
record(
  "logs and what a book answers of them",
  () => Array.from({ length: 40 }, (_, seed) => seed),
  (seed) => {
    const next = numbers(seed * 7919 + 13);
    const options = OPTIONS[seed % OPTIONS.length] ?? { longest_window_ms: null };
    const book = new StateBook(options);
    return Array.from({ length: 60 }, (_, at) => {
      book.learn(entryOf(at, next));
      const { avid, session_id, trace_id, tenant_id } = {
        avid: "a",
        session_id: null,
        trace_id: null,
        tenant_id: null,
        ...WHO[at % 5],
      };
      const keys = scopeKeysOf({
        avid: named(avid) ?? "",
        session_id: named(session_id),
        trace_id: named(trace_id),
        tenant_id: named(tenant_id),
      });
      const scope = SCOPES[at % SCOPES.length] ?? "agent";
      const window_ms = [null, 1000, 20_000, 60_000, 0][next(5)] ?? null;
      const fits = window_ms === null || window_ms <= (options.longest_window_ms ?? Infinity);
      const query = {
        counters: [
          ...(fits ? [{ counter: "c", scope, key: keys[scope], window_ms }] : []),
          { counter: "d", scope, key: keys[scope], window_ms: null },
        ],
        marks: [
          { mark: "n", scope: "agent" as const, key: keys.agent },
          { mark: "m", scope, key: keys[scope] },
        ],
        labels: at % 4 === 0 ? null : keys.session,
        resources: [
          { path: "/srv/a", within: false },
          { path: "/srv", within: true },
          { path: "/nothing", within: false },
        ],
      };
      return [book.newest_ms, book.answer(query, NOON + at * 7000 - 20_000 + next(60_000), (text) => `#${text}`)];
    });
  },
);
function named(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
record(
  "a window that no book keeps",
  () => [60_000, 60_001],
  (window_ms) =>
    new StateBook({ longest_window_ms: 60_000 }).answer(
      { counters: [{ counter: "c", scope: "all", key: "k", window_ms }], marks: [], labels: null, resources: [] },
      5,
      String,
    ),
);

const SUMS = [
  "sum: payload.amount, limit: 200, per: agent",
  "limit: 200 EUR, window: 1h, per: all",
  "limit: 1 usd, per: session",
  "sum: 'spend(\"EUR\")', limit: ctx.n, per: trace",
  "sum: payload.n, limit: 1.5, per: tenant",
  "sum: payload.deep.er, limit: 5, per: all",
  "sum: payload.price, limit: 5 EUR, per: all",
  "sum: payload.fee, limit: 5, per: all",
  "sum: payload.nothing, limit: 5, per: all",
  "sum: 'decimal(payload.amount) * decimal(\"2\")', limit: 400, per: agent",
  "sum: 'payload.n', limit: 'params.l', per: agent",
  "sum: 'size(payload.tags)', limit: 1, per: agent",
];
const STATEFUL = [
  ...SUMS.flatMap((sum) => [
    `  - {id: c, actions: any, deny: true, budget: {${sum}}}\n`,
    `  - {id: c, action_type: run_job, require_approval: true, mode: warn, budget: {${sum}}}\n  - {id: d, actions: any, when: 'payload.n == 1', deny: true, budget: {${sum}}}\n`,
  ]),
  ...SCOPES.flatMap((scope) => [
    `  - {id: c, actions: any, deny: true, rate: {limit: 3, window: 1m, per: ${scope}}}\n`,
    `  - {id: c, actions: any, deny: true, after: {mark: m, per: ${scope}, within: 1h}}\n  - {actions: ['verb:exec'], mark: m}\n`,
  ]),
  "  - {id: a, action_type: run_job, mark: x}\n  - {id: b, actions: any, after: {mark: x, per: trace}, mark: y}\n  - {id: c, actions: any, after: {mark: y, per: trace}, deny: true}\n",
  "  - {id: a, actions: any, when_all: session has label secret, deny: true}\n  - {id: b, actions: any, when: '\"y\" in session.marks', require_approval: true}\n  - {id: c, actions: any, when_any: [session has mark m, session has label nothing], mark: y}\n",
  "  - {id: a, actions: any, when_not: session has mark m, mark: m}\n  - {id: b, actions: any, mode: shadow, mark: z}\n",
  '  - {id: a, actions: any, hours: {from: "11:00", to: "13:00", timezone: Europe/Berlin}, deny: true}\n  - {id: b, actions: any, when: \'now.getHours("Asia/Tokyo") > 5\', deny: true}\n',
  "  - {id: a, action_type: x, deny: true}\n",
  "  - {id: a, actions: any, when_not: session has mark m, deny: true}\n",
  "  - {id: a, actions: any, when_all: session has label secret, deny: true}\n",
  "  - {id: a, actions: any, when_any: [payload.n == 1, session has mark m], deny: true}\n",
  "  - {id: a, actions: any, when: '\"pii\" in session.labels', deny: true}\n",
].map((rules) => `parameters: {l: {type: decimal, default: 3}}\nrules:\n${rules}`);
const LABELS =
  "labels: [{label: secret, paths: ['secrets/**', ~/.aws/**, /etc/*]}, {label: pii, effects: [db.statement, fs.read where target.zone == outside]}]\n";
const HISTORIES: readonly (StateFacts | undefined)[] = [
  undefined,
  {
    now_ms: NOON,
    counters: { c: { used: "199.5", count: 3 }, d: { used: "2", count: 2 } },
    marks: [
      { mark: "m", scope: "agent", at_ms: NOON - 5000 },
      { mark: "x", scope: "session", at_ms: NOON },
    ],
    labels: ["old"],
    resources: { "/srv/app/src/Main.ts": ["pii"], "/srv/app/**": ["tainted"] },
  },
  { now_ms: NOON + 100_000_000, counters: {}, marks: [], labels: [], resources: {} },
];
function seenOf(view: StateView): unknown {
  const asked = [
    () => view.labels,
    () => view.marks,
    () => view.usedOf("c"),
    () => view.usedOf("e"),
    () => view.markedAt("m", "agent"),
    () => view.markedAt("x", "session"),
    () => view.markedAt("y", "trace"),
  ];
  const { known, now_ms, deltas, refusal } = view;
  return [known, now_ms, deltas, refusal, view.addedTo("c"), view.addedTo("d"), asked.map(orUnknown)];
}

function orUnknown(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    if (error instanceof HistoryUnknown) return "unknown";
    throw error;
  }
}

const inputs = world();
for (const labelled of [false, true]) {
  for (const part of [0, 1, 2, 3]) {
    record(
      `policies${labelled ? " with labels" : ""} and what they ask of history, ${part}`,
      () => STATEFUL.filter((_, at) => at % 4 === part).map((text) => (labelled ? LABELS + text : text)),
      (text) => {
        const policy = compile(text);
        const asked = inputs.map((input, at) => {
          const state = HISTORIES[at % HISTORIES.length];
          const facts = state === undefined ? input.facts : { ...input.facts, state };
          const fresh = {
            action: input.action,
            effects: input.effects,
            agent: input.agent,
            facts,
            budget: new Budget(),
          };
          const query = policy.queryState?.(fresh, "avid:1");
          const view = policy.stateOf?.(fresh);
          const seen = view === undefined ? null : seenOf(view);
          return [query, seen, policy.evaluate({ ...fresh, state: view }), fresh.budget.spent];
        });
        return [policy.needs, policy.rules, asked];
      },
    );
  }
}

finish();
