// The entry that stands before each checkpoint and lies inside it: `checkpoint_meta`.
//
//   covered_entries          k: what it says is of the log's first k entries; k is at most its own index
//   index                    {runs, root} of the authenticated index over them, or null when none is kept
//   previous_checkpoint      {size, root} of the newest checkpoint that its writer knew, or null
//   decisions                {ALLOW, DENY, REQUIRE_APPROVAL}: how many `authorize_action` entries they have
//   policy_hash              of their newest `policy_activated`, or null
//   heartbeat                true when nothing but such entries came since the last one; else absent
//   origin, key_id           of the checkpoint that follows
//   resource_key_commitment  SHA-256( "canopy-resource-commit-v1" ‖ 0x00 ‖ K ), K as in docs/ledger-format.md

import { encodeHex } from "../../identity/hex.ts";
import { isHash } from "../../ledger/chain.ts";
import { isCount, type JsonObject } from "../../core/json.ts";
import type { Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import type { DecisionCounts } from "./tlog-state.ts";

/** The `event` of such entries. */
export const CHECKPOINT_META = "checkpoint_meta";

/** The root and the number of records of the index over some entries. */
export interface IndexRoot {
  readonly runs: number;
  /** Hex. */
  readonly root: string;
}

/** A checkpoint by its size and root. */
export interface CheckpointPlace {
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

/** What such an entry says. */
export interface CheckpointMeta {
  readonly covered_entries: number;
  readonly index: IndexRoot | null;
  readonly previous_checkpoint: CheckpointPlace | null;
  readonly decisions: DecisionCounts;
  readonly policy_hash: string | null;
  readonly heartbeat: boolean;
  readonly origin: string;
  readonly key_id: string;
  readonly resource_key_commitment: string;
}

/** The place of a checkpoint, or null for none. */
export function placeOf(checkpoint: Checkpoint | null): CheckpointPlace | null {
  return checkpoint === null ? null : { size: checkpoint.size, root: encodeHex(checkpoint.root) };
}

/** Its members as an entry carries them. */
export function metaMembers({ heartbeat, ...meta }: CheckpointMeta): JsonObject {
  const { index, previous_checkpoint, decisions } = meta;
  return {
    ...meta,
    index: index === null ? null : { ...index },
    previous_checkpoint: previous_checkpoint === null ? null : { ...previous_checkpoint },
    decisions: { ...decisions },
    ...(heartbeat ? { heartbeat } : {}),
  };
}

/** What an entry says, or null when it is no `checkpoint_meta` of ours, or not in that form. */
export function parseCheckpointMeta(entry: Readonly<Record<string, unknown>>): CheckpointMeta | null {
  if (entry["event"] !== CHECKPOINT_META || entry["action_type"] !== "ledger") return null;
  const { covered_entries, policy_hash, origin, key_id, resource_key_commitment } = entry;
  const index = entry["index"] === null ? null : countAndRoot(entry["index"], "runs");
  const before = entry["previous_checkpoint"] === null ? null : countAndRoot(entry["previous_checkpoint"], "size");
  const decisions = countsOf(entry["decisions"]);
  if (!isCount(covered_entries) || index === undefined || before === undefined || decisions === null) return null;
  if (policy_hash !== null && typeof policy_hash !== "string") return null;
  if (typeof origin !== "string" || typeof key_id !== "string" || !isHash(resource_key_commitment)) return null;
  return {
    covered_entries,
    index: index === null ? null : { runs: index.count, root: index.root },
    previous_checkpoint: before === null ? null : { size: before.count, root: before.root },
    decisions,
    policy_hash,
    heartbeat: entry["heartbeat"] === true,
    origin,
    key_id,
    resource_key_commitment,
  };
}

function countAndRoot(value: unknown, member: string): { readonly count: number; readonly root: string } | undefined {
  const members = membersOf(value);
  const count = members[member];
  const { root } = members;
  return isCount(count) && isHash(root) ? { count, root } : undefined;
}

function countsOf(value: unknown): DecisionCounts | null {
  const { ALLOW, DENY, REQUIRE_APPROVAL } = membersOf(value);
  if (!isCount(ALLOW) || !isCount(DENY) || !isCount(REQUIRE_APPROVAL)) return null;
  return { ALLOW, DENY, REQUIRE_APPROVAL };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.assign(Object.create(null), value) : {};
}
