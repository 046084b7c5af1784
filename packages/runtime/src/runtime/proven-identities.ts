// Whose keys were proven: in this runtime, for a session, until it ends; and in this log, by whomever, for good.
//
//   CANOPY_HOME/proven/<name of the log>/<64 hex of the AVID>      stands when the log holds an `identity_proven` entry of it
//
// Not beside the log: who can write there could take a file away, and the key be claimed again by whoever only knows it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AgentContext } from "../core/agent-context.ts";
import type { AgentIdentity } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { avidOfKey } from "../identity/identify.ts";
import { checkPossession, type PossessionChallenge } from "../identity/possession.ts";
import { didKeyOf, looksLikeKey, parsePublicKey } from "../identity/public-key.ts";
import { sha256, verifySignature } from "./crypto.ts";
import type { Clock, Ledger, Randomness } from "../ledger/ports.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { replaceFile } from "../storage/owner-file.ts";
import { makeOwnerFolder } from "../storage/owner-folder.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";

/** For which session a key is proven. */
export interface ProofOptions {
  /** The `session_id` of the contexts that count as proven; absent: those without one. */
  readonly session_id?: string;
}

/** What recording a proof needs. */
export interface ProofParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly key_id: string;
}

/** A key that was proven. */
export interface ProvenIdentity {
  readonly avid: string;
  /** The `entry_hash` of the `identity_proven` entry. */
  readonly proof_id: string;
}

interface Issued {
  readonly challenge: PossessionChallenge;
  readonly public_key: string;
  readonly session: string;
}

const CHALLENGE_TTL_MS = 300_000;
const MAX_OPEN_CHALLENGES = 1024;

/** The proven identities of one runtime. */
export class ProvenIdentities {
  readonly #findFolder: () => string;
  #found: string | null = null;
  readonly #open = new Map<string, Issued>();
  readonly #proven = new Set<string>();

  /** `findFolder` gives the folder of the log's proofs, or throws where the log can't be yet; it is made with the first. */
  constructor(findFolder: () => string) {
    this.#findFolder = findFolder;
  }

  /**
   * A challenge for the holder of a key. It is good for five minutes, once, in this runtime.
   *
   * @throws {CanopyError} `INVALID_KEY` for an opaque id, which nobody can prove.
   */
  challenge(public_key: string, options: ProofOptions, parts: ProofParts): PossessionChallenge {
    const challenge: PossessionChallenge = {
      type: "canopy-possession-v1",
      avid: avidOfKey(parsePublicKey(public_key), sha256),
      audience: parts.ledger.log_id,
      nonce: encodeBase64Url(parts.randomness.bytes(16)),
      expires_at: new Date(parts.clock.now() + CHALLENGE_TTL_MS).toISOString(),
    };
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN_CHALLENGES && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(challenge.nonce, { challenge, public_key, session: options.session_id ?? "" });
    return challenge;
  }

  /**
   * Take the answer to a challenge, and record that the key was proven.
   *
   * @throws {CanopyError} `INVALID_CONTEXT` when the challenge is not open here or the signature doesn't hold; `EXPIRED`;
   *   `LEDGER_UNAVAILABLE`. The challenge is used up either way.
   */
  async prove(nonce: string, signature: string, parts: ProofParts): Promise<ProvenIdentity> {
    const issued = this.#open.get(nonce);
    this.#open.delete(nonce);
    if (issued === undefined) throw notProven("the nonce must be of a challenge of this runtime that was not answered");
    const now = new Date(parts.clock.now()).toISOString();
    const { public_key, challenge, session } = issued;
    const result = checkPossession({ issued: challenge, public_key, signature, now }, { sha256, verifySignature });
    if (!result.proven && result.reason === "expired")
      throw new CanopyError("EXPIRED", "the challenge is past its time");
    if (!result.proven) throw notProven("the signature must be the key's, over this challenge");
    const proof_id = await this.#record(issued, now, parts);
    this.#proven.add(`${result.avid} ${session}`);
    return { avid: result.avid, proof_id };
  }

  /** Whether a context's identity was proven to this runtime, for its session. */
  isProven(avid: string, agent: AgentContext): boolean {
    return this.#proven.size > 0 && this.#proven.has(`${avid} ${agent.session_id ?? ""}`);
  }

  /** Whether a key that was proven in this log is only asserted. Cost: for a key one look into a folder, else nothing. */
  isDisputed(agent: AgentContext, { avid, identity }: AgentIdentity): boolean {
    if (identity === "proven" || !looksLikeKey(agent.public_key)) return false;
    const folder = this.#folderIfAny();
    return folder !== null && existsSync(join(folder, avid.slice("AVID-".length)));
  }

  #folder(): string {
    return (this.#found ??= this.#findFolder());
  }

  /** Null where there can be no log: then nothing was proven in it, and nothing can be recorded. */
  #folderIfAny(): string | null {
    try {
      return this.#folder();
    } catch {
      return null;
    }
  }

  async #record({ challenge, public_key, session }: Issued, now: string, parts: ProofParts): Promise<string> {
    const { avid, audience, nonce } = challenge;
    const { entry } = await parts.ledger.append({
      entry: {
        event: "identity_proven",
        timestamp: entryTimestamp(now),
        avid,
        identity: "proven",
        action_type: "identity",
        decision: "PROVEN",
        reason: "the holder of the key signed a challenge",
        severity: "low",
        layers: {},
        witness: null,
        public_key: didKeyOf(parsePublicKey(public_key)),
        audience,
        nonce,
        key_id: parts.key_id,
        ...(session === "" ? {} : { session_id: session }),
      },
    });
    const folder = this.#folder();
    makeOwnerFolder(folder);
    replaceFile(realFileSystem, join(folder, avid.slice("AVID-".length)), `${entry.entry_hash}\n`);
    return entry.entry_hash;
  }
}

function notProven(expected: string): CanopyError {
  return new CanopyError("INVALID_CONTEXT", `the key was not proven: ${expected}`, {
    fix: "ask for a new challenge, and have the agent sign possessionBytes(challenge) with its private key",
  });
}
