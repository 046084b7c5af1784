// An approver's signed answer, made with the approver key of this home.

import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import { CanopyError } from "../core/errors.ts";
import { voteBytes, type SignedVote, type Vote, type VoteVerdict } from "../approvals/vote.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { didKeyOf, parsePublicKey, type PublicKey } from "../identity/public-key.ts";
import { resolveSettings } from "./config.ts";
import { findKey } from "./key-store.ts";
import type { Clock } from "../ledger/ports.ts";
import { openSigner } from "./signer.ts";

export { parseApproval } from "../approvals/vote.ts";

/** What a vote is bound to. */
export interface VotedRequest {
  readonly log_id: string;
  readonly authorization_id: string;
  readonly action_digest: string;
}

/** Who votes, and how. */
export interface VoteOptions {
  /** The home whose approver key signs; the key is made on first use. Default: the one the environment names. */
  readonly home?: string;
  /** Who answered, for people; default the user of this process. */
  readonly approver?: string;
  readonly reason?: string;
  /** How long the vote may be used; default five minutes. */
  readonly ttlMs?: number;
  readonly clock?: Clock;
}

const DEFAULT_TTL_MS = 300_000;

/** Sign an answer to a request. @throws {CanopyError} `INVALID_KEY` when the approver key is not safe to use. */
export function signVote(request: VotedRequest, verdict: VoteVerdict, options: VoteOptions = {}): SignedVote {
  const signer = openSigner(options.home ?? resolveSettings({}).settings.home, "approver");
  const now = options.clock?.now() ?? Date.now();
  const vote: Vote = {
    type: "canopy-vote-v1",
    log_id: request.log_id,
    authorization_id: request.authorization_id,
    action_digest: request.action_digest,
    verdict,
    approver: options.approver ?? userName(),
    key: didKeyOf(signer.public_key),
    reason: options.reason ?? null,
    nonce: encodeBase64Url(randomBytes(16)),
    issued_at: new Date(now).toISOString(),
    expires_at: new Date(now + (options.ttlMs ?? DEFAULT_TTL_MS)).toISOString(),
  };
  return { vote, signature: encodeBase64Url(signer.sign(voteBytes(vote))) };
}

/**
 * The keys whose votes count: those of the configuration, and this home's own approver key once it exists.
 *
 * @throws {CanopyError} `INVALID_CONFIG` when a configured key is no usable key; `INVALID_KEY` for this home's.
 */
export function trustedApprovers(home: string, configured: readonly string[]): readonly PublicKey[] {
  const own = findKey(home, "approver");
  const listed = configured.map((text) => {
    try {
      return parsePublicKey(text);
    } catch (cause) {
      throw new CanopyError("INVALID_CONFIG", "each of `approvers` must be a public key (PEM, JWK or did:key)", {
        cause,
      });
    }
  });
  return own === null ? listed : [...listed, own.public_key];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No account for this uid, as in many containers.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
