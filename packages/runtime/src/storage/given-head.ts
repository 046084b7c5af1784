// A log against what its verifier was told of it: how many entries it had, and the last of them.

import type { ChainState } from "../ledger/verify.ts";
import type { Disagreement } from "./disagreement.ts";
import type { Failing } from "./verify-verdict.ts";

/** What a log must reach, known from outside it. */
export interface Anchor {
  /** How many entries it had. */
  readonly entries: number;
  /** `entry_hash` of the last of them. */
  readonly head: string;
}

/** It has no name but that it was given. */
const GIVEN = "--anchor";

/** Compares, entry by entry. */
export class AnchorCheck {
  readonly #anchor: Anchor;
  #seen = 0;
  /** The hash that stands where the anchor has another; null: none so far. */
  #other: string | null = null;

  constructor(anchor: Anchor) {
    this.#anchor = anchor;
  }

  saw(hash: string): void {
    this.#seen += 1;
    if (this.#seen === this.#anchor.entries && hash !== this.#anchor.head) this.#other = hash;
  }

  /** How the log falls short of the anchor, or null. `last` is the state of its last file. */
  failure(last: ChainState): Failing | null {
    if (this.#seen < this.#anchor.entries) return { failure: "shrunk", line: last.lines + 1 };
    if (this.#other === null) return null;
    const line = last.lines - (this.#seen - this.#anchor.entries);
    return { failure: "checkpoint", line: Math.max(1, line) };
  }

  /** What the anchor says, where the log falls short of it. */
  disagreement(): Disagreement {
    const { entries, head } = this.#anchor;
    return { anchor: GIVEN, kind: "head", place: GIVEN, entries, hash: head, log_hash: this.#other };
  }
}
