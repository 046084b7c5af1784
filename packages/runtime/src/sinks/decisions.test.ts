// Decisions don't know of sinks: what they do, and whether they are answered, is the same with a receiver that hangs,
// one that is gone, and none.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../core/json.ts";
import { createRuntime } from "../runtime/create-runtime.ts";
import { textOf } from "./formats/sink-record.ts";
import { httpReceiver, streamReceiver } from "./receivers.fixture.test.ts";
import { until } from "./sink-bench.fixture.test.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-decisions-"));
  folders.push(folder);
  return folder;
}

async function decide(sinks: readonly string[], count: number, folder = scratch()): Promise<readonly JsonObject[]> {
  const audit_log_path = join(folder, "audit.log");
  const runtime = createRuntime({ home: join(folder, "home"), audit_log_path, sinks, cwd: folder });
  try {
    for (let index = 0; index < count; index += 1) {
      const { decision } = await runtime.authorize({ public_key: "agent-1" }, "shell", { command: `echo ${index}` });
      assert.equal(decision, "ALLOW");
    }
  } finally {
    await runtime.close();
  }
  return readFileSync(audit_log_path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): JsonObject => JSON.parse(line));
}

function decisions(entries: readonly JsonObject[]): number {
  return entries.filter(({ event }) => event === "authorize_action").length;
}

async function badReceivers(t: TestContext): Promise<readonly string[]> {
  const [hanging, slow] = [await httpReceiver(t, "http"), await streamReceiver(t, "tcp")];
  await hanging.become?.("hanging");
  await slow.become?.("hanging");
  return [hanging.setting, slow.setting, "http://127.0.0.1:1/gone", "file:/nowhere/at/all.jsonl"];
}

test("every decision is answered and recorded with sinks that hang, are gone, or can't be written", async (t) => {
  const without = await decide([], 100);
  const withSinks = await decide(await badReceivers(t), 100);
  assert.equal(decisions(withSinks), decisions(without));
  const others = withSinks.filter((entry) => textOf(entry, "event").startsWith("sink_"));
  // At most one for each sink that was tried twice.
  assert.ok(others.length <= 4 && others.every(({ event }) => event === "sink_behind"));
});

test("a runtime feeds its sinks by itself, and what it leaves is sent by the next", async (t) => {
  const receiver = await httpReceiver(t, "http");
  const folder = scratch();
  const hashes = (await decide([receiver.setting], 5, folder)).map(({ entry_hash }) => entry_hash);
  // The checkpoint that a close writes comes after the sinks' last look, so it is always among what is left.
  const next = createRuntime({
    home: join(folder, "home"),
    audit_log_path: join(folder, "audit.log"),
    sinks: [receiver.setting],
    cwd: folder,
  });
  try {
    await next.open();
    await until(() => hashes.every((hash) => receiver.ids().some((id) => id === hash)), "all of it arrived");
  } finally {
    await next.close();
  }
  assert.deepEqual([...new Set(receiver.ids())].slice(0, hashes.length), hashes);
});

test("a program that ends without closing its runtime is not held up by a sink", () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-unclosed-"));
  folders.push(folder);
  const program = fileURLToPath(new URL("./unclosed.fixture.test.js", import.meta.url));
  const words = [program, join(folder, "audit.log"), folder, "http://127.0.0.1:1/gone"];
  const { status, signal } = spawnSync(process.execPath, words, { timeout: 20_000 });
  assert.deepEqual({ status, signal }, { status: 0, signal: null });
});

test("a sink that can't be one is refused before anything is decided", () => {
  for (const [text, why] of [
    ["ftp://host/x", /no such kind/],
    ["file:relative.log", /absolute path/],
    ["http://logs.example.com/", /clear text/],
    ["https://user:pass@host/", /no credentials/],
    ["syslog+tcp://host:601/path", /a host and a port/],
    ["https://host/?format=xml", /entry or ocsf/],
    ["https://host/?header_env=NOT_SET_ANYWHERE", /holds no header/],
    ["stdout:?name=Bad_Name", /name can't be used/],
  ] as const) {
    assert.throws(() => createRuntime({ sinks: [text], env: {} }), why);
  }
  assert.throws(() => createRuntime({ sinks: ["stdout:", "stdout:"], env: {} }), /another sink has that name/);
});
