// Every command line in README.md and docs/cli.md is run, in order, page by page, in one folder; `# exit N` says how it ends.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { inScratch } from "./testing/canopy.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

interface Line {
  readonly text: string;
  readonly exit: number;
}

function commandLines(page: string): readonly Line[] {
  const blocks = readFileSync(join(ROOT, page), "utf8").matchAll(/^```sh\n(.*?)^```$/gmsu);
  return [...blocks].flatMap(([, block = ""]) =>
    block
      .split("\n")
      .filter((line) => line.includes("canopy ") || line.includes(" > "))
      .map((line) => ({ text: line, exit: Number(/# exit (\d+)$/u.exec(line)?.[1] ?? 0) })),
  );
}

describe("the documentation", () => {
  it("shows the example that stands in examples/, and it does what the front page says", () =>
    inScratch(async (folder) => {
      const example = readFileSync(join(ROOT, "examples/shell-tool.mjs"), "utf8");
      assert.ok(readFileSync(join(ROOT, "README.md"), "utf8").includes(`\`\`\`js\n${example}\`\`\``));
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, CANOPY_HOME: join(folder, "home") };
      const words = [join(ROOT, "examples/shell-tool.mjs")];
      const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: "utf8" });
      assert.equal(status, 0);
      assert.match(stdout, /^hello\n\nDENY: .*\n$/u);
      assert.match(readFileSync(join(folder, "audit.log"), "utf8"), /"event":"tool_result"/u);
      return Promise.resolve();
    }));

  for (const page of ["docs/cli.md", "README.md"]) {
    it(`shows only commands that end as it says: ${page}`, () =>
      inScratch(async (folder) => {
        const shim = join(folder, "canopy");
        writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
        chmodSync(shim, 0o755);
        const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, HOME: folder, CANOPY_HOME: join(folder, "home") };
        for (const { text, exit } of commandLines(page)) {
          const { status, stderr } = spawnSync("sh", ["-c", text], { cwd: folder, env, encoding: "utf8", input: "" });
          assert.equal(status, exit, `${text}\n${stderr}`);
        }
        assert.ok(page === "README.md" || commandLines(page).length > 10);
        return Promise.resolve();
      }));
  }
});
