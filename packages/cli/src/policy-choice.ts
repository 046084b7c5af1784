// Which policy a command means: a pack's name, a file, or text; and one runtime for each, made once.

import { CanopyError } from "canopy-runtime/errors";
import { isPolicyPackName, POLICY_PACK_NAMES, policyPack } from "canopy-runtime/policy";
import type { Runtime } from "canopy-runtime";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The part of a runtime's configuration that says which policy holds. */
export type PolicyConfig = { readonly policy?: string; readonly policy_file?: string };

/** What a `--policy` flag stands for: a pack's name, else a file. */
export function policyFlag(flag: string | undefined, cwd: string): PolicyConfig {
  if (flag === undefined) return {};
  return isPolicyPackName(flag) ? { policy: policyPack(flag) } : { policy_file: resolve(cwd, flag) };
}

/** What a request's `policy` stands for: a pack's name, else policy text. */
export function policyText(text: string): PolicyConfig {
  return { policy: isPolicyPackName(text) ? policyPack(text) : text };
}

/**
 * The bytes of the policy that a word on the command line names: a pack's, else a file's.
 *
 * @throws {CanopyError} `POLICY_UNREADABLE`.
 */
export function readPolicyChoice(
  word: string,
  cwd: string,
): { readonly bytes: Uint8Array | string; readonly file: string | null } {
  if (isPolicyPackName(word)) return { bytes: policyPack(word), file: null };
  try {
    return { bytes: readFileSync(resolve(cwd, word)), file: word };
  } catch (cause) {
    throw new CanopyError("POLICY_UNREADABLE", `policy file \`${word}\` can't be read`, {
      cause,
      fix: `check the path, or name a bundled pack: ${POLICY_PACK_NAMES.join(", ")}`,
    });
  }
}

/** At most this many compiled policies are kept. */
const KEPT = 64;

/**
 * Runtimes by policy text, each made once; a policy that does not load fails the same way each time without being
 * compiled again. The least recently used one is dropped.
 */
export class RuntimeCache {
  readonly #made = new Map<string | undefined, Runtime | CanopyError>();
  readonly #make: (policy: string | undefined) => Runtime;

  /** @param make makes the runtime of a policy text or pack name; of `undefined`, that of the flags. */
  constructor(make: (policy: string | undefined) => Runtime) {
    this.#make = make;
  }

  /** The runtime of a policy. @throws {CanopyError} `INVALID_POLICY`, `POLICY_UNREADABLE`. */
  get(policy: string | undefined): Runtime {
    const found = this.#made.get(policy) ?? this.#tryMake(policy);
    this.#made.delete(policy);
    this.#made.set(policy, found);
    const oldest = this.#made.keys().next();
    if (this.#made.size > KEPT && oldest.done !== true) this.#made.delete(oldest.value);
    if (found instanceof CanopyError) throw found;
    return found;
  }

  #tryMake(policy: string | undefined): Runtime | CanopyError {
    try {
      return this.#make(policy);
    } catch (error) {
      if (error instanceof CanopyError) return error;
      throw error;
    }
  }
}
