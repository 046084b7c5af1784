// A process beside the ones of history.test.ts, which forks it and hears one message from it:
// `node history-process.fixture.test.js <role> <folder> <now>`. Without arguments it does nothing.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../core/json.ts";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import type { Decision } from "./decision.ts";

/** The agent that all of them are. */
export const AGENT = { public_key: "agent-1", session_id: "s-1", spending_limit: "unlimited" };

/** A runtime on the log of a folder, with a clock that stands still. */
export function openHistory(folder: string, now: () => number): Runtime {
  return createRuntime({
    home: join(folder, "home"),
    audit_log_path: join(folder, "audit.log"),
    policy_file: join(folder, "policy.yaml"),
    cwd: join(folder, "work"),
    clock: { now },
    policy_watch_ms: null,
  });
}

/** Ask to pay. */
export function pay(runtime: Runtime, amount: number, more: JsonObject = {}): Promise<Decision> {
  const { idempotency_key, ...context } = more;
  const options = typeof idempotency_key === "string" ? { idempotency_key } : {};
  const payload = { amount, currency: "USD", recipient: "vendor" };
  return runtime.authorize({ ...AGENT, ...context }, "spend_money", payload, options);
}

function say(message: JsonObject): Promise<void> {
  return new Promise<void>((resolve) => {
    process.send?.(JSON.stringify(message), undefined, undefined, () => resolve());
  });
}

async function actAs(role: string, folder: string, now: number): Promise<void> {
  const runtime = openHistory(folder, () => now);
  switch (role) {
    case "spender": {
      let allowed = 0;
      const caller = async (): Promise<void> => {
        for (;;) {
          const { decision } = await pay(runtime, 1);
          if (decision !== "ALLOW") return;
          allowed += 1;
        }
      };
      await Promise.all(Array.from({ length: 8 }, caller));
      await runtime.close();
      await say({ allowed });
      return;
    }
    case "reserver": {
      const { authorization_id } = await pay(runtime, 20);
      await say({ authorization_id });
      await sleep(60_000);
      return;
    }
    case "beginner": {
      const { authorization_id, action_digest } = await pay(runtime, 20);
      await runtime.begin(authorization_id, action_digest);
      await say({ authorization_id });
      await sleep(60_000);
      return;
    }
    case "reader": {
      const { decision, reason, authorization_id } = await runtime.authorize(AGENT, "read_file", {
        path: "secrets/key.txt",
      });
      await runtime.close();
      await say({ decision, reason, authorization_id });
      return;
    }
    default:
      throw new Error(`no role ${role}`);
  }
}

const [, , role, folder = "", now = ""] = process.argv;
if (role !== undefined) {
  await actAs(role, folder, Number(now));
  process.exit(0);
}
