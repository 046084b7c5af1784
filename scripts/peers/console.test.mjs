// The console in a real pseudo-terminal: however it ends or is suspended, the terminal is left as it was found.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root } from "../setup.mjs";

const DRIVER = fileURLToPath(new URL("console_pty.py", import.meta.url));
const MAIN = join(root, "packages", "cli", "dist", "main.js");
const LINE = {
  event: "authorize_action",
  timestamp: "2026-03-01T09:00:00Z",
  avid: "AVID-1",
  decision: "ALLOW",
  entry_hash: "a".repeat(64),
};

describe("the console in a pseudo-terminal", () => {
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "canopy-pty-"));
    writeFileSync(join(folder, "audit.log"), `${JSON.stringify(LINE)}\n`.repeat(5));
    writeFileSync(
      join(folder, "crash.mjs"),
      'process.on("SIGUSR2", () => { throw new Error("thrown on purpose"); });\n',
    );
    assert.equal(spawnSync("python3", ["-c", "import pty"]).status, 0, "this test needs python3");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(what, ...options) {
    const env = { PATH: process.env.PATH, HOME: folder, CANOPY_HOME: join(folder, "home") };
    const words = [DRIVER, what, process.execPath, ...options, MAIN, "console", join(folder, "audit.log")];
    const { stdout } = await promisify(execFile)("python3", words, { env });
    const told = JSON.parse(stdout);
    assert.ok(told.painted && told.raw, stdout);
    assert.ok(told.left, `the terminal was not given back: ${stdout}`);
    return told;
  }

  it("is left by q", async () => assert.equal((await run("quit")).exit, 0));
  it("ends when it is asked to", async () => assert.equal((await run("terminate")).exit, 143));
  it("ends when its terminal hangs up", async () => assert.equal((await run("hang-up")).exit, 129));
  it("ends when it is interrupted from outside", async () => assert.equal((await run("interrupt")).exit, 130));
  it("shows what was thrown after it gave the terminal back", async () => {
    const told = await run("crash", "--import", join(folder, "crash.mjs"));
    assert.equal(told.exit, 1);
    assert.match(told.after, /thrown on purpose/u);
  });
  it("is suspended and goes on", async () => {
    const told = await run("suspend");
    assert.deepEqual([told.stopped, told.left_stopped, told.again, told.exit], [true, true, true, 0]);
  });
  it("follows the terminal's size, down to what is too small and back", async () => {
    const told = await run("resize");
    assert.deepEqual([told.small, told.large], [true, true]);
  });
});
