// What verifying an evidence bundle takes and tells.

import type { JsonObject } from "../../core/json.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import type { KeyStep } from "../tlog/key-succession.ts";
import type { NoteTools } from "../tlog/note.ts";
import type { TrustPolicy } from "../tlog/trust-policy.ts";
import type { BundleHeader, BundleLine, RunningHash } from "./bundle-lines.ts";

/** What verifying a bundle needs of its host. */
export interface BundleTools extends NoteTools {
  startSha256(): RunningHash;
}

/** How a proof inside a bundle stands. */
export interface BundleProofResult {
  readonly name: string;
  /** `untrusted`: it fits together, and nobody whom the verifier trusts signed it. */
  readonly state: "valid" | "untrusted" | "invalid";
  /** What it shows, or why it doesn't hold; one line. */
  readonly says: string;
  /** What it does not show. */
  readonly not_claimed: readonly string[];
}

/** A proof as judged: the checkpoint that it stands on; null when it holds none that could be read. */
export interface JudgedProof extends Omit<BundleProofResult, "name"> {
  readonly checkpoint: Checkpoint | null;
}

/** Checks one proof of absence or presence under the verifier's trust (null: none was given). */
export type CheckProof = (proof: JsonObject, trust: TrustPolicy | null, tools: NoteTools) => JudgedProof;

/** What became of a bundle. */
export interface BundleVerdict {
  /**
   * `valid`: all holds, under a checkpoint that the verifier trusts. `untrusted`: all fits together, but the checkpoint isn't
   * trusted: an unknown key, or too few log witnesses. `invalid`: something doesn't hold. `unusable`: it is no bundle.
   */
  readonly verdict: "valid" | "untrusted" | "invalid" | "unusable";
  /** Why it isn't valid, one line; null when it is. */
  readonly reason: string | null;
  /** The bundle's line, from 1, where it fails; null when no line does. */
  readonly line: number | null;
  readonly header: BundleHeader | null;
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: string } | null;
  /** `<name>+<id>` of the key that signed the checkpoint; with `untrusted`, as the bundle says. */
  readonly signed_by: string | null;
  /** Log witnesses whose cosignatures hold, by the verifier's names for them. */
  readonly cosigned_by: readonly string[];
  /** The rotations that lead from a key that the verifier trusts to the one that signed; none when that is trusted itself. */
  readonly rotations: readonly KeyStep[];
  readonly entries: number;
  /** Neighbouring entries whose chain link was checked. */
  readonly chain_links: number;
  readonly proofs: readonly BundleProofResult[];
  /** Hashes of the policies in the bundle. */
  readonly policies: readonly string[];
  /** Policies that its entries name and that it doesn't hold. */
  readonly policies_missing: number;
  readonly reports: number;
  /** What a reader might take from it and must not. */
  readonly not_claimed: readonly string[];
}

/** Who is trusted, and who wants to see the lines as they pass. */
export interface BundleOptions {
  /** Null: no key was given, so nothing can be `valid`. */
  readonly trust: TrustPolicy | null;
  readonly checkProof: CheckProof;
  /** Called with each line once it was checked by itself; only the end tells whether all of it holds. */
  readonly visit?: (line: BundleLine) => void;
}
