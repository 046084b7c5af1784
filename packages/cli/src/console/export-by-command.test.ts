import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createRuntime } from "canopy-runtime";
import { inScratch } from "../testing/canopy.ts";
import { exportByCommand, type ExportOptions } from "./export-by-command.ts";

async function withLog(use: (options: ExportOptions) => Promise<void>): Promise<void> {
  await inScratch(async (cwd) => {
    const [log, home] = [join(cwd, "audit.log"), join(cwd, "home")];
    const runtime = createRuntime({ home, audit_log_path: log, env: {} });
    await runtime.authorize({ public_key: "agent", trace_id: "t-1" }, "execute_shell", { command: "rm -rf /" });
    await runtime.close();
    await use({ log, cwd, env: { PATH: process.env["PATH"], HOME: cwd, CANOPY_HOME: home } });
  });
}

describe("writing what is shown to a file", () => {
  it("is done by the command for it, and says what it said", () =>
    withLog(async (options) => {
      assert.match(await exportByCommand(["incident", "--trace", "t-1"], "trace.md", options), /trace\.md/u);
      assert.match(readFileSync(join(options.cwd, "trace.md"), "utf8"), /DENY/u);
      await exportByCommand(["incident", "--trace", "t-1"], "trace.canopy-evidence", options);
      assert.match(readFileSync(join(options.cwd, "trace.canopy-evidence"), "utf8"), /^\{"canopy_evidence":1/u);
    }));

  it("says why nothing was written", () =>
    withLog(async (options) => {
      await assert.rejects(exportByCommand(["incident", "--trace", "t-1"], "trace.pdf", options), /pdf|ending|kind/u);
      await assert.rejects(exportByCommand(["report", "--all"], "all.canopy-evidence", options), /select one first/u);
      assert.ok(!existsSync(join(options.cwd, "trace.pdf")));
    }));
});
