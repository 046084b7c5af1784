import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createExecutor, findDeadExecutors } from "./executor.ts";

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-executors-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "executors");
}

const HOLDER = `
import(${JSON.stringify(new URL("executor.js", import.meta.url).href)}).then(async ({ createExecutor }) => {
  const [folder, id, ...begun] = process.argv.slice(1);
  const executor = createExecutor(folder, id);
  await Promise.all(begun.map((name) => executor.note(name)));
  executor.forget(begun[0]);
  process.stdout.write("noted");
  setInterval(() => {}, 1000);
});`;

test("what a killed process had begun is found, and a living process is left alone", async (t) => {
  const folder = freshFolder(t);
  const child = spawn(process.execPath, ["-e", HOLDER, folder, "x-1", "a", "b", "c"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  assert.deepEqual(findDeadExecutors(folder), []);
  child.kill("SIGKILL");
  await once(child, "close");
  const [dead, ...others] = findDeadExecutors(folder);
  assert.equal(others.length, 0);
  assert.equal(dead?.id, "x-1");
  assert.deepEqual(dead?.begun, ["b", "c"]);
  dead?.bury();
  assert.deepEqual(readdirSync(folder), []);
});

test("a living executor of this very process is left alone, and one that has nothing open leaves no file", async (t) => {
  const folder = freshFolder(t);
  const executor = createExecutor(folder, "x-1");
  assert.deepEqual(findDeadExecutors(folder), []);
  await Promise.all(["a", "b", "a"].map(async (id) => executor.note(id)));
  assert.deepEqual(findDeadExecutors(folder), []);
  executor.forget("a");
  executor.forget("b");
  executor.close();
  assert.deepEqual(readdirSync(folder), []);
});

test("what is open when a runtime is closed is found by the next one", async (t) => {
  const folder = freshFolder(t);
  const executor = createExecutor(folder, "x-1");
  await executor.note("a");
  executor.close();
  assert.deepEqual(
    findDeadExecutors(folder).map(({ begun }) => begun),
    [["a"]],
  );
});

test("a file that is just being made is not taken for dead, an old empty one is", (t) => {
  const folder = freshFolder(t);
  mkdirSync(folder);
  writeFileSync(join(folder, "x-1.sqlite"), "");
  assert.deepEqual(findDeadExecutors(folder), []);
  utimesSync(join(folder, "x-1.sqlite"), new Date(0), new Date(0));
  assert.deepEqual(
    findDeadExecutors(folder).map(({ begun }) => begun),
    [[]],
  );
  writeFileSync(join(folder, "notes.txt"), "not ours");
  writeFileSync(join(folder, "x-2.sqlite"), "not a database, but long enough to be read as one".repeat(100));
  assert.equal(findDeadExecutors(folder).length, 1);
});

test("a folder that can't be written fails the note, so that nothing begins", async (t) => {
  const folder = freshFolder(t);
  writeFileSync(folder, "a file where the folder should be");
  await assert.rejects(createExecutor(folder, "x-1").note("a"), { code: "LEDGER_UNAVAILABLE" });
});
