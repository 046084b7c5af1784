// Finds the files that a policy includes: beside it and below, nowhere else, whatever links stand there.

import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import type { ResolveInclude } from "../core/policy/index.ts";
import { readPolicyFile } from "./read-policy-file.ts";

/**
 * A resolver for the includes of a policy file. Files are named relative to the file that includes them, and lie in the
 * folder of `policy_file` or below it, also once links are followed.
 */
export function includesBeside(policy_file: string): ResolveInclude {
  const root = dirname(policy_file);
  return ({ file, from }) => {
    if (file === null || from === null) return null;
    if (isAbsolute(file) || /[\\\0]|^[A-Za-z]:/.test(file)) {
      return {
        problem: "a file is named relative to the policy that includes it",
        fix: "write it like shared/base.yaml",
      };
    }
    const path = join(dirname(from), file);
    if (!isWithin(root, path)) return outside();
    const real = realPathOf(path);
    const realRoot = realPathOf(root);
    if (real !== null && realRoot !== null && !isWithin(realRoot, real)) return outside();
    const bytes = readPolicyFile(path);
    return bytes instanceof Uint8Array ? { bytes, file: path } : { problem: bytes.message };
  };
}

function outside(): { readonly problem: string; readonly fix: string } {
  return {
    problem: "it lies outside the folder of the policy",
    fix: "keep what is included beside the policy, or below",
  };
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    // What isn't there is told when it is read.
    return null;
  }
}
