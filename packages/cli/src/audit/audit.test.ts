import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { canopy, inScratch, type CanopyRun } from "../testing/canopy.ts";
import { writeChainedLog, type EntryMembers } from "../testing/chained-log.ts";
import { HOSTILE, isTame, OBEYED } from "../testing/hostile.ts";

const BUSY: readonly EntryMembers[] = Array.from({ length: 40 }, (_none, n) => ({
  decision: n % 4 === 0 ? "DENY" : "ALLOW",
  avid: `AVID-${n % 3}`,
  action_type: n % 2 === 0 ? "delete_file" : "read_file",
  effects: n % 2 === 0 ? ["fs.delete", "net.connect"] : ["fs.read"],
  findings: n % 4 === 0 ? [{ rule_ref: "no-deletes", decision: "DENY", severity: "high" }] : [],
  trace_id: `t${n >> 2}`,
  timestamp: `2026-01-01T00:00:${String(n).padStart(2, "0")}Z`,
}));

async function query(cwd: string, ...words: readonly string[]): Promise<CanopyRun> {
  return canopy(["audit", "query", join(cwd, "audit.log"), ...words], { cwd });
}

const numbers = ({ stdout }: CanopyRun): readonly number[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Number(JSON.parse(line).seq));

describe("canopy audit query", () => {
  it("answers by flags and conditions alike", () =>
    inScratch(async (cwd) => {
      writeChainedLog(join(cwd, "audit.log"), BUSY);
      const expected = BUSY.flatMap((entry, n) => (entry["decision"] === "DENY" && n % 3 === 0 ? [n + 1] : []));
      for (const words of [
        ["--decision", "DENY", "--where", 'avid == "AVID-0"'],
        ["--where", 'decision == "DENY" && avid.endsWith("0")'],
        ["--rule", "no-deletes", "--where", "seq % 3 == 1", "--scan"],
      ]) {
        const run = await query(cwd, ...words, "--format", "ndjson");
        assert.equal(run.code, 0, run.stderr);
        assert.deepEqual(numbers(run), expected);
      }
      assert.deepEqual(numbers(await query(cwd, "--trace", "t3", "--json", "--limit", "2")), [15, 16]);
      assert.deepEqual(
        numbers(await query(cwd, "--since", "2026-01-01T00:00:38Z", "--until", "2026-01-01T00:00:39Z", "--json")),
        [39],
      );
    }));

  it("asks by the names that a log has, says which, and refuses words that no entry has", () =>
    inScratch(async (cwd) => {
      const own = { avid: "AVID-1", action_type: "write_file", decision: "ALLOW", event: "ran" };
      writeChainedLog(join(cwd, "audit.log"), [...BUSY, own]);
      const removed = await query(cwd, "--action", "rm", "--json");
      assert.deepEqual(numbers(removed), numbers(await query(cwd, "--action", "delete_file", "--json")));
      assert.match(removed.stderr, /note: `rm` is recorded as `delete_file`/u);
      // What the log has itself is found under its own name, whatever Canopy would have written.
      const written = await query(cwd, "--action", "write_file", "--json");
      assert.deepEqual(numbers(written), [BUSY.length + 1]);
      assert.match(written.stderr, /the log has `write_file` itself, but Canopy records it as `modify_file`/u);
      assert.deepEqual(numbers(await query(cwd, "--event", "ran", "--json")), [BUSY.length + 1]);
      for (const [words, message] of [
        [["--decision", "deny"], /--decision can't be `deny`.*\n.*did you mean DENY\?/u],
        [["--event", "tool_begin"], /--event can't be `tool_begin`.*\n.*the events are authorize_action,/u],
      ] as const) {
        const refused = await query(cwd, ...words);
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, message);
      }
      const unknown = await query(cwd, "--action", "delet_file");
      assert.equal(unknown.code, 0);
      assert.match(
        unknown.stderr,
        /none of the action types that Canopy writes by itself: did you mean `delete_file`/u,
      );
      const condition = await query(cwd, "--where", 'action_type == "rm" && decision == "deny"');
      assert.match(condition.stderr, /no entry has `rm`: it is recorded as `delete_file`/u);
      assert.match(condition.stderr, /no entry has the decision `deny`/u);
    }));

  it("counts by groups", () =>
    inScratch(async (cwd) => {
      writeChainedLog(join(cwd, "audit.log"), BUSY);
      const { stdout } = await query(cwd, "--group-by", "effect", "--format", "csv");
      const [first, last] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:38Z"];
      assert.match(stdout, new RegExp(`^fs\\.delete,20,10,10,0,${first},${last}\r$`, "mu"));
      assert.match((await query(cwd, "--group-by", "rule")).stdout, /no-deletes +10 +0 +10 +0/u);
    }));

  it("says of how many entries it can't say anything, and exits 1", () =>
    inScratch(async (cwd) => {
      writeChainedLog(join(cwd, "audit.log"), BUSY);
      const run = await query(cwd, "--where", 'effects.exists(e, e.kind == "net.connect" && e.host == "x")');
      assert.equal(run.code, 1);
      assert.match(run.stderr, /of 20 entries it can't be said.*--payloads/u);
      const records = await query(cwd, "--where", 'payload.command == "ls"');
      assert.equal(records.code, 2);
      assert.match(records.stderr, /add --payloads/u);
    }));

  it("opens the records for what an entry doesn't tell", () =>
    inScratch(async (cwd) => {
      const ask = (type: string, payload: unknown): Promise<CanopyRun> =>
        canopy(["authorize", "--action-type", type, "--payload", JSON.stringify(payload)], { cwd });
      await ask("call_external_api", { url: "https://evil.example/x" });
      await ask("call_external_api", { url: "https://good.example/x" });
      await ask("execute_shell", { command: "ls" });
      const where = 'effects.exists(e, e.kind == "net.connect" && e.host == "evil.example")';
      const run = await query(cwd, "--where", where, "--payloads", "--json", "--event", "authorize_action");
      assert.equal(run.code, 0, run.stderr);
      assert.equal(numbers(run).length, 1);
      const command = await query(
        cwd,
        "--where",
        'payload.command == "ls"',
        "--payloads",
        "--json",
        "--event",
        "authorize_action",
      );
      assert.equal(numbers(command).length, 1);
    }));

  it("leaves out a line that was changed, and says so", () =>
    inScratch(async (cwd) => {
      const log = join(cwd, "audit.log");
      writeChainedLog(log, BUSY);
      writeFileSync(log, readFileSync(log, "utf8").replace('"seq":5,', '"seq":4,'));
      const run = await query(cwd, "--json");
      assert.equal(run.code, 1);
      assert.match(run.stderr, /changed: 1 lines are not as they were written/u);
      assert.equal(numbers(run).length, BUSY.length - 1);
    }));

  it("shows hostile text inert in every format, and reads it back from JSON lines", () =>
    inScratch(async (cwd) => {
      const texts = HOSTILE.map(({ value }) => value).filter((value) => !/\p{Surrogate}/u.test(value));
      writeChainedLog(
        join(cwd, "audit.log"),
        texts.map((text) => ({ decision: text, avid: text, action_type: text, reason: text, trace_id: text })),
      );
      const lines = (await query(cwd, "--format", "ndjson")).stdout.trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).reason),
        texts,
      );
      assert.equal(
        lines.some((line) => OBEYED.test(line)),
        false,
      );
      for (const words of [
        ["--limit", "999"],
        ["--group-by", "agent"],
        ["--group-by", "decision", "--format", "ndjson"],
      ]) {
        assert.ok(isTame((await query(cwd, ...words)).stdout), words.join(" "));
      }
      const csv = (await query(cwd, "--format", "csv")).stdout;
      assert.ok(isTame(csv.replaceAll("\r\n", "\n")));
      assert.equal(csv.split("\r\n").length, texts.length + 2);
      for (const text of texts.filter((each) => each !== "" && !each.includes("\0")).slice(0, 3)) {
        assert.equal(
          numbers(await query(cwd, "--json", `--trace=${text}`)).length,
          texts.filter((each) => each === text).length,
        );
      }
    }));
});

describe("canopy audit tail", () => {
  it("goes on with what is recorded, each entry once", () =>
    inScratch(async (cwd) => {
      const log = join(cwd, "audit.log");
      writeChainedLog(log, BUSY);
      const whole = readFileSync(log, "utf8").split("\n");
      writeFileSync(log, `${whole.slice(0, 20).join("\n")}\n`);
      const main = fileURLToPath(new URL("../main.js", import.meta.url));
      const words = [main, "audit", "tail", log, "-f", "-n", "2", "--decision", "DENY", "--json"];
      const child = spawn(process.execPath, words, { cwd, stdio: ["ignore", "pipe", "inherit"] });
      let out = "";
      const until = async (count: number): Promise<void> => {
        while (out.split("\n").length <= count) await new Promise((resolve) => setTimeout(resolve, 20));
      };
      child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
      await until(2);
      // A line comes in two halves: it is shown once it is whole.
      const rest = `${whole.slice(20, 40).join("\n")}\n`;
      appendFileSync(log, rest.slice(0, 100));
      appendFileSync(log, rest.slice(100));
      await until(7);
      child.kill("SIGINT");
      const code = await new Promise((resolve) => child.on("exit", resolve));
      assert.equal(code, 130);
      assert.deepEqual(numbers({ code: 0, stdout: out, stderr: "" }), [13, 17, 21, 25, 29, 33, 37]);
    }));
});

describe("canopy audit stats", () => {
  it("counts what a question means", () =>
    inScratch(async (cwd) => {
      writeChainedLog(join(cwd, "audit.log"), BUSY);
      const words = ["audit", "stats", "audit.log", "--where", 'verb == "fs.delete"', "--json"];
      const { stdout } = await canopy(words, { cwd });
      const stats = JSON.parse(stdout);
      assert.deepEqual(stats.decisions, { allow: 10, deny: 10, ask: 0, refused: 0 });
      assert.equal(stats.agents.length, 3);
    }));
});
