// What a trust policy says of a checkpoint: who signed it, who cosigned it, and whether that is enough.
//
// A signature by a key that the policy knows and that doesn't hold refuses the whole note, whatever else holds: such a
// note is nobody's honest work.

import { CanopyError } from "../../core/errors.ts";
import { parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { cosignatureState } from "./cosignature.ts";
import { isKeyName, parseNote, type Note, type SignatureTools } from "./note.ts";
import type { TrustPolicy } from "./trust-policy.ts";
import { noteSignatureState, type VerifierKey } from "./verifier-key.ts";

/** A cosigner that vouches, and the time it gave, in seconds since 1970. */
export interface CosignedBy {
  readonly name: string;
  readonly time: number;
}

/** How a note's cosignatures stand under a policy. */
export interface CosignatureVerdict {
  /** Whether no known cosignature is bad and the quorum is reached; with `quorum none` nothing is asked. */
  readonly ok: boolean;
  /** Names, as the policy gives them, of the log witnesses whose cosignatures hold. */
  readonly names: readonly string[];
  readonly cosigned: readonly CosignedBy[];
  /** `none`: the policy asks for no cosignature, so nothing outside the log vouches for it. */
  readonly quorum: "none" | "reached" | "missing";
  /** Index auditors whose cosignatures hold. */
  readonly index_audited: readonly CosignedBy[];
  /** `<name>+<id>` of known cosigners whose cosignatures don't hold. */
  readonly bad: readonly string[];
  /** `<name>+<id>` of known cosigners whose cosignatures this host can't check (ML-DSA-44): they count for nothing. */
  readonly unchecked: readonly string[];
  /** Why it is not ok, one line; null when it is. */
  readonly reason: string | null;
}

/** A checkpoint that a policy accepts. */
export interface TrustedCheckpoint extends CosignatureVerdict {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** The log's key that signed. */
  readonly key: VerifierKey;
}

/** How a note's cosignatures stand under a policy. Cost: one verification a known cosigner. */
export function cosignedEnough(note: Note, policy: TrustPolicy, tools: SignatureTools): CosignatureVerdict {
  const cosigned: CosignedBy[] = [];
  const bad: string[] = [];
  const unchecked: string[] = [];
  const index_audited: CosignedBy[] = [];
  const cosigners = [
    ...policy.witnesses.map(({ name, key }) => ({ name, key, list: cosigned })),
    ...policy.index_auditors.map((key) => ({ name: key.name, key, list: index_audited })),
  ];
  for (const { name, key, list } of cosigners) {
    const { state, time } = cosignatureState(note, key, tools);
    if (state === "bad") bad.push(`${key.name}+${key.key_id}`);
    else if (state === "unchecked") unchecked.push(`${key.name}+${key.key_id}`);
    else if (time !== null) list.push({ name, time });
  }
  const names = cosigned.map(({ name }) => name);
  const quorum = quorumOf(policy, names);
  const reason =
    bad.length > 0
      ? `the cosignature by ${bad.join(", ")} does not hold`
      : quorum === "missing"
        ? `cosigned by ${names.length} of ${policy.witnesses.length} known log witnesses: the quorum \`${policy.quorum}\` is not reached${uncheckedText(unchecked)}`
        : null;
  return { ok: reason === null, names, cosigned, quorum, index_audited, bad, unchecked, reason };
}

function uncheckedText(unchecked: readonly string[]): string {
  return unchecked.length === 0 ? "" : `; ${unchecked.join(", ")} can't be checked here (ML-DSA-44)`;
}

/** Whether these log witnesses are enough. Members count once each: names are unique, and a name is a member of one group only. */
export function quorumOf({ groups, quorum }: TrustPolicy, names: readonly string[]): CosignatureVerdict["quorum"] {
  if (quorum === "none") return "none";
  const witnessed = new Set(names);
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
  }
  return witnessed.has(quorum) ? "reached" : "missing";
}

/**
 * How a checkpoint stands under a policy; `reason` is one line. `retired_key`: signed by a key that the log replaced before
 * it had that size (`KeySuccession` alone says so).
 */
export type CheckpointTrust =
  | { readonly state: "trusted"; readonly trusted: TrustedCheckpoint }
  | { readonly state: "bad_signature" | "unknown_key" | "quorum_missing"; readonly reason: string }
  | { readonly state: "retired_key"; readonly reason: string; readonly checkpoint: Checkpoint };

/**
 * How a checkpoint stands under a policy. Trusted: signed by a key of a `log` line whose name is the origin, every known
 * signature holding, the quorum reached.
 *
 * @throws {CanopyError} `INVALID_NOTE` or `INVALID_CHECKPOINT` when it is no checkpoint at all.
 */
export function judgeCheckpoint(note: string, policy: TrustPolicy, tools: SignatureTools): CheckpointTrust {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const keys = policy.logs.map((log) => log.key);
  const states = keys.map((key) => noteSignatureState(parsed, key, tools.verifySignature));
  const bad = keys.find((_, index) => states[index] === "bad");
  if (bad !== undefined) {
    return { state: "bad_signature", reason: `its signature by ${bad.name}+${bad.key_id} does not hold` };
  }
  const verdict = cosignedEnough(parsed, policy, tools);
  if (verdict.bad.length > 0) return { state: "bad_signature", reason: verdict.reason ?? "" };
  const key = keys.find((one, index) => states[index] === "good" && one.name === checkpoint.origin);
  if (key === undefined) {
    return { state: "unknown_key", reason: `no key that is trusted for ${originText(checkpoint)} signed it` };
  }
  if (verdict.reason !== null) return { state: "quorum_missing", reason: verdict.reason };
  return { state: "trusted", trusted: { ...verdict, checkpoint, note: parsed, key } };
}

/**
 * The checkpoint of a whole note, if the policy trusts it (see `judgeCheckpoint`).
 *
 * @throws {CanopyError} `INVALID_NOTE`, or `NOT_TRUSTED` or `INVALID_CHECKPOINT` with why it is not trusted.
 */
export function openTrusted(note: string, policy: TrustPolicy, tools: SignatureTools): TrustedCheckpoint {
  return mustBeTrusted(judgeCheckpoint(note, policy, tools));
}

/** The checkpoint that was found to be trusted. Throws `NOT_TRUSTED`, `INVALID_CHECKPOINT` (a bad signature) with why it is not. */
export function mustBeTrusted(judged: CheckpointTrust): TrustedCheckpoint {
  if (judged.state === "trusted") return judged.trusted;
  const code = judged.state === "bad_signature" ? "INVALID_CHECKPOINT" : "NOT_TRUSTED";
  throw new CanopyError(code, `the checkpoint is not trusted: ${judged.reason}`, {
    fix: "give the log's verifier key as its operator published it, with --vkey or in a trust policy with --trust",
  });
}

function originText({ origin }: Checkpoint): string {
  return isKeyName(origin) ? `\`${origin.slice(0, 128)}\`` : "its origin";
}
