// A log that the runtime wrote, for the peers: decisions with checkpoints, and the command at hand.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { createRuntime } from "canopy-runtime";
import { checkpointVerifierKeys } from "canopy-runtime/keys";

const MAIN = join(root, "packages", "cli", "dist", "main.js");

/** A log of so many decisions in a folder; its verifier key; and `run`, which calls `canopy` with this home. */
export async function makeLog(folder, decisions) {
  const log = join(folder, "audit.log");
  const home = join(folder, "home");
  const runtime = createRuntime({ env: {}, cwd: folder, home, audit_log_path: log });
  const agent = { public_key: "agent-1", trusted_domains: ["example.com"] };
  const asked = [];
  for (let index = 0; index < decisions; index += 1) {
    const command = index % 7 === 0 ? "rm -rf /" : `ls ${index}`;
    asked.push(runtime.authorize(agent, "execute_shell", { command }));
  }
  await Promise.all(asked);
  await runtime.close();
  const run = (...words) => {
    const env = { PATH: process.env.PATH, HOME: folder, CANOPY_HOME: home };
    return spawnSync(process.execPath, [MAIN, ...words], { cwd: folder, env, encoding: "utf8" });
  };
  const origin = `canopy/${readFileSync(`${log}.d/log-id`, "utf8").trim()}`;
  const [vkey] = checkpointVerifierKeys(home, origin);
  return { log, vkey, run };
}
