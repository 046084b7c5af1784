// Which key signs a log's checkpoints at which size, for a verifier who knows one of them: `key_rotated` entries of the
// log, each signed by the key that goes and by the key that comes (docs/transparency-log.md, "Rotated keys").
//
//   entry r:  old → new, for one origin          old counts for sizes ≤ r, new for sizes > r
//
// A key has one successor: the first that the log names. A key that was replaced never comes back. What is not signed
// by both, names another origin or another log, or goes out from a key that isn't known or not in force is passed over,
// as a signature by a stranger is. The new key is trusted by the word of the old one: whoever stole that could have
// given it, too.

import { CanopyError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { didKeyOf, isSameKey, parsePublicKey, type PublicKey } from "../../identity/public-key.ts";
import { isRotationSigned, type SignedRotation } from "../../identity/rotation.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { parseNote, type NoteTools } from "./note.ts";
import { KEY_ROTATED, parseRotation } from "./rotation-entry.ts";
import type { TrustPolicy } from "./trust-policy.ts";
import { judgeCheckpoint, mustBeTrusted, type CheckpointTrust, type TrustedCheckpoint } from "./trusted-checkpoint.ts";
import { noteSignatureState, verifierKey, type VerifierKey } from "./verifier-key.ts";

/** One rotation that was followed; keys as `<name>+<id>`. */
export interface KeyStep {
  readonly old: string;
  readonly new: string;
  /** Place of the entry that says so, counted from 0. */
  readonly index: number;
}

interface Seat {
  readonly key: VerifierKey;
  /** The least size that it signs for. */
  readonly since: number;
  /** The greatest. */
  readonly until: number;
  /** How it came to be trusted; null: the verifier knows it. */
  readonly step: KeyStep | null;
}

/** The keys of a trust policy and those that followed them in one log. */
export class KeySuccession {
  readonly #policy: TrustPolicy;
  readonly #tools: NoteTools;
  readonly #seats = new Map<string, Seat>();

  constructor(policy: TrustPolicy, tools: NoteTools) {
    this.#policy = policy;
    this.#tools = tools;
    for (const { key } of policy.logs) {
      if (key.algorithm === "ed25519" && key.ed25519 !== null)
        this.#seats.set(seatOf(key.name, didKeyOf(key.ed25519)), { key, since: 0, until: Infinity, step: null });
    }
  }

  /**
   * An entry of the log at its place, in ascending order. Returns whether a rotation was followed. Cost: nothing but for
   * `key_rotated` entries of keys in force: two signatures then.
   */
  saw(index: number, members: JsonObject, logId: string): boolean {
    if (members["event"] !== KEY_ROTATED || members["action_type"] !== "ledger" || members["log_id"] !== logId)
      return false;
    const rotation = parseRotation(members);
    const { purpose, origin, old_key, new_key } = rotation?.statement ?? {};
    if (rotation === null || purpose !== "checkpoint" || origin === undefined) return false;
    const old = this.#seats.get(seatOf(origin, old_key ?? ""));
    const place = seatOf(origin, new_key ?? "");
    const known = this.#seats.get(place);
    if (old === undefined || old.until !== Infinity || (known !== undefined && known.until !== Infinity)) return false;
    const key = this.#successor(origin, new_key ?? "");
    if (key === null || !this.#isSigned(rotation)) return false;
    const step = { old: nameOf(old.key), new: nameOf(key), index };
    this.#seats.set(seatOf(origin, old_key ?? ""), { ...old, until: index });
    if (known === undefined) this.#seats.set(place, { key, since: index + 1, until: Infinity, step });
    return true;
  }

  /** The policy for a checkpoint of that origin and size: its keys are those in force there. */
  policyAt(origin: string, size: number): TrustPolicy {
    const others = this.#policy.logs.filter(({ key }) => key.name !== origin || key.algorithm !== "ed25519");
    const seated = [...this.#seats.values()].filter(
      ({ key, since, until }) => key.name === origin && since <= size && size <= until,
    );
    return { ...this.#policy, logs: [...others, ...seated.map(({ key }) => ({ key, url: null }))] };
  }

  /** How a checkpoint stands under the keys in force at its size. Throws `INVALID_NOTE`, `INVALID_CHECKPOINT`. */
  judge(note: string): CheckpointTrust {
    const parsed = parseNote(note);
    const checkpoint = parseCheckpoint(parsed.text);
    const { origin, size } = checkpoint;
    const judged = judgeCheckpoint(note, this.policyAt(origin, size), this.#tools);
    if (judged.state !== "unknown_key") return judged;
    for (const { key, until } of this.#seats.values()) {
      if (key.name !== origin || size <= until) continue;
      if (noteSignatureState(parsed, key, this.#tools.verifySignature) !== "good") continue;
      const reason = `its key ${nameOf(key)} was replaced before, by entry ${until} of the log`;
      return { state: "retired_key", reason, checkpoint };
    }
    return judged;
  }

  /**
   * A checkpoint that is trusted under the keys in force at its size.
   *
   * @throws {CanopyError} `INVALID_NOTE`, or `NOT_TRUSTED` or `INVALID_CHECKPOINT` with why it is not.
   */
  open(note: string): TrustedCheckpoint {
    return mustBeTrusted(this.judge(note));
  }

  /** The rotations that lead from a key that the verifier knows to this one, in order. */
  stepsTo(key: VerifierKey): readonly KeyStep[] {
    const steps: KeyStep[] = [];
    const seats = [...this.#seats.values()];
    let step = seats.find((seat) => nameOf(seat.key) === nameOf(key))?.step ?? null;
    while (step !== null) {
      const { old } = step;
      steps.unshift(step);
      step = seats.find((seat) => nameOf(seat.key) === old)?.step ?? null;
    }
    return steps;
  }

  /** The key that comes, under the origin's name; null when it is none that could sign, or has another office. */
  #successor(origin: string, did: string): VerifierKey | null {
    const key = ed25519Of(did);
    if (key === null) return null;
    const others = [...this.#policy.witnesses.map((witness) => witness.key), ...this.#policy.index_auditors];
    if (others.some(({ ed25519 }) => ed25519 !== null && isSameKey(ed25519, key))) return null;
    return verifierKey(origin, "ed25519", key.bytes, this.#tools.sha256);
  }

  #isSigned(rotation: SignedRotation): boolean {
    return isRotationSigned(rotation, this.#tools.verifySignature);
  }
}

/** The Ed25519 key of a `did:key` in its one spelling. */
function ed25519Of(did: string): PublicKey | null {
  if (!did.startsWith("did:key:")) return null;
  try {
    const key = parsePublicKey(did);
    return key.kind === "ed25519-pub" && didKeyOf(key) === did ? key : null;
  } catch (error) {
    if (error instanceof CanopyError) return null;
    throw error;
  }
}

function seatOf(origin: string, did: string): string {
  return `${did}\n${origin}`;
}

function nameOf({ name, key_id }: VerifierKey): string {
  return `${name}+${key_id}`;
}
