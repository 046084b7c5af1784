import { openRecord } from "../../ledger/record.fixture.test.ts";
import type { RuleInput } from "../rule.ts";
import { finish as finished } from "../steps.ts";
import { compile } from "./ask.fixture.test.ts";
import { Budget } from "./budget.ts";
import { predicateInput } from "./evaluate.ts";
import { attributesOf, EFFECT_KINDS } from "./predicates/effect-attributes.ts";
import { firstPassing, parseEffectTest } from "./predicates/effect-test.ts";
import { equalsLiteral, parseLiteral, resemblesLiteral } from "./predicates/literal.ts";
import { holds, parsePredicate, seenBy, type Predicate } from "./predicates/predicate.ts";
import { selectorOf } from "./selection/rule-selector.ts";
import { allTexts, mainTexts } from "./texts.ts";
import { world } from "./world.fixture.test.ts";

// What conditions, effect tests and whole rules make of a small world of actions: what they say, which rules are asked
// at all, and what that cost. After a change that is meant, `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../../vectors/record/rules.txt", import.meta.url));

const spaced = (sources: readonly string[]): readonly string[] => [
  ...sources,
  ...sources.flatMap((source, at) => {
    const ways = [
      ` ${source}`,
      `${source}  `,
      source.replaceAll(" ", "  "),
      source.replaceAll(" ", ""),
      source.toUpperCase(),
      `x ${source}`,
      `${source} x`,
      `!${source}`,
      `! ${source}`,
      `not ${source}`,
      `NOT  ${source}`,
      `!!${source}`,
      `x${source}`,
      source.replaceAll(" ", "\n"),
    ];
    return [ways[at % ways.length] ?? "", ways[(at * 5 + 3) % ways.length] ?? ""];
  }),
];

const VALUES = [
  "admin",
  "Admin",
  '"admin"',
  "'admin'",
  '"admin',
  "'ad\"min'",
  "true",
  "FALSE",
  "null",
  "None",
  "~",
  "1",
  "1.0",
  "01",
  "+1",
  "-1.5e3",
  ".5",
  "1e9999",
  "250",
  '"250"',
  "delete",
  "DELETE",
  "two words",
  "a and b",
  "a or b",
  "a && b",
  "a || b",
  "a == b",
  "=a",
  "a=b",
  "",
  '""',
  "' '",
  "ｄｅｌｅｔｅ",
  "y",
  "production",
  "staging",
  "é",
];
const CONDITIONS = spaced([
  ...[
    "agent_ctx.role",
    "ctx.env",
    "ctx.environment",
    "ctx.flag",
    "ctx.n",
    "ctx.a-b.c",
    "ctx.list",
    "payload.kind",
    "payload.amount",
    "payload.n",
    "payload.flag",
    "payload.tags",
    "payload.deep.er.x",
    "payload.deep",
    "payload.note",
    "payload.x.y",
    "payload.a.b.c",
    "payload.1",
    "payload.",
    "agent.role",
    "action_type",
  ].flatMap((left) => ["==", "!="].flatMap((operator) => VALUES.map((value) => `${left} ${operator} ${value}`))),
  ...["contains", "matches", "Contains", "has"].flatMap((operator) =>
    [
      ...VALUES,
      "drop table",
      "/drop\\s+table/",
      '"/a+b/"',
      "'a+'",
      "//",
      "/",
      '"a',
      "(",
      "a^b",
      "(?i)TABLE",
      "a$\\n",
      "Größe",
    ].flatMap((value) => [`payload ${operator} ${value}`, `payload_text ${operator} ${value}`]),
  ),
  "action_type == refund",
  "action_type == Run-Job",
  "action_type != 'run job'",
  "action_type == 5",
  "action_type == true",
  "action_type = x",
  "action_type matches x",
  "effects has fs.write",
  "effects has fs.raed",
  "effects has",
  "effects  has outgoing where trusted == false",
  "effects have x",
  "session has label secret",
  'session has label "pii"',
  "session has mark 'm'",
  "session has MARK m",
  "session has mark other",
  'session has label "a b"',
  "session has labels x",
  `session has label ${"x".repeat(64)}`,
  `session has label ${"x".repeat(65)}`,
  "session has label a.b-c",
  'session has label "x',
  "session has label ''",
  "paths in safe_paths",
  "Paths IN safe_paths",
  "paths in safe",
  "paths",
  "payload",
  "payload.x > 5",
  "payload.x < 5",
  "a >= b",
  "a <= b",
  "",
  "!",
  "not",
  "!= x",
  "payloda contains x",
  "sesion has label x",
  "agent_ctx",
  "x=1",
  "x==1",
  "_y",
  "9",
]);
record("conditions, read", () => CONDITIONS, parsePredicate);

const inputs = world();
for (const [part, sources] of parts(CONDITIONS)) {
  record(
    `conditions, asked of every action, ${part}`,
    () => sources,
    (source) => {
      const read = parsePredicate(source);
      return "predicate" in read ? inputs.flatMap((input) => asked(read.predicate, input)) : "none";
    },
  );
}

function asked(predicate: Predicate, input: RuleInput): readonly unknown[] {
  if (predicate.test.kind === "session" && input.state === undefined) return ["unknown"];
  return [false, true].map((exempting) => {
    const budget = new Budget();
    const held = holds(predicate, predicateInput({ ...input, budget }), exempting);
    return [held, budget.spent, seenBy(predicate, input)];
  });
}

// In several rows, so that each is a short test.
function parts(sources: readonly string[]): readonly (readonly [number, readonly string[]])[] {
  return Array.from({ length: 8 }, (_, part) => [part, sources.filter((_source, at) => at % 8 === part)] as const);
}

record(
  "actions, their texts",
  () => inputs,
  ({ action }) => [allTexts(action), mainTexts(action)],
);
record(
  "literals and what equals them",
  () => VALUES,
  (source) => {
    const read = parseLiteral(source);
    if (!("literal" in read)) return read;
    const values = [
      null,
      true,
      false,
      0,
      1,
      1.5,
      250,
      -1500,
      "",
      "1",
      " 1 ",
      "+1",
      "01",
      "1.0",
      "true",
      "TRUE",
      "admin",
      " Admin ",
      "delete",
      "ｄｅｌｅｔｅ",
      [],
      {},
      undefined,
      "0".repeat(70),
      `1.${"0".repeat(61)}`,
      `1.${"0".repeat(62)}`,
      `1.${"0".repeat(63)}`,
    ];
    return [
      read,
      values
        .map((value) => `${Number(equalsLiteral(value, read.literal))}${Number(resemblesLiteral(value, read.literal))}`)
        .join(""),
    ];
  },
);

record("attributes of effects", () => ["outgoing" as const, ...EFFECT_KINDS], attributesOf);
const TESTS = spaced([
  ...EFFECT_KINDS,
  "outgoing",
  ...EFFECT_KINDS.flatMap((kind) =>
    Object.entries(attributesOf(kind)).flatMap(([name, type]) => {
      const own =
        typeof type === "string"
          ? type === "boolean"
            ? "true"
            : type === "number?"
              ? "443"
              : "rm"
          : (type.at(-1) ?? "");
      return [
        `${kind} where ${name} == ${own}`,
        `${kind} where ${name} != ${own}`,
        `${kind} where ${name} == none`,
        `${kind} where ${name} matches r.*m`,
        `${kind} where ${name} == true and via != x`,
      ];
    }),
  ),
  "fs.write where target.path == /srv/app/src/main.ts",
  'fs.write where target.path == "/srv/app/src/Main.ts"',
  "fs.write where target.path matches /main/",
  'fs.write where target.text matches "a b"',
  "fs.write where target.path matches 'ts$'",
  "fs.write where target.path matches (",
  "fs.write where target.path matches a^b",
  "fs.write where target.path matches /(a)\\1/",
  "fs.write where",
  "fs.write where x",
  "fs.write where target.zoen == inside",
  "fs.write where target.zone == nowhere",
  "fs.write where mode == Change and recursive == true",
  "fs.write where mode==create",
  "fs.write where mode ==create and target.zone!= temp",
  "fs.write where fresh == 1",
  "fs.write where fresh == 'true'",
  "net.connect where host.port == 8443",
  "net.connect where host.port == '8443'",
  "net.connect where host.port == many",
  "net.connect where host.port != none and host.class == public and trusted == true",
  "net.connect where trusted == false",
  "outgoing where host.host == none",
  "outgoing where host.host == example.com",
  "outgoing where via matches curl",
  "exec.program where args == -rf",
  "exec.program where args != -rf",
  "exec.program where args == none",
  "exec.program where args matches ^/srv",
  "exec.program where program == rm and args == -rf and known == true",
  "exec.program wher x",
  "exec.program where program == two words and known == true",
  "exec.program where program == 'a and b' and known == true",
  "agent.spawn where requested == write",
  "agent.spawn where requested == none",
  "personal.data where types == payment_card",
  "money.move where currency == none",
  "money.move where currency == eur",
  "fs.write where target.governance == none",
  "fs.write where target.path == None",
  "fs.write where target.path == null",
  "exec.program where program matches",
  "exec.program where program matchesx",
  "nosuch",
  "fs.",
  "fs.write fs.read",
  "",
]);
record("tests on effects, read", () => TESTS, parseEffectTest);
for (const [part, sources] of parts(TESTS)) {
  record(
    `tests on effects, asked of every action, ${part}`,
    () => sources,
    (source) => {
      const read = parseEffectTest(source);
      if (!("test" in read)) return "none";
      return inputs.map(({ effects, agent }) => {
        const budget = new Budget();
        const found = firstPassing(effects, read.test, { agent, budget });
        return [found === null ? null : effects.indexOf(found), budget.spent];
      });
    },
  );
}

const WHENS = [
  "payload.amount > 100",
  'payload.amount >= decimal("250")',
  'decimal(payload.amount) < decimal("300.5")',
  'payload.kind == "delete"',
  'payload.kind in ["read", "DELETE"]',
  '"a" in payload.tags',
  'has(payload.deep.er) && payload.deep.er.x == "y"',
  'payload.q.contains("table")',
  'payload.q.startsWith("Drop")',
  'payload.q.endsWith("users")',
  'payload.q.matches("(?i)DROP\\\\s")',
  'ctx.env == "production" && ctx.n > 2',
  "ctx.flag",
  "!ctx.flag",
  'effects.exists(e, e.kind == "net.connect" && e.host.endsWith("example.com"))',
  'effects.exists(e, e.kind in ["fs.write", "fs.delete"] && e.path.startsWith("/srv"))',
  'effects.all(e, e.kind != "exec.program")',
  '"secret" in session.labels',
  '"m" in session.marks',
  'session.id == "s1"',
  'action.verb == "exec" || action.type == "refund"',
  'now > timestamp("2026-03-04T18:00:00Z")',
  'now.getHours("Europe/Berlin") >= 18',
  'now.getHours("Asia/Tokyo") >= 18',
  "payload.n / 0 == 1",
  "payload.n == 1 || payload.amount == 5",
  "1 < payload.n",
  'payload["n"] == 1',
  'payload.tags[0] == "a"',
  'payload.tags[5] == "a"',
  "false",
  "true",
  "size(payload.kind) > 4",
  "type(payload) == map",
  "payload.n == 0.0 || payload.n == 1u",
  "-5 < payload.amount",
  'payload.amount > decimal("1e2")',
];
const REST = [
  "deny: true",
  "deny_if: table",
  "deny_if: [Größe, x, rm -rf]",
  "deny_regex: 'dr?op\\s+t'",
  "deny_regex: [a+b, '[ab]', '^x']",
  "deny_effects: outgoing",
  "deny_effects: [fs.read, net.connect where host.class == public]",
  "require_approval: true",
  "require_approval: false",
  "require_approval_if: secret",
  "require_approval_regex: '\\busers\\b'",
  "require_approval_effects: fs.write where target.zone == inside",
  "allow_if: safe_paths",
  "deny_if: zzz, require_approval_if: a, allow_if: safe_paths",
];
const MORE = [
  "",
  "mode: warn",
  "mode: shadow",
  "severity: critical",
  "severity: low",
  "description: why  not",
  "expires: 2026-03-04",
  'hours: {from: "11:00", to: "20:00", timezone: UTC}',
  'hours: {from: "22:00", to: "06:00", timezone: Europe/Berlin, days: [wed]}',
  'hours: {from: "11:00", to: "20:00", timezone: Asia/Tokyo}',
  "after: {mark: m, per: trace}",
  "after: {mark: m, per: agent, within: 1h}",
  "after: {mark: m, per: agent, within: 61m}",
  "after: {mark: other, per: all}",
  "obligations: [{notify: a}, {limit_output: 5}, {redact: payload.n}]",
  "transform: [{set: payload.n, to: 5}]",
  "transform: [{set: payload.n, cel: 'payload.n + payload.amount'}, {remove: payload.kind}]",
  "approval: {count: 2, within: 1h, by: [{role: a}, {approver: b}], reason_required: true}",
];
const WHERE = [
  "actions: any",
  "action_type: run_job",
  "actions: [execute_shell, 'verb:money']",
  "actions: ['verb:exec', 'verb:fs.write', refund]",
  "action_type: modify_file",
  "actions: [call_external_api, modify_file]",
];

function rulesText(rules: readonly string[]): string {
  return `rules:\n${rules.map((rule) => `  - {${rule.replaceAll(/, (?=,|$)|^, /g, "")}}\n`).join("")}`;
}
const quoted = (when: string): string => JSON.stringify(when);
const POLICIES = [
  ...WHENS.flatMap((when, at) => [
    rulesText([
      `${WHERE[0] ?? ""}, when: ${quoted(when)}, deny: true`,
      `${WHERE[at % WHERE.length] ?? ""}, when: ${quoted(`${when} && payload.n == 1`)}, ${REST[at % REST.length] ?? ""}`,
      `actions: any, when: ${quoted(`${when} || ${WHENS[(at * 7 + 1) % WHENS.length] ?? ""}`)}, require_approval: true`,
    ]),
  ]),
  ...WHERE.flatMap((where) =>
    REST.map((rest, at) =>
      rulesText([
        `${where}, ${rest}`,
        `${where}, ${rest}, ${MORE[at % MORE.length] ?? ""}`,
        `${where}, when_all: payload.kind == delete, ${rest}`,
        `${where}, when_not: payload contains table, ${rest}`,
      ]),
    ),
  ),
  ...MORE.flatMap((more) =>
    REST.filter((_, at) => at % 4 === 0).map((rest) =>
      rulesText([`actions: any, ${rest}, ${more}`, `action_type: run_job, ${rest}, ${more}`]),
    ),
  ),
  ...CONDITIONS.filter((source, at) => at % 23 === 0 && "predicate" in parsePredicate(source)).map((source) =>
    rulesText([
      `actions: any, when_all: ${quoted(source)}, deny: true`,
      `actions: any, when_any: [${quoted(source)}, payload.n == 1], deny_if: a`,
      `actions: any, when_not: ${quoted(source)}, require_approval: true`,
    ]),
  ),
  rulesText([
    "actions: any, deny: true, budget: {sum: payload.amount, limit: 200, per: agent}",
    "actions: any, require_approval: true, budget: {limit: 200 EUR, window: 1h, per: all}",
    "actions: any, deny: true, id: failing, budget: {sum: payload.n, limit: 1, per: all}",
    "actions: any, deny: true, rate: {limit: 3, per: session}",
    "actions: any, deny: true, rate: {limit: ctx.n, window: 1m, per: session}",
    "actions: any, mark: x, when: payload.n == 1",
  ]),
];

for (const [part, policies] of parts(POLICIES)) {
  record(
    `rules, asked of every action, ${part}`,
    () => policies,
    (text) => {
      const policy = compile(text);
      const selector = finished(selectorOf(policy.rules));
      return inputs.map((input) => {
        const budget = new Budget();
        const answer = policy.evaluate({ ...input, budget });
        return [answer, selector.select(input).map(({ id }) => id), budget.spent, budget.tried.spent];
      });
    },
  );
}
record(
  "rules, compiled",
  () => POLICIES,
  (text) => compile(text).rules,
);
record(
  "rules, asked with little to spend",
  () => POLICIES.filter((_, at) => at % 3 === 0).flatMap((text) => [60, 150, 400].map((units) => ({ text, units }))),
  ({ text, units }) => {
    const policy = compile(text);
    return inputs.slice(0, 9).map((input) => policy.evaluate({ ...input, budget: new Budget(units) }));
  },
);

finish();
