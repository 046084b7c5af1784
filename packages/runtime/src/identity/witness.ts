// The witness: signed evidence of one decision, which verifies with a public key and nothing else (docs/witness.md).
//
// It is made in two steps. The statement stands inside the ledger entry, so the entry's hash covers it:
//
//   statement  {"type":"canopy-witness-v1", payload_commitment, decision, findings_hash, rules_hash, policy_hash,
//               context_hash, avid, timestamp, key_id}
//
// The returned witness adds what ties the statement to the log:
//
//   witness    statement members ‖ {"entry_hash", "entry", "batch"}
//   entry      the recorded entry without its `witness` and `entry_hash`: put the statement back in as `witness`
//              and entry_hash = SHA-256( prev_hash ‖ RFC 8785( entry ) )
//   batch      {"root", "path": ["L:<hex>" | "R:<hex>" …], "signature", "key_id"}
//              leaf = SHA-256( 0x00 ‖ entry_hash ); a step is SHA-256( 0x01 ‖ left ‖ right ), the sibling being on the
//              side that is named; the last is root. signature = Ed25519 over
//              "canopy-batch-v1" ‖ 0x00 ‖ log_id ‖ 0x00 ‖ root (32 bytes), base64url
//
// INVARIANT: every member is covered, so a witness with any member changed, added or removed does not verify.

import { canonicalJson } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import type { Verdict } from "../core/finding.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { decodeBase64Url } from "./base64.ts";
import { decodeHex, encodeHex } from "./hex.ts";
import { keyIdOf } from "./key-id.ts";
import type { VerifySignature } from "./possession.ts";
import { parsePublicKey, type PublicKey } from "./public-key.ts";

/** What a witness states. Hashes as the entry has them; `timestamp` RFC 3339 with milliseconds, UTC. */
export interface WitnessFields {
  readonly payload_commitment: string;
  readonly decision: Verdict;
  readonly findings_hash: string;
  readonly rules_hash: string;
  readonly policy_hash: string;
  readonly context_hash: string;
  readonly avid: string;
  readonly timestamp: string;
  readonly key_id: string;
}

/** What the ledger gave back for the entry that holds the statement. */
export interface WitnessedAppend {
  readonly entry: JsonObject & { readonly entry_hash: string };
  readonly batch: {
    readonly root: string;
    readonly size: number;
    readonly index: number;
    readonly path: readonly string[];
    readonly signature: string;
    readonly key_id: string;
  };
}

/** What verification needs of the host. */
export interface WitnessTools {
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly verifySignature: VerifySignature;
}

/**
 * Why a witness does not hold: `malformed` its shape; `key` it names another key; `entry_hash` statement, entry and
 * hash don't belong together; `inconsistent` statement and entry say different things; `batch_path` the path doesn't
 * lead to the root; `signature` the root is not signed by the key for that log.
 */
export type WitnessProblem = "malformed" | "key" | "entry_hash" | "inconsistent" | "batch_path" | "signature";

/** The outcome of a verification. */
export type WitnessVerification =
  | { readonly valid: true; readonly log_id: string; readonly seq: number }
  | { readonly valid: false; readonly problems: readonly WitnessProblem[] };

const BATCH_MEMBERS = "key_id,path,root,signature";
const STEP = /^[LR]:[0-9a-f]{64}$/;

/** The statement that goes into the entry as its `witness`. */
export function buildWitness(fields: WitnessFields): JsonObject {
  return { type: "canopy-witness-v1", ...fields };
}

/** The witness as returned: the statement, the entry it stands in, and the entry's signed batch. */
export function completeWitness(statement: JsonObject, append: WitnessedAppend): JsonObject {
  const { entry_hash, witness: _, ...entry } = append.entry;
  const { root, signature, key_id } = append.batch;
  return { ...statement, entry_hash, entry, batch: { root, path: sidedPath(append.batch), signature, key_id } };
}

/**
 * Verify a returned witness with a public key (any accepted form). All problems are told.
 *
 * What holds then: the owner of the key recorded exactly this statement, in this entry, in this log, after the entry
 * with `prev_hash`. What it can't tell: whether the log was kept since; `canopy verify` does.
 *
 * @throws {CanopyError} `INVALID_KEY` when `publicKey` is no usable key.
 */
export function verifyWitness(witness: unknown, publicKey: string, tools: WitnessTools): WitnessVerification {
  const key = parsePublicKey(publicKey);
  const parts = parseWitness(witness);
  if (parts === null) return { valid: false, problems: ["malformed"] };
  const problems: WitnessProblem[] = [];
  if (!namesKey(parts, keyIdOf(key, tools.sha256))) problems.push("key");
  if (entryHashOf(parts, tools) !== parts.entry_hash) problems.push("entry_hash");
  if (!agrees(parts)) problems.push("inconsistent");
  if (rootOf(parts, tools) !== parts.root) problems.push("batch_path");
  if (!isSigned(parts, key, tools)) problems.push("signature");
  return problems.length > 0 ? { valid: false, problems } : { valid: true, log_id: parts.log_id, seq: parts.seq };
}

/** An action and the salt of its record, as its owner discloses them to an auditor. */
export interface DisclosedPayload {
  /** Hex. */
  readonly salt: string;
  readonly action_type: string;
  readonly payload: JsonValue;
  readonly cwd: string | null;
}

/** Whether a disclosed action is the one that a witness or an entry commits to. False when the salt is not hex. */
export function isCommitted(
  commitment: string,
  disclosed: DisclosedPayload,
  hmacSha256: (key: Uint8Array, bytes: Uint8Array) => Uint8Array,
): boolean {
  const { action_type, payload, cwd } = disclosed;
  const salt = decodeHex(disclosed.salt);
  if (salt === null) return false;
  const text = canonicalJson({ action_type, payload, cwd });
  return encodeHex(hmacSha256(salt, new TextEncoder().encode(text))) === commitment;
}

interface WitnessParts {
  readonly statement: JsonObject;
  readonly entry: JsonObject;
  readonly entry_hash: string;
  readonly log_id: string;
  readonly seq: number;
  readonly prev_hash: string;
  readonly root: string;
  readonly path: readonly string[];
  readonly signature: string;
  readonly key_id: string;
}

function parseWitness(input: unknown): WitnessParts | null {
  const witness = plainObject(input);
  if (witness === null) return null;
  const { entry_hash, entry, batch, ...statement } = witness;
  if (!isJsonObject(entry) || !isJsonObject(batch) || typeof entry_hash !== "string") return null;
  if (statement["type"] !== "canopy-witness-v1") return null;
  if (Object.keys(batch).sort().join(",") !== BATCH_MEMBERS || "witness" in entry || "entry_hash" in entry) return null;
  const { log_id, seq, prev_hash } = entry;
  const { root, signature, key_id } = batch;
  const path = steps(batch["path"]);
  if (typeof log_id !== "string" || typeof prev_hash !== "string" || typeof seq !== "number" || path === null) {
    return null;
  }
  if (typeof root !== "string" || typeof signature !== "string" || typeof key_id !== "string") return null;
  return { statement, entry, entry_hash, log_id, seq, prev_hash, root, path, signature, key_id };
}

// Through canonical text and back: what isn't plain I-JSON (getters, prototypes, sparse arrays) is no witness.
function plainObject(input: unknown): JsonObject | null {
  try {
    const value: JsonValue = JSON.parse(canonicalJson(input));
    return isJsonObject(value) ? value : null;
  } catch (error) {
    if (error instanceof CanopyError) return null;
    throw error;
  }
}

function steps(path: JsonValue | undefined): readonly string[] | null {
  if (!Array.isArray(path) || path.length > 64) return null;
  const list: readonly JsonValue[] = path;
  return list.every((step): step is string => typeof step === "string" && STEP.test(step)) ? list : null;
}

function namesKey({ statement, entry, key_id }: WitnessParts, expected: string): boolean {
  return key_id === expected && statement["key_id"] === expected && entry["key_id"] === expected;
}

function entryHashOf({ statement, entry, prev_hash }: WitnessParts, { sha256 }: WitnessTools): string {
  const text = prev_hash + canonicalJson({ ...entry, witness: statement });
  return encodeHex(sha256(new TextEncoder().encode(text)));
}

// One writer makes both, so a difference means that one of them was not made by this software.
function agrees({ statement, entry }: WitnessParts): boolean {
  const snapshot = entry["policy_snapshot"];
  if (!isJsonObject(snapshot)) return false;
  const same = (["decision", "avid", "payload_commitment"] as const).every((name) => statement[name] === entry[name]);
  const hashes = (["policy_hash", "rules_hash"] as const).every((name) => statement[name] === snapshot[name]);
  const [time, seconds] = [statement["timestamp"], entry["timestamp"]];
  if (typeof time !== "string" || typeof seconds !== "string") return false;
  return same && hashes && time.slice(0, 19) === seconds.slice(0, 19);
}

function rootOf({ entry_hash, path }: WitnessParts, { sha256 }: WitnessTools): string | null {
  const leaf = decodeHex(entry_hash);
  if (leaf?.length !== 32) return null;
  let node = sha256(Uint8Array.of(0, ...leaf));
  for (const step of path) {
    const sibling = decodeHex(step.slice(2)) ?? new Uint8Array();
    node = sha256(step.startsWith("L") ? Uint8Array.of(1, ...sibling, ...node) : Uint8Array.of(1, ...node, ...sibling));
  }
  return encodeHex(node);
}

function isSigned({ log_id, root, signature }: WitnessParts, key: PublicKey, tools: WitnessTools): boolean {
  const bytes = decodeBase64Url(signature);
  const rootBytes = decodeHex(root);
  if (key.kind !== "ed25519-pub" || bytes?.length !== 64 || rootBytes?.length !== 32) return false;
  const head = new TextEncoder().encode(`canopy-batch-v1\0${log_id}\0`);
  return tools.verifySignature(key, Uint8Array.of(...head, ...rootBytes), bytes);
}

// RFC 9162 §2.1.3.2 tells the side of each sibling from index and size. Naming the sides instead leaves nothing in the
// witness that could be changed without changing the root.
function sidedPath({ index, size, path }: WitnessedAppend["batch"]): readonly string[] {
  let node = index;
  let last = size - 1;
  return path.map((sibling) => {
    const left = node % 2 === 1 || node === last;
    if (left) {
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
    return `${left ? "L" : "R"}:${sibling}`;
  });
}
