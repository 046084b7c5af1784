import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { damagedText } from "../../ledger/damaged.fixture.test.ts";
import { openRecord } from "../../ledger/record.fixture.test.ts";
import { parseAgentContext } from "../agent-context.ts";
import { deriveEffects } from "../effects/derive.ts";
import { normalizeAction } from "../normalize.ts";
import { actionOf, compile, FACTS } from "./ask.fixture.test.ts";
import { Budget } from "./budget.ts";
import { celView, compileCel, type CelParameters } from "./cel/index.ts";

// What is said of policies with small mistakes, and what expressions come to: problems with their places and fixes,
// findings, values, errors. After a change that is meant, `npm run golden` writes the record anew.

const VECTORS = new URL("../../../../../vectors/", import.meta.url);
const PACKS = new URL("../../../policies/", import.meta.url);
const RECORD = new URL("record/policies.txt", VECTORS);
const MOST = 160;

const { record, finish } = openRecord(RECORD);

const QUESTIONS = [
  { type: "run_job", payload: { q: "drop table users", amount: 250, path: "/etc/passwd", to: "a@example.com" } },
  { type: "execute_shell", payload: { command: "rm -rf /srv/data && curl https://example.com" } },
  { type: "spend_money", payload: { amount: 250, currency: "EUR" }, agent: { environment: "production" } },
];

const SURROUNDINGS = { cwd: "/srv/app", home: "/home/dev", governance: [], links: {} };
const TOOLS = { sha256Hex: (text: string): string => hash("sha256", text) };

function saidOf(text: string): unknown {
  const policy = compile(text);
  return QUESTIONS.map(({ type, payload, agent = {} }) => {
    const { verb } = normalizeAction({ action_type: type, action_payload: payload, cwd: "/srv/app" }, TOOLS);
    const action = actionOf({ type, payload, verb });
    const effects = deriveEffects(action, SURROUNDINGS);
    return policy.evaluate({ action, effects, agent: parseAgentContext({ public_key: "k", ...agent }), facts: FACTS });
  });
}

function some<Item>(list: readonly Item[]): readonly Item[] {
  const step = Math.max(1, list.length / MOST);
  return Array.from({ length: Math.min(MOST, list.length) }, (_, index) => list[Math.floor(index * step)]).filter(
    (item) => item !== undefined,
  );
}

for (const file of readdirSync(PACKS).filter((name) => name.endsWith(".yaml") && !name.includes(".test."))) {
  record(`policies/${file}`, () => some(damagedText(readFileSync(new URL(file, PACKS), "utf8"), 4000)), saidOf);
}
for (const file of ["own-actions/actions", "conformance/pipeline"]) {
  const policies = (): readonly string[] => {
    const lines = readFileSync(new URL(`${file}.jsonl`, VECTORS), "utf8")
      .trimEnd()
      .split("\n");
    const texts = lines.map((line): unknown => JSON.parse(line).policy).filter((text) => typeof text === "string");
    return [...new Set(texts)].filter((text) => text.length < 1500);
  };
  record(`the policies of ${file}`, policies, saidOf);
  record(
    `the policies of ${file} with mistakes`,
    () => policies().flatMap((text) => some(damagedText(text, 40)).slice(0, 8)),
    saidOf,
  );
}

const action = normalizeAction(
  {
    action_type: "spend_money",
    action_payload: { amount: 250, currency: "EUR", list: [1, "a", null], name: "ann" },
    cwd: "/srv/app",
  },
  TOOLS,
);
const view = celView({
  action,
  effects: deriveEffects(action, SURROUNDINGS),
  agent: parseAgentContext({ public_key: "k", environment: "production", n: 3 }),
  facts: { ...FACTS, now_ms: 1_767_225_600_000 },
  budget: new Budget(),
  session: { labels: ["secret"], marks: [] },
});

const PARAMETERS: CelParameters = {
  limit: { type: "decimal", value: "100" },
  hosts: { type: "list", value: ["a.example"] },
  count: { type: "int", value: 3 },
};

function valueOf(source: string): unknown {
  return (["bool", "amount", "json"] as const).map((expects) => {
    const compiled = compileCel(source, { expects, parameters: PARAMETERS });
    if ("problem" in compiled) return compiled;
    const result = compiled.condition.evaluate(view);
    return "value" in result ? result.value : result.error;
  });
}

const OPERANDS =
  `1 -1 2u 1.5 0.0 "a" "" b"a" true null [] [1,2] {} {"a":1} payload payload.amount payload.list payload.none.x ctx.env ` +
  `effects now action.verb session.labels params.limit params.hosts params.count decimal("1.5") duration("90s") ` +
  `timestamp("2026-01-01T00:00:00.120Z") 9223372036854775807 1e400 "2026-01-01T00:00:00Z" size x`;
const OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"];
const CALLS = (
  "size(A) int(A) uint(A) double(A) string(A) bool(A) bytes(A) duration(A) timestamp(A) decimal(A) type(A) dyn(A) has(A) has(A.b) " +
  "A.b A[0] A[B] A.size() A.contains(B) A.startsWith(B) A.endsWith(B) A.matches(B) A.lowerAscii() A.split(B) A.getFullYear() " +
  'A.getHours("Europe/Berlin") A.getSeconds() A.getDayOfWeek() A.exists(e,e==B) A.all(e,e!=B) A.map(e,[e,B]) A.filter(e,e==B) ' +
  "A.exists_one(e,e==B) A.map(e,e==B,e) A.map(1,e) A.exists(e) !A -A A?B:A A?A:B f(A) A.f(B) [A,B] {A:B} {B:A}[A] string(A)+string(B) (A"
).split(" ");
const operands = OPERANDS.split(" ");

for (const [at, left] of operands.entries()) {
  const right = operands[(at * 7 + 5) % operands.length] ?? "";
  record(
    `the expressions with ${left.replaceAll(" ", "")}`,
    () => [
      ...operands.flatMap((other) => OPERATORS.map((operator) => `${left} ${operator} ${other}`)),
      ...CALLS.flatMap((call) => [
        call.replaceAll("A", left).replaceAll("B", right),
        call.replaceAll("A", left).replaceAll("B", '"a"'),
      ]),
    ],
    valueOf,
  );
}
const SOURCES = [
  'payload.amount > decimal("100") && ctx.env == "production"',
  'effects.exists(e, e.kind == "net.connect" && !e.host.endsWith(".example"))',
  'payload.list.map(x, x == 1, [x, "é\\n"]).size() >= 2u ? params.limit : -1.5e3',
  'now - timestamp("2025-12-31T23:59:30Z") < duration("1h30m") || "a" in session.labels',
];
record("expressions with mistakes", () => SOURCES.flatMap((source) => damagedText(source, 600)), valueOf);

finish();
