// Puts the pure engine together with the host's hashing, the built-in layers and one compiled policy.

import { readFileSync } from "node:fs";
import { BUILT_IN_LAYERS } from "../core/built-in-layers.ts";
import type { Engine } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import {
  compilePolicy,
  POLICY_PACK_NAMES,
  policyPack,
  type CompiledPolicy,
  type ResolveInclude,
} from "../core/policy/index.ts";
import { createIdentify, type IdentityTools } from "../identity/identify.ts";
import type { ResolvedSettings } from "./config.ts";
import { includesBeside } from "./resolve-include.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { sha256 } from "./crypto.ts";
import { isTimeZone } from "./time-zones.ts";

/** A policy as it is found: its bytes, and where they came from. */
export interface PolicySource {
  readonly bytes: Uint8Array | string;
  readonly file: string | null;
  readonly source: "argument" | "env" | "config" | "default";
  /** The files that are looked at for changes: the policy's own, its tests, and what it includes. Absent: none. */
  readonly watched?: readonly string[];
}

/** The files that make up the policy that the settings name, and its tests beside it, whether they exist or not. */
export function policyFiles({ policy_file }: ResolvedSettings["settings"]): readonly string[] {
  return policy_file === null ? [] : [policy_file, testFileOf(policy_file)];
}

/** The file of tests beside a policy. */
export function testFileOf(policy_file: string): string {
  return policy_file.replace(/(?:\.ya?ml)?$/, ".test.yaml");
}

/** An action type that the integrator makes known. */
export interface ActionTypeRegistration {
  readonly action_type: string;
}

/**
 * Read the policy that the settings name; the bundled `default` pack when they name none.
 *
 * @throws {CanopyError} `POLICY_UNREADABLE`.
 */
export function readPolicy({ settings, origins }: ResolvedSettings): PolicySource {
  if (settings.policy_file === null) return { bytes: policyPack("default"), file: null, source: "default" };
  const source = { argument: "argument", environment: "env", file: "config", default: "default" } as const;
  try {
    const bytes = readFileSync(settings.policy_file);
    return { bytes, file: settings.policy_file, source: source[origins.policy_file], watched: policyFiles(settings) };
  } catch (cause) {
    throw new CanopyError("POLICY_UNREADABLE", `policy file \`${settings.policy_file}\` can't be read`, {
      cause,
      fix: `check the path (--policy, CANOPY_POLICY_FILE), name a bundled pack with --policy (${POLICY_PACK_NAMES.join(", ")}), or leave it out`,
    });
  }
}

/**
 * Compile a policy and make an engine of it.
 *
 * @throws {CanopyError} `INVALID_POLICY`.
 */
export function createEngine(
  { bytes, file, source }: PolicySource,
  isProven?: IdentityTools["isProven"],
  resolve: ResolveInclude | null = file === null ? null : includesBeside(file),
): { readonly engine: Engine; readonly policy: CompiledPolicy } {
  const includes = resolve === null ? {} : { resolve };
  const policy = compilePolicy(bytes, { file, source, tools: { sha256Hex }, ...includes });
  const unknown = policy.needs?.zones.find((name) => !isTimeZone(name));
  if (unknown !== undefined) {
    throw new CanopyError("INVALID_POLICY", `there is no time zone \`${unknown}\``, {
      fix: "give an IANA name such as Europe/Berlin, or an offset such as +01:00",
      ...(file === null ? {} : { at: file }),
    });
  }
  return { policy, engine: engineOf(policy, isProven) };
}

/** An engine that decides by a compiled policy. Short. */
export function engineOf(policy: CompiledPolicy, isProven: IdentityTools["isProven"] = () => false): Engine {
  return {
    tools: { sha256Hex, registered: policy.action_types },
    layers: BUILT_IN_LAYERS,
    policy,
    identify: createIdentify({ sha256, isProven }),
  };
}
