// A last line without its line feed: one reading everywhere. When it is a whole entry it counts, for verification as for
// questions (docs/ledger-format.md): else who takes that one byte away would hide the newest decision from everybody who
// asks, and the log would be intact. When it breaks off it is no entry, and each says so.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "canopy-runtime";
import { lineStanding } from "canopy-runtime/log-reader";
import { canopy, inScratch } from "../testing/canopy.ts";
import { ConsoleRig } from "../testing/console-rig.ts";

const DECISIONS = 4;
const SAID = /the last line has no line feed and breaks off: it was not written to its end, or was cut/u;

/** A log of some decisions and nothing after them, as a text. */
async function decisions(folder: string): Promise<string> {
  const audit_log_path = join(folder, "own.log");
  const runtime = createRuntime({ env: {}, cwd: folder, home: join(folder, "writer"), audit_log_path });
  for (let index = 0; index < DECISIONS; index += 1) {
    await runtime.authorize({ public_key: "agent-1" }, "execute_shell", { command: `echo ${index}` });
  }
  const text = readFileSync(audit_log_path, "utf8");
  await runtime.close();
  const lines = text.split("\n").filter((line) => line.includes('"event":"authorize_action"'));
  assert.equal(lines.length, DECISIONS);
  return text.slice(0, text.indexOf(lines.at(-1) ?? "") + (lines.at(-1) ?? "").length);
}

interface Readings {
  readonly verify: { readonly valid: boolean; readonly entries: number; readonly failure: string | null };
  /** How many decisions each shows, and what it says besides. */
  readonly shown: Readonly<Record<string, readonly [number, string]>>;
}

async function readings(cwd: string): Promise<Readings> {
  const log = join(cwd, "audit.log");
  const verified = await canopy(["verify", "audit.log", "--json"], { cwd });
  const judged: Readings["verify"] & { readonly warnings: readonly string[] } = JSON.parse(verified.stdout);
  const query = await canopy(["audit", "query", "audit.log", "--format", "ndjson"], { cwd });
  const tail = await canopy(["audit", "tail", "audit.log", "--json"], { cwd });
  const stats = await canopy(["audit", "stats", "audit.log", "--json"], { cwd });
  const report = await canopy(["report", "audit.log", "--all"], { cwd });
  const rig = new ConsoleRig(join(cwd, "console"), { standing: lineStanding });
  try {
    copyFileSync(log, rig.log);
    rig.read();
    return {
      verify: pick(judged),
      shown: {
        verify: [judged.entries, judged.warnings.join("\n")],
        query: [lines(query.stdout), query.stderr],
        tail: [lines(tail.stdout), tail.stderr],
        stats: [Number(/"(?:entries|total)": ?(\d+)/u.exec(stats.stdout)?.[1]), stats.stderr],
        report: [Number(/^\s*decisions\s+(\d+):/mu.exec(report.stdout)?.[1]), report.stdout.replaceAll(/\s+/gu, " ")],
        console: [(rig.screen().match(/execute_shell/gu) ?? []).length, SAID.source],
      },
    };
  } finally {
    rig.close();
  }
}

function lines(text: string): number {
  return text.split("\n").filter((line) => line.startsWith("{")).length;
}

function pick({ valid, entries, failure }: Readings["verify"]): Readings["verify"] {
  return { valid, entries, failure };
}

test("a whole last line without line feed counts for everybody; one that breaks off for nobody, and all say so", () =>
  inScratch(async (cwd) => {
    mkdirSync(join(cwd, "console"));
    const text = await decisions(cwd);
    const cases: readonly [string, string, number, boolean][] = [
      ["without its line feed", text, DECISIONS, false],
      ["a byte short", text.slice(0, -1), DECISIONS - 1, true],
      ["with a torn line behind", `${text}\n{"ac`, DECISIONS, true],
    ];
    for (const [name, bytes, expected, isTorn] of cases) {
      writeFileSync(join(cwd, "audit.log"), bytes);
      const { verify, shown } = await readings(cwd);
      assert.deepEqual(verify, { valid: !isTorn, entries: expected, failure: isTorn ? "json" : null }, name);
      for (const [who, [count, said]] of Object.entries(shown)) {
        assert.equal(count, expected, `${name}: ${who}`);
        if (who !== "console") assert.equal(SAID.test(said), isTorn, `${name}: ${who} said ${said}`);
      }
    }
  }));

test("the newest decision can't be hidden from an index either by taking its line feed away", () =>
  inScratch(async (cwd) => {
    const request = JSON.stringify({
      agent_ctx: { public_key: "agent-1" },
      action_type: "execute_shell",
      action_payload: { command: "ls" },
    });
    const ask = async (): Promise<number> => {
      const run = await canopy(["audit", "query", "audit.log", "--decision", "ALLOW", "--format", "ndjson"], { cwd });
      return run.stdout.split("\n").filter((line) => line.startsWith("{")).length;
    };
    for (let times = 0; times < 3; times += 1) await canopy(["authorize", "-"], { cwd, input: request });
    const log = join(cwd, "audit.log");
    const all = await ask();
    assert.equal(all, 3);
    const text = readFileSync(log, "utf8");
    const last = text.split("\n").findLast((line) => line.includes('"decision":"ALLOW"')) ?? "";
    // What came after it is cut with it: the checkpoint's entry.
    writeFileSync(log, text.slice(0, text.indexOf(last) + last.length));
    assert.equal(await ask(), 3);
    rmSync(`${log}.d`, { recursive: true });
    assert.equal(await ask(), 3);
  }));
