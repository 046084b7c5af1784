// A runner as its parent sees it: one request at a time, an answer or the end of the process.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const RUNNER = fileURLToPath(new URL("./runner.mjs", import.meta.url));

/** Starts a runner on the folder of compiled files. `close` ends it and what it started. */
export function startRunner(dist, extra = {}) {
  const env = { ...process.env, ...extra, CANOPY_MUTATION_DIST: dist };
  const child = spawn(process.execPath, [RUNNER], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    detached: true,
    env,
  });
  const heard = { by: () => undefined };
  child.on("message", (message) => heard.by(message));
  child.on("exit", () => heard.by({ ended: true }));
  child.on("error", () => heard.by({ ended: true }));
  const isReady = new Promise((resolve) => {
    heard.by = resolve;
  });
  return {
    ask: (request, limitOf) => isReady.then(() => ask(child, heard, request, limitOf)),
    close: () => endGroup(child),
  };
}

// Resolves with the answer, or with `{ ended }` or `{ late }` and the test that ran, as its `at` line.
function ask(child, heard, request, limitOf) {
  return new Promise((resolve) => {
    let at = null;
    let timer = setTimeout(() => done({ late: true }), 60_000);
    const done = (answer) => {
      clearTimeout(timer);
      resolve({ at, ...answer });
    };
    heard.by = (message) => {
      if (message.at === undefined) return done(message);
      at = message.at;
      clearTimeout(timer);
      timer = setTimeout(() => done({ late: true }), limitOf(at));
      return undefined;
    };
    if (child.connected) child.send(request);
    else done({ ended: true });
  });
}

function endGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}
