// The engine of each policy that a log was decided with, made once from the bytes that were kept.

import type { Engine } from "../../core/decide.ts";
import type { PolicySnapshot } from "../../core/decision.ts";
import { CanopyError } from "../../core/errors.ts";
import { isJsonObject, type JsonValue } from "../../core/json.ts";
import type { IncludeAnswer, IncludeRequest } from "../../core/policy/index.ts";
import { createIdentify } from "../../identity/identify.ts";
import type { KeptRecords } from "../../storage/kept-records.ts";
import { sha256 } from "../crypto.ts";
import { createEngine } from "../engine.ts";

/** Why a policy can't be used again. */
export type MissingPolicy =
  /** The sidecar doesn't hold it. */
  | "no_policy"
  /** What the sidecar holds under its hash is something else. */
  | "policy_changed"
  /** This engine refuses it. */
  | "policy_unusable";

/** An engine for one entry, or why there is none. */
export type KeptEngine = { readonly engine: Engine; readonly other_engine: string | null } | MissingPolicy;

/** Compiled policies may be large. */
const MAX_POLICIES = 16;

/** The engines of one log's policies. */
export class KeptEngines {
  readonly #kept: KeptRecords;
  readonly #made = new Map<string, Engine | MissingPolicy>();
  readonly #proven = createIdentify({ sha256, isProven: () => true });

  constructor(kept: KeptRecords) {
    this.#kept = kept;
  }

  /**
   * The engine that a decision is to be judged with again: its own policy under today's rules. Its snapshot names the
   * file, the source and, when they were another engine's, the version and rules of the recorded one.
   */
  engineFor(recorded: JsonValue | undefined, identity: JsonValue | undefined): KeptEngine {
    const snapshot = parseSnapshot(recorded);
    if (snapshot === null) return "no_policy";
    const engine = this.#engineOf(snapshot.policy_hash);
    if (typeof engine === "string") return engine;
    const today = engine.policy.snapshot;
    const isOther = snapshot.rules_hash !== today.rules_hash || snapshot.engine_version !== today.engine_version;
    const policy = { ...engine.policy, snapshot: { ...snapshot, policy_hash: today.policy_hash } };
    return {
      engine: { ...engine, policy, identify: identity === "proven" ? this.#proven : engine.identify },
      other_engine: isOther ? snapshot.engine_version : null,
    };
  }

  /**
   * The longest window of any policy that is kept, in milliseconds; null when none asks anything of history. Cost:
   * compiles each once.
   */
  longestWindowMs(): number | null {
    let longest: number | null = null;
    for (const hash of this.#kept.policyHashes()) {
      const engine = this.#engineOf(hash);
      const needs = typeof engine === "string" ? undefined : engine.policy.needs;
      if (needs !== undefined) longest = Math.max(longest ?? 0, needs.longest_window_ms);
    }
    return longest;
  }

  #engineOf(hash: string): Engine | MissingPolicy {
    let made = this.#made.get(hash);
    if (made === undefined) {
      made = this.#make(hash);
      const oldest = this.#made.keys().next();
      if (this.#made.size >= MAX_POLICIES && oldest.done !== true) this.#made.delete(oldest.value);
      this.#made.set(hash, made);
    }
    return made;
  }

  #make(hash: string): Engine | MissingPolicy {
    const kept = this.#kept.policy(hash);
    if ("missing" in kept) return kept.missing;
    const found = { bytes: kept.bytes, file: null, source: "argument" } as const;
    try {
      return createEngine(found, undefined, (request) => this.#included(request)).engine;
    } catch (error) {
      if (error instanceof CanopyError) return "policy_unusable";
      throw error;
    }
  }

  // What it included is kept by hash too, whatever file or pack it was then.
  #included({ sha256 }: IncludeRequest): IncludeAnswer {
    const kept = this.#kept.policy(`sha256:${sha256}`);
    return "missing" in kept ? { problem: "it was not kept beside the log" } : { bytes: kept.bytes, file: null };
  }
}

function parseSnapshot(value: JsonValue | undefined): PolicySnapshot | null {
  if (!isJsonObject(value)) return null;
  const { policy_file = null, policy_hash, policy_source, rules_hash, engine_version } = value;
  if (policy_file !== null && typeof policy_file !== "string") return null;
  if (typeof policy_hash !== "string" || typeof rules_hash !== "string") return null;
  if (typeof engine_version !== "string" || !isSource(policy_source)) return null;
  return { policy_file, policy_hash, policy_source, rules_hash, engine_version };
}

function isSource(value: JsonValue | undefined): value is PolicySnapshot["policy_source"] {
  return value === "argument" || value === "env" || value === "config" || value === "default";
}
