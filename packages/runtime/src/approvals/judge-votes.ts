// Whether votes make an approval: right request, right action, right signers, in time, enough of them.

import { CanopyError } from "../core/errors.ts";
import { decodeBase64Url } from "../identity/base64.ts";
import { avidOfKey } from "../identity/identify.ts";
import type { VerifySignature } from "../identity/possession.ts";
import { isSameKey, parsePublicKey, type PublicKey } from "../identity/public-key.ts";
import { keyIdOf } from "../identity/key-id.ts";
import { sortableInstant } from "./instant.ts";
import { voteBytes, type Approval, type SignedVote, type VoteVerdict } from "./vote.ts";

/** What was asked, of whom, and when the answer is judged. */
export interface VoteQuestion {
  readonly log_id: string;
  readonly authorization_id: string;
  readonly action_digest: string;
  /** The agent whose action it is; its own votes never count. */
  readonly agent_avid: string;
  /** Keys whose votes count. */
  readonly trusted: readonly PublicKey[];
  /** How many distinct approvers are needed, 1 or more. */
  readonly required: number;
  /** Sets of approvers that must each be met. */
  readonly sets?: readonly RequiredSet[];
  /** Key ids and names of the person for whom the agent acts, where that person's votes don't count. */
  readonly requester?: readonly string[];
  /** Whether each approval must say why. */
  readonly reason_required?: boolean;
  /** RFC 3339 with milliseconds, UTC. */
  readonly now: string;
}

/** Some of the approvers: `count` distinct keys of these are needed. */
export interface RequiredSet {
  readonly key_ids: ReadonlySet<string>;
  readonly count: number;
  /** Who they are, in words. */
  readonly wanted: string;
}

/** An approver whose vote counted. */
export interface CountedApprover {
  readonly approver: string;
  readonly key_id: string;
}

/** The outcome: one REJECTED rejects, else enough APPROVED approve. */
export interface VoteOutcome {
  readonly verdict: VoteVerdict;
  readonly approvers: readonly CountedApprover[];
}

/** What judging needs of the host. */
export interface VoteTools {
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly verifySignature: VerifySignature;
}

/**
 * Judge an approval. One vote that doesn't hold refuses it all: whoever hands over a bad vote is not to be relied on.
 *
 * @throws {CanopyError} `APPROVAL_REFUSED` when a vote doesn't hold or there are too few; `EXPIRED` when one is too old.
 */
export function judgeVotes(approval: Approval, question: VoteQuestion, tools: VoteTools): VoteOutcome {
  const approvers = new Map<string, CountedApprover>();
  let rejected = false;
  for (const signed of approval.votes) {
    const key = checkVote(signed, question, tools);
    const key_id = keyIdOf(key, tools.sha256);
    checkRequired(signed.vote, key_id, question);
    approvers.set(key_id, { approver: signed.vote.approver, key_id });
    if (signed.vote.verdict === "REJECTED") rejected = true;
  }
  const counted = [...approvers.values()];
  if (rejected) return { verdict: "REJECTED", approvers: counted };
  if (counted.length === 0 || counted.length < question.required) {
    throw refused(`${question.required} distinct approvers are needed, ${counted.length} voted`);
  }
  for (const { key_ids, count, wanted } of question.sets ?? []) {
    const met = counted.filter(({ key_id }) => key_ids.has(key_id)).length;
    if (met < count) {
      const fix = "ask them, or name their keys in approver_names and approver_roles of the configuration";
      throw refused(`${count} of the approvers must be ${wanted}, ${met} were`, fix);
    }
  }
  return { verdict: "APPROVED", approvers: counted };
}

// Anybody may reject, for whatever reason.
function checkRequired(
  { verdict, approver, reason }: SignedVote["vote"],
  key_id: string,
  question: VoteQuestion,
): void {
  if (verdict === "REJECTED") return;
  const { requester = [], reason_required } = question;
  if (requester.includes(key_id) || requester.includes(approver)) {
    throw refused("the requester must not approve", "ask somebody else");
  }
  if (reason_required === true && (reason ?? "").trim() === "") {
    throw refused("each approval must say why", "give signVote a `reason`");
  }
}

function checkVote({ vote, signature }: SignedVote, question: VoteQuestion, tools: VoteTools): PublicKey {
  if (vote.log_id !== question.log_id) throw refused("the vote must be for this log");
  if (vote.authorization_id !== question.authorization_id) throw refused("the vote must be for this authorization");
  if (vote.action_digest !== question.action_digest) throw refused("the vote must be for the digest that was decided");
  const key = parseVoteKey(vote.key);
  if (avidOfKey(key, tools.sha256) === question.agent_avid || vote.approver === question.agent_avid) {
    throw refused("an agent must not approve its own action");
  }
  if (!question.trusted.some((trusted) => isSameKey(trusted, key))) {
    throw refused("the vote must be by a trusted approver key", "list the key under `approvers` in the configuration");
  }
  const bytes = decodeBase64Url(signature);
  if (bytes === null || !tools.verifySignature(key, voteBytes(vote), bytes)) {
    throw refused("the signature of the vote must hold");
  }
  checkTimes(vote.issued_at, vote.expires_at, question.now);
  return key;
}

function checkTimes(issued_at: string, expires_at: string, now: string): void {
  const [issued, expires] = [sortableInstant(issued_at), sortableInstant(expires_at)];
  if (issued === null || expires === null || issued >= expires) throw refused("the vote must end after it was issued");
  if (now >= expires) throw new CanopyError("EXPIRED", "the vote is past its time", { fix: "ask for a new approval" });
}

function parseVoteKey(text: string): PublicKey {
  try {
    return parsePublicKey(text);
  } catch (cause) {
    throw new CanopyError("APPROVAL_REFUSED", "the key of the vote must be a usable public key", { cause });
  }
}

function refused(message: string, fix = "ask an approver to answer this request"): CanopyError {
  return new CanopyError("APPROVAL_REFUSED", message, { fix });
}
