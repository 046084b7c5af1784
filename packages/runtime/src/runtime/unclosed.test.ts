import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./unclosed.fixture.test.js", import.meta.url));
const CEDAR = "permit (principal, action, resource);\n";
const WITH_ENGINE = `engines:
  - {id: c, engine: cedar, file: rules.cedar, sha256: ${createHash("sha256").update(CEDAR).digest("hex")}, timeout: 250ms}
`;
/** A guard against hanging: it ends in a second. */
const HANGS_MS = 120_000;

for (const [what, policy] of [
  ["", "rules:\n  - {action_type: run_job, deny_if: x}\n"],
  [" that asks another engine", WITH_ENGINE],
] as const) {
  test(`a program${what} that never closes its runtime ends all the same, its checkpoint made`, () => {
    const folder = mkdtempSync(join(tmpdir(), "canopy-unclosed-"));
    try {
      writeFileSync(join(folder, "rules.cedar"), CEDAR);
      writeFileSync(join(folder, "rules.yaml"), policy);
      const at = {
        home: join(folder, "home"),
        audit_log_path: join(folder, "audit.log"),
        policy_file: join(folder, "rules.yaml"),
      };
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, JSON.stringify(at)], {
        encoding: "utf8",
        timeout: HANGS_MS,
        killSignal: "SIGKILL",
      });
      assert.deepEqual([status, signal, stderr], [0, null, ""]);
      assert.match(stdout, /^(?:ALLOW|DENY)\n$/u);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
