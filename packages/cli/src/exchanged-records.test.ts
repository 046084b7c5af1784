// Two questions of one agent, whose encrypted records somebody exchanged: what each command says of them.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CanopyError } from "canopy-runtime/errors";
import { Desk } from "./console/desk.ts";
import { canopy, inScratch } from "./testing/canopy.ts";

const COMMANDS = ["sudo id", "sudo ls"];

interface Question {
  readonly id: string;
  readonly day: string;
  readonly offset: number;
  readonly length: number;
}

/** Ask both, by processes; where each record stands. */
async function ask(cwd: string): Promise<readonly Question[]> {
  for (const command of COMMANDS) {
    const action = ["--action-type", "execute_shell", "--payload", JSON.stringify({ command })];
    const agent = ["--agent-ctx", '{"public_key":"agent-a","trace_id":"t-1"}'];
    assert.equal((await canopy(["authorize", ...action, ...agent], { cwd })).code, 3);
  }
  const lines = readFileSync(join(cwd, "audit.log"), "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const { event, entry_hash: id, payload_ref }: Readonly<Record<string, string>> = JSON.parse(line);
    if (event !== "authorize_action" || id === undefined) return [];
    const [day = "", offset, length] = payload_ref?.split(":") ?? [];
    return [{ id, day, offset: Number(offset), length: Number(length) }];
  });
}

function exchange(cwd: string, questions: readonly Question[]): void {
  const files = questions.map(({ day }) => join(cwd, "audit.log.d", "payloads", `${day}.bin`));
  const blocks = questions.map(({ offset, length }, at) => {
    return Buffer.from(readFileSync(files[at] ?? "").subarray(offset, offset + length));
  });
  for (const [at, { offset, length }] of questions.entries()) {
    const other = blocks[1 - at] ?? assert.fail();
    assert.equal(other.length, length);
    const bytes = readFileSync(files[at] ?? "");
    other.copy(bytes, offset);
    writeFileSync(files[at] ?? "", bytes);
  }
}

const QUERY = ["audit", "query", "--payloads", "--where", 'payload.command == "sudo ls"', "--json"];

describe("exchanged records", () => {
  it("are named by fsck, and shown, replayed, counted and approved by no command", () =>
    inScratch(async (cwd) => {
      const questions = await ask(cwd);
      const [first] = questions;
      assert.ok(questions.length === 2 && first !== undefined);
      const desk = new Desk({
        log: join(cwd, "audit.log"),
        home: join(cwd, "home"),
        by: "ann",
        policy: {},
        env: { CANOPY_HOME: join(cwd, "home"), CANOPY_AUDIT_LOG_PATH: join(cwd, "audit.log") },
      });
      assert.match((await desk.request(first.id)).text(200), /sudo id/u);
      const told = ["incident", "--trace", "t-1", "--payloads"];
      assert.match((await canopy(told, { cwd })).stdout, /sudo id/u);
      assert.equal((await canopy(QUERY, { cwd })).stdout.trim().split("\n").length, 1);
      assert.equal((await canopy(["ledger", "fsck"], { cwd })).code, 0);

      exchange(cwd, questions);
      const checked = await canopy(["ledger", "fsck", "--json"], { cwd });
      assert.equal(checked.code, 1);
      const { problems }: { readonly problems: readonly { readonly code: string }[] } = JSON.parse(checked.stdout);
      const codes = problems.map(({ code }) => code);
      assert.deepEqual(codes, ["record_misplaced", "record_misplaced"]);
      const replayed = await canopy(["replay"], { cwd });
      assert.equal(replayed.code, 2);
      assert.match(replayed.stdout, /2: another entry's record stands in the place of its own/u);
      const shown = await canopy(told, { cwd });
      assert.doesNotMatch(shown.stdout, /sudo (?:id|ls)/u);
      assert.match(shown.stdout, /not shown: another entry's record stands in its\s+place/u);
      const asked = await canopy(QUERY, { cwd });
      assert.equal(asked.stdout, "");
      assert.match(asked.stderr, /of 2 entries it can't be said whether they are meant/u);
      await assert.rejects(desk.request(first.id), (error: unknown) => {
        return (
          error instanceof CanopyError && error.code === "LEDGER_REFUSED" && /another entry's/u.test(error.message)
        );
      });
    }));
});
