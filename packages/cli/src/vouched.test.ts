// A report says what vouches for its numbers, and takes no secrets along.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "canopy-runtime";
import { canopy, inScratch } from "./testing/canopy.ts";
import { writeChainedLog } from "./testing/chained-log.ts";
import { unzip } from "./testing/unzip.ts";

/** A log of five decisions, its anchor a folder elsewhere; both named in this home's configuration. */
async function anchoredLog(cwd: string): Promise<{ readonly log: string; readonly anchor: string }> {
  const [home, log, anchor] = [join(cwd, "home"), join(cwd, "audit.log"), join(cwd, "elsewhere")];
  mkdirSync(home);
  mkdirSync(anchor);
  const anchors = [`folder:${anchor}`];
  writeFileSync(join(home, "config.json"), JSON.stringify({ anchors }));
  const runtime = createRuntime({ home, env: {}, audit_log_path: log, anchors });
  for (let at = 0; at < 5; at += 1) await runtime.authorize({ public_key: "agent" }, "list_things", { at });
  await runtime.close();
  return { log, anchor };
}

test("a report holds the log against its anchors, and says of each how it stands", () =>
  inScratch(async (cwd) => {
    const { log, anchor } = await anchoredLog(cwd);
    const good = await canopy(["report", log], { cwd });
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /checkpoint +covers 6 entries; none came since/u);
    assert.match(good.stdout, /signature +holds/u);
    assert.match(good.stdout, /cosigned +no: no log witness is configured.*\(unchecked\)/u);
    assert.match(good.stdout, /anchor +home vouches at 6 entries; none came since/u);
    assert.match(good.stdout, /anchor +folder:\S+ vouches at 6 entries/u);
    assert.equal(good.stdout.match(/^ +anchor /gmu)?.length, 2, "one row for each, by its name");
    const incident = await canopy(["incident", log, "--since", "2020-01-01", "--json"], { cwd });
    assert.equal(JSON.parse(incident.stdout).vouched.checkpoint.signature, "holds");
    const document = JSON.parse((await canopy(["report", log, "--json"], { cwd })).stdout);
    assert.equal(document.vouched.checkpoint.signature, "holds");
    assert.equal(document.vouched.anchors.length, 2);
    rmSync(anchor, { recursive: true });
    const away = await canopy(["report", log, "--export", "html"], { cwd });
    assert.equal(away.code, 0);
    assert.match(away.stdout, /folder:\S+ UNREACHABLE/u);
    assert.match(readFileSync(join(cwd, "audit.log-report.html"), "utf8"), /standing unchecked.*UNREACHABLE/u);
  }));

test("a log that was cut, with all that this machine knew of it, is reported as cut", () =>
  inScratch(async (cwd) => {
    const { log, anchor } = await anchoredLog(cwd);
    const lines = readFileSync(log, "utf8").split("\n");
    writeFileSync(log, `${lines.slice(0, 3).join("\n")}\n`);
    rmSync(`${log}.d`, { recursive: true });
    for (const name of ["heads", "checkpoints"]) rmSync(join(cwd, "home", name), { recursive: true, force: true });
    const { code, stdout } = await canopy(["report", log, "--export", "xlsx"], { cwd });
    assert.equal(code, 1);
    assert.match(stdout, /anchor +folder:\S+ ROLLED BACK at 6 entries/u);
    assert.match(stdout, /chain +BROKEN.*shrunk/u);
    assert.equal(stdout.match(/^ +anchor /gmu)?.length, 2);
    const said = stdout.replaceAll(/\s+/gu, " ");
    assert.match(said, /ROLLED BACK at 6 entries: checkpoint, root [0-9a-f]{16}…; the log has 3 that can be read/u);
    assert.match(said, /anchor home keeps nothing of this log: a cut tail or a full rewrite would not show/u);
    const held = await canopy(["verify", log, "--anchor", `folder:${anchor}`], { cwd });
    assert.match(held.stdout, /anchors +CONTRADICTED: folder:.* does NOT\s+hold\s+at 6 entries/u);
    assert.doesNotMatch(held.stdout, /place|anchored/u);
    const incident = await canopy(["incident", log, "--since", "2020-01-01"], { cwd });
    assert.equal(incident.code, 1);
    assert.match(incident.stdout, /folder:\S+ ROLLED BACK at 6 entries/u);
    assert.match(incident.stdout, /BROKEN.*the entries from there on are gone/u);
    const exported = await canopy(["incident", log, "--since", "2020-01-01", "--export", "shown.md"], { cwd });
    assert.equal(exported.code, 1);
    assert.match(exported.stderr, /events written to.*\nchain {2}BROKEN.*\n[^]*anchor {2}folder:\S+ ROLLED BACK/u);
    const sheets = [...unzip(readFileSync(join(cwd, "audit.log-report.xlsx")))].map(([, text]) => text);
    assert.ok(sheets.some((text) => text.includes("ROLLED BACK")));
  }));

/** Without white space: long paths are broken where the line ends. */
const flat = (text: string): string => text.replaceAll(/\s+/gu, "");

test("each anchor that a log does not fit is named, with its place, what it keeps, and what the log has instead", () =>
  inScratch(async (cwd) => {
    const { log, anchor } = await anchoredLog(cwd);
    const whole = readFileSync(log, "utf8");
    const lines = whole.split("\n");
    const { entry_hash: last }: { readonly entry_hash?: string } = JSON.parse(lines[5] ?? "{}");
    const { entry_hash: second }: { readonly entry_hash?: string } = JSON.parse(lines[1] ?? "{}");
    const named = ["verify", log, "--anchor", `folder:${anchor}`, "--anchor", `6:${String(last)}`];
    assert.doesNotMatch((await canopy(named, { cwd })).stdout, /against/u);
    writeFileSync(log, `${lines.slice(0, 3).join("\n")}\n`);
    const cut = await canopy(named, { cwd });
    const said = flat(cut.stdout)
      .replaceAll(`${cwd}/`, "")
      .replaceAll(/[0-9a-f]{16,32}/gu, "#");
    const kept = flat(String.raw`6 entries, (?:the last|root) #…; the log has 3 that can be read`);
    for (const where of [
      "home,headinhome/heads/#.head",
      "home,checkpointin.*",
      "folder:.*,checkpoint",
      "--anchor,head",
    ])
      assert.match(said, new RegExp(`against${where}:${kept}`, "u"));
    const { disagreements } = JSON.parse((await canopy([...named, "--json"], { cwd })).stdout);
    assert.equal(disagreements.length, 4);
    assert.ok(disagreements.some(({ hash, log_hash }: Record<string, unknown>) => hash === last && log_hash === null));
    // Another entry where the anchor has one.
    writeFileSync(log, whole);
    const other = await canopy(["verify", log, "--anchor", `2:${String(last)}`], { cwd });
    const has = `--anchor, head: 2 entries, the last ${String(last).slice(0, 16)}…; the log has ${String(second).slice(0, 16)}… there`;
    assert.ok(other.stdout.replaceAll(/\s+/gu, " ").includes(has), other.stdout);
  }));

test("secrets of a log are in no report: not in texts, not in names, in no format", () =>
  inScratch(async (cwd) => {
    const log = join(cwd, "audit.log");
    const secret = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
    const leak = `used ${secret} there`;
    writeChainedLog(log, [
      {
        avid: `agent ${secret}`,
        action_type: `run ${secret}`,
        decision: "DENY",
        severity: "low",
        reason: leak,
        findings: [{ rule_ref: leak, decision: "DENY", severity: "high" }],
        effects: [leak],
        trace_id: leak,
      },
      { decision: "ALLOW", avid: "AVID-1", action_type: "read_file", reason: leak, severity: "low" },
      { event: "approval_rejected", decision: "REJECTED", approvers: [{ approver: leak, key_id: "k" }] },
      { event: leak, decision: "RECORD" },
    ]);
    for (const format of ["csv", "html", "json", "xlsx"]) {
      const { code } = await canopy(["report", log, "--export", format, "--compliance", "eu-ai-act"], { cwd });
      assert.equal(code, 0);
      const bytes = readFileSync(join(cwd, `audit.log-report.${format}`));
      const texts = format === "xlsx" ? [...unzip(bytes)].map(([, text]) => text) : [bytes.toString()];
      assert.ok(
        texts.some((text) => text.includes("[redacted]")),
        format,
      );
      for (const text of texts) assert.ok(!text.includes(secret), format);
    }
    const { stdout } = await canopy(["report", log], { cwd });
    assert.ok(!stdout.includes(secret));
  }));
