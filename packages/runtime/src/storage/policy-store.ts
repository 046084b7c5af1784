// Policies that were in use, by the hash of their bytes: `<log>.d/policies/<hash>`, so that decisions can be replayed.

import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { sha256Hex } from "./chain-host.ts";
import type { FileSystem } from "./file-system.ts";
import { readOrCreate, readWhole } from "./owner-file.ts";
import { logPaths } from "./sidecar.ts";

/**
 * Keep the bytes of a policy beside a log that is open. Durable once it returns. Cost: one read; when new, two syncs.
 *
 * @param hash `sha256:<hex>` over the bytes.
 * @throws {CanopyError} `INVALID_ENTRY` when the hash is not theirs, `LEDGER_REFUSED` when something else is kept under it.
 */
export function keepPolicy(fs: FileSystem, log: string, hash: string, bytes: Uint8Array): void {
  storePolicyIn(fs, logPaths(fs, log).policies, hash, bytes);
}

/** The same, by the folder of the policies. */
export function storePolicyIn(fs: FileSystem, folder: string, hash: string, bytes: Uint8Array): void {
  if (hash !== `sha256:${sha256Hex(bytes)}`) {
    throw new CanopyError("INVALID_ENTRY", "a policy must be kept under the hash of its bytes");
  }
  const path = policyPath(folder, hash);
  if (
    Buffer.compare(
      readOrCreate(fs, path, () => bytes),
      bytes,
    ) === 0
  )
    return;
  throw new CanopyError("LEDGER_REFUSED", `the policy kept as \`${path}\` is not the one of that hash`, {
    fix: "move that file away: it was changed after it was kept",
  });
}

/** The bytes kept under a hash, or null. Throws as `policyPath`. */
export function readPolicyIn(fs: FileSystem, folder: string, hash: string): Uint8Array | null {
  return readWhole(fs, policyPath(folder, hash));
}

/** Where a policy is kept. @throws {CanopyError} `INVALID_ENTRY` for what is no hash. */
function policyPath(folder: string, hash: string): string {
  const digits = /^(?:sha256:)?([0-9a-f]{64})$/.exec(hash)?.[1];
  if (digits === undefined) {
    throw new CanopyError("INVALID_ENTRY", `not a policy hash: \`${hash}\`, expected sha256: and 64 hex digits`);
  }
  return join(folder, digits);
}
