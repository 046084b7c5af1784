// A disk that is really full, then has space again: no injected errors, the system's own. On a small tmpfs where one
// may be mounted (as root, or in a user namespace), and everywhere under a limit on the size of files (`ulimit -f`).
//
// The process on that disk runs `full-disk-writer.fixture.test.ts`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { appendLarge, assertWhole, openOn } from "./full-disk-writer.fixture.test.ts";

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-full-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const WRITER = fileURLToPath(new URL("./full-disk-writer.fixture.test.js", import.meta.url));

/** Runs a script of the shell that ends in the writer in a role. */
function child(script: string, role: string, folder: string, wrapper: readonly string[] = []): Child {
  const [command, ...rest] = [...wrapper, "sh", "-c", `${script}; exec "$0" "$@"`];
  const writer = [process.execPath, WRITER, role, folder];
  return spawnSync(command, [...rest, ...writer], { encoding: "utf8" });
}

interface Child {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What gives a process mounts of its own here; null where none may be made (some containers, other systems). */
function mountWrapper(folder: string): readonly string[] | null {
  for (const wrapper of [
    ["unshare", "--mount"],
    ["unshare", "--mount", "--map-root-user"],
  ]) {
    const [command = "", ...rest] = wrapper;
    if (spawnSync(command, [...rest, "mount", "-t", "tmpfs", "tmpfs", folder]).status === 0) return wrapper;
  }
  return null;
}

async function fullFilesystem(t: TestContext): Promise<void> {
  const folder = temporaryFolder(t);
  const wrapper = mountWrapper(folder);
  if (wrapper === null) return fullFiles(t);
  const ended = child(`mount -t tmpfs -o size=4m tmpfs "$3" || exit 9`, "disk", folder, wrapper);
  assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, "whole\n", ""]);
}

async function fullFiles(t: TestContext): Promise<void> {
  const folder = temporaryFolder(t);
  const ended = child("ulimit -f 400", "limit", folder);
  assert.equal(ended.status, 0, ended.stderr);
  const acknowledged: unknown = JSON.parse(ended.stdout);
  assert.ok(Array.isArray(acknowledged) && acknowledged.length > 20);
  const hashes = acknowledged.map(String);
  const ledger = await openOn(folder);
  hashes.push(await appendLarge(ledger, hashes.length));
  await ledger.close();
  await assertWhole(folder, hashes);
}

if (process.platform !== "win32") {
  test("a full disk loses nothing that was acknowledged, and the log works again once there is space", fullFilesystem);
  test(
    "files that may not grow lose nothing that was acknowledged, and the log works again without the limit",
    fullFiles,
  );
}
