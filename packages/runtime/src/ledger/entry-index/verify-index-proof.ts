// Verifying an index proof: bytes and a trust policy in, what may be believed out. Total: whatever the bytes are, there
// is an answer with a reason and a place, and `valid` only when every check has said so.
//
//   1 the file is what index-proof.ts describes             5 what each run shows follows from its tree
//   2 the checkpoint is accepted by the trust policy         6 every entry listed is shown, is in the log, has the key
//   3 the meta entry stands in it                            7 the statement follows
//   4 the runs cover the entries 0 … k without gap

import { CanopyError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { encodeHex } from "../../identity/hex.ts";
import { hashBytes } from "../chain.ts";
import { leafHash, sameBytes, verifyInclusion } from "../merkle.ts";
import { readCheckpoint, type Checkpoint } from "../tlog/checkpoint.ts";
import { lineLeaf } from "../tlog/entry-data.ts";
import type { NoteTools } from "../tlog/note.ts";
import type { TrustPolicy } from "../tlog/trust-policy.ts";
import { judgeCheckpoint, type TrustedCheckpoint } from "../tlog/trusted-checkpoint.ts";
import { indexKey } from "./index-key.ts";
import { saidOfIndex, type SaidOfIndex } from "./index-meta.ts";
import { readIndexedLine, termsOfLine, type IndexedLine } from "./indexed-line.ts";
import {
  parseIndexProof,
  proofOf,
  ProofRefused,
  type IndexProof,
  type ShownLine,
  type ShownRun,
} from "./index-proof.ts";
import { entriesShown } from "./key-evidence.ts";
import { resourceCommitment, resourceKeyOf } from "./resource-key.ts";
import { formatRunRecord } from "./run-record.ts";
import { outside, relationOf, termOf, type Relation, type Statement } from "./statement.ts";

/**
 * How a proof stands. `valid`: the statement holds, as far as `limits` go. `false`: all is in order, and the entries shown
 * contradict the statement. `untrusted`: in order, but no key was given, or nobody whom the verifier trusts vouches for the checkpoint. `invalid`: something
 * doesn't hold. `unusable`: not a proof.
 */
export type IndexVerdict = "valid" | "false" | "untrusted" | "invalid" | "unusable";

/** What verification found. */
export interface IndexProofResult {
  readonly verdict: IndexVerdict;
  /** Why it is not valid; null when it is. One line. */
  readonly reason: string | null;
  /** Where in the file, as `runs[3].path`; empty where it is no one place. */
  readonly at: string;
  /** Null unless all but trust in the checkpoint was found in order. */
  readonly found: FoundProof | null;
}

/** What a proof in order shows. */
export interface FoundProof {
  readonly statement: Statement;
  readonly resource: ShownResource | null;
  readonly checkpoint: Checkpoint;
  /** What the trust policy says of the checkpoint; null when there is none, or when it doesn't accept it. */
  readonly trusted: TrustedCheckpoint | null;
  /** Why nobody trusted vouches for the checkpoint, one line; null when it is trusted. */
  readonly untrusted: string | null;
  /** The entries 0 to before this were looked at. */
  readonly covered: number;
  /** Time of the newest of them, seconds since 1970; null when none has a time. */
  readonly covered_to: number | null;
  /** Runs by how they were dealt with. */
  readonly runs: { readonly skipped: number; readonly absent: number; readonly present: number };
  /** Indexes of the entries that match, ascending, and their lines. */
  readonly matching: readonly ShownLine[];
  /** Odd lines that have the key, of which it can't be told. They stand against a claim of absence. */
  readonly uncertain: readonly ShownLine[];
  /** Entries that were shown and don't match. */
  readonly excluded: number;
  /** In the runs that were not skipped. */
  readonly silence_s: number;
  readonly odd: number;
  readonly unresolved: number;
}

/** A named resource, and whether its name was shown to be the one behind the resource key. */
export interface ShownResource {
  readonly name: string;
  /** `shown`: by the disclosed key; `mixed`: the log's key changed; `unshown`: the operator's word. */
  readonly mapping: "shown" | "mixed" | "unshown";
}

class Invalid extends Error {
  readonly at: string;

  constructor(reason: string, at: string) {
    super(reason);
    this.at = at;
  }
}

/** Verify an index proof. Never throws. Cost: linear in the file, and a verification for each known key. */
export function verifyIndexProof(bytes: Uint8Array, trust: TrustPolicy | null, tools: NoteTools): IndexProofResult {
  return verified(() => parseIndexProof(bytes), trust, tools);
}

/** The same for a proof that stands in another document, as `parseStrictJson` gave it. */
export function verifyProofObject(file: JsonObject, trust: TrustPolicy | null, tools: NoteTools): IndexProofResult {
  return verified(() => proofOf(file), trust, tools);
}

function verified(parse: () => IndexProof, trust: TrustPolicy | null, tools: NoteTools): IndexProofResult {
  let proof: IndexProof;
  try {
    proof = parse();
  } catch (error) {
    if (!(error instanceof ProofRefused)) return failed("unusable", "the file can't be read", "");
    return failed("unusable", `not an index proof: ${error.message}`, error.at);
  }
  try {
    return judged(findProof(proof, trust, tools));
  } catch (error) {
    if (error instanceof Invalid) return failed("invalid", error.message, error.at);
    return failed("invalid", "the proof can't be followed", "");
  }
}

function judged(found: FoundProof): IndexProofResult {
  const { statement, matching, uncertain, untrusted } = found;
  const count = matching.length + uncertain.length;
  const one = count === 1;
  if (statement.claim === "absent" && count > 0) {
    const sure = uncertain.length === 0 ? (one ? "matches" : "match") : "may match";
    const reason = `false: ${count} ${one ? "entry" : "entries"} ${sure} what is said to be absent`;
    return { verdict: "false", reason, at: "statement", found };
  }
  if (statement.claim === "present" && matching.length === 0) {
    return { verdict: "false", reason: "false: no entry matches what is said to be present", at: "statement", found };
  }
  if (untrusted !== null) return { verdict: "untrusted", reason: untrusted, at: "checkpoint", found };
  return { verdict: "valid", reason: null, at: "", found };
}

function failed(verdict: IndexVerdict, reason: string, at: string): IndexProofResult {
  return { verdict, reason, at, found: null };
}

function findProof(proof: IndexProof, trust: TrustPolicy | null, tools: NoteTools): FoundProof {
  const { sha256 } = tools;
  const { statement } = proof;
  const term = termOf(statement, proof.by);
  if (term === null) throw new Invalid("the statement doesn't name what the index is asked for", "by");
  if (statement.from !== null && statement.to !== null && statement.from > statement.to) {
    throw new Invalid("`from` must not be after `to`", "statement");
  }
  const { checkpoint, trusted, untrusted } = checkpointOf(proof, trust, tools);
  const meta = metaOf(proof.meta, checkpoint, tools);
  checkRuns(proof.runs, meta, tools);
  const key = indexKey(term, sha256);
  const listed = new Set<number>();
  const met: ShownRun[] = [];
  const runs = { skipped: 0, absent: 0, present: 0 };
  for (const [at, run] of proof.runs.entries()) {
    const { shown, record } = run;
    if (shown === "skipped") {
      if (!outside(record, statement))
        throw new Invalid("a run that lies in the statement's times was skipped", `runs[${at}]`);
      runs.skipped += 1;
      continue;
    }
    const entries = entriesShown(shown, key, record, sha256);
    if (typeof entries === "string") throw new Invalid(entries, `runs[${at}].shown`);
    for (const entry of entries) listed.add(entry);
    runs[shown.kind] += 1;
    met.push(run);
  }
  const entries = checkEntries(proof, { listed, key: encodeHex(key), checkpoint, tools });
  const those = (relation: Relation): readonly ShownLine[] =>
    entries.filter(({ read }) => relationOf(read, statement) === relation).map(({ shown }) => shown);
  const [matching, uncertain] = [those("matches"), those("uncertain")];
  const records = met.map(({ record }) => record);
  const times = proof.runs.flatMap(({ record }) => (record.newest === null ? [] : [record.newest]));
  const covered_to = times.length === 0 ? null : greatest(times);
  if (statement.from !== null && (covered_to ?? 0) < statement.from) {
    throw new Invalid("the entries covered end before `from`, so nothing is known of that time", "statement.from");
  }
  return {
    statement,
    resource: resourceOf(proof, meta, met, tools),
    checkpoint,
    trusted,
    untrusted,
    covered: meta.covered,
    covered_to,
    runs,
    matching,
    uncertain,
    excluded: entries.length - matching.length - uncertain.length,
    silence_s: greatest(records.map(({ longest_gap_s }) => longest_gap_s)),
    odd: sum(records.map(({ odd }) => odd)),
    unresolved: sum(records.map(({ unresolved }) => unresolved)),
  };
}

interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly trusted: TrustedCheckpoint | null;
  readonly untrusted: string | null;
}

const NO_KEY = "no trusted key was given, so anyone can have made it";

function checkpointOf({ checkpoint: note }: IndexProof, trust: TrustPolicy | null, tools: NoteTools): FoundCheckpoint {
  try {
    const { checkpoint } = readCheckpoint(note);
    if (trust === null) return { checkpoint, trusted: null, untrusted: NO_KEY };
    const judged = judgeCheckpoint(note, trust, tools);
    if (judged.state === "trusted") return { checkpoint, trusted: judged.trusted, untrusted: null };
    if (judged.state !== "bad_signature") return { checkpoint, trusted: null, untrusted: judged.reason };
    throw new Invalid(`its checkpoint is refused: ${judged.reason}`, "checkpoint");
  } catch (error) {
    throw new Invalid(error instanceof CanopyError ? error.message : "the checkpoint can't be read", "checkpoint");
  }
}

function metaOf(shown: ShownLine, checkpoint: Checkpoint, tools: NoteTools): SaidOfIndex {
  checkIncluded(shown, checkpoint, tools, "meta");
  const said = saidOfIndex(shown.line, shown.index);
  if (typeof said === "string") throw new Invalid(said, "meta.line");
  return said;
}

/** Each record stands in the run list, and together they are the entries from 0 to `covered`, each once. */
function checkRuns(runs: readonly ShownRun[], meta: SaidOfIndex, { sha256 }: NoteTools): void {
  let next = 0;
  for (const [at, { position, record, path }] of runs.entries()) {
    if (record.first !== next) throw new Invalid(`the runs must go on at entry ${next}`, `runs[${at}].record`);
    next = record.end;
    const leaf = leafHash(new TextEncoder().encode(formatRunRecord(record)), sha256);
    if (!verifyInclusion(leaf, { index: position, size: meta.runs, path, root: meta.root }, sha256)) {
      throw new Invalid("the record is not in the run list", `runs[${at}]`);
    }
  }
  if (next !== meta.covered) throw new Invalid(`the runs must end at entry ${meta.covered}`, "runs");
}

interface EntryChecks {
  readonly listed: ReadonlySet<number>;
  /** Hex. */
  readonly key: string;
  readonly checkpoint: Checkpoint;
  readonly tools: NoteTools;
}

/** The entries shown are those that the runs list, each once, in the log, and found by the key by their own bytes. */
function checkEntries(
  { entries }: IndexProof,
  { listed, key, checkpoint, tools }: EntryChecks,
): readonly { readonly shown: ShownLine; readonly read: IndexedLine }[] {
  let before = -1;
  const read = entries.map((shown, at) => {
    if (shown.index <= before) throw new Invalid("the entries must be in the order of the log", `entries[${at}]`);
    before = shown.index;
    if (!listed.has(shown.index)) throw new Invalid("an entry is shown that no run lists", `entries[${at}]`);
    checkIncluded(shown, checkpoint, tools, `entries[${at}]`);
    const line = readIndexedLine(new TextEncoder().encode(shown.line));
    const keys = termsOfLine(line).map((term) => encodeHex(indexKey(term, tools.sha256)));
    if (!keys.includes(key)) throw new Invalid("the index lists an entry that doesn't have the key", `entries[${at}]`);
    return { shown, read: line };
  });
  if (read.length !== listed.size) throw new Invalid("every entry that the runs list must be shown", "entries");
  return read;
}

function checkIncluded(shown: ShownLine, { size, root }: Checkpoint, { sha256 }: NoteTools, at: string): void {
  const leaf = lineLeaf(new TextEncoder().encode(shown.line), sha256);
  const { index, path } = shown;
  if (!verifyInclusion(leaf, { index, size, path, root }, sha256)) throw new Invalid("the line is not in the log", at);
}

function resourceOf(
  { statement, resource }: IndexProof,
  meta: SaidOfIndex,
  met: readonly ShownRun[],
  { sha256 }: NoteTools,
): ShownResource | null {
  const asked = statement.where.resource;
  if (resource === null) {
    if (asked !== undefined && asked !== "unresolved") throw new Invalid("the resource must be named", "resource");
    return null;
  }
  if (asked === undefined || asked === "unresolved") throw new Invalid("the statement names no resource", "resource");
  const { name, key } = resource;
  if (!/^[a-z][a-z0-9_.]*:/u.test(name)) throw new Invalid("a resource's name is `kind:target`", "resource.name");
  if (key === null) return { name, mapping: "unshown" };
  if (resourceKeyOf(name, key, sha256) !== asked) throw new Invalid("the resource's name has another key", "resource");
  const committed = hashBytes(meta.resource_key);
  if (meta.resource_key === "" || !sameBytes(committed, hashBytes(resourceCommitment(key, sha256)))) {
    throw new Invalid("the key shown is not the one that the log is committed to", "resource.key");
  }
  const same = met.every(({ record: { resource_key } }) => resource_key === null || resource_key === meta.resource_key);
  return { name, mapping: same ? "shown" : "mixed" };
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
