// The head beside a log, `audit.log.d/synced`, can be written by whoever writes there: it holds no key's mark. It may say
// that more was written than stands there, as it would truly do of a log that was cut. So a start is refused, and what the
// refusal says to do works.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canopy, inScratch, type CanopyRun } from "./testing/canopy.ts";

const REQUEST = JSON.stringify({
  agent_ctx: { public_key: "agent-1" },
  action_type: "execute_shell",
  action_payload: { command: "echo 1" },
});

/** A head file's slot, as `head-file.ts` describes it: anybody can make one. */
function slot(log_id: string, members: readonly (string | number)[]): string {
  const body = ["canopy-head-v1", log_id, ...members].join(" ");
  const sum = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return `${`${body} ${sum}`.padEnd(255)}\n`;
}

function ask(cwd: string, ...flags: readonly string[]): Promise<CanopyRun> {
  return canopy(["authorize", "-", "--json", ...flags], { cwd, input: REQUEST });
}

interface Entry {
  readonly event: string;
  readonly seq: number;
  readonly log_id: string;
  readonly expected_head?: { readonly seq: number };
}

function entries(log: string): readonly Entry[] {
  return readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): Entry => JSON.parse(line));
}

const HASH = "a".repeat(64);

test("a forged head beside the log refuses a start, says so, and the way out that is told goes on, recorded", () =>
  inScratch(async (cwd) => {
    const log = join(cwd, "audit.log");
    const synced = join(`${log}.d`, "synced");
    assert.equal((await ask(cwd)).code, 0);
    assert.equal((await ask(cwd)).code, 0);
    for (const bytes of [999_999_999, Number.MAX_SAFE_INTEGER]) {
      const before = entries(log);
      const id = before[0]?.log_id ?? "";
      writeFileSync(synced, slot(id, [1, bytes, 4711, HASH]));
      const refused = await ask(cwd);
      assert.equal(refused.code, 4, refused.stdout);
      const said = `${refused.stdout}${refused.stderr}`;
      assert.match(said, /LEDGER_REFUSED/u);
      assert.ok(said.includes(`lacks entry 4711, which ends at byte ${bytes} by`), said);
      assert.match(said, /or that file was forged/u);
      assert.match(said, /"fix": ".*`canopy authorize --continue` once/u);
      assert.equal(entries(log).length, before.length, "nothing is written before somebody decided");
      const goes = await ask(cwd, "--continue");
      assert.equal(goes.code, 0, `${goes.stdout}${goes.stderr}`);
      const continued = entries(log).findLast(({ event }) => event === "log_continued");
      assert.equal(continued?.expected_head?.seq, 4711);
      assert.equal((await ask(cwd)).code, 0, "it is said once");
      const verified = await canopy(["verify", "audit.log"], { cwd });
      assert.equal(verified.code, 0, verified.stdout);
    }
  }));

test("a head beside the log that is none, or of nothing, or behind, hinders nobody", () =>
  inScratch(async (cwd) => {
    const log = join(cwd, "audit.log");
    const synced = join(`${log}.d`, "synced");
    assert.equal((await ask(cwd)).code, 0);
    const id = entries(log)[0]?.log_id ?? "";
    const heads = [
      "",
      "x".repeat(2048),
      slot(id, [1, "NaN", 1, HASH]),
      slot(id, [1, "1e300", 1, HASH]),
      slot(id, [1, -1, 1, HASH]),
      slot(id, ["1e9", "Infinity", 1, HASH]),
      slot("0".repeat(32), [1, 999_999_999, 4711, HASH]),
      slot(id, [1, 10, 1, HASH]),
    ];
    for (const head of heads) {
      writeFileSync(synced, head);
      const run = await ask(cwd);
      assert.equal(run.code, 0, `${head.slice(0, 80)}: ${run.stdout}${run.stderr}`);
    }
  }));
