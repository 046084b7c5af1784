// What checking a log from its bytes found.

/** What can be wrong; docs/ledger-format.md describes each. */
export type FsckCode =
  | "chain"
  | "segment"
  | "segment_missing"
  | "shrunk"
  | "checkpoint"
  | "signature"
  | "proofs_missing"
  | "seq"
  | "log_id"
  | "record_lost"
  | "record_damaged"
  | "record_misplaced"
  | "record_key_lost"
  | "policy_changed"
  | "policy_missing"
  | "meta_form"
  | "meta_covered"
  | "meta_counts"
  | "meta_previous"
  | "meta_index"
  | "key_rotated"
  | "checkpoint_form"
  | "checkpoint_root"
  | "checkpoint_signature"
  | "tile_missing"
  | "tile_wrong"
  | "state_wrong"
  | "index_wrong"
  | "index_unreadable";

/** One thing that is wrong. */
export interface FsckProblem {
  readonly code: FsckCode;
  /** A file, and where in it. */
  readonly place: string;
  readonly detail: string;
  /** Whether `repair` makes it right: it is derived from the log. */
  readonly repairable: boolean;
}

/** How many records there are, by how they stand. */
export interface RecordCounts {
  readonly present: number;
  readonly erased: number;
  readonly expired: number;
  /** Lost in a power loss, and recorded as lost. */
  readonly lost: number;
  /** Without the key that opens them here. */
  readonly unchecked: number;
}

/** How a log stands. */
export interface FsckReport {
  readonly path: string;
  readonly clean: boolean;
  readonly entries: number;
  readonly segments: number;
  /** `entry_hash` of the last good entry. */
  readonly head: string | null;
  readonly tree: { readonly size: number; readonly root: string };
  readonly checkpoint: {
    readonly origin: string;
    readonly size: number;
    readonly signed: "own key" | "not checked" | "no";
  } | null;
  /** Older checkpoints that are kept. */
  readonly kept_checkpoints: number;
  /** Statements of `checkpoint_meta` entries about the index that were compared with the lines. */
  readonly index_roots: number;
  readonly records: RecordCounts;
  readonly policies: number;
  readonly signed_entries: number | null;
  readonly problems: readonly FsckProblem[];
  /** How many there are in all; only the first 1,000 are listed. */
  readonly problems_total: number;
  readonly repaired: readonly string[];
  readonly warnings: readonly string[];
}

const MAX_LISTED = 1000;

/** Collects problems. */
export class ProblemBook {
  readonly listed: FsckProblem[] = [];
  readonly codes: Set<FsckCode> = new Set();
  total = 0;

  /** Note a problem of something that can't be derived. */
  add(code: FsckCode, place: string, detail: string): void {
    this.#note({ code, place, detail, repairable: false });
  }

  /** Note a problem of something that can be made again from the log. */
  addDerived(code: FsckCode, place: string, detail: string): void {
    this.#note({ code, place, detail, repairable: true });
  }

  #note(problem: FsckProblem): void {
    this.total += 1;
    this.codes.add(problem.code);
    if (this.listed.length < MAX_LISTED) this.listed.push(problem);
  }
}
