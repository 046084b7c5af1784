// Policies whose files include others: found beside them only, kept by hash, replayed from what was kept.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import { replayLog } from "./replay/replay-log.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const BASE = "rules:\n  - {id: no, action_type: run_job, when: 'payload.job == \"x\"', deny: true}\n";

/** A folder with a policy that includes `file`, and what stands at `file`. */
function folderWith(file: string): { readonly folder: string; readonly policy_file: string } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-includes-"));
  folders.push(folder);
  mkdirSync(join(folder, "policies", "shared"), { recursive: true });
  writeFileSync(join(folder, "outside.yaml"), BASE);
  writeFileSync(join(folder, "policies", "shared", "base.yaml"), BASE);
  symlinkSync(join(folder, "outside.yaml"), join(folder, "policies", "link.yaml"));
  symlinkSync(join(folder, "policies", "shared", "base.yaml"), join(folder, "policies", "inside.yaml"));
  const policy_file = join(folder, "policies", "main.yaml");
  writeFileSync(policy_file, `include:\n  - {file: ${JSON.stringify(file)}, sha256: "${sha256(BASE)}", as: b}\n`);
  return { folder, policy_file };
}

function runtimeOf({ folder, policy_file }: ReturnType<typeof folderWith>): Runtime {
  const home = join(folder, "home");
  return createRuntime({
    env: {},
    cwd: "/w",
    home,
    policy_file,
    audit_log_path: join(folder, "audit.log"),
    durability: "none",
  });
}

test("what is included is kept beside the log, and a replay needs nothing else", async () => {
  const at = folderWith("shared/base.yaml");
  const runtime = runtimeOf(at);
  const decision = await runtime.authorize({ public_key: "k" }, "run_job", { job: "x" });
  assert.equal(decision.rule_ref, "policy:b.no");
  await runtime.close();
  const log = join(at.folder, "audit.log");
  assert.equal(readFileSync(join(`${log}.d`, "policies", sha256(BASE)), "utf8"), BASE);
  assert.ok(readFileSync(log, "utf8").includes(`"hash":"sha256:${sha256(BASE)}"`));
  rmSync(join(at.folder, "policies"), { recursive: true });
  const outcomes: string[] = [];
  for await (const { outcome } of replayLog(log, { home: join(at.folder, "home") })) outcomes.push(outcome);
  assert.deepEqual(outcomes, ["same"]);
});

test("files are found beside the policy and below, also through links that stay there", () => {
  for (const file of ["shared/base.yaml", "./shared/../shared/base.yaml", "inside.yaml"]) runtimeOf(folderWith(file));
});

test("no file is read from elsewhere, whatever its name or a link says", () => {
  const refused = [
    "../outside.yaml",
    "shared/../../outside.yaml",
    "link.yaml",
    "/etc/passwd",
    "C:/x.yaml",
    "a\\b.yaml",
  ];
  for (const file of [...refused, "nowhere.yaml", "shared", "."]) {
    assert.throws(
      () => runtimeOf(folderWith(file)),
      (error) => error instanceof CanopyError && error.code === "INVALID_POLICY",
      file,
    );
  }
});

test("a policy given as text includes no files", () => {
  const policy = `include:\n  - {file: shared/base.yaml, sha256: "${sha256(BASE)}"}\n`;
  assert.throws(() => createRuntime({ env: {}, policy }), /without a file of its own/);
});

test("an agent that writes to an included file meets governance", async () => {
  const at = folderWith("shared/base.yaml");
  const runtime = runtimeOf(at);
  const path = join(at.folder, "policies", "shared", "base.yaml");
  const { decision } = runtime.evaluate({ public_key: "k" }, "modify_file", { path, content: "rules: []" });
  assert.equal(decision, "DENY");
  await runtime.close();
});
