import { damagedText } from "../../../ledger/damaged.fixture.test.ts";
import { openRecord } from "../../../ledger/record.fixture.test.ts";
import { Budget, BudgetSpent } from "../budget.ts";
import { PatternProblem } from "../pattern/translate.ts";
import { celClauses } from "../selection/cel-guards.ts";
import { world } from "../world.fixture.test.ts";
import { celAmount, celView, compileCel, type CelCondition, type CelParameters, type CelView } from "./index.ts";
import { compileRe2, requiredByRe2 } from "./re2-pattern.ts";
import { celJson, celText } from "./value-out.ts";

// What expressions in CEL come to, in every form in which a value leaves one, what each part gave, what it cost, and
// every problem with its place. Conformance and differential tests beside this say what is right. After a change that is
// meant, `npm run golden` writes the record anew.

const { record, finish } = openRecord(new URL("../../../../../../vectors/record/expressions.txt", import.meta.url));

const PARAMETERS: CelParameters = {
  limit: { type: "decimal", value: "100.50" },
  hosts: { type: "list", value: ["a.example", 1, true] },
  count: { type: "int", value: 3 },
  name: { type: "string", value: "né" },
  on: { type: "bool", value: true },
};
const INPUTS = world().filter((_, at) => [0, 2, 7].includes(at));
// Each expression has budgets of its own: what one costs takes nothing from the next.
function views(): readonly CelView[] {
  return INPUTS.map(({ action, effects, agent, facts }, at) =>
    celView({
      action,
      effects,
      agent,
      facts,
      budget: new Budget(at === 1 ? 400 : 1_000_000),
      session: { labels: at === 0 ? ["pii", "secret"] : [], marks: ["m"] },
    }),
  );
}

function comesTo(source: string): unknown {
  return (["bool", "amount", "json"] as const).map((expects) => {
    const compiled = compileCel(source, { expects, parameters: PARAMETERS });
    if (!("condition" in compiled)) return compiled;
    const { condition } = compiled;
    if (expects === "amount") return [condition.reads, condition.zones];
    return [
      condition.reads,
      condition.zones,
      expects === "bool" ? guarded(condition) : null,
      views().map((view) => [given(condition, view), expects === "json" ? condition.explain(view) : null]),
    ];
  });
}

function given(condition: CelCondition, view: CelView): unknown {
  const before = view.budget.spent;
  try {
    const result = condition.evaluate(view);
    const cost = view.budget.spent - before;
    if (!("value" in result)) return [result.error, cost];
    const { value } = result;
    return [celText(value), celJson(value) ?? "none", celAmount(value), cost];
  } catch (error) {
    if (error instanceof BudgetSpent) return "budget";
    throw error;
  }
}

// What tells, without asking a condition, whether it may hold of an action: where that is looked, what for, what is there.
function guarded(condition: CelCondition): unknown {
  return celClauses(condition.ast).map((clause) =>
    clause.map(({ probe, comparison }) => [probe.key, comparison, INPUTS.map((input) => probe.read(input))]),
  );
}

const TEXTS = [
  '""',
  '"a"',
  '"héllo😀wörld"',
  '"  a b\\t"',
  '"\\ufeff a \\u0085"',
  '"aXbXXc"',
  '"😀"',
  '"ABCxyz"',
  "payload.q",
  "payload.note",
  "ctx.role",
  "name",
  "params.name",
  "5",
  "null",
  "[1]",
];
const INTS = ["-1", "0", "1", "2", "5", "11", "12", "100", "9223372036854775807", "1.0", "1u", '"1"', "payload.n"];
const WANTED = ['""', '"X"', '"b"', '"é"', '"😀"', '"abcdefghijklmnopqrstuvwxyz"', "payload.q", "1"];
const every = (
  one: readonly string[],
  two: readonly string[],
  make: (a: string, b: string) => string,
): readonly string[] => one.flatMap((a) => two.map((b) => make(a, b)));

const ROWS: Readonly<Record<string, readonly string[]>> = {
  "places in texts": [
    ...every(TEXTS, INTS, (text, at) => `${text}.charAt(${at})`),
    ...every(TEXTS, INTS, (text, at) => `${text}.substring(${at})`),
    ...every(INTS, INTS, (a, b) => `"héllo😀w".substring(${a}, ${b})`),
  ],
  "texts looked for in texts": [
    "indexOf",
    "lastIndexOf",
    "contains",
    "startsWith",
    "endsWith",
    "split",
    "matches",
  ].flatMap((name) => every(TEXTS, WANTED, (text, wanted) => `${text}.${name}(${wanted})`)),
  "texts looked for from a place": ["indexOf", "lastIndexOf", "split"].flatMap((name) =>
    ['"aXbXXc"', '"é😀X😀X"'].flatMap((text) =>
      every(WANTED, INTS, (wanted, at) => `${text}.${name}(${wanted}, ${at})`),
    ),
  ),
  "texts replaced": [
    ...every(TEXTS, WANTED, (text, wanted) => `${text}.replace(${wanted}, "<>")`),
    ...every(WANTED, INTS, (wanted, at) => `"aXbXXc😀".replace(${wanted}, "yy", ${at})`),
  ],
  "texts changed": [
    "trim()",
    "lowerAscii()",
    "upperAscii()",
    "size()",
    "join()",
    "trim(1)",
    "nosuch()",
    "toString()",
    "constructor()",
  ]
    .flatMap((call) => [...TEXTS, '["a", "b"]', '["a", 1]', "[]", "payload.tags"].map((text) => `${text}.${call}`))
    .concat(
      every(
        ['["a", "b", "c"]', "[]", '["x"]', "payload.tags", '"a"'],
        ['", "', '""', "1", "payload.q"],
        (list, by) => `${list}.join(${by})`,
      ),
    ),
  "values turned into others": [
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "bytes",
    "duration",
    "timestamp",
    "decimal",
    "type",
    "dyn",
    "size",
    "has",
    "nosuch",
  ].flatMap((name) =>
    [
      '"1"',
      '"-1"',
      '"1.5"',
      '"1e3"',
      '" 1"',
      '"0x10"',
      '"true"',
      '"TRUE"',
      '"t"',
      '"f"',
      '"0"',
      '"x"',
      '"NaN"',
      '"Infinity"',
      '"90s"',
      '"1h30m"',
      '"-1.5h"',
      '"1ns"',
      '"10us"',
      '"1x"',
      '"9223372036854775807"',
      '"9223372036854775808"',
      '"18446744073709551615"',
      '"18446744073709551616"',
      '"2026-01-01T00:00:00Z"',
      '"2026-01-01T00:00:00.123456789+02:00"',
      '"2026-13-01T00:00:00Z"',
      '"0001-01-01T00:00:00Z"',
      '"9999-12-31T23:59:59.999999999Z"',
      '"10000-01-01T00:00:00Z"',
      "1",
      "-1",
      "1u",
      "1.5",
      "-1.5",
      "1e19",
      "-1e19",
      "9.3e18",
      "2.0",
      "true",
      "null",
      "b'ab'",
      "b'\\xff'",
      "[1]",
      "{1: 2}",
      "now",
      'duration("1m")',
      'decimal("1.50")',
      'decimal("-0.5")',
      'decimal("1e2")',
      "payload",
      "payload.amount",
      "payload.none",
      "effects",
      "effects[0]",
      "int",
      "type(1)",
      "1, 2",
      "",
    ].map((value) => `${name}(${value})`),
  ),
  "times and lengths of time": every(
    [
      'timestamp("2026-03-01T23:59:59.5Z")',
      'timestamp("2024-02-29T00:00:00Z")',
      'timestamp("1969-12-31T23:59:59.999Z")',
      "now",
      'duration("25h1m1.5s")',
      'duration("-90s")',
    ],
    [
      "getFullYear()",
      "getMonth()",
      "getDate()",
      "getDayOfMonth()",
      "getDayOfWeek()",
      "getDayOfYear()",
      "getHours()",
      "getMinutes()",
      "getSeconds()",
      "getMilliseconds()",
      'getHours("Europe/Berlin")',
      'getHours("+05:30")',
      'getHours("-11:00")',
      'getHours("UTC")',
      'getDate("Asia/Tokyo")',
      'getDate("nowhere")',
      "getHours(payload.q)",
      "getDayOfWeek(1)",
    ],
    (time, call) => `${time}.${call}`,
  )
    .concat(
      every(
        [
          'timestamp("2026-03-01T00:00:00Z")',
          "now",
          'duration("90s")',
          'duration("-1h")',
          "1",
          'timestamp("9999-12-31T23:59:59Z")',
          'duration("87600h")',
        ],
        [
          'timestamp("2026-03-01T00:00:00Z")',
          "now",
          'duration("90s")',
          'duration("-1h")',
          "1",
          'timestamp("0001-01-01T00:00:00Z")',
        ],
        (a, b) => `[${a} + ${b}, ${a} - ${b}, ${a} < ${b}, ${a} == ${b}]`,
      ),
    )
    .concat(
      every(
        ['timestamp("2026-03-01T00:00:00Z")', "now", 'duration("90s")', 'duration("-1h")'],
        ['timestamp("2026-03-01T00:00:00Z")', "now", 'duration("90s")', 'duration("2562047h")'],
        (a, b) => `${a} + ${b}`,
      ),
    ),
  "arithmetic and order": ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "in"].flatMap((operator) =>
    every(
      [
        "7",
        "-7",
        "0",
        "9223372036854775807",
        "-9223372036854775808",
        "7u",
        "0u",
        "18446744073709551615u",
        "1.5",
        "-0.0",
        '"a"',
        '"b"',
        "true",
        "false",
        "null",
        'decimal("1.5")',
        'decimal("-3")',
        'decimal("0")',
        "b'a'",
        "b'ab'",
        "[1, 2]",
        "[1, 3]",
        "{1: 2}",
        "payload.n",
        "payload.amount",
        "params.limit",
        "payload.none",
        "dyn(7)",
        "1.0 / 0.0",
        "0.0 / 0.0",
      ],
      [
        "7",
        "-2",
        "0",
        "7u",
        "1.5",
        '"a"',
        "true",
        "null",
        'decimal("1.5")',
        'decimal("0.3")',
        "b'a'",
        "[1, 2]",
        "[1.5, 2.0, 7]",
        "{1: 2}",
        "dyn(1.5)",
        "payload.n",
      ],
      (a, b) => `${a} ${operator} ${b}`,
    ),
  ),
  "lists, maps and macros": every(
    [
      "[1, 2, 3]",
      "[]",
      '["a", 1, null]',
      "[1, 1, 2]",
      '{"a": 1, "b": 2}',
      "{}",
      "{1: true, 2u: false}",
      "payload.tags",
      "payload",
      "ctx",
      "effects",
      "session.labels",
      "params.hosts",
      '"text"',
      "5",
      "[[1], [2, 3]]",
    ],
    [
      "exists(x, x == 1)",
      "exists(x, x > 1)",
      "all(x, x == 1)",
      "all(x, x > 0)",
      "exists_one(x, x == 1)",
      "map(x, x)",
      "map(x, [x, x])",
      "map(x, x == 1, x)",
      "filter(x, x == 1)",
      'filter(x, x == "a")',
      "exists(x, x.kind == 'net.connect')",
      "exists(x, nosuch)",
      "exists(x, 5)",
      "map(x, map(y, x))",
      "exists(x, [1].exists(y, y == x))",
      "exists(payload, true)",
      "exists(x.y, true)",
      "exists(x)",
      "map(x, y, z, w)",
      "size()",
      "a",
      "b.c",
      "nosuch",
    ],
    (list, call) => `${list}.${call}`,
  )
    .concat(
      every(
        [
          "[1, 2, 3]",
          "[]",
          '{"a": 1}',
          "{1: 2}",
          "{true: 1}",
          "payload.tags",
          "payload",
          "ctx",
          "effects",
          '"text"',
          "null",
        ],
        ["0", "-1", "5", "1.0", "1.5", "1u", '"a"', '"n"', "true", "payload.n", "null"],
        (list, at) => `${list}[${at}]`,
      ),
    )
    .concat(
      every(
        [
          "payload.n",
          "payload.none",
          "payload.deep.er.x",
          "ctx.role",
          "ctx",
          "payload.tags.a",
          "{'a': 1}.a",
          "{'a': 1}.b",
          "effects[0].host",
          "effects",
          "action.verb",
          "action.nosuch",
          "payload[0]",
          "1",
          "x.y",
          "session.labels",
        ],
        [
          "has(A)",
          "A",
          "!A",
          "-A",
          "A ? 1 : 2",
          "true ? A : 1",
          "false && A",
          "true || A",
          "A && true",
          "A || false",
          "A == null",
          "[A]",
          '{"k": A}',
          "type(A)",
          "string(A)",
          "size(A)",
          "A.x",
          "A in [1]",
          "1 in A",
          "(A)",
        ],
        (place, call) => call.replaceAll("A", () => place),
      ),
    ),
};
for (const [name, sources] of Object.entries(ROWS)) {
  // In several rows, so that each is a short test.
  for (const part of [0, 1, 2, 3]) {
    record(`${name}, ${part}`, () => sources.filter((_, at) => at % 4 === part), comesTo);
  }
}

const EFFECT_MEMBERS = [
  "kind",
  "via",
  "host",
  "host_text",
  "host_class",
  "port",
  "domain",
  "trusted",
  "outgoing",
  "path",
  "path_text",
  "zone",
  "glob",
  "secret",
  "governance",
  "persistence",
  "program",
  "args",
  "known",
  "sends",
  "origin",
  "scheme",
  "recursive",
  "moved",
  "mode",
  "fresh",
  "system",
  "system_wide",
  "text",
  "nosuch",
  "target",
  "problem",
  "amount",
  "currency",
  "count",
  "types",
  "requested",
  "operation",
  "detail",
];
record(
  "members of effects",
  () =>
    EFFECT_MEMBERS.flatMap((name) => [
      `effects.map(e, e.${name})`,
      `effects.map(e, has(e.${name}))`,
      `effects.exists(e, e.kind == "net.connect" && e.${name} == "x")`,
      `effects.exists(e, e.kind in ["fs.delete", "exec.program"] && e.${name} == true)`,
      `effects.exists(e, e.${name} == 5)`,
      `effects.filter(e, e.kind == "fs.delete").map(e, e.${name})`,
    ]),
  comesTo,
);
record(
  "texts that are no expressions, or odd ones",
  () => [
    "",
    " ",
    "1 +",
    "(1",
    "1)",
    "[1",
    "{1: 2",
    "{1}",
    '"a',
    "'a",
    '"""a"""',
    "r'a\\b'",
    "br'\\x'",
    "'\\q'",
    "'\\u12'",
    "'\\U00110000'",
    "'\\x4'",
    "'\\012'",
    "'\\400'",
    "b'\\u0041'",
    "1..2",
    "1.",
    ".5",
    "0x",
    "0x1F",
    "0xffffffffffffffff",
    "0xffu",
    "1e",
    "1e5",
    "1e999",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616u",
    "1u2",
    "a b",
    "a.1",
    "a.",
    "a.b(",
    "a.b(1,",
    "a[",
    "a[]",
    "f(1,)",
    "[1,]",
    "{1:2,}",
    "{,}",
    "a ? b",
    "a ? b : ",
    "a : b",
    "!",
    "!!true",
    "--1",
    "- -1",
    "!-1",
    "a && ",
    "&& a",
    "a & b",
    "a | b",
    "a = b",
    "a === b",
    "a <> b",
    "a; b",
    "// c",
    "1 // c",
    "true // c\n&& false",
    "a\n.b",
    "in",
    "in in in",
    "null.a",
    "true.a",
    "var",
    "let x = 1",
    "package",
    "namespace",
    "while",
    "a.in",
    "a.package",
    "`a`",
    "a.`b-c`",
    "@x",
    "#x",
    "$x",
    "é",
    "x.é",
    "\u00a0true",
    "true\u200b",
    `${"(".repeat(60)}1${")".repeat(60)}`,
    `${"[".repeat(40)}1${"]".repeat(40)}`,
    "1 < 2 < 3",
    "1 == 1 == true",
    "true ? false ? 1 : 2 : 3",
    "a.b.c.d.e.f",
    "1 + 2 * 3 - 4 / 2 % 3",
    "-2 * -3",
    "!true || true && false",
    "payload.a.b[0].c",
    ".payload",
    "payload.x()",
    "payload()",
    "has(payload)",
    "has(payload.a.b)",
    "has(1)",
    "has()",
    "dyn(1).a",
    "matches('a', 'b')",
    "size('a', 'b')",
    "type(1) == int",
    "type('') == string",
    "type([]) == list",
    "type({}) == map",
    "type(null) == null_type",
    "type(now) == google.protobuf.Timestamp",
    "type(decimal('1')) == decimal",
    "type(type(1)) == type",
    "google.protobuf.Nosuch",
    `"${"x".repeat(200)}"`,
    "[1,2,3,4,5,6,7,8,9,10]",
    "[[[[1]]]]",
    "{'a': {'b': {'c': {'d': 1}}}}",
  ],
  comesTo,
);
const SOURCES = [
  'now.getHours("Europe/Berlin") >= 9 && payload.list.filter(i, i.size() > 2u).all(i, i != "x") ? params.limit : decimal("1.5")',
  "has(payload.a.b) || !(ctx.role in ['admin', b'\\x00', r'a\\b']) && -1.5e3 <= 0x1F % 2 // c",
  'effects.exists(e, e.kind == "fs.write" && e.path.startsWith("/srv") && e.zone != "temp")',
];
for (const [number, source] of SOURCES.entries()) {
  for (const part of [0, 1]) {
    record(
      `expression ${number} with small mistakes, ${part}`,
      () => damagedText(source, 500).filter((_, at) => at % 2 === part),
      comesTo,
    );
  }
}
const PATTERNS = [
  "a",
  "ab",
  "drop",
  "DROP\\s+table",
  "a|b",
  "ab|cd",
  "(?i)ab",
  "a{3}",
  "ab{2}",
  "a{1001}",
  "(?:a{100}){30}",
  "(?:ab){999}",
  "[a-z]+",
  "\\d+",
  "\\bab\\b",
  "\\pL",
  "\\x41bc",
  "\\Qa.b\\E",
  "(?P<n>ab)",
  "(?<n>ab)",
  "(?=a)",
  "(?!a)",
  "(?<=a)",
  "(?<!a)",
  "(a)\\1",
  "(",
  ")",
  "[",
  "*",
  "a**",
  "a++",
  "^ab$",
  "ab$",
  "a$b",
  "a^b",
  "\\Aab\\z",
  "\\Z",
  "",
  "x".repeat(512),
  "x".repeat(513),
  "ab\\.",
  "ab\\/",
  "ab\\-",
  "é",
  "ſs",
];
record(
  "patterns of RE2",
  () => PATTERNS,
  (source) => {
    try {
      const pattern = compileRe2(source);
      const { possible, size, required, making } = pattern;
      const found = ["", "a", "ab", "AB", "drop  table", "x.y", "aaa", "é", "abcab", "a.b", "ſs", "\nab\n"].map(
        (text) => [pattern.mayMatch(text), pattern.test(text)],
      );
      return [possible, size, required, making, found, requiredByRe2(source)];
    } catch (error) {
      if (error instanceof PatternProblem) return [error.message, error.fix, requiredByRe2(source)];
      throw error;
    }
  },
);

finish();
