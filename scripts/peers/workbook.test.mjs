// Our workbooks opened by a reader that we did not write: openpyxl, installed into .cache/peers, once. It tells what it
// finds: sheets, what stays in place, filters, kinds of cells, charts and pictures.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "../../packages/runtime/dist/index.js";
import { writeChainedLog } from "../../packages/cli/dist/testing/chained-log.js";
import { root } from "../setup.mjs";
import { pythonPeer } from "./python-peer.mjs";

const READER = `
import json, sys, warnings
warnings.simplefilter("error")
import openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheets = {}
for sheet in book.worksheets:
    rows = [[(cell.data_type, cell.is_date, str(cell.value)) for cell in row] for row in sheet.iter_rows()]
    sheets[sheet.title] = {
        "frozen": sheet.freeze_panes,
        "filter": sheet.auto_filter.ref,
        "used": sheet.dimensions,
        "rows": rows,
        "links": sum(1 for row in sheet.iter_rows() for cell in row if cell.hyperlink is not None),
        "images": [[image.format, image.width, image.height] for image in sheet._images],
        "charts": len(sheet._charts),
    }
print(json.dumps(sheets))
`;

const HOSTILE = readFileSync(join(root, "vectors", "attacks", "strings.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).value)
  // Lone surrogates can't stand in an entry of ours.
  .filter((value) => value.isWellFormed());

function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-workbook-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function canopy(folder, ...words) {
  const main = join(root, "packages", "cli", "dist", "main.js");
  const env = { PATH: process.env.PATH, HOME: folder, CANOPY_HOME: join(folder, "home") };
  const run = spawnSync(process.execPath, [main, ...words], { cwd: folder, env, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
}

function sheetsOf(file) {
  const python = pythonPeer("openpyxl==3.1.5", "pillow==11.3.0");
  const { status, stdout, stderr } = spawnSync(python, ["-c", READER, file], { encoding: "utf8", maxBuffer: 1e9 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** What holds of each of our sheets: the header stays, its filter covers what is used, and no cell is a formula. */
function checkSheets(sheets) {
  for (const [name, { frozen, filter, used, rows, links }] of Object.entries(sheets)) {
    assert.equal(frozen, "A2", name);
    assert.equal(filter, used, name);
    assert.equal(links, 0, name);
    for (const cell of rows.flat()) assert.notEqual(cell[0], "f", `${name}: ${cell[2]}`);
  }
}

function column(sheet, title) {
  const at = sheet.rows[0].findIndex(([, , value]) => value === title);
  assert.ok(at >= 0, title);
  return sheet.rows.slice(1).map((row) => row[at]);
}

test("a report's workbook: sheets, dates, numbers, charts, and hostile texts that stay texts", (t) => {
  const folder = scratch(t);
  const log = join(folder, "audit.log");
  const entries = HOSTILE.map((text, index) => ({
    timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString().replace(".000Z", "Z"),
    avid: text,
    action_type: text,
    decision: "DENY",
    reason: text,
    severity: text,
    findings: [{ rule_ref: text, decision: "DENY", severity: "high" }],
  }));
  writeChainedLog(log, entries);
  const file = join(folder, "report.xlsx");
  canopy(folder, "report", log, "--export", file);
  const sheets = sheetsOf(file);
  checkSheets(sheets);
  assert.deepEqual(Object.keys(sheets).slice(0, 2), ["Summary", "Decisions"]);
  const { Decisions: decisions, Agents: agents } = sheets;
  assert.equal(decisions.rows.length, entries.length + 1);
  assert.ok(column(decisions, "Entry").every(([kind, isDate]) => kind === "n" && !isDate));
  const times = column(decisions, "Time (UTC)");
  assert.ok(times.every(([kind, isDate]) => kind === "d" && isDate));
  assert.equal(times.at(-1)[2], "2026-01-01 00:00:00");
  assert.ok(column(agents, "Denied").every(([kind]) => kind === "n"));
  assert.equal(agents.charts, 1);
  // A formula's text is there for who reads it, as a text.
  const formulas = HOSTILE.filter((text) => /^[=+@-]\w+\(/u.test(text));
  const texts = column(decisions, "Reason");
  assert.ok(formulas.length > 3);
  for (const formula of formulas)
    assert.ok(texts.some(([kind, , value]) => kind !== "f" && value.includes(formula.slice(1, 12))));
});

test("an incident's workbook: its sheets, dates and numbers, and the picture", async (t) => {
  const folder = scratch(t);
  const log = join(folder, "audit.log");
  const runtime = createRuntime({ audit_log_path: log, home: join(folder, "home"), cwd: folder, env: {} });
  for (const command of ["ls", "rm -rf /", "=1+1"]) {
    const decision = await runtime.authorize({ public_key: "agent-1", trace_id: "t-1" }, "shell", { command });
    if (decision.decision !== "ALLOW") continue;
    await runtime.begin(decision.authorization_id, decision.action_digest);
    await runtime.attest(decision.authorization_id, { ok: true, result: "done" });
  }
  const agent_avid = "=HYPERLINK(1)";
  await runtime.openIncident({ trace_id: "t-1", agent_avid, description: "+cmd|' /C calc'!A0", reporter: "@SUM(1)" });
  await runtime.close();
  const file = join(folder, "incident.xlsx");
  canopy(folder, "incident", log, "--trace", "t-1", "--export", file);
  const sheets = sheetsOf(file);
  checkSheets(sheets);
  assert.deepEqual(Object.keys(sheets), ["Summary", "Picture", "Timeline", "Agents", "Incidents"]);
  assert.ok(column(sheets.Timeline, "Time (UTC)").every(([kind, isDate]) => kind === "d" && isDate));
  assert.ok(column(sheets.Timeline, "Line").every(([kind]) => kind === "n"));
  assert.ok(column(sheets.Incidents, "Text").some(([kind, , value]) => kind === "s" && value.includes("calc")));
  // It reads what stands in for the SVG in programs that show none.
  assert.deepEqual(
    sheets.Picture.images.map(([format]) => format),
    ["png"],
  );
});
