import { hash } from "node:crypto";
import { damagedJson, damagedText } from "../ledger/damaged.fixture.test.ts";
import { openRecord } from "../ledger/record.fixture.test.ts";
import { parseAgentContext } from "./agent-context.ts";
import { calendarDay, dayNumber, monthLength } from "./calendar.ts";
import { canonicalJson, sortedNames } from "./canonical.ts";
import { addDecimals, aligned, compareDecimals, isDecimal, scaledText } from "./decimal.ts";
import type { Effect } from "./effects/effect.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { normalizeAction } from "./normalize.ts";
import { joinObligations, obligationsOf } from "./obligations.ts";
import { HOST } from "./policy/ask.fixture.test.ts";
import type { RuleEdits } from "./policy-answer.ts";
import { parseStrictJson } from "./strict-json.ts";
import { transformAction, withTransform } from "./transform.ts";
import type { Evaluation } from "./decision.ts";

// What the readers of plain values make of good and of slightly wrong ones: JSON, canonical JSON, decimals, dates,
// contexts, requests, edits. The tests beside their sources say what is right. After a change that is meant,
// `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../vectors/record/values.txt", import.meta.url));
const TOOLS = { sha256Hex: (text: string): string => hash("sha256", text) };

/** An action as the rules see it. */
function understood(action_type: string, action_payload: JsonValue): object {
  const {
    digest: _digest,
    canonical: _canonical,
    ...action
  } = normalizeAction({ action_type, action_payload, cwd: "/srv" }, TOOLS);
  return action;
}

const JSON_TEXTS = [
  '{"a":[1,-2.5e+3,true,null,"x\\u00e9\\n"],"b":{"c":{},"d":[]},"e\\"f":"\\\\"}',
  ' [ 9007199254740991 , -9007199254740991, 1E5, 0.1, "\\ud83d\\ude00", {"__proto__": 1, "a": {"a": 1}} ] ',
  '"text with { [ , : 1e400"',
];
const NUMBERS = [
  "9007199254740992",
  "-9007199254740992",
  "9007199254740992.0",
  "1e308",
  "1e309",
  "-1e309",
  "1E+400",
  "90071992547409920",
  "9.007199254740993e15",
  "-0",
  "0",
  "1e-400",
];
const NESTED = [127, 128, 129].flatMap((depth) => [
  "[".repeat(depth) + "]".repeat(depth),
  '{"a":'.repeat(depth) + "1" + "}".repeat(depth),
  `${"[".repeat(depth)}"]]]]"${"]".repeat(depth)}`,
]);
record(
  "strict JSON, damaged",
  () => [
    ...JSON_TEXTS.flatMap((text) => [text, ...damagedText(text, 900)]),
    ...NUMBERS,
    ...NUMBERS.map((text) => `{"a":${text}}`),
    ...NUMBERS.map((text) => `[${text},1]`),
    ...NESTED,
    '"\ud800"',
    '"\\ud800"',
    '{"\\udc00":1}',
    '["a\\ud83d"]',
    `{"${"n".repeat(70)}":1,"${"n".repeat(70)}":2}`,
    '[{"a":1},{"a":1}]',
    '{"a":["b","b"],"b":1}',
    '{"a":1,"b":{"a":2},"a":3}',
    '[[],{"a":1,"a":2}]',
  ],
  (text) => parseStrictJson(text),
);

class Odd {
  readonly a = 1;
}
const many = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${(at * 37) % count}`, at]));
record(
  "canonical JSON",
  () => [
    { b: 1, a: [1, { d: null, c: "é\ud83d\ude00" }], "": true, "10": 1, "9": 2 },
    many(31),
    many(32),
    many(33),
    many(34),
    many(80),
    [],
    {},
    "",
    '\u0000\u001f\u2028"\\',
    1e21,
    1e-7,
    -0,
    0.1,
    NaN,
    Infinity,
    "\ud800",
    "a\udc00",
    { "\ud800": 1 },
    { a: undefined },
    [undefined],
    undefined,
    5n,
    Symbol("x"),
    () => 1,
    new Odd(),
    new Date(0),
    Object.create(null),
    new Map(),
    [[["x".repeat(30)]]],
    { a: "x".repeat(30) },
  ],
  (value: unknown) => [
    canonicalJson(value),
    [1, 2, 7, 30, 40, 41].map((longest) => told(() => canonicalJson(value, longest))),
    typeof value === "object" && value !== null ? sortedNames(value) : null,
  ],
);
record(
  "values nested to the limit",
  () => [126, 127, 128, 129, 130],
  (depth) =>
    canonicalJson(
      Array.from({ length: depth }).reduce<unknown>((inner, _, at) => (at % 2 === 0 ? [inner] : { a: inner }), 1),
    ).length,
);

function told(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? error.message : "thrown";
  }
}

const DECIMALS = [
  "0",
  "1",
  "-1",
  "12.50",
  "-0.5",
  "0.05",
  "007",
  "1e+21",
  "5e-7",
  "-1.5e+2",
  "1e2",
  "1e-3",
  "1.",
  ".5",
  "+1",
  "x",
  "",
  "1e400",
  "1e1000",
  "9".repeat(400),
  "9".repeat(401),
  `0.${"1".repeat(400)}`,
  `0.${"1".repeat(401)}`,
  " 1",
  "1 ",
  "1.2.3",
  "-",
  "--1",
];
record(
  "decimals",
  () => DECIMALS,
  (text) => [isDecimal(text), DECIMALS.map((other) => [compareDecimals(text, other), addDecimals(text, other)])],
);
record(
  "scaled decimals",
  () =>
    [
      [0n, 0],
      [5n, 0],
      [5n, 1],
      [5n, 3],
      [-5n, 1],
      [1500n, 2],
      [-1500n, 3],
      [100n, 2],
      [123_456n, 3],
      [0n, 4],
    ] as const,
  ([digits, scale]) => [scaledText({ digits, scale }), aligned({ digits, scale }, { digits: 7n, scale: 2 })],
);
record(
  "days of the calendar",
  () => [
    0, -1, 59, 60, 364, 365, 789, 11_015, 11_016, 11_017, 19_782, 20_454, -719_468, -719_469, 146_096, 2_932_896,
    47_540, 47_541,
  ],
  (days) => [calendarDay(days), dayNumber(calendarDay(days))],
);
record(
  "months",
  () => [1900, 2000, 2023, 2024],
  (year) =>
    Array.from({ length: 15 }, (_, at) => [monthLength(year, at - 1), dayNumber({ year, month: at - 1, day: 31 })]),
);

const CONTEXT: JsonObject = {
  public_key: "k",
  kill_switch: false,
  status: "active",
  autonomous_mode: true,
  spending_limit: 20.5,
  trusted_domains: ["a.example"],
  communication_channels: ["mail"],
  bulk_authorized: true,
  can_spawn_agents: true,
  permissions: ["read"],
  mining_authorized: true,
  physical_actions: ["door"],
  security_testing_authorized: true,
  high_compute_authorized: true,
  safe_paths: ["/srv"],
  environment: "prod",
  env: "dev",
  trace_id: "t",
  session_id: "s",
  tenant_id: "n",
  other: { a: 1 },
};
record(
  "agent contexts",
  () => [
    CONTEXT,
    ...damagedJson(CONTEXT, 900),
    { public_key: { kty: "OKP", x: "1" } },
    { public_key: { b: 1, a: [2] } },
    { public_key: "  " },
    { public_key: ["k"] },
    { ...CONTEXT, spending_limit: "unlimited" },
    { ...CONTEXT, spending_limit: Infinity },
    { ...CONTEXT, env: null, environment: "" },
    Object.assign(
      Object.create({
        autonomous_mode: true,
        kill_switch: true,
        public_key: "p",
        safe_paths: ["/"],
        status: "stopped",
      }),
      { public_key: "k" },
    ),
  ],
  (context: JsonValue) => parseAgentContext(context),
);

const REQUEST: JsonObject = {
  action_type: "Execute-Shell",
  action_payload: { command: "ls", cwd: "/srv", a: [1, { b: "c" }] },
  cwd: "/srv/app",
};
record(
  "requests",
  () => [REQUEST, ...damagedJson(REQUEST, 500)],
  (request) => {
    const { action_type, action_payload, cwd, ...rest } = Object(request);
    return normalizeAction({ action_type, action_payload, cwd, ...rest }, TOOLS);
  },
);

const VERBS =
  "get read list fetch search find view show query select describe count check validate track log create add insert write update edit patch set put save upload delete remove drop purge wipe destroy erase run execute exec start stop kill restart deploy release rollback send post publish email notify message pay transfer refund charge spend buy sell open close lock unlock move copy rename grant revoke approve sign spawn scan attack train mine install call invoke request download connect ping cancel archive restore export import sync merge push pull commit".split(
    " ",
  );
const NOUNS =
  "file files user users table database record order payment invoice email message shell command script server service agent door lamp key secret permission event analytics history metric report url api page document config policy approval device model".split(
    " ",
  );
const JOINS: readonly ((verb: string, noun: string) => string)[] = [
  (verb, noun) => `${verb}_${noun}`,
  (verb, noun) => `${noun}.${verb}`,
  (verb, noun) => `${verb}${noun.slice(0, 1).toUpperCase()}${noun.slice(1)}`,
  (verb, noun) => `${verb} ${noun}`,
  (verb, noun) => `mcp__${noun}__${verb}_all`,
  (verb) => verb,
];
const ACTION_NAMES = [
  ...VERBS.flatMap((verb, row) =>
    NOUNS.filter((_, at) => (row + at) % 3 === 0).map((noun, at) =>
      (JOINS[(row + at) % JOINS.length] ?? String)(verb, noun),
    ),
  ),
  "",
  " ",
  "x",
  "EXECUTE_SHELL",
  "Execute-Shell",
  "functions.exec",
  "tool",
  "tool_use",
  "日本語",
  "delete_💥",
  "a".repeat(128),
  "a".repeat(129),
  "a".repeat(300),
  "unknown",
  "get_and_delete",
  "list.then.remove",
  "telemetries",
  "track",
  "logs",
  "blog",
  "catalog_read",
  "\u0000x",
  "a\nb",
  "__proto__",
  "constructor",
];
record(
  "names of actions",
  () => ACTION_NAMES,
  (action_type) =>
    [{}, { path: "/a", command: "ls", cmd: "x", url: "https://a.example", query: "DELETE FROM x" }].map(
      (action_payload) => understood(action_type, action_payload),
    ),
);
const TELLING =
  "track_event event_log audit_log log_history history_view view_history trace_log tracelog log logs metric_traces telemetry analytics_write write_analytics kubectl Kubectl git redis-cli GIT dd edit str_replace_editor text_editor_20250124 edit_file notebook_edit jupyter_cell run_notebook NotebookEdit type_text computer type send_keys keyboard_type browser_action".split(
    " ",
  );
const nested = (depth: number): JsonValue =>
  Array.from({ length: depth }).reduce<JsonValue>((args) => ({ tool_calls: [{ tool: "run_job", args }] }), { a: 1 });
const GIVEN: readonly JsonValue[] = [
  { action: "delete", path: "/x" },
  { command: "view", path: "/x" },
  { command: "create", path: "/x" },
  { command: "get pods" },
  { cmd: "kubectl get pods" },
  { args: ["get", "pods"] },
  { Args: "get" },
  { argv: [] },
  { argument: "x" },
  ["get", "pods"],
  "get pods",
  { source: "print(1)", cell_type: "code" },
  { text: "rm -rf /x\n" },
  {
    tool_calls: [
      { tool: " ", args: {} },
      { tool: "x".repeat(129), args: {} },
      { tool: "run_job", args: { a: 1 } },
    ],
  },
  nested(3),
  nested(5),
  nested(9),
  {
    tool_calls: Array.from({ length: 70 }, () => ({
      tool: "run_job",
      args: {
        tool_calls: [
          { tool: "x", args: {} },
          { tool: "y", args: {} },
        ],
      },
    })),
  },
  {},
  { a: {} },
  { a: "" },
  null,
];
record(
  "names of tools and what they are given",
  () =>
    [...TELLING, "execute_shell", "run_job"].flatMap((action_type) =>
      GIVEN.map((action_payload) => ({ action_type, action_payload })),
    ),
  (request) => {
    const { canonical: _canonical, ...action } = normalizeAction({ ...request, cwd: "/srv" }, TOOLS);
    return action;
  },
);
const MEMBERS =
  "command cmd Command subcommand cwd workdir working_directory path file filename url uri query sql code script content body text to amount args argv env shell stdin input tool name type method data".split(
    " ",
  );
const HELD: readonly JsonValue[] = [
  "ls -la",
  "/etc/passwd",
  "https://a.example/x",
  "DELETE FROM t",
  "",
  5,
  null,
  ["rm", "-rf", "/x"],
  { command: "ls" },
  '{"command":"ls"}',
  "../x",
  "a b",
];
record(
  "members of payloads",
  () =>
    MEMBERS.flatMap((name, row) =>
      HELD.flatMap((value, at) => [
        { [name]: value },
        {
          [name]: value,
          [MEMBERS[(row * 7 + at + 1) % MEMBERS.length] ?? ""]: HELD[(at * 5 + row) % HELD.length] ?? null,
        },
      ]),
    ),
  (action_payload) =>
    ["execute_shell", "run_job", "read_file", "http_request", "delete_user"].map((action_type) =>
      understood(action_type, action_payload),
    ),
);

const connect = (host: object): Effect => ({
  kind: "net.connect",
  via: "x",
  host: { ...HOST, ...host },
  sends: false,
  origin: "shell",
  scheme: null,
});
record(
  "obligations of effects",
  () => [
    [],
    [connect({})],
    [connect({}), connect({}), connect({ port: null }), connect({ port: 80 })],
    [connect({ class: "private" })],
    [connect({ host: null })],
    [connect({ domain: null, host: "1.2.3.4" })],
    [connect({ host: "b.example" }), connect({})],
    [{ kind: "net.listen", via: "x", port: 80 } as const],
  ],
  obligationsOf,
);
const OBLIGED = [
  { type: "notify", detail: { to: "a b" }, rule_ref: "r1" },
  { type: "notify", detail: { to: "a b" }, rule_ref: "r2" },
  { type: "notify", detail: { to: "c" }, rule_ref: "r1" },
  { type: "limit_output", detail: { bytes: 5 }, rule_ref: "r1" },
  { type: "limit_output", detail: { bytes: 7 }, rule_ref: "r2" },
  { type: "limit_output", detail: { bytes: 3 }, rule_ref: "r1" },
  { type: "redact", detail: { fields: ["x", "y"] }, rule_ref: "r1" },
  { type: "redact", detail: { fields: ["y", "z"] }, rule_ref: "r3" },
  { type: "redact", detail: { fields: [] }, rule_ref: "r3" },
  { type: "require_dry_run", detail: {}, rule_ref: "r1" },
  { type: "require_dry_run", detail: {}, rule_ref: "r2" },
  { type: "pin_addresses", detail: { host: null, port: null }, rule_ref: "r2" },
];
record(
  "obligations of rules, joined",
  () => OBLIGED.flatMap((_, from) => OBLIGED.map((_other, to) => OBLIGED.slice(from, to + 1))),
  joinObligations,
);

const EDITS: readonly RuleEdits[] = [
  { rule_ref: "policy:a", edits: [{ set: "payload.n", to: 1 }] },
  { rule_ref: "policy:b", edits: [{ set: "payload.n", to: 2 }] },
  { rule_ref: "policy:c", edits: [{ remove: "payload.command" }] },
  { rule_ref: "policy:d", edits: [{ set: "payload.cwd", to: "/tmp" }] },
  { rule_ref: "policy:e", edits: [{ set: "payload.deep.er.x", to: [1, { a: null }] }, { remove: "payload.nothing" }] },
  { rule_ref: "policy:f", edits: [{ set: "payload.n.m", to: 5 }] },
  { rule_ref: "policy:g", edits: [{ set: "payload.deep", to: "\ud800" }] },
  { rule_ref: "policy:h", edits: [{ set: "payload.n", to: 3 }] },
  { rule_ref: "policy:i", edits: [] },
  { rule_ref: "policy:j", edits: [{ remove: "payload.deep.er.x" }, { set: "payload.deep.list", to: [] }] },
];
const PAYLOADS: readonly JsonValue[] = [
  { n: 3, command: "ls", deep: { er: { y: 1 } } },
  { n: 1, cwd: "/srv", command: "pwd" },
  "text",
  [1],
  null,
  { deep: [1] },
];
record(
  "edits of payloads",
  () =>
    PAYLOADS.flatMap((payload) =>
      EDITS.flatMap((one, at) =>
        [
          [one],
          [one, EDITS[(at + 1) % EDITS.length] ?? one],
          [one, one],
          [one, EDITS[(at * 3 + 5) % EDITS.length] ?? one],
        ].map((edits) => ({ payload, edits })),
      ),
    ),
  ({ payload, edits }) =>
    [undefined, "/srv/app"].map((cwd) =>
      transformAction(
        normalizeAction(
          { action_type: "execute_shell", action_payload: payload, ...(cwd === undefined ? {} : { cwd }) },
          TOOLS,
        ),
        edits,
        TOOLS,
      ),
    ),
);
const EVALUATED = {
  decision: "ALLOW",
  obligations: [
    { type: "pin_addresses", detail: { host: "a", port: null } },
    { type: "limit_output", detail: { bytes: 9, rule_refs: ["r9", 5] } },
    { type: "redact", detail: { fields: ["q"], rule_refs: "r" } },
  ],
};
record(
  "evaluations of edited actions",
  () =>
    ["ALLOW", "DENY", "REQUIRE_APPROVAL"].flatMap((decision) =>
      [0, 1, 5, OBLIGED.length].map((count) => ({ decision, before: OBLIGED.slice(0, count) })),
    ),
  ({ decision, before }) => {
    const evaluation: Evaluation = JSON.parse(JSON.stringify({ ...EVALUATED, decision }));
    return withTransform(evaluation, { from_digest: "sha256:0", rule_refs: ["r"], edits: [] }, before);
  },
);

finish();
