// `npm run conformance`: decides the vectors and prints what must be, what is, and what was missed. Exits 1 when a
// measure is missed. `--details` lists each miss.
import { measureAttacks } from "./attacks.mjs";
import { measureAudit } from "./audit.mjs";
import { NOWHERE, PROJECT } from "./decider.mjs";
import { measureDefects } from "./defects.mjs";
import { DEVIATIONS } from "./deviations.mjs";
import { measureExternal, measureExternalWithoutMarks } from "./external.mjs";
import { measurePipeline } from "./pipeline.mjs";
import { percent, table } from "./table.mjs";

const details = process.argv.includes("--details");
const missed = [];

printPipeline("in a project folder", measurePipeline(PROJECT));
printPipeline("folder unknown", measurePipeline(NOWHERE));
printDefects("in a project folder", measureDefects(PROJECT));
printDefects("folder unknown", measureDefects(NOWHERE));
printExternal("with all programs", measureExternal());
printExternal("rows that only mark a program as known emptied", measureExternalWithoutMarks());
printAttacks([...measureAttacks(), measureAudit()]);
finish();

function printPipeline(where, { total, same, classes, unexplained, missed: problems }) {
  head(`0.4.2 side by side (${where}): ${same} of ${total} decisions are the same`);
  const rows = DEVIATIONS.map(({ id, kind, title }) => [id, kind, String(classes.get(id).length), title]);
  print(table(["class", "kind", "cases", "what differs"], rows));
  note("pipeline", problems);
  for (const { case: c, evaluation, expected } of details ? unexplained : unexplained.slice(0, 5)) {
    print(`  ${c.id} ${c.group}: ${evaluation.decision} (${evaluation.rule_ref}), 0.4.2 ${expected}: ${show(c)}`);
  }
}

function printDefects(where, { total, benign, allowedPercent, classes, wrong, hung, missed: problems }) {
  head(`what 0.4.2 decides wrongly (${where}): ${total - wrong.length} of ${total} acceptable`);
  print(`benign answered ALLOW: ${percent(allowedPercent)} of ${benign}`);
  const weak = [...classes].filter(([, { total: all, right }]) => right < all);
  if (weak.length > 0)
    print(
      table(
        ["class", "right", "of"],
        weak.map(([name, c]) => [name, `${c.right}`, `${c.total}`]),
      ),
    );
  note("defects", problems);
  for (const { case: c, evaluation } of details ? wrong : wrong.slice(0, 5)) {
    print(`  ${c.id} ${c.class}: ${evaluation.decision} (${evaluation.rule_ref}) ∉ ${c.acceptable}: ${show(c)}`);
  }
  for (const { id, problem } of hung) print(`  ${id}: ${problem}`);
}

function printExternal(which, rows) {
  head(`commands by third parties (${which})`);
  const cells = rows.map(({ name, total, shares }) => [
    name,
    String(total),
    ...["ALLOW", "REQUIRE_APPROVAL", "DENY"].map((verdict) => percent(shares[verdict])),
  ]);
  print(table(["set", "lines", "ALLOW", "REQUIRE_APPROVAL", "DENY"], cells));
  for (const { name, missed: problems } of rows) note(name, problems);
}

function printAttacks(rows) {
  head("attacks, and the reference's logs");
  print(
    table(
      ["file", "cases", "as they must"],
      rows.map((r) => [r.name, `${r.total}`, `${r.total - r.failed.length}`]),
    ),
  );
  for (const { name, failed } of rows) {
    note(name, failed.length === 0 ? [] : [`${failed.length} cases did not end as they must`]);
    for (const { id, problem } of details ? failed : failed.slice(0, 5)) print(`  ${id}: ${problem}`);
  }
}

function show(c) {
  return JSON.stringify([c.agent_ctx, c.action_type, c.action_payload, c.policy]).slice(0, details ? 300 : 160);
}

function head(title) {
  print(`\n${title}`);
}

function note(measure, problems) {
  for (const problem of problems) {
    missed.push(`${measure}: ${problem}`);
    print(`MISSED ${problem}`);
  }
}

function finish() {
  print(missed.length === 0 ? "\nall measures are met" : `\n${missed.length} measures are missed`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
