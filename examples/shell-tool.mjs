import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { defaultRuntime, safeTool } from "canopy-runtime";

const run = promisify(execFile);

const shell = safeTool(
  { action_type: "execute_shell", agent_ctx: { public_key: "my-agent" } },
  async ({ command }) => (await run("sh", ["-c", command])).stdout,
);

console.log(await shell({ command: "echo hello" }));

try {
  await shell({ command: `x=rm; "$x" -r''f /` });
} catch (error) {
  console.log(String(error));
}

await defaultRuntime().close();
