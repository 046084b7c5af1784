// The policy in force, and how an edited one takes its place: checked in a thread of its own, compiled here between
// decisions, recorded, and only then swapped in. Whatever fails on the way leaves the old one in force, and is told.

import type { MessagePort } from "node:worker_threads";
import { CanopyError } from "../core/errors.ts";
import { compileInSteps, type CompiledPolicy } from "../core/policy/index.ts";
import type { Steps } from "../core/steps.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import type { AuthorizeParts } from "./authorize.ts";
import { checkInWorker } from "./check-in-worker.ts";
import type { PolicySource } from "./engine.ts";
import type { FailedEngine, PolicyEngines } from "./engines/policy-engines.ts";
import { FileWatch } from "./file-watch.ts";
import { recordActivation, recordRejection, type ActivationParts, type PolicyTrigger } from "./policy-activation.ts";
import { policyProblemLine, type PolicyProblem } from "./policy-problem.ts";
import type { PolicyWorkerAnswer } from "./policy-worker.ts";
import { takePolicyTree } from "./policy-tree.ts";
import { includesBeside } from "./resolve-include.ts";
import { runInSlices } from "./run-in-slices.ts";

/** A policy with all that decides by it. */
export interface PolicyInForce {
  readonly found: PolicySource;
  readonly policy: CompiledPolicy;
  /** The other engines it names, open; null when it names none. */
  readonly engines: PolicyEngines | null;
  /** Every file that is looked at for changes. */
  readonly files: readonly string[];
  readonly parts: AuthorizeParts;
}

/** What became of an edited policy. */
export type PolicyReload =
  | { readonly outcome: "activated"; readonly policy_hash: string; readonly previous_policy_hash: string }
  | { readonly outcome: "unchanged"; readonly policy_hash: string }
  | { readonly outcome: "rejected"; readonly policy_hash: string; readonly problem: PolicyProblem };

/** Who asked for a policy to be read again. */
export interface ReloadRequest {
  readonly trigger: Exclude<PolicyTrigger, "open">;
  readonly by: string | null;
}

/** A log as activations need it. */
export interface PolicyLog extends ActivationParts {
  /** Keep the bytes of a policy beside the log. */
  readonly keep: (policy_hash: string, bytes: Uint8Array) => void;
}

/** What the holder of a policy works with. */
export interface HolderOptions {
  readonly first: PolicyInForce;
  /** Makes what decides by a policy. Short. */
  readonly make: (found: PolicySource, policy: CompiledPolicy) => PolicyInForce;
  /** The log, open or being opened; null while nothing asked for it. */
  readonly log: () => Promise<PolicyLog> | null;
  readonly log_path: string;
  readonly onProblem: ((problem: PolicyProblem) => void) | null;
}

/** Holds the policy in force. */
export class PolicyHolder {
  /** INVARIANT: once a log is open, the bytes of this policy are kept beside it and its activation stands in it. */
  #current: PolicyInForce;
  readonly #options: HolderOptions;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #told = "";
  #watch: FileWatch | null = null;

  constructor(options: HolderOptions) {
    this.#options = options;
    this.#current = options.first;
  }

  /** The policy that a decision which begins now is made with, all through. */
  get current(): PolicyInForce {
    return this.#current;
  }

  /** Look at the policy's files again and again. `taken` is their `fileStatesNow` of before they were read. */
  watch(everyMs: number, taken: string | null): void {
    const changed = async (): Promise<void> => {
      const { outcome } = await this.reload({ trigger: "watch", by: null });
      if (outcome === "activated") this.#told = "";
    };
    this.#watch = new FileWatch({ files: () => this.#current.files, everyMs, changed }, taken);
  }

  /** Read the policy file again. One at a time: what comes meanwhile waits, and reads what is there then. @throws {CanopyError} `CLOSED`. */
  reload(request: ReloadRequest): Promise<PolicyReload> {
    if (this.#closing.signal.aborted) throw new CanopyError("CLOSED", "the runtime is closed");
    const next = this.#last.then(() => this.#reload(request));
    this.#last = next.catch(() => null);
    return next;
  }

  close(): void {
    this.#watch?.close();
    this.#closing.abort();
    this.#current.engines?.close();
  }

  async #reload(request: ReloadRequest): Promise<PolicyReload> {
    const { found, policy } = this.#current;
    const { policy_hash } = policy.snapshot;
    if (found.file === null) return { outcome: "unchanged", policy_hash };
    const problem = await this.#renew(found.file, request);
    if (problem !== null) {
      await this.#tell(problem, request);
      return { outcome: "rejected", policy_hash, problem };
    }
    this.#told = "";
    const now = this.#current.policy.snapshot.policy_hash;
    if (now === policy_hash) return { outcome: "unchanged", policy_hash };
    return { outcome: "activated", policy_hash: now, previous_policy_hash: policy_hash };
  }

  /** Take the edited policy, if it is another one; what is wrong with it when it can't be. */
  async #renew(file: string, request: ReloadRequest): Promise<PolicyProblem | null> {
    const { found, policy: old } = this.#current;
    const { source } = found;
    const { signal } = this.#closing;
    const hold = request.trigger === "call";
    const keep_beside = this.#options.log() === null ? null : this.#options.log_path;
    const check = { file, source, in_force: old.snapshot.policy_hash };
    let tree: MessagePort | null = null;
    try {
      const finding = await checkInWorker({ check, keep_beside, signal, hold });
      const { answer } = finding;
      ({ tree } = finding);
      if (answer.kind === "problem") return answer.problem;
      if (!answer.is_new) return null;
      const policy = await runInSlices(compileTree(answer, { file, source, tree }), { signal, hold });
      const next = this.#options.make({ ...found, bytes: answer.bytes }, policy);
      return await this.#take(next, { ...request, isKept: keep_beside !== null });
    } catch (error) {
      return notTaken(file, error, signal.aborted);
    } finally {
      tree?.close();
    }
  }
  /** Make a policy the one in force, once its engines are ready and the log says so. Throws when it can't be recorded. */
  async #take(next: PolicyInForce, activating: Activating): Promise<PolicyProblem | null> {
    const old = this.#current;
    try {
      const [failed] = (await next.engines?.failures()) ?? [];
      if (failed !== undefined) return engineProblem(failed, next);
      const opening = this.#options.log();
      // Nothing may come between a log that is not opened yet and the swap: whoever opens it records what is in force.
      if (opening !== null) await recordActivated(next, await opening, activating);
      this.#closing.signal.throwIfAborted();
      this.#current = next;
      return null;
    } finally {
      (this.#current === next ? old : next).engines?.close();
    }
  }

  /** Tell of a problem; a watch tells of the same one once. */
  async #tell(problem: PolicyProblem, request: ReloadRequest): Promise<void> {
    const key = JSON.stringify(problem);
    if (this.#closing.signal.aborted || (request.trigger === "watch" && key === this.#told)) return;
    this.#told = key;
    const { snapshot } = this.#current.policy;
    this.#call(problem, snapshot.policy_hash);
    try {
      const log = await this.#options.log();
      if (log !== null) await recordRejection(problem, snapshot, request, log);
    } catch {
      // A log that can't be written refuses every decision, and says so itself.
      this.#watch?.forget();
      this.#told = "";
    }
  }

  #call(problem: PolicyProblem, in_force: string): void {
    try {
      if (this.#options.onProblem !== null) {
        this.#options.onProblem(problem);
        return;
      }
    } catch {
      // A callback that fails must not make the problem silent.
    }
    process.stderr.write(`${policyProblemLine(problem, in_force)}\n`);
  }
}

interface ReadTree {
  readonly file: string;
  readonly source: PolicySource["source"];
  readonly tree: MessagePort;
}

/** The policy of a usable answer, in steps: its values are taken over, then compiled. */
function* compileTree(
  { bytes, policy_hash }: Extract<PolicyWorkerAnswer, { kind: "usable" }>,
  { file, source, tree }: ReadTree,
): Steps<CompiledPolicy> {
  const root = yield* takePolicyTree(tree);
  // Hashing megabytes is one long step: the thread has done it.
  const hash = (data: Uint8Array | string): string =>
    data === bytes ? policy_hash.slice("sha256:".length) : sha256Hex(data);
  const resolve = includesBeside(file);
  return yield* compileInSteps(bytes, { file, source, tools: { sha256Hex: hash }, resolve }, root);
}

/** How an activation came about, and whether the policy's bytes are kept beside the log already. */
export interface Activating {
  readonly trigger: PolicyTrigger;
  readonly by: string | null;
  readonly isKept: boolean;
}

/** Keep a policy's bytes, then record its activation. Throws as `recordActivation`. */
export async function recordActivated(
  next: PolicyInForce,
  log: PolicyLog,
  { trigger, by, isKept }: Activating,
): Promise<void> {
  const { snapshot, rule_count, files } = next.policy;
  if (!isKept) log.keep(snapshot.policy_hash, Buffer.from(next.found.bytes));
  const engineFiles = next.engines?.files ?? [];
  for (const { hash, bytes } of [...files, ...engineFiles]) log.keep(hash, bytes);
  const included = [
    ...files.map(({ name, hash }) => ({ file: name, hash })),
    ...engineFiles.map(({ file, hash }) => ({ file, hash })),
  ];
  await recordActivation({ snapshot, rule_count, included, trigger, by }, log);
}

function engineProblem({ id, answer }: FailedEngine, { found, policy }: PolicyInForce): PolicyProblem {
  const place = policy.engines.find((engine) => engine.id === id);
  return {
    code: "engine_unusable",
    message: `the engine ${id} ${answer.reason}`,
    fix: null,
    file: found.file ?? "policy",
    line: place?.line ?? null,
    col: place?.col ?? null,
    policy_hash: policy.snapshot.policy_hash,
  };
}

function notTaken(file: string, error: unknown, isClosed: boolean): PolicyProblem {
  const isLog = error instanceof CanopyError && error.code.startsWith("LEDGER_");
  const text = error instanceof Error ? error.message : "unknown";
  return {
    code: isLog ? "not_recorded" : "check_failed",
    message: isLog ? `its activation could not be recorded: ${text}` : `it could not be used: ${text}`,
    fix: isLog && !isClosed ? "see to the log, then save the policy again" : null,
    file,
    line: null,
    col: null,
    policy_hash: null,
  };
}
