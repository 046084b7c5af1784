// How a governed call gets the approval it needs. No mode ever runs an unapproved call: each ends in a permission that
// `begin` judges again, in nothing, or in an error.

import type { Approval } from "../approvals/vote.ts";
import type { Obligation, Transformed } from "../core/decision.ts";
import { CanopyError } from "../core/errors.ts";
import { suggestion } from "../core/policy/suggest.ts";
import type { ExecutionStatus } from "../approvals/execution-state.ts";
import { promptForApproval, type ApprovalRequest, type PromptOptions } from "./approval-prompt.ts";
import { CanopyPermissionError, type RefusedDecision } from "./permission-error.ts";

/** From the loosest to the strictest. */
export const APPROVAL_MODES = ["prompt", "callback", "wait", "raise", "skip"] as const;

/** What to do when an action needs an approval. */
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

/** Whether a value from outside is one of the modes. */
function isApprovalMode(value: unknown): value is ApprovalMode {
  return APPROVAL_MODES.some((mode) => mode === value);
}

/** Other arguments, to be decided anew in place of the ones that were asked about. */
export interface EditedArguments {
  readonly edit: readonly unknown[];
}

/** Gets an answer to a request: signed votes, other arguments, or null for no approval. It never runs the tool. */
export type ApprovalCallback = (
  request: ApprovalRequest,
) => Promise<Approval | EditedArguments | null> | Approval | EditedArguments | null;

/** A decision as the modes need it. */
export interface AskedDecision extends RefusedDecision {
  readonly action_digest: string;
  readonly obligations?: readonly Obligation[];
  /** Present when the policy edited the payload: the digest is that of the edited action. */
  readonly transformed?: Transformed;
}

/** What the modes need of the runtime. */
export interface ApprovalPort {
  approvalRequest(authorization_id: string): Promise<ApprovalRequest>;
  reauthorize(authorization_id: string, approval: Approval): Promise<AskedDecision>;
  skipApproval(authorization_id: string): Promise<unknown>;
  /** Resolves when the request was answered, is past its time, or the wait was ended. */
  waitForApproval(authorization_id: string, options: WaitOptions): Promise<ExecutionStatus>;
}

/** How long `wait` waits. */
export interface WaitOptions {
  /** Default: until the request is past its time. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What the modes are given. */
export interface ApprovalOptions extends WaitOptions {
  readonly mode: ApprovalMode;
  readonly callback: ApprovalCallback | null;
  readonly prompt: PromptOptions;
}

/** A decision that may be begun. */
export interface Permission {
  readonly permitted: true;
  readonly decision: AskedDecision;
}

/**
 * The mode in force: the stricter of the code's and the environment's `CANOPY_REQUIRE_APPROVAL_MODE`. A callback that
 * isn't there can't be asked, so then it is `raise`.
 *
 * @throws {CanopyError} `INVALID_CONFIG` when the variable names no mode.
 */
export function approvalMode(asked: ApprovalMode, fromEnv: string | undefined, hasCallback: boolean): ApprovalMode {
  const given = (fromEnv ?? "").trim().toLowerCase();
  const env = given === "" ? "prompt" : APPROVAL_MODES.find((mode) => mode === given);
  if (env === undefined) {
    throw new CanopyError("INVALID_CONFIG", `CANOPY_REQUIRE_APPROVAL_MODE must be one of ${APPROVAL_MODES.join(", ")}`);
  }
  checkApprovalMode(asked);
  const stricter = APPROVAL_MODES.indexOf(env) > APPROVAL_MODES.indexOf(asked) ? env : asked;
  return stricter === "callback" && !hasCallback ? "raise" : stricter;
}

/**
 * Get the approval of a decision that needs one.
 *
 * @returns a permission, other arguments to decide, or null when the call is to be skipped.
 * @throws {CanopyPermissionError} when there is no approval; {CanopyError} `APPROVAL_REFUSED`, `EXPIRED`, `APPROVAL_REQUIRED`.
 */
export async function obtainApproval(
  decision: AskedDecision,
  port: ApprovalPort,
  options: ApprovalOptions,
): Promise<Permission | EditedArguments | null> {
  const id = decision.authorization_id;
  if (id === null) throw new CanopyPermissionError(decision);
  switch (options.mode) {
    case "raise":
      throw new CanopyPermissionError(decision);
    case "skip":
      await port.skipApproval(id);
      process.emitWarning(`skipped ${id}: ${decision.reason}`, { type: "CanopySkippedWarning" });
      return null;
    case "wait": {
      const status = await port.waitForApproval(id, options);
      if (status === "allowed") return { permitted: true, decision };
      throw new CanopyPermissionError(decision, { fix: WAITED[status] ?? WAITED.pending });
    }
    case "prompt":
      return answered(decision, id, port, async (request) => promptForApproval(request, options.prompt));
    case "callback":
      return answered(decision, id, port, options.callback ?? noAnswer);
    default:
      throw unreachable(options.mode);
  }
}

const AGAIN = "a new call asks anew";
const LATE = `it was not answered in time: answer in \`canopy console\` (key 2) while the call waits; ${AGAIN}`;

/** Why waiting ended without a permission. */
const WAITED: Readonly<Partial<Record<ExecutionStatus, string>>> & { readonly pending: string } = {
  pending: LATE,
  rejected: `it was rejected, for good; ${AGAIN}`,
  approved: `it was approved, and may not run by what holds now; ${AGAIN}`,
  denied: `it was approved, and denied by what holds now; ${AGAIN}`,
  skipped: `it was skipped; ${AGAIN}`,
};

async function answered(
  decision: AskedDecision,
  id: string,
  port: ApprovalPort,
  ask: ApprovalCallback,
): Promise<Permission | EditedArguments> {
  const answer: unknown = await ask(await port.approvalRequest(id));
  if (isEdit(answer)) return answer;
  // Anything but a list of votes is no approval, whatever it looks like: `true`, `"yes"`, a decision.
  if (!isApproval(answer)) throw new CanopyPermissionError(decision, answer === null ? {} : { fix: ANSWER_FIX });
  const approved = await port.reauthorize(id, answer);
  if (approved.decision !== "ALLOW") throw new CanopyPermissionError(approved);
  return { permitted: true, decision: approved };
}

const ANSWER_FIX =
  'let approval_callback give {votes: [signVote(request, "APPROVED")]}, what promptForApproval gives, {edit: [arguments]} or null';

/** Refuse what is no mode, such as a typing error. @throws {CanopyError} `INVALID_CONFIG`. */
export function checkApprovalMode(mode: unknown): void {
  if (isApprovalMode(mode)) return;
  throw new CanopyError("INVALID_CONFIG", `on_require_approval can't be \`${String(mode)}\``, {
    fix: suggestion(String(mode), APPROVAL_MODES),
  });
}

function noAnswer(): null {
  return null;
}

function isEdit(answer: unknown): answer is EditedArguments {
  return typeof answer === "object" && answer !== null && "edit" in answer && Array.isArray(answer.edit);
}

function isApproval(answer: unknown): answer is Approval {
  return typeof answer === "object" && answer !== null && "votes" in answer && Array.isArray(answer.votes);
}

function unreachable(mode: never): CanopyError {
  return new CanopyError("INVALID_CONFIG", `\`${String(mode)}\` is no approval mode`);
}
