import { hash } from "node:crypto";
import { openRecord } from "../../../ledger/record.fixture.test.ts";
import { finish as finished } from "../../steps.ts";
import { readPolicy } from "../check.ts";
import { topContext, type ResolveInclude } from "../include.ts";
import { lintPolicy } from "../lint.ts";
import { decodePolicy, parseYaml } from "../parse.ts";
import { ProblemList } from "../problem.ts";

// What each key of a policy makes of each kind of value: what is read, and every problem with its place, code and fix.
// Beside this stand the tests that say what is right. After a change that is meant, `npm run golden` writes it anew.

const { record, finish } = openRecord(new URL("../../../../../../vectors/record/policy-keys.txt", import.meta.url));

const sha256Hex = (bytes: Uint8Array | string): string => hash("sha256", bytes);
const HEX = "0123456789abcdef".repeat(4);

/** The files that policies here may include. */
const FILES: Readonly<Record<string, string>> = {
  "own.yaml": `parameters:\n  limit: {type: decimal, default: 100}\n  kinds: {type: list}\nrules:\n  - {id: a, action_type: x, when: 'payload.n > params.limit', deny: true}\n  - {action_type: y, mark: m}\n`,
  "broken.yaml": `rules:\n  - {id: a, deny: 1}\n  - {action_type: [], deny: x, id: "-"}\n  - {action_type: z, denny: true}\n  - 7\n`,
  "plain.yml": "rules:\n  - {id: p, action_type: x, deny: true, tests: [{expect: DENY}]}\n",
  "state.yaml": "labels:\n  - {label: l, paths: [a]}\nrules:\n  - {action_type: x, deny: true}\n",
  "self.yaml": "include:\n  - {file: self.yaml}\n",
  "bytes.yaml": "\u0000",
};
const resolverOf =
  (files: Readonly<Record<string, string>>): ResolveInclude =>
  ({ file, pack, from }) => {
    if (file === "nothing.yaml") return { problem: "there is no such file", fix: "write one" };
    const text = file === null ? undefined : files[file];
    if (text !== undefined) return { bytes: text, file: `/srv/${from ?? "none"}/${file}` };
    return pack === "given" ? { bytes: "rules:\n  - {action_type: g, deny: true}\n", file: null } : null;
  };

function read(
  text: string,
  problems: ProblemList = new ProblemList(),
  files: Readonly<Record<string, string>> = FILES,
): unknown {
  const decoded = decodePolicy(text, problems);
  const root = decoded === null ? null : parseYaml(decoded, problems);
  const context = topContext({ resolve: text.includes("alone") ? null : resolverOf(files), sha256Hex }, "main.yaml");
  const source = root === null ? null : finished(readPolicy(root, problems, context));
  return { problems: problems.problems, refused: problems.refused, source, total: context.total };
}

function readAndLint(text: string): unknown {
  const problems = new ProblemList();
  const answer = read(text, problems);
  // Of what is refused the linter says the same.
  return problems.refused ? answer : [answer, lintPolicy(text, "rules.yaml", { now_ms: Date.UTC(2026, 5, 1) })];
}

const long = (length: number): string => "x".repeat(length);

/** Values of every kind. */
const ODD = [
  "",
  "null",
  "~",
  "true",
  "false",
  "x",
  '"x"',
  "'x y'",
  '""',
  '" "',
  "12",
  "-1",
  "1.5",
  "0",
  "0x10",
  "1e3",
  ".inf",
  "007",
  "[]",
  "[x]",
  "[x, x]",
  "[1]",
  "[true]",
  '[""]',
  "[null]",
  "[x, [y]]",
  "[{a: b}]",
  "[{}]",
  "{}",
  "{a: b}",
  "{x: }",
  "{1: x}",
  "yes",
  "No",
  "[on]",
  '"yes"',
  '"a\\bc"',
  '"a\\u200bc"',
  '"\\ud800"',
  '"a\\nb"',
  "any",
  "[any]",
  "all",
  "a*",
  "[?]",
  '"verb:exec"',
  "[verb:exec, verb:x, refund]",
  "[-]",
  long(64),
  long(65),
  long(256),
  long(257),
  `[${long(4096)}]`,
  `[${long(4097)}]`,
  "a.b-c_d",
  "-a",
  "a b",
  "é",
  '"^a"',
  "\\\\bx",
];
const WORDS = [
  "low",
  "hihg",
  "critical",
  "enforce",
  "shadow",
  "wran",
  "safe_paths",
  "safe_path",
  "session",
  "agnet",
  "all",
  "ALLOW",
  "deny",
  "pass",
  "cedar",
  "opa-wasm",
  "opa-http",
  "decimal",
  "int",
  "string",
  "bool",
  "list",
  "30s",
  "0s",
  "15m",
  "24h",
  "366d",
  "367d",
  "3650d",
  "3651d",
  "1w",
  "1234567890s",
  "999999999s",
  '"22:00"',
  '"24:00"',
  '"24:01"',
  '"00:00"',
  '"9:00"',
  "2027-01-31",
  "2027-02-29",
  "2028-02-29",
  "1969-12-31",
  "1970-01-01",
  "2027-1-1",
  "2027-04-31",
  "2027-01-00",
  "UTC",
  "+02:00",
  '"-14:30"',
  "+15:00",
  "Europe/Berlin",
  "Nowhere/No",
  "200 USD",
  "200.50",
  "0.00",
  "1.234567890123456789 eur",
  "1.2345678901234567890",
  "$5",
  "params.limit",
  "ctx.limit",
  "payload.amount",
  "payload.a-b.c",
  "payload.",
  "payload",
  'spend("USD")',
  "spend('eur')",
  "spend(USD)",
  "decimal(ctx.x) * decimal('2')",
  "1 +",
  "payload.amount > 5",
  "payload.n + 1",
  "nosuch",
  "now",
  "session.labels",
  "effects.exists(e, e.kind == 'fs.read')",
  "payload contains x",
  "!payload contains x",
  "agent_ctx.role == admin",
  "ctx.env != production",
  "paths in safe_paths",
  "session has label secret",
  "effects has fs.read",
  "action_type == refund",
  "payload matches /a+/",
  "a = b",
  "a < b",
  "efects has x",
  "fs.read",
  "net.connect where host.class == public",
  "outgoing where trusted == false",
  "fs.raed",
  "fs.write where target.zone == nowhere",
  "secrets/**",
  "~/.aws/**",
  "/etc/keys/*",
  "**",
  "*",
  "a/../b",
  "a//b",
  "a**b",
  "[a]",
  "./x",
  "/",
  "~",
  "**/x",
  "/**/x",
  "a/",
  "payload.x",
  "result.y.z",
  "payload",
  "other.x",
  "monday",
  "[mon, tue]",
  "[mon, mon]",
  "[sat, moon]",
  "[sun, mon, tue, wed, thu, fri, sat]",
  "8",
  "64",
  "65",
  "1073741824",
  "1073741825",
  "99999999999999999",
  "a.cedar",
  "../a",
  "/srv/a",
  '"a\\\\b"',
  HEX,
  HEX.toUpperCase(),
  HEX.slice(1),
  `"${HEX}0"`,
  "https://a.example",
  "http://a.example",
  "http://127.0.0.1:8181/x",
  "http://localhost",
  "http://[::1]/",
  "ftp://a",
  "https://u@a",
  "https://:p@a",
  "https://a/?q",
  "https://a/#f",
  "a b",
  "canopy/decision",
  "canopy//x",
  "1ms",
  "250ms",
  "251ms",
  "0ms",
  "[{role: x}]",
  "{approver: x}",
  "{role: x, approver: y}",
  "[{set: payload.x, to: 1}]",
];
const VALUES = [...ODD, ...WORDS];

const RULE = [
  ..."id description owner severity mode expires when mark tests approval obligations transform hours after budget rate when_all when_any when_not"
    .split(" ")
    .map((key) => `{action_type: x, ${key === "mark" ? "" : "deny: true, "}${key}: §}`),
  ..."deny deny_if deny_regex deny_effects require_approval require_approval_if require_approval_regex require_approval_effects allow_if"
    .split(" ")
    .flatMap((key) => [`{action_type: x, ${key}: §}`, `{action_type: x, ${key}: [ok, §]}`]),
  "{action_type: §, deny: true}",
  "{actions: §, deny: true}",
  "{actions: [refund, §], deny: true}",
  "{action_type: x, actions: §, deny: true}",
  "{action_type: x, §: true}",
  "{action_type: x, deny: true, §: 1}",
  "§",
  ..."when_all when_any when_not"
    .split(" ")
    .map((key) => `{action_type: x, deny: true, ${key}: [§, payload contains ok]}`),
  ...[
    "sum: §, limit: 5, per: agent",
    "sum: payload.n, limit: §, per: agent",
    "limit: §, per: agent",
    "sum: §, limit: 5 USD, per: agent",
    "sum: payload.n, limit: 5, per: §",
    "limit: 5 eur, window: §, per: all",
    "§: 1, limit: 5 USD, per: all",
  ].map((inner) => `{action_type: x, deny: true, budget: {${inner}}}`),
  ...["limit: §, per: agent", "limit: 5, per: §", "limit: 5, window: §, per: session", "§: 1, limit: 5, per: all"].map(
    (inner) => `{action_type: x, require_approval: true, rate: {${inner}}}`,
  ),
  ...["mark: §, per: agent", "mark: m, per: §", "mark: m, per: trace, within: §", "§: x, mark: m, per: all"].map(
    (inner) => `{action_type: x, deny: true, after: {${inner}}}`,
  ),
  ...[
    'from: §, to: "06:00", timezone: UTC',
    'from: "22:00", to: §, timezone: UTC',
    'from: "22:00", to: "06:00", timezone: §',
    'from: "22:00", to: "06:00", timezone: UTC, days: §',
    'from: "22:00", to: "06:00", timezone: UTC, days: [mon, §]',
  ].map((inner) => `{action_type: x, deny: true, hours: {${inner}}}`),
  ...[
    "by: §",
    "by: [§, {role: x}]",
    "by: {role: §}",
    "by: [{approver: §}]",
    "by: {§: x}",
    "count: §",
    "within: §",
    "not_requester: §",
    "reason_required: §",
    "§: 1",
  ].map((inner) => `{action_type: x, require_approval: true, approval: {${inner}}}`),
  ...[
    "redact: §",
    "redact: [payload.x, §]",
    "require_dry_run: §",
    "pin_addresses: §",
    "limit_output: §",
    "notify: §",
    "§: true",
  ].map((inner) => `{action_type: x, obligations: [{${inner}}]}`),
  ...[
    "set: §, to: 1",
    "set: payload.a, to: §",
    "set: payload.a, cel: §",
    "remove: §",
    "set: payload.a, §: 1",
    "remove: payload.a, set: §",
  ].map((inner) => `{action_type: x, transform: [{${inner}}]}`),
  "{action_type: x, transform: [{set: payload.x, to: 1}, {remove: §}]}",
  "{action_type: x, obligations: [§, {notify: a}]}",
];
// Odd values for every key, of the others some.
function valuesFor(row: number): readonly string[] {
  return VALUES.filter((_, at) => at < ODD.length || (at + row) % 5 < 3);
}
for (const [row, rule] of RULE.entries()) {
  const answer = /mark|after|session|when/.test(rule) ? readAndLint : (text: string): unknown => read(text);
  record(
    `a rule ${rule}`,
    () => valuesFor(row).map((value) => `rules:\n  - ${rule.replace("§", () => value)}\n`),
    answer,
  );
}

const ENGINES = [
  ...[
    "id: §, engine: cedar",
    "id: a, engine: §",
    "id: a, engine: cedar, timeout: §",
    "id: a, engine: cedar, no_opinion: §",
    "id: a, engine: cedar, §: x",
  ].map((inner) => `{${inner}, file: a.cedar, sha256: "${HEX}"}`),
  ...[
    `file: §, sha256: "${HEX}"`,
    "file: a, sha256: §",
    `file: a, sha256: "${HEX}", schema: §, schema_sha256: "${HEX}"`,
    `file: a, sha256: "${HEX}", schema: s, schema_sha256: §`,
    `file: a, sha256: "${HEX}", schema: §`,
  ].map((inner) => `{id: a, engine: cedar, ${inner}}`),
  ...[
    `file: §, sha256: "${HEX}", entrypoint: a`,
    `file: a, sha256: "${HEX}", entrypoint: §`,
    `file: a, sha256: "${HEX}", entrypoint: a, data: §, data_sha256: "${HEX}"`,
    `file: a, sha256: "${HEX}", data: d, data_sha256: §`,
    `file: a, sha256: "${HEX}", entrypoint: a, §: x`,
  ].map((inner) => `{id: a, engine: opa-wasm, ${inner}}`),
  ...[
    "url: §, entrypoint: a",
    "url: https://a.example, entrypoint: §",
    "url: https://a.example, entrypoint: a, §: x",
    "§: x",
  ].map((inner) => `{id: a, engine: opa-http, ${inner}}`),
  "§",
];
for (const [row, engine] of ENGINES.entries()) {
  record(
    `an engine ${engine.replaceAll(HEX, "…")}`,
    () => valuesFor(row).map((value) => `engines:\n  - ${engine.replace("§", () => value)}\n`),
    (text) => read(text),
  );
}

const TYPES = ["decimal", "int", "string", "bool", "list"];
const NUMBERS = [
  "9007199254740991",
  "9007199254740992",
  "1e2",
  "01",
  "-0",
  "1.",
  ".5",
  "1.0",
  "[1, a, true]",
  "[1.5]",
  "[1e5]",
  "[.inf]",
  "[a, [b]]",
  "[a, null]",
  `"${"1".repeat(31)}"`,
  `"${"1".repeat(32)}"`,
  `"1.${"1".repeat(30)}"`,
  `"1.${"1".repeat(31)}"`,
  '"-1.5"',
  '"01"',
  '"1x"',
  `"${long(4096)}"`,
  `"${long(4097)}"`,
  `["${long(4097)}"]`,
  `[${"a, ".repeat(999)}a]`,
  `[${"a, ".repeat(1000)}a]`,
];
const TOP = [
  "name: §",
  "description: §",
  "labels: §",
  "labels: [§]",
  "parameters: §",
  "parameters: {p: §}",
  "parameters: {§: {type: int, default: 1}}",
  "parameters: {p: {type: §, default: 1}}",
  "parameters: {p: {type: string, default: a, description: §}}",
  "parameters: {p: {type: int, default: 1, §: 1}}",
  "§: x",
  ...[
    "label: §, paths: [a]",
    "label: l, paths: §",
    "label: l, paths: [a, §]",
    "label: l, effects: §",
    "label: l, §: [a]",
  ].map((inner) => `labels: [{${inner}}]`),
  "labels: [{label: a, paths: [x]}, {label: §, paths: [y]}]",
  ...TYPES.map((type) => `parameters: {p: {type: ${type}, default: §}}`),
];
for (const top of TOP) {
  const text = (value: string): string =>
    `${top.replace("§", () => value)}\nrules:\n  - {action_type: x, when: 'payload.a == params.p', deny: true}\n`;
  record(
    `a policy with ${top}`,
    () => [...VALUES, ...(top.includes("default: §") ? NUMBERS : [])].map(text),
    readAndLint,
  );
}
for (const type of TYPES) {
  const own = (more: string): string =>
    `parameters: {p: {type: ${type}${more}}}\nrules:\n  - {id: a, action_type: x, when: 'payload.a == params.p', deny: true}\n`;
  const includes = (file: string, rest: string): string =>
    `include: [{file: given.yaml, sha256: "${sha256Hex(file)}"${rest}}]\n`;
  record(
    `values given to a parameter of type ${type}`,
    () =>
      ["", ", default: 5", ", default: [a]"].map(own).flatMap((file) => [
        { text: includes(file, ""), file },
        ...[...VALUES.slice(0, 60), ...NUMBERS].map((value) => ({
          text: includes(file, `, with: {p: ${value}}`),
          file,
        })),
      ]),
    ({ text, file }) => read(text, new ProblemList(), { "given.yaml": file }),
  );
}
record(
  "rules that are none",
  () =>
    VALUES.flatMap((value) => [
      `rules: ${value}\n`,
      `${value}\n`,
      `rules:\n  - {id: a, action_type: x, deny: true}\n  - {id: ${value}, action_type: y, deny: true}\n`,
    ]),
  readAndLint,
);

const sha = (file: string): string => sha256Hex(FILES[file] ?? "");
const INCLUDES = [
  ...[
    "file: own.yaml, with: {kinds: [a]}",
    "file: own.yaml",
    "file: own.yaml, with: {kinds: [a], limit: 5}, as: o",
    "file: own.yaml, with: {kinds: 5, limt: 5}",
    "file: own.yaml, with: {limit: x}",
    "file: own.yaml, with: [a]",
    "file: own.yaml, with: {}",
    "file: plain.yml",
    "file: plain.yml, with: {a: 1}",
    "file: broken.yaml",
    "file: state.yaml",
    "file: self.yaml",
    "file: bytes.yaml",
  ].map((inner) => {
    const file = /file: (\S+?)(?:,|$)/.exec(inner)?.[1] ?? "";
    return `{${inner}, sha256: "${sha(file)}"}`;
  }),
  "{pack: default}",
  "{pack: given}",
  "{pack: defualt}",
  "{pack: default, as: d}",
  "{file: nothing.yaml}",
  "{file: alone.yaml}",
  "{file: a/b.yaml, pack: default}",
  "{}",
  "{sha256: x}",
  "{file: own.yaml, sha256: 5}",
  `{file: own.yaml, sha256: "${HEX}"}`,
  `{file: "a b.yaml", sha256: "${HEX}"}`,
  '{file: ""}',
  "{as: x}",
  "{file: own.yaml, as: -x}",
  ...["file", "pack", "sha256", "with", "as", "other"].flatMap((key) =>
    ODD.map((value) =>
      key === "file" || key === "pack"
        ? `{${key}: ${value}}`
        : `{file: plain.yml, sha256: "${sha("plain.yml")}", ${key}: ${value}}`,
    ),
  ),
];
record(
  "includes",
  () => INCLUDES.map((include) => `include: [${include}]\nrules:\n  - {id: plain.p, action_type: x, deny: true}\n`),
  readAndLint,
);
record(
  "includes beside others",
  () =>
    INCLUDES.flatMap((include) => [
      `include: [${include}]\n`,
      `include: [${include}, {file: plain.yml, sha256: "${sha("plain.yml")}"}]\n`,
    ]),
  (text) => read(text),
);

const PARTS = [
  ..."id: a|description: d|owner: o|severity: high|mode: shadow|expires: 2027-01-31|when: payload.a == 1|mark: m|tests: [{expect: DENY}]|deny: true|deny: false|deny_if: a|deny_regex: a+b|deny_effects: fs.read".split(
    "|",
  ),
  ..."require_approval: true|require_approval: false|require_approval_if: a|require_approval_regex: ab|require_approval_effects: fs.read|allow_if: safe_paths|approval: {count: 2}|obligations: [{notify: a}]|transform: [{set: payload.a, to: 1}]".split(
    "|",
  ),
  ..."after: {mark: m, per: trace}|budget: {limit: 5 USD, per: all}|rate: {limit: 5, per: all}|when_all: payload contains a|when_any: [payload contains a, ctx.a == 1]|when_not: paths in safe_paths|actions: any|action_type: x|actions: [x, verb:exec]".split(
    "|",
  ),
  'hours: {from: "22:00", to: "06:00", timezone: UTC}',
];
record(
  "two keys of one rule",
  () =>
    PARTS.flatMap((one, at) =>
      PARTS.slice(at + 1).flatMap((two) => [
        `rules:\n  - {${one}, ${two}}\n`,
        `rules:\n  - {action_type: x, ${one}, ${two}}\n`,
      ]),
    ),
  readAndLint,
);
record(
  "two rules that say alike",
  () =>
    PARTS.flatMap((one, at) =>
      [one, PARTS[(at * 7 + 3) % PARTS.length] ?? ""].map(
        (two) =>
          `rules:\n  - {action_type: x, deny: true, ${one}}\n  - {action_type: x, require_approval: true, ${two}}\n  - {action_type: x, ${two}, ${one}}\n`,
      ),
    ),
  readAndLint,
);
record(
  "policies at their limits",
  () => [
    `rules:\n  - {action_type: x, deny_if: [${Array.from({ length: 300 }, (_, at) => `w${at}`).join(", ")}]}\n`,
    ...[256, 257].flatMap((count) => [
      `rules:\n  - {actions: [${Array.from({ length: count }, (_, at) => `w${at}`).join(", ")}], deny: true}\n`,
      `rules:\n  - {action_type: x, deny: true, tests: [${"{expect: DENY}, ".repeat(count)}]}\n`,
      `labels: [{label: l, paths: [${Array.from({ length: count }, (_, at) => `w${at}`).join(", ")}]}]\nrules: [{action_type: x, deny: true}]\n`,
    ]),
    ...[64, 65].flatMap((count) => [
      `rules:\n  - {action_type: x, transform: [${Array.from({ length: count }, (_, at) => `{remove: payload.w${at}}`).join(", ")}]}\n`,
      `rules:\n  - {action_type: x, obligations: [{redact: [${Array.from({ length: count }, (_, at) => `payload.w${at}`).join(", ")}]}]}\n`,
      `rules:\n  - {action_type: x, require_approval: true, approval: {by: [${"{role: x}, ".repeat(count)}]}}\n`,
      `labels: [${Array.from({ length: count }, (_, at) => `{label: w${at}, effects: fs.read}`).join(", ")}]\nrules: [{action_type: x, deny: true}]\n`,
      `include: [${Array.from({ length: count }, (_, at) => `{file: plain.yml, as: w${at}, sha256: "${sha("plain.yml")}"}`).join(", ")}]\n`,
    ]),
    ...[16, 17].map((count) => `rules:\n  - {action_type: x, obligations: [${"{notify: x}, ".repeat(count)}]}\n`),
    ...[8, 9].map(
      (count) =>
        `engines: [${Array.from({ length: count }, (_, at) => `{id: w${at}, engine: cedar, file: a, sha256: "${HEX}"}`).join(", ")}]\n`,
    ),
    ...[100, 101].map(
      (count) =>
        `parameters: {${Array.from({ length: count }, (_, at) => `w${at}: {type: int, default: 1}`).join(", ")}}\nrules: [{action_type: x, deny: true}]\n`,
    ),
    ...[30, 31, 32, 33].map(
      (count) => `labels: [{label: l, paths: [${"a/".repeat(count)}b]}]\nrules: [{action_type: x, deny: true}]\n`,
    ),
    ...[60, 120].map(
      (count) => `rules:\n${Array.from({ length: count }, (_, at) => `  - {action_type: x, denny: ${at}}\n`).join("")}`,
    ),
    `rules:\n  - action_type: x\n    deny_if: |\n      one\n      two\n`,
    `rules:\n  - action_type: x\n    deny_if:\n      - |\n        one\n      - >\n        two\n        three\n`,
  ],
  readAndLint,
);

finish();
