// The approval prompt on a real pseudo-terminal, and the log of the whole flow under the reference's own verifier.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../setup.mjs";
import { referenceVerify } from "./reference.mjs";

// Runs a program on a pseudo-terminal; types `early` at once, and `answer` when the question stands there.
const TERMINAL = `
import os, pty, select, sys, time
early, answer, command = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
os.write(terminal, early.encode())
shown, asked = b"", False
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    shown += chunk
    if not asked and b"Type yes" in shown:
        asked = True
        os.write(terminal, answer.encode())
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const AGENT = `
import { createRuntime, safeTool } from ${JSON.stringify(`file://${join(root, "packages/runtime/dist/index.js")}`)};
const runtime = createRuntime({ env: {}, cwd: "/project", ...JSON.parse(process.argv[1]) });
const options = { runtime, action_type: "execute_shell", agent_ctx: { public_key: "agent-1" }, env: {} };
const tool = safeTool({ ...options, on_require_approval: "prompt", prompt: { timeoutMs: 60_000 } }, async () => "THE TOOL RAN");
const outcome = await tool({ command: "sudo id # \\u001b[2J\\u202e" }).catch((error) => "REFUSED " + error.code);
await runtime.close();
process.stdout.write("\\n" + outcome + "\\n");
`;

async function onTerminal(t, early, answer) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-pty-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = { home: join(folder, "home"), audit_log_path: join(folder, "audit.log") };
  const agent = [process.execPath, "--input-type=module", "-e", AGENT, JSON.stringify(at)];
  const child = spawn("python3", ["-c", TERMINAL, early, answer, ...agent], { stdio: ["ignore", "pipe", "inherit"] });
  let shown = "";
  child.stdout.on("data", (chunk) => (shown += chunk));
  await once(child, "close");
  const lines = readFileSync(at.audit_log_path, "utf8").trimEnd().split("\n");
  // Checkpoints come when their time is there and at the end; they say nothing of the call.
  const events = lines.map((line) => JSON.parse(line).event).filter((event) => event !== "checkpoint_meta");
  return { shown, log: at.audit_log_path, events };
}

test("on a terminal, yes lets exactly that call run, and what was shown could not act on the terminal", async (t) => {
  const { shown, events, log } = await onTerminal(t, "", "yes\n");
  assert.match(shown, /THE TOOL RAN/);
  assert.match(shown, /"command": "sudo id # \\u001b\[2J\\u\{202e\}"/);
  assert.ok(!shown.includes("\u001b") && !shown.includes("\u202e"));
  assert.deepEqual(events, ["authorize_action", "approval_granted", "reauthorized", "tool_start", "tool_result"]);
  const { status, stdout, stderr } = spawnSync(referenceVerify(), [log], { encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test("on a terminal, no, other words, and what was typed too early run nothing", async (t) => {
  for (const [early, answer, last] of [
    ["", "no\n", "approval_rejected"],
    ["", "y\n", "authorize_action"],
    ["yes\n", "\n", "authorize_action"],
    ["yes\nyes\n", "maybe\n", "authorize_action"],
  ]) {
    const { shown, events } = await onTerminal(t, early, answer);
    assert.match(shown, /REFUSED/);
    assert.ok(!shown.includes("THE TOOL RAN"));
    assert.equal(events.at(-1), last);
  }
});
