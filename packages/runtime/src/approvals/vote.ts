// A vote: one approver's signed answer to one request, good for one authorization and one digest.
//
//   signed bytes = UTF-8( "canopy-vote-v1" ) ‖ 0x00 ‖ RFC 8785( vote )
//   vote         = {"type":"canopy-vote-v1","log_id","authorization_id","action_digest","verdict","approver","key",
//                   "reason","nonce","issued_at","expires_at"}
//   signature    = base64url of 64 bytes, by `key`
//
// Refused: unknown or missing members, verdicts but APPROVED and REJECTED, times that are not RFC 3339 in UTC.

import { canonicalJson } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { sortableInstant } from "./instant.ts";

/** An approver's answer. */
export type VoteVerdict = "APPROVED" | "REJECTED";

/** What an approver signs. */
export interface Vote extends JsonObject {
  readonly type: "canopy-vote-v1";
  readonly log_id: string;
  readonly authorization_id: string;
  /** `sha256:<hex>`: the very action that was shown. */
  readonly action_digest: string;
  readonly verdict: VoteVerdict;
  /** Who answered, for people: the name of the user. What counts is the key. */
  readonly approver: string;
  /** The approver's public key, `did:key`. */
  readonly key: string;
  readonly reason: string | null;
  readonly nonce: string;
  /** RFC 3339, UTC. */
  readonly issued_at: string;
  readonly expires_at: string;
}

/** A vote with its signature, base64url. */
export interface SignedVote extends JsonObject {
  readonly vote: Vote;
  readonly signature: string;
}

/** What `reauthorize` takes: one or more votes. */
export interface Approval {
  readonly votes: readonly SignedVote[];
}

const MEMBERS = [
  "action_digest",
  "approver",
  "authorization_id",
  "expires_at",
  "issued_at",
  "key",
  "log_id",
  "nonce",
  "reason",
  "type",
  "verdict",
] as const;
const MAX_VOTES = 64;
const MAX_TEXT = 1024;

/** The bytes that an approver signs. */
export function voteBytes(vote: Vote): Uint8Array {
  return new TextEncoder().encode(`canopy-vote-v1\0${canonicalJson(vote)}`);
}

/**
 * Parse an approval from outside.
 *
 * @throws {CanopyError} `APPROVAL_REFUSED` when it is not 1 to 64 votes of exactly the documented shape.
 */
export function parseApproval(input: unknown): Approval {
  const plain = plainJson(input);
  const votes = isJsonObject(plain) && Object.keys(plain).join() === "votes" ? plain["votes"] : undefined;
  if (!Array.isArray(votes)) throw refused('an approval must be {"votes": […]}');
  const list: readonly JsonValue[] = votes;
  if (list.length === 0 || list.length > MAX_VOTES) throw refused(`an approval must hold 1 to ${MAX_VOTES} votes`);
  return { votes: list.map(parseSignedVote) };
}

function parseSignedVote(input: JsonValue): SignedVote {
  if (!isJsonObject(input) || Object.keys(input).join() !== "signature,vote") {
    throw refused("each vote must be signed: {vote, signature}");
  }
  const { vote, signature } = input;
  if (!isJsonObject(vote) || Object.keys(vote).join() !== MEMBERS.join()) {
    throw refused(`a vote must have exactly the members ${MEMBERS.join(", ")}`);
  }
  if (typeof signature !== "string") throw refused("each vote must be signed");
  return { vote: parseVote(vote), signature };
}

function parseVote(vote: JsonObject): Vote {
  const { type, verdict, reason, issued_at, expires_at } = vote;
  if (type !== "canopy-vote-v1") throw refused("the type of a vote must be `canopy-vote-v1`");
  if (verdict !== "APPROVED" && verdict !== "REJECTED") throw refused("a verdict must be APPROVED or REJECTED");
  if (reason !== null && !isText(reason)) throw refused("the reason of a vote must be a short text or null");
  if (sortableInstant(issued_at) === null || sortableInstant(expires_at) === null) {
    throw refused("the times of a vote must be RFC 3339 in UTC");
  }
  return {
    type,
    verdict,
    reason: reason ?? null,
    log_id: text(vote, "log_id"),
    authorization_id: text(vote, "authorization_id"),
    action_digest: text(vote, "action_digest"),
    approver: text(vote, "approver"),
    key: text(vote, "key"),
    nonce: text(vote, "nonce"),
    issued_at: text(vote, "issued_at"),
    expires_at: text(vote, "expires_at"),
  };
}

function text(vote: JsonObject, member: (typeof MEMBERS)[number]): string {
  const value = vote[member];
  if (!isText(value) || value === "") throw refused(`${member} of a vote must be a short, non-empty text`);
  return value;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT;
}

// The members of every object are sorted then.
function plainJson(input: unknown): JsonValue {
  try {
    const value: JsonValue = JSON.parse(canonicalJson(input));
    return value;
  } catch (cause) {
    throw new CanopyError("APPROVAL_REFUSED", "an approval must be plain JSON", { cause });
  }
}

function refused(message: string): CanopyError {
  return new CanopyError("APPROVAL_REFUSED", message, {
    fix: "let an approver answer with promptForApproval or signVote, and hand over what they give",
  });
}
