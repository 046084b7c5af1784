import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { typeText } from "../../core/policy/cel/type.ts";
import { isAskedFor } from "../../storage/entry-filter.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { EntryCondition } from "./entry-condition.ts";
import { entryEnvironment } from "./entry-environment.ts";

const NOW = Date.UTC(2026, 0, 2);

function entry(members: Readonly<Record<string, LedgerEntry[string]>> = {}): LedgerEntry {
  const chain = { seq: 7, log_id: "l", prev_hash: "p", entry_hash: "h" };
  return { ...chain, event: "authorize_action", timestamp: "2026-01-01T12:00:00Z", ...members };
}

const DECISION = entry({
  decision: "DENY",
  avid: "AVID-1",
  action_type: "delete_file",
  severity: "high",
  findings: [{ rule_ref: "no-deletes", decision: "DENY", severity: "high" }],
  effects: ["fs.delete", "net.connect"],
  policy_snapshot: { policy_hash: "sha256:aa" },
  approvers: [{ approver: "ann", key_id: "k" }],
  obligations: [{ type: "log", detail: {} }],
});

function holds(source: string, of: LedgerEntry = DECISION): unknown {
  return new EntryCondition(source, NOW).holds(of, null);
}

test("a question reads the members of an entry, and those that it lacks as nothing", () => {
  for (const source of [
    'decision == "DENY" && action_type == "delete_file" && verb == "fs.delete"',
    'effects.exists(e, e.kind == "net.connect")',
    '"no-deletes" in rule_refs && findings.all(f, f.severity == "high")',
    'trace_id == "" && !ok && shadow.size() == 0',
    'timestamp > now - duration("24h") && timestamp.getHours() == 12',
    'timestamp.getHours("+01:00") == 13 && now.getHours("Europe/Berlin") == 1',
    'policy_hash == "sha256:aa" && "ann" in approvers && "log" in obligations',
    'entry["decision"] == "DENY" && seq == 7',
  ]) {
    assert.equal(holds(source), true, source);
  }
  assert.equal(holds('decision == "ALLOW"'), false);
});

test("what an entry doesn't tell is no answer: neither yes nor no", () => {
  const answer = holds('effects.exists(e, e.kind == "net.connect" && e.host == "evil.example")');
  assert.match(JSON.stringify(answer), /undecided/u);
  // Where it can be told without, it is.
  assert.equal(holds('effects.exists(e, e.kind == "money.move" && e.host == "x")'), false);
  assert.deepEqual(holds('payload.command == "ls"'), { undecided: "its record is not known" });
});

test("what is no question is refused with its place and a fix", () => {
  assert.throws(() => new EntryCondition('decsion == "DENY"', NOW), { code: "USAGE", fix: /did you mean `decision`/u });
  assert.throws(() => new EntryCondition("decision", NOW), { code: "USAGE", message: /at character 1/u });
  assert.throws(() => new EntryCondition('verb == "fs.remove"', NOW), { code: "USAGE" });
  assert.throws(() => new EntryCondition("(".repeat(5000), NOW), { code: "USAGE" });
});

const NAMES = ["decision", "avid", "event", "action_type", "trace_id", "tenant_id", "incident_id"] as const;
const TEXTS = ["DENY", "ALLOW", "AVID-1", "authorize_action", "", "t"] as const;
const comparison = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom("==", "!="), fc.constantFrom(...TEXTS), fc.boolean())
  .map(([name, operator, text, swap]) => (swap ? `"${text}" ${operator} ${name}` : `${name} ${operator} "${text}"`));
const condition = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    comparison,
    fc.tuple(tie("any"), fc.constantFrom("&&", "||"), tie("any")).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    tie("any").map((inner) => `!(${inner})`),
    tie("any").map((inner) => `(seq > 3 && ${inner})`),
  ),
})).any;
const entries = fc
  .record(Object.fromEntries(NAMES.map((name) => [name, fc.option(fc.constantFrom(...TEXTS), { nil: undefined })])))
  .map((members) =>
    entry(
      Object.fromEntries(Object.entries(members).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
    ),
  );

test("every entry of which a question holds passes the filter that narrows it", () => {
  let narrowed = 0;
  fc.assert(
    fc.property(condition, entries, (source, one) => {
      const asked = new EntryCondition(source, NOW);
      if (Object.keys(asked.filter).length > 0) narrowed += 1;
      if (asked.holds(one, null) === true) assert.ok(isAskedFor(one, asked.filter), source);
    }),
    { numRuns: 1000 },
  );
  assert.ok(narrowed > 100);
});

test("docs/reports.md has a row for each name, with its type", () => {
  const page = readFileSync(fileURLToPath(new URL("../../../../../docs/reports.md", import.meta.url)), "utf8");
  const environment = entryEnvironment({ entry: DECISION, details: null, now_ms: NOW });
  const rows = Object.entries(environment).map(([name, { type }]) => `| \`${name}\` | ${typeText(type)} |`);
  assert.deepEqual(
    rows.filter((row) => !page.includes(row)),
    [],
  );
});
