// Wiring: one isolated runtime from settings. Nothing is opened or created before it is first needed.

import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Evaluation, PolicySnapshot } from "../core/decision.ts";
import type { GivenContext } from "../core/agent-context.ts";
import type { Surroundings } from "../core/effects/surroundings.ts";
import { CanopyError } from "../core/errors.ts";
import { isPolicyPackName, POLICY_PACK_NAMES, policyPack } from "../core/policy/index.ts";
import type { PossessionChallenge } from "../identity/possession.ts";
import type { AcceptedRollback } from "../storage/anchors/anchor-conflict.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths } from "../storage/sidecar.ts";
import { sinkTargets } from "../sinks/sink-target.ts";
import type { ExecutionStatus } from "../approvals/execution-state.ts";
import type { Approval } from "../approvals/vote.ts";
import type { WaitOptions } from "./approval-modes.ts";
import type { ApprovalRequest } from "./approval-prompt.ts";
import { attest, openResultHash, type Outcome } from "./attest.ts";
import { authorize, type AuthorizeParts } from "./authorize.ts";
import { begin, type Begun } from "./begin.ts";
import { checkMembers } from "./check-members.ts";
import { resolveSettings, SETTINGS, type Environment, type ResolvedSettings, type Settings } from "./config.ts";
import type { Decision } from "./decision.ts";
import { PolicyEngines } from "./engines/policy-engines.ts";
import { createEngine, engineOf, policyFiles, readPolicy, type PolicySource } from "./engine.ts";
import type { Explanation } from "./explain-request.ts";
import {
  openIncident,
  updateIncident,
  type IncidentReport,
  type IncidentUpdate,
  type OpenedIncident,
  type UpdatedIncident,
} from "./incident.ts";
import { fileStatesNow } from "./file-watch.ts";
import { PolicyHolder, type HolderOptions, type PolicyReload } from "./policy-in-force.ts";
import { setKillSwitch, type KillSwitchChange } from "./kill-switch.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import type { Clock, Randomness } from "../ledger/ports.ts";
import { ProvenIdentities, type ProofOptions, type ProvenIdentity } from "./proven-identities.ts";
import {
  approvalRequest,
  reauthorize,
  skipApproval,
  waitForApproval,
  type ApprovalParts,
  type ReauthorizedDecision,
} from "./reauthorize.ts";
import type { ResultHash } from "./result-hash.ts";
import { anchorPaths } from "./home-anchors.ts";
import { realPathOf } from "./real-path-of.ts";
import { openRuntime, type OpenRuntime, type OpenWith } from "./open-runtime.ts";
import { createSteadyClock } from "./steady-clock.ts";
import { requestOf, withoutRecord } from "./without-record.ts";

/** How a runtime is made. All optional: settings come from here, then the environment, then the configuration file. */
export interface RuntimeConfig extends Partial<Settings> {
  /** A pack's name or policy text, instead of a file. */
  readonly policy?: string;
  readonly env?: Environment;
  readonly clock?: Clock;
  readonly randomness?: Randomness;
  /** The folder that relative paths of actions start from; default the process's. Null: unknown, paths stay relative. */
  readonly cwd?: string | null;
  /** Go on in a log that this software did not begin. */
  readonly continue_log?: boolean;
  /** Go on although these anchors keep what the log does not continue; why is recorded. */
  readonly accept_rollback?: AcceptedRollback;
  /** Told when an edited policy is not taken and the old one stays in force. Default: a line to standard error. */
  readonly onPolicyProblem?: (problem: PolicyProblem) => void;
}

const CONFIG_NAMES: Readonly<Record<keyof RuntimeConfig, true>> = {
  ...SETTINGS,
  policy: true,
  env: true,
  clock: true,
  randomness: true,
  cwd: true,
  continue_log: true,
  accept_rollback: true,
  onPolicyProblem: true,
};

/** Options of one call. */
export interface CallOptions {
  /** The folder this action would run in. */
  readonly cwd?: string;
  /** For `authorize`: a repeat of the request under this key gets the authorization of the first. */
  readonly idempotency_key?: string;
}

/** An isolated runtime. An `authorization_id` that is null (nothing was recorded) is refused with `UNKNOWN_AUTHORIZATION`. */
export interface Runtime {
  readonly settings: Settings;
  /** The policy in force now; a decision says which one it was made with. */
  readonly policy_snapshot: PolicySnapshot;
  /**
   * Read the policy file again now. What it became is the result: a policy with anything wrong is `rejected`, and the
   * old one stays in force. `by` says in the log who asked. A pack, or text given in code, is always `unchanged`.
   *
   * @throws {CanopyError} `CLOSED`.
   */
  reloadPolicy(options?: { readonly by?: string | null }): Promise<PolicyReload>;
  /** Decide, record, and only then answer. @throws {CanopyError} `INVALID_CONTEXT`, `INVALID_ACTION`, `CLOSED`. */
  authorize(
    agent_ctx: GivenContext,
    action_type: string,
    action_payload: unknown,
    options?: CallOptions,
  ): Promise<Decision>;
  /** The same without recording; history and recorded kill switches count once the log is open. Throws as `authorize`. */
  evaluate(agent_ctx: GivenContext, action_type: unknown, action_payload: unknown, options?: CallOptions): Evaluation;
  /**
   * The same, and the policy's other engines are asked, which `evaluate` can't: under a policy that names any, it denies.
   * Throws as `evaluate`.
   */
  evaluateAsync(
    agent_ctx: GivenContext,
    action_type: unknown,
    action_payload: unknown,
    options?: CallOptions,
  ): Promise<Evaluation>;
  /** The same with every rule's part in it, for people to read. Throws as `evaluate`. Cost: some times that of it. */
  explain(agent_ctx: GivenContext, action_type: unknown, action_payload: unknown, options?: CallOptions): Explanation;
  /** Begin the execution of an authorized action: durably, once, for this digest. Throws as `begin` of begin.ts. */
  begin(authorization_id: string | null, digest: string): Promise<Begun>;
  /** Bind the result of a begun execution to its authorization, once. Throws as `attest` of attest.ts. */
  attest(authorization_id: string | null, outcome: Outcome): Promise<string>;
  /** Turn an approval into permission for what was asked, once. Throws as `reauthorize` of reauthorize.ts. */
  reauthorize(authorization_id: string | null, approval: Approval): Promise<ReauthorizedDecision>;
  /** What an approver is to see and sign for a decision that waits. */
  approvalRequest(authorization_id: string | null): Promise<ApprovalRequest>;
  /** Record that nobody will answer; returns the entry's hash. */
  skipApproval(authorization_id: string | null): Promise<string>;
  /** Resolves when the request was answered, is past its time, or the wait was ended. */
  waitForApproval(authorization_id: string, options: WaitOptions): Promise<ExecutionStatus>;
  /** The hash that a streamed result is fed to; see attest.ts. */
  openResultHash(authorization_id: string): Promise<ResultHash>;
  /** A challenge that the holder of a key signs to prove it. Throws as `ProvenIdentities.challenge`. */
  challengeIdentity(public_key: string, options?: ProofOptions): Promise<PossessionChallenge>;
  /** Take the answer to a challenge; from then on the key is `proven` in its session. Throws as `ProvenIdentities.prove`. */
  proveIdentity(nonce: string, signature: string): Promise<ProvenIdentity>;
  /** Open an incident: an anchored note in the log. */
  openIncident(report: IncidentReport): Promise<OpenedIncident>;
  /** Engage or release a kill switch, durably; returns the entry's hash. Throws as `setKillSwitch` of kill-switch.ts. */
  setKillSwitch(change: KillSwitchChange): Promise<string>;
  /** Record a step, a note or links of an incident. Throws as `updateIncident` of incident.ts. */
  updateIncident(incident_id: string, update: IncidentUpdate): Promise<UpdatedIncident>;
  /**
   * Open keys and log now instead of at the first `authorize`, so that a log that can't be used is known at the start.
   *
   * @throws {CanopyError} `LEDGER_REFUSED`, `LEDGER_UNAVAILABLE`, `INVALID_KEY`, `CLOSED`.
   */
  open(): Promise<void>;
  /** Finish what is being written and release the log. */
  close(): Promise<void>;
}

/**
 * Make a runtime. Reads and compiles the policy at once; opens keys and log on the first `authorize`.
 *
 * @throws {CanopyError} `INVALID_CONFIG`, `POLICY_UNREADABLE`, `INVALID_POLICY`.
 */
export function createRuntime(config: RuntimeConfig = {}): Runtime {
  checkMembers(config, CONFIG_NAMES, "setting");
  const resolved = resolveSettings(config, config.env ?? process.env);
  const { settings } = resolved;
  const targets = sinkTargets(settings.sinks, config.env ?? process.env);
  const proven = new ProvenIdentities(() => logPaths(realFileSystem, settings.audit_log_path, settings.home).proven);
  const clock = config.clock ?? createSteadyClock();
  let opening: Promise<OpenRuntime> | null = null;
  const log: HolderOptions["log"] = () => opening?.then(({ activation }) => activation) ?? null;
  const holder = holdPolicy(config, resolved, { clock, proven, log });
  const parts = (): AuthorizeParts => holder.current.parts;
  let ready: OpenRuntime | null = null;
  let closed = false;
  const opened = async (): Promise<OpenRuntime> => {
    ensureOpen();
    opening ??= openRuntime(settings, { ...given(config), clock, targets, in_force: holder.current }).catch(
      (error: unknown) => {
        // A disk that was full or a lock that was held may be free at the next call.
        opening = null;
        throw error;
      },
    );
    ready = await opening;
    return ready;
  };
  const ensureOpen = (): void => {
    if (closed) throw new CanopyError("CLOSED", "the runtime is closed");
  };
  return {
    settings,
    get policy_snapshot() {
      return holder.current.policy.snapshot;
    },
    reloadPolicy: async ({ by = null } = {}) => holder.reload({ trigger: "call", by }),
    async authorize(agent_ctx, action_type, action_payload, options = {}) {
      ensureOpen();
      return authorize(requestOf(agent_ctx, action_type, action_payload, options), parts(), opened());
    },
    ...withoutRecord(holder, ensureOpen, () => ready?.ledger),
    begin: async (authorization_id, digest) => begin(authorization_id, digest, (await opened()).execution),
    attest: async (authorization_id, outcome) => attest(authorization_id, outcome, (await opened()).execution),
    ...answering(opened, parts),
    ...proving(opened, proven),
    openResultHash: async (id) => openResultHash((await opened()).ledger, id),
    openIncident: async (report) => openIncident(report, (await opened()).incident),
    setKillSwitch: async (change) => setKillSwitch(change, (await opened()).incident),
    updateIncident: async (id, update) => updateIncident(id, update, (await opened()).incident),
    open: async () => void (await opened()),
    async close() {
      closed = true;
      holder.close();
      const done = await opening?.catch(() => null);
      done?.executor.close();
      try {
        await done?.sinks?.close();
      } finally {
        await done?.ledger.close();
      }
    },
  };
}

function given({ randomness, continue_log, accept_rollback }: RuntimeConfig): Partial<OpenWith> {
  return {
    ...(randomness && { randomness }),
    ...(continue_log !== undefined && { continue_log }),
    ...(accept_rollback && { accept_rollback }),
  };
}

type Opening = () => Promise<OpenRuntime>;

function answering(
  opened: Opening,
  parts: () => AuthorizeParts,
): Pick<Runtime, "reauthorize" | "approvalRequest" | "skipApproval" | "waitForApproval"> {
  const desk = async (): Promise<ApprovalParts> => (await opened()).approvals(parts());
  return {
    reauthorize: async (id, approval) => reauthorize(id, approval, await desk()),
    approvalRequest: async (id) => approvalRequest(id, await desk()),
    skipApproval: async (id) => skipApproval(id, await desk()),
    waitForApproval: async (id, options) => waitForApproval(id, options, await desk()),
  };
}

function proving(opened: Opening, proven: ProvenIdentities): Pick<Runtime, "challengeIdentity" | "proveIdentity"> {
  return {
    challengeIdentity: async (public_key, options = {}) =>
      proven.challenge(public_key, options, (await opened()).incident),
    proveIdentity: async (nonce, signature) => proven.prove(nonce, signature, (await opened()).incident),
  };
}

interface HolderParts {
  readonly clock: Clock;
  readonly proven: ProvenIdentities;
  readonly log: HolderOptions["log"];
}

function holdPolicy(config: RuntimeConfig, resolved: ResolvedSettings, parts: HolderParts): PolicyHolder {
  const { settings } = resolved;
  const { clock, proven, log } = parts;
  const states = config.policy === undefined ? fileStatesNow(policyFiles(settings)) : null;
  const found = policySource(config, resolved);
  const isDisputed: AuthorizeParts["isDisputed"] = (agent, identity) => proven.isDisputed(agent, identity);
  const make: HolderOptions["make"] = (found, policy) => {
    const engine = engineOf(policy, (avid, agent) => proven.isProven(avid, agent));
    const engines = policy.engines.length === 0 ? null : new PolicyEngines(policy.engines, found.file);
    const named = [...policy.files, ...(engines?.files ?? [])].flatMap(({ file }) => file ?? []);
    const files = [...(found.watched ?? policyFiles(settings)), ...named];
    const place = placeOf(config, resolved, files);
    const asking = engines === null ? {} : { engines };
    return { found, policy, engines, files, parts: { engine, clock, place, isDisputed, ...asking } };
  };
  const first = make(found, createEngine(found).policy);
  const onProblem = config.onPolicyProblem ?? null;
  const holder = new PolicyHolder({ first, make, log, log_path: settings.audit_log_path, onProblem });
  if (found.file !== null && settings.policy_watch_ms !== null) holder.watch(settings.policy_watch_ms, states);
  return holder;
}

function policySource(config: RuntimeConfig, resolved: ResolvedSettings): PolicySource {
  if (config.policy === undefined) return readPolicy(resolved);
  return { bytes: packOrText(config.policy), file: null, source: "argument" };
}

// A policy's text is a map, so a single word can only mean a pack.
function packOrText(policy: string): string {
  if (isPolicyPackName(policy)) return policyPack(policy);
  if (!/^[\w.-]+$/.test(policy)) return policy;
  throw new CanopyError("INVALID_POLICY", `there is no policy pack \`${policy}\``, {
    fix: `give one of ${POLICY_PACK_NAMES.join(", ")}, the text of a policy, or a file as policy_file`,
  });
}

function placeOf(
  config: RuntimeConfig,
  { settings, config_file }: ResolvedSettings,
  policy_files: readonly string[],
): () => Omit<Surroundings, "links"> {
  const governance = [
    settings.audit_log_path,
    `${settings.audit_log_path}.d`,
    settings.home,
    join(settings.home, "keys"),
    join(settings.home, "payload.key"),
    dirname(dirname(fileURLToPath(import.meta.url))),
    ...policy_files.flatMap((file) => [file, ...realPathOf(file)]),
    ...(config_file === null ? [] : [config_file]),
    ...anchorPaths(settings),
  ];
  const home = homedir();
  if (config.cwd !== undefined) {
    const fixed = { cwd: config.cwd, home: config.cwd === null ? null : home, governance };
    return () => fixed;
  }
  return () => ({ cwd: process.cwd(), home, governance });
}
