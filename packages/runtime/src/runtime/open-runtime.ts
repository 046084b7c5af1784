// Opening what a runtime works with: its key, its log, what it shares with other processes. Nothing stays open when any
// of it fails, so that the next call tries from the start.

import { CanopyError } from "../core/errors.ts";
import type { AcceptedRollback } from "../storage/anchors/anchor-conflict.ts";
import { openFileLedger, type FileLedger } from "../storage/file-ledger.ts";
import { toLedgerError } from "../storage/ledger-error.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { systemRandomness } from "../storage/randomness.ts";
import { logPaths } from "../storage/sidecar.ts";
import type { LedgerSinks } from "../sinks/ledger-sinks.ts";
import type { SinkTarget } from "../sinks/sink-target.ts";
import { evaluateAsking, type AuthorizeParts, type Opened } from "./authorize.ts";
import type { ExecutionParts } from "./begin.ts";
import type { Settings } from "./config.ts";
import { recordedRequest, type DecisionRecord } from "./decision-record.ts";
import { createExecutor, type Executor } from "./executor.ts";
import { homeAnchors } from "./home-anchors.ts";
import { homeTlog } from "./home-tlog.ts";
import type { IncidentParts } from "./incident.ts";
import { openSinks } from "./open-sinks.ts";
import { checkNode } from "./node-version.ts";
import { recordActivated, type PolicyInForce, type PolicyLog } from "./policy-in-force.ts";
import type { Clock, Randomness } from "../ledger/ports.ts";
import type { ApprovalParts } from "./reauthorize.ts";
import { openSigner } from "./signer.ts";
import { attestUnfinished } from "./unfinished.ts";

/** What a runtime holds once its log and key are open. */
export interface OpenRuntime extends Opened {
  readonly execution: ExecutionParts;
  readonly executor: Executor;
  readonly sinks: LedgerSinks | null;
  readonly incident: IncidentParts;
  readonly activation: PolicyLog;
  readonly approvals: (parts: AuthorizeParts) => ApprovalParts;
}

/** What a runtime is opened with besides its settings. */
export interface OpenWith {
  readonly clock: Clock;
  readonly targets: readonly SinkTarget[];
  readonly in_force: PolicyInForce;
  readonly randomness?: Randomness;
  readonly continue_log?: boolean;
  readonly accept_rollback?: AcceptedRollback;
}

/**
 * Open all of it. When a part fails, what was opened is closed.
 *
 * @throws {CanopyError} as `openFileLedger` and `openSigner`; `LEDGER_UNAVAILABLE` for what the system refuses.
 */
export async function openRuntime(settings: Settings, given: OpenWith): Promise<OpenRuntime> {
  checkNode();
  const randomness = given.randomness ?? systemRandomness();
  const signer = openSigner(settings.home);
  const ledger = await openFileLedger({
    path: settings.audit_log_path,
    home: settings.home,
    durability: settings.durability,
    rotateBytes: settings.rotate_bytes,
    retentionDays: settings.retention_days,
    continueForeign: given.continue_log ?? false,
    ...homeTlog(settings),
    ...homeAnchors(settings, given.accept_rollback ?? null),
    signer,
    clock: given.clock,
    randomness,
  });
  try {
    return await openOver(ledger, settings, { ...given, randomness, key_id: signer.key_id });
  } catch (error) {
    await ledger.close().catch(() => undefined);
    throw unavailable(settings.audit_log_path, error);
  }
}

interface Over extends OpenWith {
  readonly randomness: Randomness;
  readonly key_id: string;
}

async function openOver(
  ledger: FileLedger,
  settings: Settings,
  { clock, targets, in_force, randomness, key_id }: Over,
): Promise<OpenRuntime> {
  const resourceKey = (place: string): string => ledger.resourceKey(place);
  const { allow_ttl_ms, approval_ttl_ms, approvals_required, approvers, home } = settings;
  const { approver_names, approver_roles } = settings;
  const executor_id = `${process.pid}-${Buffer.from(randomness.bytes(8)).toString("hex")}`;
  const { executors } = logPaths(realFileSystem, settings.audit_log_path, settings.home);
  const executor = createExecutor(executors, executor_id);
  const execution = { ledger, clock, key_id, executor_id, executor };
  await attestUnfinished(executors, execution);
  const keep = (policy_hash: string, bytes: Uint8Array): void => ledger.storePolicy(policy_hash, bytes);
  const activation = { ...execution, keep };
  await recordActivated(in_force, activation, { trigger: "open", by: null, isKept: false });
  return {
    ledger,
    sinks: await openSinks(settings, { targets, ledger, clock }),
    entryContext: { key_id, randomness, allow_ttl_ms, approval_ttl_ms, resourceKey },
    execution,
    executor,
    incident: { ledger, clock, randomness, key_id, log_path: settings.audit_log_path },
    activation,
    approvals: (parts) => ({
      ...execution,
      home,
      approvers,
      approvals_required,
      approver_settings: { approver_names, approver_roles },
      allow_ttl_ms,
      reevaluate: async (record) => evaluateAsking(recordedRequest(record), recordedPlace(record, parts), ledger),
    }),
  };
}

// The action is judged where its agent is, not where its approver is.
function recordedPlace({ place }: DecisionRecord, parts: AuthorizeParts): AuthorizeParts {
  return { ...parts, place: () => ({ ...parts.place(), ...place }) };
}

function unavailable(log: string, cause: unknown): CanopyError {
  const fix = "see to the disk and the permissions of the log's sidecar and CANOPY_HOME, then try again";
  return toLedgerError(cause, `what stands beside the log \`${log}\` can't be used`, { fix });
}
