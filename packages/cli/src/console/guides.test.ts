import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { inScratch } from "../testing/canopy.ts";
import { GUIDES } from "./guides.ts";

const RUNTIME = fileURLToPath(new URL("../../../runtime", import.meta.url));

/** What a guide leaves to its reader. */
const GIVEN = `
const runCommand = async ({ command }) => command;
const [agent, type, payload, result] = [{ public_key: "a" }, "execute_shell", { command: "ls" }, "done"];
`;

const IMPORT = /^import .*\n/u;

const PROGRAMS = GUIDES.filter(({ lines }) => lines[0]?.startsWith("import ") === true);

for (const { title, lines } of PROGRAMS) {
  it(`the guide \`${title}\` shows a program that runs, and is recorded with its result`, () =>
    inScratch(async (folder) => {
      mkdirSync(join(folder, "node_modules"));
      symlinkSync(RUNTIME, join(folder, "node_modules", "canopy-runtime"), "junction");
      const end = lines.findLastIndex((line) => line.endsWith(";") || line.includes("; // "));
      writeFileSync(
        join(folder, "guide.mjs"),
        `${IMPORT.exec(lines.join("\n"))?.[0] ?? ""}${GIVEN}${lines.slice(1, end + 1).join("\n")}`,
      );
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, CANOPY_HOME: join(folder, "home") };
      const run = spawnSync(process.execPath, ["guide.mjs"], { cwd: folder, env, encoding: "utf8" });
      assert.deepEqual([run.status, run.stderr], [0, ""]);
      assert.match(readFileSync(join(folder, "audit.log"), "utf8"), /"event":"tool_result"/u);
      return Promise.resolve();
    }));
}

it("two guides are programs", () => assert.equal(PROGRAMS.length, 2));
