// Verifying an evidence bundle (docs/evidence-bundle.md): bytes in, verdict out; one pass, memory for one line and for what
// the verdict tells.
//
// The tree is laid out from left to right by nodes and entries, so that its right edge is all that must be kept.

import { CanopyError } from "../../core/errors.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { decodeHex, encodeHex } from "../../identity/hex.ts";
import { sameBytes } from "../merkle.ts";
import { parseCheckpoint, readCheckpoint, type Checkpoint } from "../tlog/checkpoint.ts";
import { lineLeaf } from "../tlog/entry-data.ts";
import { parseNote } from "../tlog/note.ts";
import { TreeFrontier } from "../tlog/tree.ts";
import { KeySuccession, type KeyStep } from "../tlog/key-succession.ts";
import type { TrustPolicy } from "../tlog/trust-policy.ts";
import type { TrustedCheckpoint } from "../tlog/trusted-checkpoint.ts";
import { noteSignatureState, parseVerifierKey, type VerifierKey } from "../tlog/verifier-key.ts";
import { checkEntry, follows, type CheckedEntry } from "./bundle-entry.ts";
import {
  MAX_BUNDLE_LINE,
  MAX_LINES_OF_A_KIND,
  parseBundleLine,
  parseHeader,
  type BundleHeader,
  type BundleLine,
  type RunningHash,
} from "./bundle-lines.ts";
import type { BundleOptions, BundleProofResult, BundleTools, BundleVerdict } from "./bundle-verdict.ts";

const STAGES: Readonly<Record<BundleLine["kind"], number>> = {
  key: 1,
  checkpoint: 2,
  node: 3,
  entry: 3,
  proof: 4,
  policy: 5,
  report: 6,
  end: 7,
};

/** Verify a whole bundle. See `BundleVerifier`. */
export function verifyBundle(bytes: Uint8Array, options: BundleOptions, tools: BundleTools): BundleVerdict {
  const verifier = new BundleVerifier(options, tools);
  verifier.push(bytes);
  return verifier.end();
}

/**
 * Verifies a bundle that comes in pieces. Never throws for what the bundle holds.
 *
 * Cost: linear; for each entry three SHA-256 over it, for each node about one.
 */
export class BundleVerifier {
  readonly #options: BundleOptions;
  readonly #tools: BundleTools;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #all: RunningHash;
  readonly #frontier: TreeFrontier;
  readonly #succession: KeySuccession | null;
  readonly #counts = new Map<BundleLine["kind"], number>();
  readonly #keys: string[] = [];
  readonly #proofs: BundleProofResult[] = [];
  readonly #policies = new Set<string>();
  readonly #named = new Set<string>();
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #lines = 0;
  #stage = 0;
  #header: BundleHeader | null = null;
  #note: string | null = null;
  #checkpoint: Checkpoint | null = null;
  #before: CheckedEntry | null = null;
  #links = 0;
  #failure: { readonly reason: string; readonly line: number | null } | null = null;

  constructor(options: BundleOptions, tools: BundleTools) {
    this.#options = options;
    this.#tools = tools;
    this.#all = tools.startSha256();
    this.#frontier = TreeFrontier.at(0, noNodes, tools.sha256);
    this.#succession = options.trust === null ? null : new KeySuccession(options.trust, tools);
  }

  /** Take the next bytes. Returns whether it makes sense to go on. */
  push(bytes: Uint8Array): boolean {
    let from = 0;
    while (this.#failure === null) {
      const end = bytes.indexOf(0x0a, from);
      if (end < 0) break;
      this.#take(this.#joined(bytes.subarray(from, end)));
      from = end + 1;
    }
    if (this.#failure === null && from < bytes.length) {
      this.#pending.push(bytes.slice(from));
      this.#pendingBytes += bytes.length - from;
      if (this.#pendingBytes > MAX_BUNDLE_LINE) this.#fail("a line is too long");
    }
    return this.#failure === null;
  }

  /** The verdict, once all bytes were pushed. */
  end(): BundleVerdict {
    if (this.#failure === null && this.#stage !== STAGES.end) this.#fail("it ends before its last line");
    if (this.#failure === null && this.#pendingBytes > 0) this.#fail("something follows its last line");
    return this.#failure === null
      ? this.#judged()
      : this.#verdict(this.#header === null ? "unusable" : "invalid", null);
  }

  #joined(last: Uint8Array): Uint8Array {
    if (this.#pending.length === 0) return last;
    const line = new Uint8Array(this.#pendingBytes + last.length);
    let at = 0;
    for (const piece of this.#pending) {
      line.set(piece, at);
      at += piece.length;
    }
    line.set(last, at);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }

  #take(bytes: Uint8Array): void {
    this.#lines += 1;
    try {
      if (this.#stage === STAGES.end) throw refused("something follows its last line");
      if (bytes.length > MAX_BUNDLE_LINE) throw refused("a line is too long");
      const text = this.#decoded(bytes);
      if (this.#header === null) this.#header = parseHeader(text);
      else this.#takeLine(parseBundleLine(text));
      this.#hash(bytes);
    } catch (error) {
      if (!(error instanceof CanopyError)) throw error;
      this.#failure = { reason: error.message, line: this.#lines };
    }
  }

  #hash(bytes: Uint8Array): void {
    if (this.#stage === STAGES.end) return;
    this.#all.update(bytes);
    this.#all.update(LINE_FEED);
  }

  #decoded(bytes: Uint8Array): string {
    // Elsewhere than at a line's end JSON has none either.
    if (bytes.includes(CARRIAGE_RETURN)) throw refused("a line must have no carriage return");
    try {
      return this.#text.decode(bytes);
    } catch (cause) {
      throw refused("a line must be UTF-8", cause);
    }
  }

  #takeLine(line: BundleLine): void {
    const stage = STAGES[line.kind];
    const count = (this.#counts.get(line.kind) ?? 0) + 1;
    this.#counts.set(line.kind, count);
    if (stage < this.#stage) throw refused(`a \`${line.kind}\` line stands too late`);
    if (stage > STAGES.checkpoint && this.#checkpoint === null)
      throw refused("a checkpoint must stand before its tree");
    if (stage > STAGES.entry && this.#stage <= STAGES.entry) this.#closeTree();
    if (stage !== STAGES.entry && count > MAX_LINES_OF_A_KIND)
      throw refused(`there are too many \`${line.kind}\` lines`);
    this.#stage = stage;
    this.#check(line);
    this.#options.visit?.(line);
  }

  #check(line: BundleLine): void {
    switch (line.kind) {
      case "key":
        this.#keys.push(line.vkey);
        return;
      case "checkpoint":
        return this.#takeCheckpoint(line.note);
      case "node":
        return this.#grow(line.level, line.index, decodeHex(line.hash) ?? new Uint8Array(0));
      case "entry":
        return this.#takeEntry(line.index, line.line);
      case "proof":
        return this.#takeProof(line.name, line.proof);
      case "policy":
        return this.#takePolicy(line.hash, line.text);
      case "report":
        return;
      case "end":
        return this.#takeEnd(line.lines, line.sha256);
      default:
        throw new TypeError(`unexpected line ${String(line satisfies never)}`);
    }
  }

  #takeCheckpoint(note: string): void {
    if (this.#checkpoint !== null) throw refused("it must have one checkpoint only");
    this.#checkpoint = parseCheckpoint(parseNote(note).text);
    this.#note = note;
    if (this.#checkpoint.origin !== this.#header?.origin)
      throw refused("the checkpoint is of another log than the header says");
  }

  #grow(level: number, index: number, hash: Uint8Array): void {
    const width = 2 ** level;
    const size = this.#checkpoint?.size ?? 0;
    if (index * width !== this.#frontier.size)
      throw refused(`the tree has come to ${this.#frontier.size}, and this piece begins elsewhere`);
    if (this.#frontier.size + width > size) throw refused("the tree grows over the checkpoint's size");
    this.#frontier.appendSubtree(level, hash);
  }

  #takeEntry(index: number, line: string): void {
    const entry = checkEntry(index, line, this.#header?.log_id ?? "", this.#tools.sha256);
    if ("reason" in entry) throw refused(entry.reason);
    this.#grow(0, index, lineLeaf(new TextEncoder().encode(line), this.#tools.sha256));
    if (this.#before?.index === index - 1) {
      if (!follows(entry, this.#before)) throw refused(`entry ${index} does not follow from entry ${index - 1}`);
      this.#links += 1;
    }
    this.#before = entry;
    this.#succession?.saw(index, entry.members, this.#header?.log_id ?? "");
    const policy = policyNamed(entry.members);
    if (policy !== null && this.#named.size < MAX_LINES_OF_A_KIND) this.#named.add(policy);
  }

  #closeTree(): void {
    const { size, root } = this.#checkpoint ?? { size: -1, root: new Uint8Array(0) };
    if (this.#frontier.size !== size)
      throw refused(`the tree ends at ${this.#frontier.size}, the checkpoint's size is ${size}`);
    if (!sameBytes(this.#frontier.root(), root))
      throw refused("the entries are not those that the checkpoint's root was made of");
  }

  #takeProof(name: string, proof: JsonObject): void {
    const { checkpoint, ...result } = this.#options.checkProof(proof, this.#trustOf(proof), this.#tools);
    this.#proofs.push({ name, ...result });
    const shown = `the proof \`${name.slice(0, 64)}\``;
    if (result.state === "invalid") throw refused(`${shown} does not hold: ${result.says}`);
    const own = this.#checkpoint;
    if (checkpoint === null || own === null) return;
    if (checkpoint.origin !== own.origin) throw refused(`${shown} is of another log than the entries`);
    // Two trees of one size under one key: somebody signed two histories.
    if (checkpoint.size === own.size && !sameBytes(checkpoint.root, own.root))
      throw refused(
        `${shown} is of another history than the entries: its checkpoint has another root at the same size`,
      );
  }

  /** Whom to trust for a proof: the keys in force at the size of its own checkpoint. */
  #trustOf(proof: JsonObject): TrustPolicy | null {
    const { checkpoint } = proof;
    if (this.#succession === null || typeof checkpoint !== "string") return this.#options.trust;
    try {
      const { origin, size } = readCheckpoint(checkpoint).checkpoint;
      return this.#succession.policyAt(origin, size);
    } catch (error) {
      if (error instanceof CanopyError) return this.#options.trust;
      throw error;
    }
  }

  #takePolicy(hash: string, text: string): void {
    const found = encodeHex(this.#tools.sha256(new TextEncoder().encode(text)));
    if (found !== hash) throw refused("a policy's text is not that of its hash");
    this.#policies.add(hash);
  }

  #takeEnd(lines: number, sha256: string): void {
    if (lines !== this.#lines - 1)
      throw refused(`its last line counts ${lines} lines before it, there are ${this.#lines - 1}`);
    if (encodeHex(this.#all.digest()) !== sha256)
      throw refused("its bytes are not those that its last line was made of");
  }

  #fail(reason: string): void {
    this.#failure = { reason, line: this.#lines + 1 };
  }

  /** All of it fits together: what is left is who signed. */
  #judged(): BundleVerdict {
    if (this.#succession === null) return this.#unknownKey("no verifier key and no trust policy was given");
    const judged = this.#succession.judge(this.#note ?? "");
    switch (judged.state) {
      case "trusted":
        return this.#trusted(judged.trusted);
      case "unknown_key":
        return this.#unknownKey(judged.reason);
      case "quorum_missing":
      case "retired_key":
        return this.#because("untrusted", `consistent, and ${judged.reason}`);
      case "bad_signature":
        return this.#because("invalid", `its checkpoint is refused: ${judged.reason}`);
      default:
        throw new TypeError(`unexpected state ${String(judged satisfies never)}`);
    }
  }

  #trusted(trusted: TrustedCheckpoint): BundleVerdict {
    const proof = this.#proofs.find(({ state }) => state === "untrusted");
    if (proof === undefined) return this.#verdict("valid", trusted);
    return this.#because("untrusted", `its proof \`${proof.name.slice(0, 64)}\` is not trusted: ${proof.says}`);
  }

  #unknownKey(why: string): BundleVerdict {
    const claimed = this.#signerInBundle();
    if (claimed === null)
      return this.#because("invalid", `none of the keys that it names signed its checkpoint, and ${why}`);
    const id = `${claimed.name}+${claimed.key_id}`;
    return { ...this.#because("untrusted", `consistent, signed by an unknown key ${id}: ${why}`), signed_by: id };
  }

  #because(verdict: "untrusted" | "invalid", reason: string): BundleVerdict {
    this.#failure = { reason, line: null };
    return this.#verdict(verdict, null);
  }

  /** The key that signed, of those that the bundle itself suggests. */
  #signerInBundle(): VerifierKey | null {
    const note = parseNote(this.#note ?? "");
    for (const vkey of this.#keys) {
      const key = readKey(vkey, this.#tools.sha256);
      if (key?.name !== this.#checkpoint?.origin || key === null) continue;
      if (noteSignatureState(note, key, this.#tools.verifySignature) === "good") return key;
    }
    return null;
  }

  #verdict(verdict: BundleVerdict["verdict"], trusted: TrustedCheckpoint | null): BundleVerdict {
    const point = this.#checkpoint;
    return {
      verdict,
      reason: this.#failure?.reason ?? null,
      line: this.#failure?.line ?? null,
      header: this.#header,
      checkpoint: point === null ? null : { origin: point.origin, size: point.size, root: encodeHex(point.root) },
      signed_by: trusted === null ? null : `${trusted.key.name}+${trusted.key.key_id}`,
      cosigned_by: trusted?.names ?? [],
      rotations: this.#stepsTo(trusted),
      entries: this.#counts.get("entry") ?? 0,
      chain_links: this.#links,
      proofs: this.#proofs,
      policies: [...this.#policies],
      policies_missing: [...this.#named].filter((hash) => !this.#policies.has(hash)).length,
      reports: this.#counts.get("report") ?? 0,
      not_claimed: this.#notClaimed(trusted),
    };
  }

  #stepsTo(trusted: TrustedCheckpoint | null): readonly KeyStep[] {
    return trusted === null ? [] : (this.#succession?.stepsTo(trusted.key) ?? []);
  }

  #notClaimed(trusted: TrustedCheckpoint | null): readonly string[] {
    return [
      ...this.#stepsTo(trusted).map(
        (step) =>
          `the key ${step.new} is trusted by the word of ${step.old} in entry ${step.index}: a thief of that key could have given it`,
      ),
      "these need not be all entries of interest: whoever made the bundle chose them",
      ...(trusted?.quorum === "reached"
        ? []
        : ["unanchored: no quorum of log witnesses vouches that no other history was signed"]),
      ...this.#proofs.flatMap((proof) => proof.not_claimed.map((text) => `${proof.name}: ${text}`)),
      "reports, `about` and `made_at` are the maker's words",
      "cannot see ungoverned calls",
    ];
  }
}

function noNodes(): never {
  throw new RangeError("an empty tree has no nodes");
}

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = Uint8Array.of(0x0a);

function readKey(vkey: string, sha256: BundleTools["sha256"]): VerifierKey | null {
  try {
    return parseVerifierKey(vkey, sha256);
  } catch (error) {
    if (error instanceof CanopyError) return null;
    throw error;
  }
}

function refused(reason: string, cause?: unknown): CanopyError {
  return new CanopyError("INVALID_PROOF", reason, cause === undefined ? {} : { cause });
}

/** The hash of the policy that an entry names: a decision in its snapshot, an activation by itself. */
function policyNamed(members: JsonObject): string | null {
  const snapshot = members["policy_snapshot"];
  const hash = (isJsonObject(snapshot) ? snapshot["policy_hash"] : undefined) ?? members["policy_hash"];
  return typeof hash === "string" ? hash.replace(/^sha256:/, "") : null;
}
