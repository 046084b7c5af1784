// The places of the demonstration, all in one scratch folder:
//
//   host/       the machine that agents run on: policy, configuration, audit.log, its keys (home). Later it is owned.
//   elsewhere/  a folder mounted from another machine: the anchor
//   auditor/    what was handed over: the bundle, the proof, the public key; and a home that has never seen the log

import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRuntime, type Runtime } from "canopy-runtime";

/** The places. */
export interface World {
  readonly folder: string;
  readonly host: string;
  readonly log: string;
  readonly home: string;
  readonly anchor: string;
  readonly auditor: string;
  readonly policy: string;
}

/** A host that an over-broad setting lets through. The tools of the demonstration are simulated: nothing is contacted. */
export const DROP_HOST = "drop.example.net";

const POLICY = `# What agents here may do. Calls to partners are trusted by domain: see trusted_domains in the agents' context.
rules:
  - id: refunds
    description: money is a person's decision
    action_type: spend_money
    require_approval: true
`;

/** Make the places. */
export function makeWorld(folder: string): World {
  const host = join(folder, "host");
  const world = {
    folder,
    host,
    log: join(host, "audit.log"),
    home: join(host, "home"),
    anchor: join(folder, "elsewhere"),
    auditor: join(folder, "auditor"),
    policy: join(host, "policy.yaml"),
  };
  for (const each of [host, world.home, world.anchor, world.auditor]) mkdirSync(each, { recursive: true, mode: 0o700 });
  writeFileSync(world.policy, POLICY);
  const settings = { audit_log_path: world.log, policy_file: world.policy };
  writeFileSync(join(world.home, "config.json"), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  return world;
}

/** The runtime of the host, as its configuration says. */
export function hostRuntime(world: World): Runtime {
  return createRuntime({ env: { CANOPY_HOME: world.home } });
}

/** Keep the host as it is now; what is given brings it back. */
export function keepHost({ host, folder }: World): () => void {
  const kept = join(folder, "kept");
  cpSync(host, kept, { recursive: true });
  return () => {
    rmSync(host, { recursive: true, force: true });
    cpSync(kept, host, { recursive: true });
  };
}
