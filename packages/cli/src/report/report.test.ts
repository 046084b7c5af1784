import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { canopy, inScratch } from "../testing/canopy.ts";
import { writeChainedLog, type EntryMembers } from "../testing/chained-log.ts";
import { HOSTILE, isTame } from "../testing/hostile.ts";
import { unzip } from "../testing/unzip.ts";

/** A decision in which every text is the same. */
function decisionOf(text: string): EntryMembers {
  return {
    avid: text,
    action_type: text,
    decision: "DENY",
    severity: text,
    reason: text,
    identity: text,
    findings: [{ rule_ref: text, decision: "DENY", severity: "high" }],
    effects: [text],
    trace_id: text,
    policy_snapshot: { policy_hash: text },
  };
}

function entriesOf(texts: readonly string[]): readonly EntryMembers[] {
  return texts.flatMap((text) => [
    decisionOf(text),
    { event: "approval_rejected", decision: "REJECTED", approvers: [{ approver: text, key_id: text }] },
    { event: text, decision: text, timestamp: text },
  ]);
}

// Lone surrogates can't stand in an entry of ours; every other hostile text can.
const TEXTS = HOSTILE.map(({ value }) => value).filter((value) => !/\p{Surrogate}/u.test(value));

const BUSY: readonly EntryMembers[] = [
  { decision: "ALLOW", avid: "AVID-1", action_type: "read_file", severity: "low", timestamp: "2026-01-01T00:00:00Z" },
  {
    decision: "DENY",
    avid: "AVID-1",
    action_type: "send_email",
    findings: [{ rule_ref: "no-mail", decision: "DENY" }],
  },
  { decision: "REQUIRE_APPROVAL", avid: "AVID-2", action_type: "pay", timestamp: "2026-01-03T05:00:00Z" },
  { event: "kill_switch", decision: "RECORD", engaged: true, scope: "all", timestamp: "2026-01-03T06:00:00Z" },
];

describe("canopy report", () => {
  it("counts decisions, results and approvals, and joins what followed a decision to it", () =>
    inScratch(async (cwd) => {
      const log = join(cwd, "audit.log");
      const [, , asked] = writeChainedLog(log, BUSY);
      writeChainedLog(log, [
        ...BUSY,
        { event: "approval_granted", decision: "APPROVED", authorization_id: asked, approvers: [{ approver: "ann" }] },
        { event: "tool_start", decision: "BEGIN", authorization_id: asked },
        { event: "tool_result", decision: "RESULT", authorization_id: asked, ok: false },
      ]);
      const { code, stdout } = await canopy(["report", log, "--json"], { cwd });
      assert.equal(code, 0);
      const report = JSON.parse(stdout);
      assert.deepEqual(report.decisions, { allow: 1, deny: 1, ask: 1, refused: 0 });
      assert.deepEqual(report.results, { started: 1, ok: 0, error: 1, unknown: 0 });
      assert.deepEqual(report.approvers, [{ name: "ann", granted: 1, rejected: 0 }]);
      assert.equal(report.top_blockers.find(({ name }: { name: string }) => name === "no-mail").deny, 1);
      assert.equal(report.over_time.bars.length, 54);
      assert.equal(report.newest[0].approval, "approved by ann");
      assert.equal(report.newest[0].result, "error");
      const last = await canopy(["report", log, "--last", "1", "--json"], { cwd });
      assert.deepEqual(JSON.parse(last.stdout).decisions, { allow: 0, deny: 0, ask: 1, refused: 0 });
      const part = await canopy(["report", log, "--since", "2026-01-02", "--json"], { cwd });
      assert.equal(JSON.parse(part.stdout).entries, 2);
    }));

  it("counts what a forged index leaves out", () =>
    inScratch(async (cwd) => {
      const ask = ["authorize", "--action-type", "execute_shell", "--payload", '{"command":"ls"}'];
      for (let time = 0; time < 2; time += 1) await canopy(ask, { cwd });
      assert.equal((await canopy(["audit", "stats"], { cwd })).code, 0);
      const kept = readdirSync(join(cwd, "home", "indexes")).filter((name) => name.endsWith(".sqlite"));
      const beside = existsSync(join(cwd, "audit.log.d", "index.sqlite")) ? ["../../audit.log.d/index.sqlite"] : [];
      for (const name of [...kept, ...beside]) {
        const index = new DatabaseSync(join(cwd, "home", "indexes", name));
        index.exec("DELETE FROM entries WHERE seq < 3");
        index.close();
      }
      const { stdout } = await canopy(["report", "audit.log", "--json"], { cwd });
      const report = JSON.parse(stdout);
      assert.deepEqual([report.decisions.allow, report.entries], [2, report.chain.entries]);
    }));

  it("says that a log is broken, counts nothing of a changed line, and exits 1", () =>
    inScratch(async (cwd) => {
      const log = join(cwd, "audit.log");
      writeChainedLog(log, BUSY);
      writeFileSync(log, readFileSync(log, "utf8").replace("send_email", "sent_email"));
      const { code, stdout } = await canopy(["report", log, "--compliance", "eu-ai-act"], { cwd });
      assert.equal(code, 1);
      assert.match(stdout, /BROKEN at line 2/u);
      assert.match(stdout, /left out +1 lines/u);
      assert.equal(/: (?:shown|partial)$/mu.test(stdout), false);
    }));

  it("counts a log of 0.4.2 too, and says whose it is", () =>
    inScratch(async (cwd) => {
      const log = fileURLToPath(new URL("../../../../vectors/audit/mixed-200.log", import.meta.url));
      const { code, stdout } = await canopy(["report", log, "--json"], { cwd });
      assert.equal(code, 0);
      const report = JSON.parse(stdout);
      assert.equal(report.foreign, 200);
      assert.ok(report.decisions.allow > 0 && report.decisions.deny > 0);
    }));

  it("writes a file whole or not at all, and only of a kind it knows", () =>
    inScratch(async (cwd) => {
      const log = join(cwd, "audit.log");
      writeChainedLog(log, BUSY);
      for (const format of ["xlsx", "csv", "html", "json"]) {
        const { code, stderr } = await canopy(["report", log, "--export", format], { cwd });
        assert.equal(code, 0, stderr);
        assert.ok(existsSync(join(cwd, `audit.log-report.${format}`)));
      }
      for (const file of ["report.pdf", "report", join("no", "such", "folder.csv")]) {
        assert.equal((await canopy(["report", log, "--export", file], { cwd })).code, 2);
      }
      for (const given of ["pdf", "report.pdf", "report", ".html"]) {
        const { stderr } = await canopy(["report", log, "--export", given], { cwd });
        assert.ok(
          stderr.includes(`--export can't be \`${given}\`: expected one of xlsx, csv, html, json [USAGE]`),
          stderr,
        );
      }
      assert.equal((await canopy(["report", "none.log", "--export", "left.xlsx"], { cwd })).code, 2);
      assert.deepEqual(
        readdirSync(cwd).filter((name) => name.includes("tmp") || name.includes("left")),
        [],
      );
    }));

  it("shows hostile text of a log inert in every format", () =>
    inScratch(async (cwd) => {
      const hostile = join(cwd, "hostile.log");
      const benign = join(cwd, "benign.log");
      writeChainedLog(hostile, entriesOf(TEXTS));
      writeChainedLog(benign, entriesOf(TEXTS.map((_text, index) => `benign ${String(index).padStart(4, "0")}`)));
      const shown = await canopy(["report", hostile, "--compliance", "owasp-agentic"], { cwd });
      assert.ok(isTame(shown.stdout));
      assert.ok(isTame((await canopy(["report", hostile, "--json"], { cwd })).stdout));
      for (const log of [hostile, benign]) {
        for (const format of ["xlsx", "csv", "html"]) await canopy(["report", log, "--export", format], { cwd });
      }
      const page = readFileSync(join(cwd, "hostile.log-report.html"), "utf8");
      // The page has no element and no attribute that it would not have without them.
      const known = new Set(shapesOf(readFileSync(join(cwd, "benign.log-report.html"), "utf8")));
      assert.deepEqual(
        shapesOf(page).filter((shape) => !known.has(shape)),
        [],
      );
      for (const [name, xml] of unzip(readFileSync(join(cwd, "hostile.log-report.xlsx")))) {
        assert.equal(/<f[ >]/u.test(xml), false, name);
        if (name.startsWith("xl/worksheets")) assert.equal(/[\p{Cc}\p{Cf}\p{Cs}]/u.test(xml), false, name);
      }
      const csv = readFileSync(join(cwd, "hostile.log-report.csv"), "utf8");
      assert.equal(csv.split("\r\n").length, TEXTS.length + 2);
      assert.equal(/[\p{Cc}\p{Cf}]/u.test(csv.replaceAll("\r\n", "")), false);
    }));
});

// What stands in attributes of our own may be text of the log: only which elements and attributes there are counts.
function shapesOf(page: string): readonly string[] {
  return (page.match(/<[^>]*>/gu) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/gu, '""'));
}
